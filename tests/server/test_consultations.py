"""Consultations: intents in, events and effects out, over a real database with a worker and a gateway that take notes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from sqlalchemy import update

from media import control
from server.config import Secret
from server.consultation import again_after_s
from server.consultations import Consultations
from server.errors import Refused
from server.events import to_record
from server.journal import Journal
from server.session import Ended, Held, Live, Verifying, Waiting
from server.store import bodies, outbox, recordings, referrals
from server.store.details import visit_detail
from server.store.tables import device, staff
from server.store.tables import event as event_table
from server.store.tickets import Ticket
from server.wiring import Server, chance
from server.workers import Lost, OfferRefused, Restored
from signaling import messages as wire
from signaling.seats import Role
from tests.server.http.conftest import Browser, House, house, seeded

__all__ = ["house", "seeded"]

CHECKS = ("guardian_seen", "child_seen", "identity_matches")


@dataclass
class Notes:
    sent: list[control.Message] = field(default_factory=list)

    def send(self, message: control.Message) -> None:
        self.sent.append(message)


@dataclass
class FakeWorker:
    """A worker that takes notes; ``answers`` may be set to a refusal."""

    name: str = "1"
    relay: Notes = field(default_factory=Notes)
    recorder: Notes = field(default_factory=Notes)
    rooms: set[str] = field(default_factory=set)
    diary: list[str] = field(default_factory=list)
    refuses: str = ""

    def open_room(self, room: str, silent_after_ms: int) -> None:
        self.rooms.add(room)
        self.diary.append(f"room {silent_after_ms}")

    def close_room(self, room: str) -> None:
        self.diary.append("end")

    def open_gate(self, room: str, generation: int, required: list[str]) -> None:
        self.diary.append(f"open {generation} {'+'.join(required)}")

    def close_gate(self, room: str, generation: int) -> None:
        self.diary.append(f"close {generation}")

    async def offer(self, room: str, seat: str, leg: int, revision: int, sdp: str) -> control.LegAnswer:
        if self.refuses:
            raise OfferRefused(self.refuses)
        self.diary.append(f"offer {seat} {leg}.{revision}")
        return control.LegAnswer(1, "v=0", [("2", "physician")])


@dataclass
class FakeGateway:
    said: list[tuple[Role | None, wire.Message]] = field(default_factory=list)
    shown_out: list[Role] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)

    def send(self, session: str, role: Role, message: wire.Message, epoch: int | None = None) -> None:
        self.said.append((role, message))

    def broadcast(self, session: str, message: wire.Message) -> None:
        self.said.append((None, message))

    def disconnect(self, session: str, role: Role) -> None:
        self.shown_out.append(role)

    def forget(self, session: str) -> None:
        self.forgotten.append(session)


@dataclass
class Visit:
    """One visit as the gateway drives it."""

    house: House
    worker: FakeWorker
    gateway: FakeGateway
    epochs: dict[Role, int] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.house.made.visit

    async def ask(self, role: Role, intent: wire.Intent, epoch: int | None = None) -> dict[str, Any]:
        return await self.house.server.consultations.intent(self.id, role, epoch or self.epochs[role], intent)

    async def session(self) -> Any:
        return (await self.house.server.consultations.session(self.id)).session

    async def settled(self) -> Any:
        """The session once everything that was reported has been taken in."""
        consultation = await self.house.server.consultations.session(self.id)
        await consultation.controller.post(control_nothing())
        return consultation.session

    async def report(self, message: Any) -> Any:
        self.house.server.consultations.received(message)
        return await self.settled()

    def said(self, kind: type[Any]) -> list[Any]:
        return [message for _, message in self.gateway.said if isinstance(message, kind)]


def control_nothing() -> Any:
    """An event that changes nothing: it comes through the mailbox after all others."""
    from server.events import MediaSilent

    return MediaSilent(Role.INTERPRETER, 0)


async def journaled(visit: Visit, kind: str) -> list[tuple[str, ...]]:
    """The sender, receiver, rung and why of each event of that kind, oldest first."""
    return [fields for _, fields in await journaled_at(visit, kind)]


async def journaled_at(visit: Visit, kind: str) -> list[tuple[float, tuple[str, ...]]]:
    """The same, each with its time."""
    committed = await Journal(visit.house.server.database).replay(visit.id)
    records = [(at, to_record(event)) for event, at in committed if event.type == kind]
    return [(at, tuple(value for name, value in record.items() if name != "type")) for at, record in records]


async def take_seat(visit: Visit, browser: Browser, role: Role) -> wire.Welcome:
    """As the gateway does: a token from the page's cookie, redeemed, and a new epoch."""
    token = (await (await browser.post(f"{visit.house.visit}/socket-token")).json())["token"]
    admission = await visit.house.server.consultations.redeem(token)
    assert admission.role is role
    epoch = visit.epochs[role] = admission.epoch + 1
    return await visit.house.server.consultations.taken(visit.id, role, epoch, "zh")


@pytest.fixture
async def visit(house: House) -> AsyncIterator[Visit]:
    """Both are in their seats, consented and connected, nothing admitted yet."""
    worker, gateway = FakeWorker(), FakeGateway()
    house.server.consultations.bind(gateway, [worker])  # type: ignore[arg-type,list-item]
    made = Visit(house, worker, gateway)
    guardian, physician = house.client(), house.client()
    await guardian.post("/api/join", {"token": house.token})
    await guardian.consent_to_everything(house.visit)
    await physician.sign_in(house.made.physician_login, house.made.physician_password)
    await take_seat(made, guardian, Role.GUARDIAN)
    await take_seat(made, physician, Role.PHYSICIAN)
    yield made
    await guardian.client.close()
    await physician.client.close()


async def bring_media(visit: Visit) -> None:
    for role in (Role.GUARDIAN, Role.PHYSICIAN):
        await visit.ask(role, wire.Offer(1, 1, "v=0"))
    legs = {Role.GUARDIAN: 1, Role.PHYSICIAN: 2}
    for role, leg in legs.items():
        await visit.report(control.SeatMedia(visit.id, role.value, leg, True, 0))


@pytest.fixture
async def live(visit: Visit) -> Visit:
    await bring_media(visit)
    await visit.ask(Role.PHYSICIAN, wire.Admit())
    consultation = await visit.house.server.consultations.session(visit.id)
    async with asyncio.timeout(10):
        while not visit.worker.recorder.sent:  # the session key is made in a child process
            await asyncio.sleep(0.01)
    assert isinstance(visit.worker.recorder.sent[0], control.RecordingOpen)
    await visit.report(control.RecordingState(visit.id, "running", ""))
    assert isinstance(consultation.session.state, Verifying)
    await visit.ask(Role.PHYSICIAN, wire.Attest(CHECKS))
    assert isinstance(consultation.session.state, Live)
    return visit


async def test_admission_makes_the_recording_ready_and_then_the_gate_opens(live: Visit) -> None:
    assert live.worker.diary == ["room 3000", "offer guardian 1.1", "offer physician 2.1", "open 1 guardian+physician"]
    opening = live.worker.recorder.sent[0]
    assert isinstance(opening, control.RecordingOpen)
    kept = await recordings.of_session(live.house.server.database, live.id)
    assert kept is not None
    assert kept.public_key == opening.recipient


async def test_the_welcome_has_the_chat_so_far(visit: Visit) -> None:
    await visit.ask(Role.GUARDIAN, wire.SendChat("a", " 您好 "))
    browser = visit.house.client()
    await browser.sign_in(visit.house.made.physician_login, visit.house.made.physician_password)
    welcome = await take_seat(visit, browser, Role.PHYSICIAN)
    assert [(chat.role, chat.text) for chat in welcome.chat] == [(Role.GUARDIAN, "您好")]
    assert welcome.session.state == "waiting"
    assert welcome.visit.reasons
    await browser.client.close()


async def test_the_welcome_has_the_turn_servers_and_whether_all_media_goes_through_them(visit: Visit) -> None:
    consultations, guardian = visit.house.server.consultations, Role.GUARDIAN
    turn = {"turn_urls": ("turn:t.example:3478",), "turn_secret": Secret("north"), "turn_policy": "relay"}
    consultations._config = replace(consultations._config, **turn)  # type: ignore[arg-type]
    welcome = await consultations.taken(visit.id, guardian, visit.epochs[guardian] + 1, "zh")
    assert welcome.ice_policy == "relay"
    (server,) = welcome.ice_servers
    assert (server.urls, server.username.partition(":")[2]) == (("turn:t.example:3478",), "guardian")


async def test_a_chat_message_sent_twice_is_one_message(visit: Visit) -> None:
    said = wire.SendChat("a", "您好")
    first, again = await asyncio.gather(visit.ask(Role.GUARDIAN, said), visit.ask(Role.GUARDIAN, said))
    assert first == again
    assert len(visit.said(wire.ChatPosted)) == 1
    assert len(await bodies.of_session(visit.house.server.database, visit.id, "chat")) == 1


@pytest.mark.parametrize(
    "intent",
    [wire.Admit(), wire.Attest(CHECKS), wire.Hold("other"), wire.Resume(), wire.Complete("x", True), wire.Cancel(),
     wire.Refer("other", "routine", "x", "", "")],
)  # fmt: skip
async def test_the_guardian_may_not_do_what_only_the_physician_may(visit: Visit, intent: wire.Intent) -> None:
    with pytest.raises(Refused, match="not_allowed"):
        await visit.ask(Role.GUARDIAN, intent)


async def test_the_physician_may_not_withdraw_the_familys_consent(visit: Visit) -> None:
    with pytest.raises(Refused, match="not_allowed"):
        await visit.ask(Role.PHYSICIAN, wire.WithdrawConsent("recording"))


async def test_a_stale_epoch_may_do_nothing(visit: Visit) -> None:
    with pytest.raises(Refused, match="stale_epoch"):
        await visit.ask(Role.PHYSICIAN, wire.Admit(), epoch=99)


async def test_a_physician_who_is_taken_off_the_whitelist_admits_nobody(visit: Visit) -> None:
    async def unlist(connection: Any) -> None:
        await connection.execute(update(staff).values(whitelisted=False))

    await visit.house.server.database.write(unlist)
    with pytest.raises(Refused, match="not_eligible"):
        await visit.ask(Role.PHYSICIAN, wire.Admit())


async def revoke_devices(visit: Visit) -> None:
    async def revoke(connection: Any) -> None:
        await connection.execute(update(device).values(revoked_at=1.0))

    await visit.house.server.database.write(revoke)


@asynccontextmanager
async def tending(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    monkeypatch.setattr("server.consultations.TEND_EVERY_S", 0.01)
    task = asyncio.create_task(visit.house.server.consultations.tend())
    yield
    task.cancel()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.01)


async def test_a_revoked_device_is_refused_and_shown_out(live: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    await revoke_devices(live)
    with pytest.raises(Refused, match="not_allowed"):
        await live.ask(Role.GUARDIAN, wire.SendChat("a", "x"))
    async with tending(live, monkeypatch):
        await until(lambda: bool(live.gateway.shown_out))
    assert live.gateway.shown_out == [Role.GUARDIAN]
    assert isinstance((await live.settled()).state, Held)


async def test_some_minutes_after_the_end_the_session_is_forgotten(live: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    await live.ask(Role.PHYSICIAN, wire.Complete("一切正常", True))
    live.house.clock.ahead_s = 601
    async with tending(live, monkeypatch):
        await until(lambda: not live.house.server.consultations.all())
    assert live.gateway.forgotten == [live.id]
    assert isinstance((await live.session()).state, Ended)  # and is read again from the journal when somebody asks


async def test_a_visit_nobody_came_to_ends_by_itself(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    worker, gateway = FakeWorker(), FakeGateway()
    house.server.consultations.bind(gateway, [worker])  # type: ignore[arg-type,list-item]
    visit = Visit(house, worker, gateway)
    house.clock.ahead_s = 2 * 3600
    async with tending(visit, monkeypatch):
        await until(lambda: any(isinstance(c.session.state, Ended) for c in house.server.consultations.all()))
    assert (await visit.session()).state.outcome.value == "no_show"


async def test_after_a_restart_a_live_session_is_held_though_its_deadline_is_long_past(live: Visit) -> None:
    await live.report(control.SeatMedia(live.id, "guardian", 1, False, 0))
    again = restarted(live)
    live.house.clock.ahead_s = 3600
    await again.recover(last_beat=None)
    (consultation,) = again.all()
    await consultation.controller.post(control_nothing())
    state = consultation.session.state
    assert isinstance(state, Held)
    assert len(state.causes) == 3
    assert min(span.until for span in state.causes.values()) > live.house.clock()
    await again.stop()


async def test_a_tampered_session_stays_closed_and_keeps_nobody_else_out(live: Visit) -> None:
    async def tamper(connection: Any) -> None:
        await connection.execute(update(event_table).where(event_table.c.n == 2).values(record="{}"))

    await live.house.server.database.write(tamper)
    again = restarted(live)
    await again.recover(last_beat=1.0)
    assert again.all() == []
    with pytest.raises(Refused, match="unavailable"):
        await again.session(live.id)


def restarted(visit: Visit) -> Consultations:
    """The consultations of a new process on the same database."""
    server = Server(visit.house.server.config, visit.house.clock, chance())
    server.consultations.bind(FakeGateway(), [FakeWorker()])  # type: ignore[arg-type,list-item]
    return server.consultations


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
    assert live.worker.diary.count("room 3000") == 2
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


async def test_the_physicians_hold_is_lifted_by_the_physician(live: Visit) -> None:
    await live.ask(Role.PHYSICIAN, wire.Hold("guardian_not_with_child"))
    assert isinstance((await live.session()).state, Held)
    await live.ask(Role.PHYSICIAN, wire.Resume())
    assert isinstance((await live.session()).state, Live)


async def test_an_end_with_referral_leaves_everything_in_the_store_once(live: Visit) -> None:
    refer = wire.Refer("other", "within_30d", "骨龄片看不清", "骨盆", "已告知")
    first = await live.ask(Role.PHYSICIAN, refer)
    again = await live.ask(Role.PHYSICIAN, refer)
    assert first == again
    session = await live.session()
    assert isinstance(session.state, Ended)
    assert live.worker.diary[-2:] == ["close 1", "end"]
    database = live.house.server.database
    filed = await referrals.of_visit(database, live.id)
    assert filed is not None
    assert filed.id == first["referral"]
    assert len(await outbox.pending(database)) == 1
    assert isinstance(live.worker.recorder.sent[-1], control.RecordingClose)


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


async def test_only_the_physician_is_told_the_number_to_call(visit: Visit) -> None:
    consultations = visit.house.server.consultations
    for role, told in ((Role.PHYSICIAN, True), (Role.GUARDIAN, False)):
        welcome = await consultations.taken(visit.id, role, visit.epochs[role] + 1, "zh")
        assert (re.fullmatch(r"\d{11}", welcome.visit.call_back) is not None) is told
    detail = await visit_detail(visit.house.server.database, visit.id)
    assert detail is not None
    assert detail.guardian_phone not in repr(detail)


async def test_an_unknown_reason_ends_nothing(live: Visit) -> None:
    with pytest.raises(Refused, match="unknown_reason"):
        await live.ask(Role.PHYSICIAN, wire.Refer("no_such_reason", "routine", "", "", ""))
    assert isinstance((await live.session()).state, Live)


async def test_completing_keeps_the_summary(live: Visit) -> None:
    with pytest.raises(Refused, match="not_adequate"):
        await live.ask(Role.PHYSICIAN, wire.Complete("x", False))
    await live.ask(Role.PHYSICIAN, wire.Complete("一切正常", True))
    (summary,) = await bodies.of_session(live.house.server.database, live.id, "summary")
    assert summary.content == {"summary": "一切正常"}


async def test_taking_back_a_consent_ends_and_a_referral_is_still_possible(live: Visit) -> None:
    await live.ask(Role.GUARDIAN, wire.WithdrawConsent("recording"))
    session = await live.session()
    assert isinstance(session.state, Ended)
    assert session.state.outcome.value == "consent_withdrawn"
    filed = await live.ask(Role.PHYSICIAN, wire.Refer("other", "routine", "改线下", "", ""))
    assert (await live.session()).referral.id == filed["referral"]


async def test_after_the_end_nothing_is_offered_or_said(live: Visit) -> None:
    await live.ask(Role.PHYSICIAN, wire.Complete("一切正常", True))
    with pytest.raises(Refused, match="session_ended"):
        await live.ask(Role.GUARDIAN, wire.Offer(9, 1, "v=0"))
    with pytest.raises(Refused, match="session_ended"):
        await live.ask(Role.GUARDIAN, wire.SendChat("z", "x"))


async def test_leaving_gives_up_the_seat_and_the_visit_goes_on(live: Visit) -> None:
    await live.ask(Role.GUARDIAN, wire.Leave())
    assert isinstance((await live.session()).state, Held)


async def test_a_socket_that_stays_away_has_left(visit: Visit) -> None:
    await visit.house.server.consultations.left(visit.id, Role.GUARDIAN, visit.epochs[Role.GUARDIAN])
    session = await visit.settled()
    assert not session.seats[Role.GUARDIAN].connected
    assert isinstance(session.state, Waiting)


async def test_an_unknown_token_redeems_nothing(visit: Visit) -> None:
    with pytest.raises(Refused, match="bad_token"):
        await visit.house.server.consultations.redeem("x" * 43)


async def test_a_ticket_names_the_seat_it_was_given_for(visit: Visit) -> None:
    consultation = await visit.house.server.consultations.session(visit.id)
    assert isinstance(consultation.tickets[Role.GUARDIAN], Ticket)
    assert consultation.tickets[Role.GUARDIAN].device is not None
    assert consultation.tickets[Role.PHYSICIAN].staff_session is not None


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
