"""A worker: real relay and recorder processes, supervised and replaced."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from media import control
from server.workers import Lost, OfferRefused, Received, Restored, Worker

pytestmark = [pytest.mark.process, pytest.mark.timeout(90)]


@dataclass
class Rig:
    may_renew: bool = True
    received: list[Received] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    worker: Worker = field(init=False)

    def take(self, message: Received) -> None:
        self.received.append(message)
        self.changed.set()

    async def until(self, kind: type[Received], number: int = 1) -> list[Received]:
        async with asyncio.timeout(20):
            while len(found := [message for message in self.received if isinstance(message, kind)]) < number:
                self.changed.clear()
                await self.changed.wait()
        return found


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    with tempfile.TemporaryDirectory(prefix="peitong-") as runtime:  # short: a Unix socket's path has a limit
        rig = Rig()
        rig.worker = Worker("1", Path(runtime), ("127.0.0.1", 0), ("127.0.0.1",), rig.take, lambda: rig.may_renew)
        await rig.worker.start()
        yield rig
        await rig.worker.stop()
        assert rig.worker.relay.pid == rig.worker.recorder.pid == 0


async def test_both_processes_are_up_and_connected(rig: Rig) -> None:
    assert rig.worker.relay.connected
    assert rig.worker.recorder.connected
    assert rig.worker.relay.ready_line.split()[1].isdigit()


async def test_an_offer_that_is_nonsense_is_refused_with_its_code(rig: Rig) -> None:
    rig.worker.open_room("room", 3000, ["guardian", "physician"])
    with pytest.raises(OfferRefused) as refused:
        await rig.worker.offer("room", "guardian", 1, 1, "nonsense")
    assert refused.value.code == "bad_sdp"


async def test_an_offer_to_no_room_is_refused(rig: Rig) -> None:
    with pytest.raises(OfferRefused) as refused:
        await rig.worker.offer("nowhere", "guardian", 1, 1, "nonsense")
    assert refused.value.code == "no_room"


async def test_a_gate_without_people_is_refused_by_the_relay(rig: Rig) -> None:
    rig.worker.open_room("room", 3000, ["guardian", "physician"])
    rig.worker.open_gate("room", 1, ["guardian", "physician"])
    (closed,) = await rig.until(control.GateClosed)
    assert isinstance(closed, control.GateClosed)
    assert closed.cause == "refused"


async def test_a_gate_waits_for_the_rules_to_be_checkable(rig: Rig) -> None:
    rig.may_renew = False
    rig.worker.open_room("room", 3000, ["guardian", "physician"])
    rig.worker.open_gate("room", 1, ["guardian"])
    rig.worker.open_gate("room", 2, ["guardian"])
    rig.may_renew = True
    (closed,) = await rig.until(control.GateClosed)  # the relay was asked once, for the newest
    assert isinstance(closed, control.GateClosed)
    assert closed.generation == 2


async def test_a_gate_closed_before_it_was_asked_for_is_never_asked_for(rig: Rig) -> None:
    rig.may_renew = False
    rig.worker.open_room("room", 3000, ["guardian", "physician"])
    rig.worker.open_gate("room", 1, ["guardian"])
    rig.worker.close_gate("room", 1)
    rig.may_renew = True
    rig.worker.open_gate("room", 2, ["guardian"])
    closed = await rig.until(control.GateClosed)
    assert [c.generation for c in closed if isinstance(c, control.GateClosed) and c.cause == "refused"] == [2]


@pytest.mark.parametrize("which", ["relay", "recorder"])
async def test_a_killed_process_is_replaced_and_its_loss_reported(rig: Rig, which: str) -> None:
    process = rig.worker.relay if which == "relay" else rig.worker.recorder
    before = process.pid
    os.kill(before, signal.SIGKILL)
    (lost,) = await rig.until(Lost)
    assert lost == Lost("1", which)
    (restored,) = await rig.until(Restored)
    assert restored == Restored("1", which)
    assert process.connected
    assert process.pid not in (0, before)


async def test_rooms_are_counted_for_the_spread_of_load(rig: Rig) -> None:
    rig.worker.open_room("a", 3000, ["guardian", "physician"])
    rig.worker.open_room("b", 3000, ["guardian", "physician"])
    rig.worker.close_room("a")
    assert rig.worker.rooms == {"b"}


async def test_a_relay_that_hangs_is_replaced(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.workers.SILENT_RELAY_S", 2.0)
    before = rig.worker.relay.pid
    os.kill(before, signal.SIGSTOP)
    await rig.until(Restored)
    assert rig.worker.relay.pid not in (0, before)


async def test_a_bug_over_one_message_does_not_silence_the_worker(rig: Rig) -> None:
    taken = rig.take

    def stumble(message: Received) -> None:
        taken(message)
        if isinstance(message, control.GateClosed) and message.generation == 1:
            raise RuntimeError("a bug")

    rig.worker._received = stumble
    rig.worker.open_room("room", 3000, ["guardian", "physician"])
    rig.worker.open_gate("room", 1, ["guardian"])
    await rig.until(control.GateClosed)
    rig.worker.open_gate("room", 2, ["guardian"])
    await rig.until(control.GateClosed, 2)
