"""Who holds a seat when pages come twice, leave and come back, over real TCP."""

from __future__ import annotations

import asyncio
import logging
import random

import pytest
import socketio

from signaling import messages as m
from signaling.seats import Role
from tests.signaling.gateway_kit import CHAT, Clinic, Opener, auth, chats, say, until

pytestmark = pytest.mark.process


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
