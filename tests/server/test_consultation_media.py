"""What relay and recorder report of a consultation, and what becomes of its gate, its legs and its rungs."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pyrage
import pytest

from media import control
from server.consultation import again_after_s
from server.errors import Refused
from server.event_records import to_record
from server.journal import Journal
from server.session import Held, Live
from server.store import people, recordings
from server.store.visits import Hospital, add
from server.vault import identity
from server.vault.identity import Identity
from server.workers import Lost, Restored
from signaling import messages as wire
from signaling.seats import Role
from tests.server.consultation_kit import Visit, bring_media, live, visit
from tests.server.http.conftest import House, house, seeded

__all__ = ["house", "live", "seeded", "visit"]


async def journaled(visit: Visit, kind: str) -> list[tuple[str, ...]]:
    """The sender, receiver, rung and why of each event of that kind, oldest first."""
    return [fields for _, fields in await journaled_at(visit, kind)]


async def journaled_at(visit: Visit, kind: str) -> list[tuple[float, tuple[str, ...]]]:
    """The same, each with its time."""
    committed = await Journal(visit.house.server.database).replay(visit.id)
    records = [(at, to_record(event)) for event, at in committed if event.type == kind]
    return [(at, tuple(value for name, value in record.items() if name != "type")) for at, record in records]


async def test_admission_makes_the_recording_ready_and_then_the_gate_opens(live: Visit) -> None:
    assert live.worker.diary == [
        "room 3000 guardian+physician",
        "offer guardian 1.1",
        "offer physician 2.1",
        "open 1 guardian+physician",
    ]
    opening = live.worker.recorder.sent[0]
    assert isinstance(opening, control.RecordingOpen)
    kept = await recordings.of_session(live.house.server.database, live.id)
    assert kept is not None
    assert kept.public_key == opening.recipient


@pytest.fixture
def escrow(house: House) -> Identity:
    """A key kept elsewhere, which the hospital configures beside its own."""
    made = Identity(str(pyrage.x25519.Identity.generate()))
    house.server.consultations._config = replace(house.server.consultations._config, escrow=(made.recipient,))
    return made


async def test_the_hospitals_key_and_the_one_in_escrow_open_what_is_recorded(escrow: Identity, live: Visit) -> None:
    opening = live.worker.recorder.sent[0]
    assert isinstance(opening, control.RecordingOpen)
    sealed = (Path(opening.folder) / "session-key.age").read_bytes()
    for key in (escrow, *identity.read(live.house.server.consultations._config.data_folder / "hospital.key")):
        assert identity.opener(sealed, [key]) is not None
    assert identity.opener(sealed, [Identity(str(pyrage.x25519.Identity.generate()))]) is None


async def test_without_a_key_to_seal_to_the_gate_stays_closed(visit: Visit) -> None:
    consultations = visit.house.server.consultations
    consultations._config = replace(consultations._config, recipients=())
    await bring_media(visit)
    await visit.ask(Role.PHYSICIAN, wire.Admit(names_match=True))
    async with asyncio.timeout(10):
        while not await journaled(visit, "recorder_lost"):
            await visit.settled()
    assert await journaled(visit, "recorder_lost") == [("not_ready",)]
    assert not (await visit.session()).gate_open
    assert not [line for line in visit.worker.diary if line.startswith("open")]
    assert visit.worker.recorder.sent == []


async def test_what_is_recorded_at_one_of_two_hospitals_opens_with_its_own_key_and_no_other(visit: Visit) -> None:
    consultations = visit.house.server.consultations
    here, _ = await people.whose(visit.house.server.database, visit.id)
    await visit.house.server.database.write(add(Hospital("elsewhere", "另一家医院", "Another hospital")))
    own, others, escrow = (Identity(str(pyrage.x25519.Identity.generate())) for _ in range(3))
    keys = {here: (own.recipient,), "elsewhere": (others.recipient,)}
    consultations._config = replace(consultations._config, hospital_recipients=keys, escrow=(escrow.recipient,))
    await bring_media(visit)
    await visit.ask(Role.PHYSICIAN, wire.Admit(names_match=True))
    async with asyncio.timeout(10):
        while not visit.worker.recorder.sent:
            await visit.settled()
    opening = visit.worker.recorder.sent[0]
    assert isinstance(opening, control.RecordingOpen)
    sealed = (Path(opening.folder) / "session-key.age").read_bytes()
    servers = identity.read(consultations._config.data_folder / "hospital.key")
    assert [identity.opener(sealed, [key]) is not None for key in (own, escrow, others, *servers)] == [True, True, False, False]


async def test_a_second_hospital_on_the_server_closes_the_gate_until_each_has_a_key(visit: Visit) -> None:
    consultations = visit.house.server.consultations
    assert len(await consultations.recipients_of(visit.id)) == 1
    assert await consultations.hospitals_without_key() == []
    await visit.house.server.database.write(add(Hospital("elsewhere", "另一家医院", "Another hospital")))
    here, on_server = await people.whose(visit.house.server.database, visit.id)
    assert on_server == 2
    assert sorted(await consultations.hospitals_without_key()) == sorted([here, "elsewhere"])
    await bring_media(visit)
    await visit.ask(Role.PHYSICIAN, wire.Admit(names_match=True))
    async with asyncio.timeout(10):
        while not await journaled(visit, "recorder_lost"):
            await visit.settled()
    assert await journaled(visit, "recorder_lost") == [("not_ready",)]
    assert not (await visit.session()).gate_open
    assert visit.worker.recorder.sent == []


async def test_an_offer_is_answered_to_its_epoch_and_a_stale_one_refused(visit: Visit) -> None:
    await visit.ask(Role.GUARDIAN, wire.Offer(2, 1, "v=0"))
    (answer,) = visit.said(wire.Answer)
    assert (answer.peer, answer.revision, answer.tracks) == (2, 1, (wire.Track("2", Role.PHYSICIAN),))
    with pytest.raises(Refused, match="stale_offer"):
        await visit.ask(Role.GUARDIAN, wire.Offer(1, 1, "v=0"))


@pytest.mark.parametrize(("code", "told"), [("bad_sdp", "bad_sdp"), ("room_full", "media_unavailable")])
async def test_an_offer_that_the_relay_refuses_is_refused(visit: Visit, code: str, told: str) -> None:
    visit.worker.refuses = code
    with pytest.raises(Refused, match=told):
        await visit.ask(Role.GUARDIAN, wire.Offer(1, 1, "v=0"))


async def test_a_page_that_hides_is_a_doubt_that_closes_nothing(live: Visit) -> None:
    await live.ask(Role.GUARDIAN, wire.DeviceReport("live", "live", False, "ok"))
    session = await live.settled()
    assert [doubt.value for doubt in session.seats[Role.GUARDIAN].doubts] == ["page_hidden"]
    assert session.gate_open


async def test_silence_holds_and_the_second_page_of_a_seat_closes_the_firsts_leg(live: Visit) -> None:
    session = await live.report(control.SeatMedia(live.id, "guardian", 1, False, 0))
    assert isinstance(session.state, Held)
    assert live.worker.diary[-1] == "close 1"
    await live.report(control.SeatMedia(live.id, "guardian", 7, True, 0))
    assert isinstance((await live.session()).state, Held)  # a leg that nobody knows is nobody


@pytest.mark.parametrize("cause", ["lease", "refused"])
async def test_a_gate_that_lapsed_is_opened_again_with_a_new_generation(live: Visit, cause: str) -> None:
    live.house.server.consultations.received(control.GateClosed(live.id, 1, cause, "", 0))
    async with asyncio.timeout(5):
        while live.worker.diary[-1] != "open 2 guardian+physician":
            await asyncio.sleep(0.01)


async def test_a_recorder_that_stalls_holds_and_is_asked_for_again(live: Visit) -> None:
    session = await live.report(control.GateClosed(live.id, 1, "recorder", "", 0))
    assert isinstance(session.state, Held)
    before = len(live.worker.recorder.sent)
    async with asyncio.timeout(5):
        while len(live.worker.recorder.sent) == before:
            await asyncio.sleep(0.05)
    assert isinstance((await live.report(control.RecordingState(live.id, "running", ""))).state, Live)


async def test_a_lost_relay_holds_at_once_and_a_new_one_makes_everybody_reconnect(live: Visit) -> None:
    session = await live.report(Lost("1", "relay"))
    assert isinstance(session.state, Held)
    assert not live.said(wire.MediaRestart)
    await live.report(Restored("1", "relay"))
    assert live.said(wire.MediaRestart)
    assert isinstance(live.worker.relay.sent[-1], control.Record)
    await live.ask(Role.GUARDIAN, wire.Offer(2, 1, "v=0"))
    assert live.worker.diary[-1] == "offer guardian 3.1"


async def test_a_lost_recorder_holds_and_the_new_one_is_given_the_recording(live: Visit) -> None:
    session = await live.report(Lost("1", "recorder"))
    assert isinstance(session.state, Held)
    before = len(live.worker.recorder.sent)
    await live.report(Restored("1", "recorder"))
    assert isinstance(live.worker.recorder.sent[before], control.RecordingOpen)


async def test_a_page_whose_picture_a_newcomer_cannot_receive_makes_a_new_connection(live: Visit) -> None:
    await live.report(control.LegRestart(live.id, "guardian", 1))
    assert live.said(wire.MediaRestart)


async def test_a_room_that_the_relay_closed_by_itself_begins_anew(live: Visit) -> None:
    session = await live.report(control.GateClosed(live.id, 1, "room_closed", "", 0))
    assert isinstance(session.state, Held)
    assert live.worker.diary[-1].startswith("close") or live.worker.diary[-1].startswith("room")
    assert live.worker.diary.count("room 3000 guardian+physician") == 2
    assert live.said(wire.MediaRestart)


async def test_a_bug_holds_everybody_and_a_second_one_ends_the_media(live: Visit) -> None:
    consultation = await live.house.server.consultations.session(live.id)
    consultation.failed(consultation.session)
    assert isinstance((await live.settled()).state, Held)
    assert live.said(wire.MediaRestart)
    consultation.failed(consultation.session)
    assert live.worker.diary[-1] == "end"


def test_a_gate_that_is_refused_again_and_again_is_tried_ever_later() -> None:
    assert [again_after_s(refusals) for refusals in range(7)] == [0.15, 0.3, 0.6, 1.2, 2.4, 2.4, 2.4]
    assert again_after_s(10**9) == 2.4


async def test_a_relay_that_keeps_refusing_becomes_a_hold(live: Visit) -> None:
    for _ in range(5):
        live.house.server.consultations.received(control.GateClosed(live.id, 1, "refused", "", 0))
    session = await live.settled()
    assert isinstance(session.state, Held)
    assert [cause.value for cause in session.state.causes] == ["recording_lost"]


async def test_the_loss_of_another_worker_is_none_of_ours(live: Visit) -> None:
    assert isinstance((await live.report(Lost("2", "relay"))).state, Live)


async def test_a_manifests_head_is_signed_and_anchored_at_a_hold(live: Visit) -> None:
    await live.report(control.Head(live.id, 4, "ab" * 32, 0, 1))
    assert isinstance(live.worker.recorder.sent[-1], control.Signed)
    await live.ask(Role.PHYSICIAN, wire.Hold("guardian_not_with_child"))
    await live.settled()
    journal = await live.house.server.consultations._journal.replay(live.id)
    assert "recording_anchored" in [event.type for event, _ in journal]


async def test_a_weak_uplink_is_journaled_and_shown_to_both(live: Visit) -> None:
    await live.ask(Role.GUARDIAN, wire.Sending("sound"))
    await live.settled()
    shown = live.said(wire.SessionChanged)[-1].session.rungs
    assert shown == (wire.RungView(Role.GUARDIAN, Role.PHYSICIAN, "sound", "uplink"),)
    assert await journaled(live, "rung_changed") == [("guardian", "physician", "sound", "uplink")]
    assert live.worker.diary[-1] == "open 1 guardian+physician"  # sound goes on


async def test_what_the_relay_withholds_is_journaled_and_of_an_older_leg_it_is_not_heard(live: Visit) -> None:
    began = live.house.clock()
    await live.report(control.LegRung(live.id, "physician", 2, "low"))
    await live.report(control.LegRung(live.id, "guardian", 7, "chat"))
    assert await journaled(live, "rung_changed") == [("guardian", "physician", "low", "downlink")]
    await live.ask(Role.PHYSICIAN, wire.Offer(2, 1, "v=0"))  # a new leg begins with everything
    async with asyncio.timeout(5):
        while (await live.session()).rungs:
            await asyncio.sleep(0.05)
    (down, low), (up, full) = await journaled_at(live, "rung_changed")
    assert (low, full) == (("guardian", "physician", "low", "downlink"), ("guardian", "physician", "full", "uplink"))
    assert began - 0.001 < down < up <= live.house.clock()  # a time is kept in whole microseconds


async def test_a_page_that_says_a_new_rung_at_every_moment_fills_no_journal(live: Visit) -> None:
    for _ in range(20):
        for rung in ("low", "stills", "sound"):
            await live.ask(Role.GUARDIAN, wire.Sending(rung))
    async with asyncio.timeout(5):
        while (last := await journaled(live, "rung_changed"))[-1][2] != "sound":
            await asyncio.sleep(0.05)
    assert len(last) <= 3


async def test_with_the_relay_gone_only_the_pages_own_word_counts(live: Visit) -> None:
    await live.report(control.LegRung(live.id, "physician", 2, "sound"))
    await live.report(Lost("1", "relay"))
    async with asyncio.timeout(5):
        while (await live.session()).rungs:
            await asyncio.sleep(0.05)


async def test_a_new_page_on_the_seat_begins_with_everything(live: Visit) -> None:
    await live.ask(Role.GUARDIAN, wire.Sending("sound"))
    await live.settled()
    await live.house.server.consultations.taken(live.id, Role.GUARDIAN, live.epochs[Role.GUARDIAN] + 1, "zh")
    assert (await live.settled()).rungs == {}


async def test_statistics_become_quality_for_everybody(live: Visit) -> None:
    names = ("up_bps", "down_bps", "up_loss", "down_loss", "up_jitter_ms")
    leg = {
        "room": live.id,
        "seat": "guardian",
        "rtt_ms": 10,
        "audio": dict.fromkeys(names, 0),
        "video": dict.fromkeys(names, 0),
    }
    live.house.server.consultations.received(control.LegStatistics([leg]))
    (quality,) = live.said(wire.Quality)
    assert quality.light == "good"
