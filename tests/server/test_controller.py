"""The controller: the order of effects and commits, and what happens when the journal cannot be written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from server import events as ev
from server.attestation import CHECKS
from server.chain import Head
from server.controller import Controller
from server.errors import Refused
from server.session import Ended, Held, Live, Rules, Session, new_session
from server.store.database import Write
from server.store.errors import Unavailable, VersionConflict
from signaling.seats import Role


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class House:
    """A journal in memory that can be away, and effects that only take notes, all in one diary."""

    def __init__(self) -> None:
        self.diary: list[str] = []
        self.events: list[tuple[ev.Event, float]] = []
        self.also: list[Sequence[Write]] = []
        self.away = False
        self.away_for_reading = 0
        self.asked = asyncio.Event()
        self.broken = False

    async def append(
        self, session: str, expected_version: int, events: Sequence[ev.Event], at: float, also: Sequence[Write] = ()
    ) -> Head:
        self.asked.set()
        if self.broken:
            raise RuntimeError("a bug")
        if self.away:
            raise Unavailable("away")
        if expected_version != len(self.events):
            raise VersionConflict(session, expected_version, len(self.events))
        self.events += [(event, at) for event in events]
        self.also.append(also)
        self.diary += [f"commit {event.type}" for event in events]
        return Head(len(self.events), f"hash-{len(self.events)}")

    async def replay(self, session: str) -> list[tuple[ev.Event, float]]:
        if self.away_for_reading > 0:
            self.away_for_reading -= 1
            raise Unavailable("away")
        return list(self.events)

    def open_gate(self, session: Session, generation: int) -> None:
        self.diary.append(f"open {generation}")

    def close_gate(self, session: Session, generation: int) -> None:
        self.diary.append(f"close {generation}")

    def start_recording(self, session: Session) -> None:
        self.diary.append("record")

    def anchor_recording(self, session: Session) -> None:
        self.diary.append("anchor")

    def end_media(self, session: Session) -> None:
        self.diary.append("end media")

    def make_room(self, session: Session) -> None:
        self.diary.append("make room")

    def show_out(self, session: Session, role: Role) -> None:
        self.diary.append(f"show out {role}")

    def show_state(self, session: Session) -> None:
        pass

    def writes(self, after: Session) -> Sequence[Write]:
        return ()

    def failed(self, session: Session) -> None:
        self.diary.append("failed")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
async def live(house: House, clock: Clock) -> AsyncIterator[Controller]:
    """A session that is live, its diary begun afresh."""
    controller = Controller(new_session("s", Rules(), until=9000.0), 0, house, house, clock)
    controller.start()
    for event in (
        ev.ChildConfirmed(),
        ev.ConsentGiven("consultation", "1", "zh", "x"),
        ev.ConsentGiven("recording", "1", "zh", "x"),
        ev.SeatTaken(Role.GUARDIAN, 1),
        ev.SeatTaken(Role.PHYSICIAN, 1),
        ev.MediaAlive(Role.GUARDIAN, 1),
        ev.MediaAlive(Role.PHYSICIAN, 1),
        ev.Admitted(),
        ev.RecorderReady(),
        ev.Attested(CHECKS),
    ):
        await controller.post(event)
    assert isinstance(controller.session.state, Live)
    house.diary.clear()
    yield controller
    await controller.stop()


async def test_what_closes_comes_before_its_commit_and_what_opens_after(live: Controller, house: House) -> None:
    await live.post(ev.MediaSilent(Role.GUARDIAN, 1))
    await live.post(ev.MediaAlive(Role.GUARDIAN, 1))
    assert house.diary == ["close 1", "commit media_silent", "anchor", "commit media_alive", "open 2"]


async def test_a_guest_is_shown_out_before_the_journal_has_it_and_is_made_room_for_after(
    live: Controller, house: House
) -> None:
    await live.post(ev.GuestInvited(Role.INTERPRETER, "i1", "aa"))
    await live.post(ev.InvitationTakenBack("i1"))
    shown_out = ["show out interpreter", "commit invitation_taken_back"]
    assert house.diary == ["commit guest_invited", "make room", *shown_out]


async def test_a_guest_is_out_though_the_journal_is_away_and_nobody_is_invited_then(live: Controller, house: House) -> None:
    await live.post(ev.GuestInvited(Role.INTERPRETER, "i1", "aa"))
    house.away = True
    house.asked.clear()
    waiting = live.post(ev.InvitationTakenBack("i1"))
    await house.asked.wait()
    assert house.diary[-1] == "show out interpreter"
    house.away = False
    await waiting
    assert house.diary[-1] == "commit invitation_taken_back"
    house.away = True
    with pytest.raises(Refused, match="unavailable"):
        await live.post(ev.GuestInvited(Role.INTERPRETER, "i2", "aa"))


async def test_an_event_of_an_older_epoch_is_not_even_journaled(live: Controller, house: House) -> None:
    before = live.session
    assert await live.post(ev.MediaSilent(Role.GUARDIAN, 0)) is before
    assert house.diary == []


async def test_a_chat_message_is_journaled_though_it_changes_nothing(live: Controller, house: House) -> None:
    await live.post(ev.Chatted(Role.GUARDIAN, "m", "hash"))
    assert house.diary == ["commit chatted"]


async def test_a_refused_command_changes_nothing(live: Controller, house: House) -> None:
    before = live.session
    with pytest.raises(Refused, match="wrong_state"):
        await live.post(ev.Cancelled())
    assert live.session is before
    assert house.diary == []


async def test_a_fact_waits_for_the_journal_while_the_gate_is_closed_already(live: Controller, house: House) -> None:
    house.away = True
    house.asked.clear()
    done = live.post(ev.MediaSilent(Role.GUARDIAN, 1))
    await house.asked.wait()
    assert house.diary == ["close 1"]
    assert isinstance(live.session.state, Live)
    house.away = False
    await done
    assert isinstance(live.session.state, Held)


async def test_an_end_stops_the_media_at_once_and_is_committed_when_it_can(live: Controller, house: House) -> None:
    house.away = True
    house.asked.clear()
    done = live.post(ev.Referred("r", "other", "routine", "v", "hash"))
    await house.asked.wait()
    assert house.diary == ["close 1", "end media"]
    house.away = False
    assert isinstance((await done).state, Ended)
    assert house.diary[2] == "commit referred"


async def test_a_permissive_command_is_refused_while_the_journal_is_away(live: Controller, house: House) -> None:
    await live.post(ev.HoldPlaced("other"))
    house.away = True
    house.diary.clear()
    with pytest.raises(Refused, match="unavailable"):
        await live.post(ev.HoldCleared())
    assert isinstance(live.session.state, Held)
    assert house.diary == []


async def test_a_commit_of_unknown_outcome_is_found_in_the_journal(live: Controller, house: House, clock: Clock) -> None:
    house.events.append((ev.MediaSilent(Role.PHYSICIAN, 1), clock.now))  # it had taken effect after all
    house.away_for_reading = 1
    await live.post(ev.MediaSilent(Role.GUARDIAN, 1))
    assert isinstance(live.session.state, Held)
    assert len(live.session.state.causes) == 2
    assert live.version == len(house.events)


async def test_a_refusal_in_the_call_is_a_withdrawal_and_waits_for_the_journal(live: Controller, house: House) -> None:
    house.away = True
    house.asked.clear()
    done = live.post(ev.ConsentRefused("recording", "1"))
    await house.asked.wait()
    assert house.diary == ["close 1", "end media"]
    house.away = False
    assert isinstance((await done).state, Ended)


async def test_what_is_taken_in_first_comes_before_a_deadline_that_is_long_past(house: House, clock: Clock) -> None:
    controller = Controller(new_session("s", Rules(), until=clock.now - 1000), 0, house, house, clock)
    controller.start(first=ev.ServerRestarted(1_000_000))
    await controller.post(ev.Chatted(Role.GUARDIAN, "m", "hash"))
    assert not isinstance(controller.session.state, Ended)
    await controller.stop()


async def test_the_deadline_ends_the_session_by_itself(house: House, clock: Clock) -> None:
    controller = Controller(new_session("s", Rules(), until=clock.now + 0.02), 0, house, house, clock)
    controller.start()
    clock.now += 0.03
    async with asyncio.timeout(5):
        while not isinstance(controller.session.state, Ended):
            await house.asked.wait()
            await asyncio.sleep(0)
    assert house.diary == ["end media", "commit deadline_passed"]
    await controller.stop()


async def test_a_bug_ends_this_sessions_media_and_nothing_else(live: Controller, house: House) -> None:
    house.broken = True
    with pytest.raises(RuntimeError):
        await live.post(ev.HoldPlaced("other"))
    assert house.diary[-1] == "failed"
    house.broken = False
    await live.post(ev.HoldPlaced("other"))
    assert isinstance(live.session.state, Held)


async def test_stopping_leaves_nobody_waiting(live: Controller, house: House) -> None:
    """Neither who waits for the journal, nor who waits behind that, nor who comes when it is over."""
    house.away = True
    house.asked.clear()
    first, behind = live.post(ev.MediaSilent(Role.GUARDIAN, 1)), live.post(ev.Cancelled())
    await house.asked.wait()
    await live.stop()
    for done in (first, behind, live.post(ev.Cancelled())):
        with pytest.raises(Refused, match="unavailable"):
            await asyncio.wait_for(done, 5)
    assert live._timer is None
