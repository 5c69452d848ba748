"""The Socket.IO shell, driven by Socket.IO's own client and by raw WebSockets over real TCP."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from typing import Any

import aiohttp
import pytest
import socketio

from signaling import messages as m
from signaling.gateway import Limits
from signaling.seats import Role

# the fixtures' types; conftest is not importable under importlib mode
Clinic = Any
Page = Any
Opener = Any

pytestmark = pytest.mark.process

CHAT = {"type": "chat", "client_id": "c1", "text": "您好"}


async def until(condition: Any) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


def auth(clinic: Clinic, **changed: Any) -> dict[str, Any]:
    hello = {"token": clinic.desk.token(), "instance": "instance-0000000001", "language": "en", "resume": None}
    return hello | changed


def chats(page: Page) -> list[str]:
    return [each["message"]["text"] for each in page.told if each["type"] == "chat"]


def say(clinic: Clinic, text: str, role: Role = Role.GUARDIAN) -> None:
    clinic.gateway.send("session-1", role, m.ChatPosted(m.Chat(text, Role.PHYSICIAN, text, "2026-02-02T09:00:00+08:00")))


async def test_the_first_message_is_the_welcome(clinic: Clinic) -> None:
    page = await clinic.connected()
    assert (page.told[0]["type"], page.told[0]["seq"], page.told[0]["epoch"]) == ("welcome", 1, 1)


async def test_an_intent_reaches_the_visits_and_is_answered(clinic: Clinic) -> None:
    page = await clinic.connected()
    assert await page.ask(CHAT) == {"ok": True, "id": "c1"}
    assert clinic.desk.heard == [(Role.GUARDIAN, 1, m.SendChat("c1", "您好"))]


async def test_a_refusal_is_answered_in_the_pages_language(clinic: Clinic) -> None:
    zh = await clinic.connected()
    en = await clinic.connected(Role.PHYSICIAN, "instance-0000000002", "en")
    clinic.desk.refusing = "session_ended"
    assert await zh.ask(CHAT) == {"ok": False, "code": "session_ended", "text": "本次会话已结束。"}
    assert await en.ask(CHAT) == {"ok": False, "code": "session_ended", "text": "This session has ended."}


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"type": "dance"}, "unknown_type"),
        ({"type": "chat", "client_id": "c1"}, "bad_message"),
        ({"type": "chat", "client_id": "c1", "text": "x" * 2001}, "too_large"),
        ({"type": "admit"}, "not_allowed"),
    ],
)
async def test_nonsense_and_trespass_are_refused_and_reach_nobody(clinic: Clinic, message: dict[str, Any], code: str) -> None:
    page = await clinic.connected()
    answer = await page.ask(message)
    assert (answer["ok"], answer["code"]) == (False, code)
    assert clinic.desk.heard == []


async def test_a_bug_behind_the_gateway_is_answered_as_unavailable(clinic: Clinic, caplog: pytest.LogCaptureFixture) -> None:
    page = await clinic.connected()
    clinic.desk.broken = True
    assert (await page.ask(CHAT))["code"] == "unavailable"
    assert "an intent failed" in caplog.text
    clinic.desk.broken = False
    assert (await page.ask(CHAT))["ok"]


async def test_a_slow_answer_delays_no_other(clinic: Clinic) -> None:
    page = await clinic.connected()
    clinic.desk.opened.clear()
    slow = asyncio.create_task(page.ask(CHAT))
    assert (await page.ask({"type": "dance"}))["code"] == "unknown_type"
    assert not slow.done()
    clinic.desk.opened.set()
    assert (await slow)["ok"]


async def test_what_is_sent_arrives_in_order_and_numbered(clinic: Clinic) -> None:
    page = await clinic.connected()
    for n in range(20):
        say(clinic, f"{n}")
    await until(lambda: len(page.told) == 21)
    assert chats(page) == [f"{n}" for n in range(20)]
    assert [each["seq"] for each in page.told] == list(range(1, 22))


async def test_a_broadcast_reaches_every_seat(clinic: Clinic) -> None:
    guardian = await clinic.connected()
    physician = await clinic.connected(Role.PHYSICIAN, "instance-0000000002")
    clinic.gateway.broadcast("session-1", m.MediaRestart("relay_lost"))
    await until(lambda: [len(guardian.told), len(physician.told)] == [2, 2])
    assert [page.told[1]["type"] for page in (guardian, physician)] == ["media_restart", "media_restart"]


async def test_what_is_said_while_a_seat_is_being_taken_comes_after_the_welcome(clinic: Clinic) -> None:
    clinic.desk.while_taking = lambda: say(clinic, "meanwhile")
    page = await clinic.connected()
    await until(lambda: len(page.told) == 2)
    assert [each["type"] for each in page.told] == ["welcome", "chat"]


# --- who may connect ------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", [None, "https://evil.example", "https://clinic.example.evil", "null", ""])
async def test_a_missing_or_foreign_origin_gets_no_socket(clinic: Clinic, raw: Opener, origin: str | None) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await raw(origin)
    assert refusal.value.status == 403


async def test_long_polling_is_refused(clinic: Clinic, http: aiohttp.ClientSession) -> None:
    for query in ("EIO=4&transport=polling", "EIO=4", "EIO=4&transport=websocket&sid=x"):
        response = await http.get(f"{clinic.url}/socket/?{query}", headers={"Origin": "https://clinic.example"})
        assert (response.status, (await response.json())["code"]) == (400, "bad_message")
    response = await http.post(f"{clinic.url}/socket/?EIO=4&transport=polling", headers={"Origin": "https://clinic.example"})
    assert response.status == 405


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"token": "token-nobody-ever-gave"}, "bad_token"),
        ({"token": "short"}, "bad_message"),
        ({"instance": "has spaces in it"}, "bad_message"),
        ({"language": "fr"}, "bad_message"),
        ({"resume": {"epoch": 0, "seq": 1}}, "bad_message"),
        ({"resume": []}, "bad_message"),
    ],
)
async def test_a_bad_hello_is_refused_with_its_code(clinic: Clinic, changed: dict[str, Any], code: str) -> None:
    page = clinic.page()
    with pytest.raises(socketio.exceptions.ConnectionError):
        await page.connect(**changed)
    assert page.refusal is not None
    assert page.refusal["code"] == code
    assert clinic.desk.epochs == {}


async def test_a_token_is_good_once(clinic: Clinic) -> None:
    token = clinic.desk.token()
    first, second = clinic.page(), clinic.page(instance="instance-0000000002")
    await first.connect(token)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await second.connect(token)
    assert second.refusal == {"code": "bad_token", "text": "连接凭证已失效，正在重新连接。"}


async def test_a_refused_seat_leaves_its_holder_in_peace(clinic: Clinic) -> None:
    holder = await clinic.connected()
    clinic.desk.refusing = "session_ended"
    other = clinic.page(instance="instance-0000000002")
    with pytest.raises(socketio.exceptions.ConnectionError):
        await other.connect()
    clinic.desk.refusing = ""
    assert (await holder.ask(CHAT))["ok"]


async def test_a_bug_while_taking_a_seat_is_told_as_unavailable(clinic: Clinic, caplog: pytest.LogCaptureFixture) -> None:
    clinic.desk.broken = True
    page = clinic.page()
    with pytest.raises(socketio.exceptions.ConnectionError):
        await page.connect()
    assert page.refusal is not None
    assert page.refusal["code"] == "unavailable"


# --- hostile sockets ------------------------------------------------------------------------------


async def test_a_socket_that_never_connects_is_closed(clinic: Clinic, raw: Opener) -> None:
    page = await raw()
    async with asyncio.timeout(5):
        assert [frame[0] for frame in await page.everything()] in (["0"], ["0", "1"])


async def test_a_page_that_answers_no_ping_is_given_up(clinic: Clinic, raw: Opener) -> None:
    page = await raw()
    await page.connect(auth(clinic))
    await page.everything()
    await until(lambda: clinic.desk.gone == [(Role.GUARDIAN, 1)])


@pytest.mark.parametrize(
    "frame",
    [
        "", "x", "4", "4[[[[", "40", "40/other,{}", "451-[\"message\",{\"_placeholder\":true,\"num\":0}]", "43[]", "44{}",
        "42[\"connect\",{}]", "42[\"disconnect\",{}]", "42{}", "42[]", "42[\"message\",1]", "42[\"message\"," + "[" * 60000,
        "bAAAA", "2probe", "5", "6", "42" + "9" * 50 + "[\"message\",{}]",
    ],
)  # fmt: skip
async def test_a_frame_outside_the_grammar_ends_the_connection(clinic: Clinic, raw: Opener, frame: str) -> None:
    page = await raw()
    await page.connect(auth(clinic))
    assert "welcome" in await welcome_of(page)
    await page.socket.send_str(frame)
    assert all(each[0] in "12" for each in await page.everything())
    assert clinic.desk.heard == []


async def test_deep_nonsense_inside_the_grammar_ends_the_connection(
    clinic: Clinic, raw: Opener, caplog: pytest.LogCaptureFixture
) -> None:
    page = await raw()
    await page.connect(auth(clinic))
    await welcome_of(page)
    await page.socket.send_str('420["message",{"type":' + "[" * 60000)
    await page.everything()
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_binary_is_refused(clinic: Clinic, raw: Opener) -> None:
    page = await raw()
    await page.connect(auth(clinic))
    await welcome_of(page)
    await page.socket.send_bytes(b"anything")
    await page.everything()
    await until(lambda: clinic.desk.gone == [(Role.GUARDIAN, 1)])


async def test_a_message_over_64_kib_ends_the_connection(clinic: Clinic, raw: Opener) -> None:
    page = await raw()
    await page.connect(auth(clinic))
    await welcome_of(page)
    await page.socket.send_str('420["message",{"type":"chat","x":"' + "x" * 65536 + '"}]')
    await page.everything()
    assert clinic.desk.heard == []


async def test_an_offer_as_large_as_allowed_fits(clinic: Clinic) -> None:
    page = await clinic.connected()
    assert (await page.ask({"type": "offer", "peer": 1, "revision": 1, "sdp": "v" * 32768}))["ok"]


async def test_a_flood_is_answered_rate_limited_and_closed(clinic: Clinic, raw: Opener) -> None:
    page = await raw()
    await page.connect(auth(clinic))
    await welcome_of(page)
    for n in range(200):
        await page.socket.send_str(f'42{n}["message",{json.dumps(CHAT)}]')
    acks = [json.loads(frame[frame.index("[") :])[0] for frame in await page.everything() if frame.startswith("43")]
    assert acks[-1]["code"] == "rate_limited"
    assert all(ack["ok"] for ack in acks[:-1])
    assert len(clinic.desk.heard) == len(acks) - 1
    assert 50 <= len(clinic.desk.heard) < 60  # connecting and pongs count too


async def test_the_rate_is_earned_again_with_time(clinic: Clinic) -> None:
    page = await clinic.connected()
    for _ in range(3):
        for _ in range(50):
            assert (await page.ask(CHAT))["ok"]
        clinic.now_s += 2.5
    assert len(clinic.desk.heard) == 150


async def test_connecting_twice_on_one_socket_ends_it(clinic: Clinic, raw: Opener) -> None:
    page = await raw()
    await page.connect(auth(clinic))
    await page.connect(auth(clinic))
    await page.everything()
    assert clinic.desk.epochs in ({Role.GUARDIAN: 1}, {})


async def test_speaking_before_connecting_ends_the_socket(clinic: Clinic, raw: Opener) -> None:
    page = await raw()
    await page.socket.send_str(f'420["message",{json.dumps(CHAT)}]')
    await page.everything()
    assert clinic.desk.heard == []


async def test_too_many_sockets_that_wait_are_turned_away(clinic: Clinic, raw: Opener) -> None:
    clinic.gateway._limits = Limits(unconnected=2, connect_s=5)
    first, second = await raw(), await raw()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await raw()
    assert refusal.value.status == 503
    await first.socket.close()
    await second.socket.close()


async def test_a_page_that_does_not_read_is_given_up(clinic: Clinic, raw: Opener) -> None:
    page = await raw()
    await page.connect(auth(clinic))
    await welcome_of(page)
    page.socket._response.connection.transport.pause_reading()
    sent = 0
    async with asyncio.timeout(20):
        while clinic.desk.gone == []:
            if sent < 20000:
                say(clinic, "长" * 2000)
                sent += 1
            await asyncio.sleep(0)
    assert sent > 512
    page.socket._response.connection.transport.abort()


async def test_nothing_said_or_shown_reaches_the_log(clinic: Clinic, caplog: pytest.LogCaptureFixture, raw: Opener) -> None:
    caplog.set_level(logging.DEBUG, logger="signaling")
    page = await clinic.connected()
    await page.ask({"type": "chat", "client_id": "c1", "text": "canary-text"})
    clinic.desk.broken = True
    await page.ask({"type": "chat", "client_id": "c1", "text": "canary-text"})
    stranger = clinic.page(instance="instance-0000000009")
    with pytest.raises(socketio.exceptions.ConnectionError):
        await stranger.connect("canary-token-0123456789")
    logged = [json.dumps(record.__dict__, default=str) for record in caplog.records if record.name.startswith("signaling")]
    assert logged != []
    assert not any("canary" in line or "127.0.0.1" in line or "session-1" in line for line in logged)


async def welcome_of(page: Any) -> str:
    """Reads to the welcome."""
    while (frame := await page.receive()) is not None:
        if "welcome" in frame:
            return str(frame)
    raise AssertionError("the server closed")


# --- seats ----------------------------------------------------------------------------------------


async def test_a_second_page_takes_the_seat_and_the_first_is_told(clinic: Clinic) -> None:
    first = await clinic.connected()
    second = await clinic.connected(instance="instance-0000000002")
    await until(lambda: not first.connected)
    assert first.told[-1] == {"type": "superseded", "seq": 2}
    assert second.epoch == 2
    assert clinic.desk.gone == []


async def test_what_a_superseded_page_still_says_is_refused_as_stale(clinic: Clinic) -> None:
    """Its words were read before the other page took the seat, and are handled after."""
    await clinic.connected()
    (superseded,) = clinic.gateway._pages.values()
    await clinic.connected(instance="instance-0000000002")
    with pytest.raises(m.Refused, match="stale_epoch"):
        await clinic.gateway._intent(superseded, CHAT)
    assert (await clinic.gateway._on_message(superseded.connection, CHAT))["ok"] is False
    assert clinic.desk.heard == []


async def test_a_page_whose_seat_went_to_a_newer_one_while_it_waited_is_refused(clinic: Clinic) -> None:
    slow = clinic.page()
    waiting = clinic.desk.opened = asyncio.Event()
    connecting = asyncio.create_task(slow.connect())
    await until(lambda: bool(clinic.gateway._seats._reserved))
    clinic.desk.opened = asyncio.Event()
    clinic.desk.opened.set()
    newer = await clinic.connected(instance="instance-0000000002")
    waiting.set()
    with pytest.raises(socketio.exceptions.ConnectionError):
        await connecting
    assert slow.refusal["code"] == "stale_epoch"
    assert newer.epoch == 2
    assert (await newer.ask(CHAT))["ok"]


async def test_a_leaving_that_nobody_takes_note_of_is_logged(clinic: Clinic, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="signaling")
    for error, line in ((m.Refused("session_ended"), "after its session"), (RuntimeError("a secret"), "was lost")):
        clinic.desk.left_raises = error
        page = await clinic.connected()
        await page.lose_network()
        await until(lambda line=line: line in caplog.text)


async def test_the_epoch_begins_above_what_the_journal_knows(clinic: Clinic) -> None:
    clinic.desk.epochs[Role.GUARDIAN] = 7
    page = await clinic.connected()
    assert page.epoch == 8


async def test_a_page_that_comes_back_hears_what_it_missed_and_nothing_twice(clinic: Clinic) -> None:
    page = await clinic.connected()
    say(clinic, "before")
    await until(lambda: len(page.told) == 2)
    await page.lose_network()
    say(clinic, "missed 1")
    say(clinic, "missed 2")
    await page.connect()
    await until(lambda: len(page.told) == 4)
    assert chats(page) == ["before", "missed 1", "missed 2"]
    assert page.epoch == 1
    assert clinic.desk.gone == []


async def test_a_page_that_comes_back_while_its_old_socket_lingers_resumes(clinic: Clinic) -> None:
    page = await clinic.connected()
    old, old_http = page.client, page.http
    await page.connect()
    say(clinic, "once")
    await until(lambda: chats(page) == ["once"])
    await until(lambda: not old.connected)
    assert [each["type"] for each in page.told] == ["welcome", "chat"]
    await old_http.close()


async def test_a_page_away_for_the_whole_window_has_left(clinic: Clinic) -> None:
    page = await clinic.connected()
    await page.lose_network()
    await until(lambda: clinic.desk.gone == [(Role.GUARDIAN, 1)])
    await page.connect()
    await until(lambda: page.told[-1]["type"] == "welcome" and page.told[-1]["epoch"] == 2)


async def test_another_instance_cannot_resume(clinic: Clinic) -> None:
    page = await clinic.connected()
    await page.lose_network()
    page.instance = "instance-0000000002"
    await page.connect()
    await until(lambda: page.epoch == 2)


async def test_another_device_cannot_resume(clinic: Clinic) -> None:
    page = await clinic.connected()
    await page.lose_network()
    clinic.desk.holder = "device-2"
    await page.connect()
    await until(lambda: page.epoch == 2)


async def test_an_outbox_that_does_not_reach_back_means_a_new_welcome(clinic: Clinic) -> None:
    page = await clinic.connected()
    await page.lose_network()
    for n in range(600):
        say(clinic, f"{n}")
    await page.connect()
    await until(lambda: page.epoch == 2)
    assert page.told[-1]["type"] == "welcome"


async def test_an_answer_for_an_older_epoch_is_dropped(clinic: Clinic) -> None:
    page = await clinic.connected()
    again = await clinic.connected(instance="instance-0000000002")
    for epoch in (1, 2):
        clinic.gateway.send("session-1", Role.GUARDIAN, m.Answer(epoch, 1, "v=0", ()), epoch=epoch)
    await until(lambda: len(again.told) == 2)
    assert again.told[1]["peer"] == 2
    assert [each["type"] for each in page.told] == ["welcome", "superseded"]


async def test_leaving_gives_the_seat_up_at_once(clinic: Clinic) -> None:
    page = await clinic.connected()
    assert await page.ask({"type": "leave"}) == {"ok": True}
    await until(lambda: not page.connected)
    assert clinic.desk.gone == []
    await page.connect()
    await until(lambda: page.epoch == 2)


async def test_a_socket_lost_while_its_seat_is_taken_is_reported_as_left(clinic: Clinic, raw: Opener) -> None:
    clinic.desk.opened.clear()
    page = await raw()
    await page.connect(auth(clinic))
    await until(lambda: bool(clinic.gateway._seats._reserved))
    await page.socket.close()
    await until(lambda: not clinic.gateway._lines)
    clinic.desk.opened.set()
    await until(lambda: clinic.desk.gone == [(Role.GUARDIAN, 1)])
    assert clinic.gateway._pages == {}


async def test_a_page_that_is_shown_out_cannot_resume(clinic: Clinic) -> None:
    page = await clinic.connected()
    clinic.gateway.disconnect("session-1", Role.GUARDIAN)
    await until(lambda: not page.connected)
    assert clinic.desk.gone == []
    await page.connect()
    await until(lambda: page.epoch == 2)


async def test_a_forgotten_session_disconnects_everybody(clinic: Clinic) -> None:
    guardian = await clinic.connected()
    physician = await clinic.connected(Role.PHYSICIAN, "instance-0000000002")
    say(clinic, "last word")
    clinic.gateway.forget("session-1")
    await until(lambda: not guardian.connected and not physician.connected)
    assert chats(guardian) == ["last word"]
    assert clinic.desk.gone == []


async def test_closing_tells_every_page_when_to_come_back(clinic: Clinic) -> None:
    page = await clinic.connected()
    await clinic.gateway.close(retry_s=1.5)
    await until(lambda: not page.connected)
    assert page.told[-1] == {"type": "closing", "retry_s": 1.5, "seq": 2}
    assert clinic.desk.gone == []


@pytest.mark.parametrize("seed", range(5))
async def test_random_disconnects_lose_and_repeat_nothing(clinic: Clinic, seed: int) -> None:
    chance = random.Random(seed)
    page = await clinic.connected()
    said: list[str] = []
    for n in range(120):
        say(clinic, f"{n}")
        said.append(f"{n}")
        match chance.random():
            case roll if roll < 0.08 and page.connected:
                await page.lose_network()
            case roll if roll < 0.3 and not page.connected:
                await page.connect()
            case _:
                await asyncio.sleep(0)
    if not page.connected:
        await page.connect()
    await until(lambda: bool(chats(page)) and chats(page)[-1] == "119")
    assert chats(page) == said
    assert page.epoch == 1
