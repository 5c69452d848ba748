"""Sockets that mean harm, or are broken, over real TCP."""

from __future__ import annotations

import asyncio
import json
import logging

import aiohttp
import pytest
import socketio

from signaling.gateway import Limits
from signaling.seats import Role
from tests.signaling.gateway_kit import CHAT, Clinic, Opener, auth, say, until, welcome_of

pytestmark = pytest.mark.process


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
