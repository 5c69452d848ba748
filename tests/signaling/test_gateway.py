"""The Socket.IO shell, driven by Socket.IO's own client and by raw WebSockets over real TCP."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
import socketio

from signaling import messages as m
from signaling.seats import Role
from tests.signaling.gateway_kit import CHAT, Clinic, Opener, chats, say, until

pytestmark = pytest.mark.process


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
        ({"type": "admit", "names_match": True}, "not_allowed"),
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
