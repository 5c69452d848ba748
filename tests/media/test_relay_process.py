"""The real relay process over its control socket, with two independent peers (aiortc) and a recorder that acknowledges."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import aioice.ice
import pytest

from media import control
from tests.media.relay_rig import Peer, Rig, now_us, running

pytestmark = pytest.mark.process


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running(tmp_path) as rig:
        yield rig


async def both(rig: Rig) -> tuple[Peer, Peer]:
    return await rig.join("guardian", 1), await rig.join("physician", 2)


async def see_and_hear(*peers: Peer) -> None:
    await asyncio.gather(*(peer.sees(kind) for peer in peers for kind in ("audio", "video")))


async def test_media_crosses_only_while_the_gate_is_open(rig: Rig) -> None:
    rig.open_room()
    guardian, physician = await both(rig)
    await rig.inbox.until(control.LegStatistics, lambda m: len(m.legs) == 2)  # a second has passed
    assert guardian.frames == physician.frames == {"audio": 0, "video": 0}
    assert rig.recorder.packets == []

    await rig.open_gate(1)
    await see_and_hear(guardian, physician)
    rig.renewing.clear()
    rig.send(control.GateClose("r", 1))
    closed = await rig.closed(1)
    assert (closed.cause, closed.seat) == ("app", "")
    assert max(packet.arrival_us for packet in rig.recorder.packets) <= closed.at_us
    statistics = await rig.inbox.until(control.LegStatistics, lambda m: rig.inbox.when(m) > rig.inbox.when(closed))
    later = await rig.inbox.until(control.LegStatistics, lambda m: rig.inbox.when(m) > rig.inbox.when(statistics))
    for before, after in zip(statistics.legs, later.legs, strict=True):
        assert after["audio"]["up_packets"] > before["audio"]["up_packets"]
        assert after["audio"]["down_packets"] == before["audio"]["down_packets"]
        assert after["video"]["down_packets"] == before["video"]["down_packets"]

    await rig.open_gate(2)
    await see_and_hear(guardian, physician)


async def test_what_passes_is_fed_to_the_recorder_in_order_with_the_gate(rig: Rig) -> None:
    rig.open_room()
    guardian, physician = await both(rig)
    await rig.open_gate(1)
    await see_and_hear(guardian, physician)
    await rig.recorder.inbox.until(control.Clock)
    rig.renewing.clear()
    rig.send(control.GateClose("r", 1))
    await rig.recorder.inbox.until(control.Gate, lambda m: not m.open)

    told = [message for _, message in rig.recorder.inbox.messages]
    marks = [told.index(gate) for gate in rig.recorder.inbox.all(control.Gate)]
    batches = [number for number, message in enumerate(told) if isinstance(message, control.Batch)]
    assert marks[0] < batches[0]
    assert batches[-1] < marks[-1]
    tracks = rig.recorder.inbox.all(control.Tracks)[-1].tracks
    assert {(seat, kind, codec, rate) for _, seat, kind, codec, rate in tracks} == {
        (seat, kind, codec, rate)
        for seat in ("guardian", "physician")
        for kind, codec, rate in (("audio", "opus", 48000), ("video", "VP8", 90000))
    }
    assert {packet.track for packet in rig.recorder.packets} == {number for number, *_ in tracks}
    assert {clock.track for clock in rig.recorder.inbox.all(control.Clock)} <= {number for number, *_ in tracks}


async def test_a_guardian_who_goes_silent_closes_the_gate(rig: Rig) -> None:
    rig.open_room(silent_after_ms=1000)
    guardian, physician = await both(rig)
    await rig.open_gate(1)
    await see_and_hear(physician)

    guardian.vanish()
    gone_us = now_us()
    closed = await rig.closed(1)
    assert (closed.cause, closed.seat) == ("seat_silent", "guardian")
    assert closed.at_us - gone_us < 1_500_000
    silent = await rig.inbox.until(control.SeatMedia, lambda m: m.seat == "guardian" and not m.alive)
    assert 1_000_000 <= closed.at_us - silent.last_us < 1_100_000
    rig.renewing.clear()

    again = await rig.join("guardian", 3)
    await rig.open_gate(2)
    await see_and_hear(physician, again)


async def test_a_guardian_who_hangs_up_closes_the_gate_at_once(rig: Rig) -> None:
    rig.open_room()
    guardian, _ = await both(rig)
    await rig.open_gate(1)
    await guardian.close()  # a DTLS goodbye
    closed = await rig.closed(1, within_s=1.5)
    assert (closed.cause, closed.seat) == ("seat_silent", "guardian")
    await rig.inbox.until(control.LegState, lambda m: m.leg == 1 and m.state == "closed")


async def test_an_app_that_stops_renewing_closes_the_gate_within_the_lease(rig: Rig) -> None:
    rig.open_room()
    await both(rig)
    await rig.open_gate(1)
    await asyncio.sleep(1.2)  # longer than a lease: the renewals hold it open
    assert not rig.inbox.all(control.GateClosed)

    rig.renewing.clear()
    stopped_us = now_us()
    closed = await rig.closed(1)
    assert closed.cause == "lease"
    assert closed.at_us - stopped_us < 1_100_000


async def test_stale_generations_are_ignored(rig: Rig) -> None:
    rig.open_room()
    guardian, physician = await both(rig)
    await rig.open_gate(5)
    rig.send(control.GateClose("r", 4))  # closes nothing
    rig.send(control.GateOpen("r", 3, 1000, []))  # opens nothing
    await see_and_hear(guardian, physician)
    assert not rig.inbox.all(control.GateClosed)

    rig.send(control.GateClose("r", 6))
    await rig.closed(5)
    rig.renewing.clear()
    rig.send(control.GateOpen("r", 6, 1000, []))  # barred by the closing
    rig.send(control.GateOpen("r", 7, 1000, []))
    opened = await rig.inbox.until(control.GateOpened, lambda m: m.generation > 5)
    assert opened.generation == 7
    rig.renewing["r"] = 6  # not the open one: prolongs nothing
    assert (await rig.closed(7)).cause == "lease"


async def test_a_recorder_that_stops_acknowledging_closes_the_gate(rig: Rig) -> None:
    rig.open_room()
    await both(rig)
    await rig.open_gate(1)
    rig.recorder.acknowledging = False
    closed = await rig.closed(1)
    assert closed.cause == "recorder"
    assert closed.at_us - rig.recorder.acknowledged_us < 2_300_000

    rig.renewing.clear()
    rig.send(control.GateOpen("r", 2, 1000, []))
    assert (await rig.closed(2)).cause == "refused"
    rig.recorder.acknowledging = True
    await asyncio.sleep(0.3)
    await rig.open_gate(3)


async def test_the_gate_refuses_without_a_recording_or_with_a_silent_seat(rig: Rig) -> None:
    rig.open_room(recording="")
    await rig.join("guardian", 1)
    rig.send(control.GateOpen("r", 1, 1000, []))
    assert (await rig.closed(1)).cause == "refused"

    rig.send(control.Record("r", "rec"))
    await rig.recorder.inbox.until(control.Attach)
    await asyncio.sleep(0.3)  # the recorder acknowledges
    rig.send(control.GateOpen("r", 2, 1000, ["guardian", "physician"]))
    assert (await rig.closed(2)).cause == "refused"
    await rig.open_gate(3, required=("guardian",))


async def test_a_recorder_that_comes_back_is_told_what_was_lost(rig: Rig) -> None:
    rig.open_room()
    await both(rig)
    await rig.open_gate(1)
    await rig.recorder.inbox.until(control.Clock)
    await rig.recorder.stop()
    assert (await rig.closed(1)).cause == "recorder"
    rig.renewing.clear()
    rig.recorder.inbox.forget()
    await rig.recorder.start()
    await rig.recorder.inbox.until(control.Attach, lambda m: m.recording == "rec")
    lost = await rig.recorder.inbox.until(control.Lost)
    assert 0 < lost.from_us < lost.to_us
    assert len((await rig.recorder.inbox.until(control.Tracks)).tracks) == 4


async def test_a_source_that_comes_on_a_new_leg_continues_the_line(rig: Rig) -> None:
    rig.open_room()
    guardian, physician = await both(rig)
    await rig.open_gate(1)
    await see_and_hear(physician)
    lines = {line.receiver.getSynchronizationSources()[0].source for line in physician.pc.getTransceivers()[2:]}

    again = await rig.join("guardian", 3)
    await see_and_hear(physician, again)
    assert not rig.inbox.all(control.GateClosed)
    for receiver in physician.pc.getTransceivers()[2:]:
        assert {each.source for each in receiver.receiver.getSynchronizationSources()} <= lines
    states = [message.state for message in rig.inbox.all(control.LegState) if message.leg == 1]
    assert states == ["connecting", "connected", "closed"]
    await guardian.close()


async def test_bad_offers_are_refused_and_change_nothing(rig: Rig) -> None:
    rig.open_room()
    guardian = await rig.join("guardian", 5)
    offer = guardian.pc.localDescription.sdp

    async def refused(sdp: str, seat: str, leg: int, revision: int = 1, room: str = "r") -> str:
        answer = await rig.offer(sdp, seat, leg, revision, room)
        assert isinstance(answer, control.LegRefused)
        return answer.code

    assert await refused(offer, "guardian", 5) == "stale_offer"
    assert await refused(offer, "guardian", 4) == "stale_offer"
    assert await refused(offer, "guardian", 6, room="elsewhere") == "no_room"
    assert await refused("nonsense", "guardian", 6) == "bad_sdp"
    assert await refused(offer.replace("opus", "silk"), "guardian", 6) == "no_common_codec"
    assert isinstance(await rig.offer(offer, "interpreter", 7), control.LegAnswer)
    assert isinstance(await rig.offer(offer, "local_doctor", 8), control.LegAnswer)
    assert await refused(offer, "a_fifth", 9) == "room_full"
    assert not [message for message in rig.inbox.all(control.LegState) if message.leg == 5 and message.state == "closed"]


async def test_a_picture_that_a_newcomer_cannot_receive_is_sent_in_another_codec(rig: Rig) -> None:
    rig.open_room()
    guardian = await rig.join("guardian", 1)
    offer = guardian.pc.localDescription.sdp
    h264_only = offer.replace(" VP8/90000", " X/90000")
    assert isinstance(await rig.offer(h264_only, "physician", 2), control.LegAnswer)
    assert await rig.inbox.until(control.LegRestart) == control.LegRestart("r", "guardian", 1)
    again = await rig.offer(offer, "guardian", 3)
    assert isinstance(again, control.LegAnswer)
    uplink = again.sdp.split("m=video")[1]
    assert "H264/90000" in uplink
    assert "VP8/90000" not in uplink
    vp8_only = offer.replace(" H264/90000", " X/90000")
    refused = await rig.offer(vp8_only, "interpreter", 4)  # the physician's could only be sent to it as H264
    assert isinstance(refused, control.LegRefused)
    assert refused.code == "no_common_codec"
    await guardian.close()


async def test_strangers_datagrams_do_not_disturb_a_call(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The five that kill a stock aiortc call, and a binding request that was overheard (FACTS: ASVS 17.2.6)."""
    overheard: list[bytes] = []
    send_stun = aioice.ice.StunProtocol.send_stun

    def listen_in(self: aioice.ice.StunProtocol, message: aioice.stun.Message, address: tuple[str, int]) -> None:
        overheard.append(bytes(message))
        send_stun(self, message, address)

    monkeypatch.setattr(aioice.ice.StunProtocol, "send_stun", listen_in)
    rig.open_room()
    guardian, physician = await both(rig)
    await rig.open_gate(1)
    requests = [message for message in overheard if message[:2] == b"\x00\x01"]
    hello = b"\x16\xfe\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x04\x01\x00\x00\x00"
    goodbye = b"\x15\xfe\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x02\x00"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.settimeout(0.3)
        for datagram in (b"", hello, goodbye, b"\x80" * 9000, os.urandom(300), b"\x00", b"\x90\x60" + bytes(30), *requests):
            stranger.sendto(datagram, ("127.0.0.1", rig.port))
        with pytest.raises(TimeoutError):
            stranger.recv(2000)
    await see_and_hear(guardian, physician)
    assert requests
    assert not rig.inbox.all(control.GateClosed)
    assert all(message.state != "closed" for message in rig.inbox.all(control.LegState))


async def test_the_relay_ends_with_its_app(rig: Rig) -> None:
    rig.open_room()
    await both(rig)
    await rig.open_gate(1)
    rig.hang_up()
    assert rig.process is not None
    assert await asyncio.wait_for(rig.process.wait(), 5) == 0
    marks = rig.recorder.inbox.all(control.Gate)
    assert [(mark.open, mark.cause) for mark in marks] == [(True, ""), (False, "room_closed")]


async def test_sigterm_closes_the_gates_and_ends_the_relay(rig: Rig) -> None:
    rig.open_room()
    await both(rig)
    await rig.open_gate(1)
    assert rig.process is not None
    rig.process.send_signal(signal.SIGTERM)
    assert (await rig.closed(1)).cause == "room_closed"
    assert await asyncio.wait_for(rig.process.wait(), 5) == 0


async def test_a_stopped_relay_lets_nothing_pass_when_it_wakes(rig: Rig) -> None:
    """A relay that slept over its lease must not forward what piled up in its socket."""
    rig.open_room()
    _, physician = await both(rig)
    await rig.open_gate(1)
    await see_and_hear(physician)
    rig.renewing.clear()
    assert rig.process is not None
    rig.process.send_signal(signal.SIGSTOP)
    asleep_us = now_us()
    await asyncio.sleep(1.3)
    rig.process.send_signal(signal.SIGCONT)
    closed = await rig.closed(1)
    assert closed.cause == "lease"
    assert all(packet.arrival_us < asleep_us + 100_000 for packet in rig.recorder.packets)


async def test_a_second_app_is_turned_away(rig: Rig) -> None:
    reader, writer = await asyncio.open_unix_connection(rig.folder / "relay.sock")
    assert await reader.read() == b""
    writer.close()
    rig.open_room()
    await rig.join("guardian", 1)
