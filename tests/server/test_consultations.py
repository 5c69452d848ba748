"""Who may come to a consultation and do what there; how it begins, ends, is forgotten and taken up again."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from media import control
from server.booking.refusals import WORDS, Refusal
from server.calendar import day_of
from server.config import Secret
from server.consultations import Consultations
from server.errors import Refused
from server.events import VisitCancelled
from server.session import Ended, Held, Live, Waiting
from server.store import bodies, limits, outbox, people, referrals
from server.store.details import visit_detail
from server.store.tables import device, staff
from server.store.tables import event as event_table
from server.store.tickets import Ticket
from server.wiring import Server, chance
from signaling import messages as wire
from signaling.seats import Role
from tests.server.consultation_kit import (
    ATTEST,
    FakeGateway,
    FakeWorker,
    Visit,
    bring_media,
    control_nothing,
    live,
    take_seat,
    visit,
)
from tests.server.http.conftest import House, house, seeded
from tests.server.session_keys import KeysAtOnce

__all__ = ["house", "live", "seeded", "visit"]


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
    [wire.Admit(names_match=True), wire.BeginText(names_match=True), ATTEST, wire.Hold("other"), wire.Resume(),
     wire.Complete("x", True), wire.Cancel(), wire.Refer("other", "routine", "x", "", "")],
)  # fmt: skip
async def test_the_guardian_may_not_do_what_only_the_physician_may(visit: Visit, intent: wire.Intent) -> None:
    with pytest.raises(Refused, match="not_allowed"):
        await visit.ask(Role.GUARDIAN, intent)


async def test_the_physician_may_not_withdraw_the_familys_consent(visit: Visit) -> None:
    with pytest.raises(Refused, match="not_allowed"):
        await visit.ask(Role.PHYSICIAN, wire.WithdrawConsent("recording"))


async def test_a_stale_epoch_may_do_nothing(visit: Visit) -> None:
    with pytest.raises(Refused, match="stale_epoch"):
        await visit.ask(Role.PHYSICIAN, wire.Admit(names_match=True), epoch=99)


@pytest.mark.parametrize("asked", [wire.Admit(names_match=True), wire.BeginText(names_match=True)])
async def test_a_physician_who_is_taken_off_the_whitelist_admits_nobody(visit: Visit, asked: wire.Intent) -> None:
    async def unlist(connection: Any) -> None:
        await connection.execute(update(staff).values(whitelisted=False))

    await visit.house.server.database.write(unlist)
    with pytest.raises(Refused, match="not_whitelisted") as refused:
        await visit.ask(Role.PHYSICIAN, asked)
    assert refused.value.said == WORDS[Refusal.NOT_WHITELISTED]
    today, database = day_of(visit.house.clock()), visit.house.server.database
    (hospital,) = await people.hospitals(database)
    counted = await database.read(lambda transaction: limits.counts_by_place(transaction, hospital, today, today))
    assert [(each.place, each.code, each.count) for each in counted] == [("admission", "not_whitelisted", 1)]


async def test_beginning_by_text_asks_what_an_admission_asks_and_starts_no_recording(visit: Visit) -> None:
    with pytest.raises(Refused, match="names_not_confirmed"):
        await visit.ask(Role.PHYSICIAN, wire.BeginText(names_match=False))
    assert await visit.ask(Role.PHYSICIAN, wire.BeginText(names_match=True)) == {}
    session = await visit.session()
    assert (session.text, session.admitted, session.gate_open, session.recorder.value) == (True, False, False, "off")
    assert visit.said(wire.SessionChanged)[-1].session.text
    said = await visit.ask(Role.GUARDIAN, wire.SendChat("a", "您好"))
    assert [message.message.id for message in visit.said(wire.ChatPosted)] == [said["id"]]
    await visit.ask(Role.PHYSICIAN, wire.Admit(names_match=True))
    assert (await visit.session()).admitted


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
    last = (await outbox.of_session(house.server.database, visit.id))[-1]
    assert (last.kind, json.loads(last.payload)) == ("visit.ended", {"outcome": "no_show"})


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
    server = Server(visit.house.server.config, visit.house.clock, chance(), keys=KeysAtOnce())
    server.consultations.bind(FakeGateway(), [FakeWorker()])  # type: ignore[arg-type,list-item]
    return server.consultations


async def test_a_visit_by_text_is_listed_as_one_until_the_gate_opens_or_these_are_others(visit: Visit) -> None:
    async def listed() -> str | None:
        found = await visit_detail(visit.house.server.database, visit.id)
        return found and found.state

    await visit.ask(Role.PHYSICIAN, wire.BeginText(names_match=True))
    assert await listed() == "text"
    with pytest.raises(Refused, match="visit_under_way"):
        await visit.house.server.consultations.from_outside(visit.id, VisitCancelled("hospital"))
    await visit.ask(Role.PHYSICIAN, wire.DenyFamily())
    assert await listed() == "waiting"
    await visit.ask(Role.PHYSICIAN, wire.BeginText(names_match=True))
    await visit.ask(Role.PHYSICIAN, wire.Admit(names_match=True))
    assert await listed() == "text"
    await bring_media(visit)
    async with asyncio.timeout(10):
        while not visit.worker.recorder.sent:
            await asyncio.sleep(0.01)
    await visit.report(control.RecordingState(visit.id, "running", ""))
    assert await listed() == "verifying"


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
    told = [(message.kind, json.loads(message.payload)) for message in await outbox.of_session(database, live.id)]
    assert told == [
        ("visit.started", {"by": "video"}),
        ("referral.issued", {"referral": filed.id, "reason": "other", "urgency": "within_30d"}),
        ("visit.ended", {"outcome": "referred"}),
    ]
    assert isinstance(live.worker.recorder.sent[-1], control.RecordingClose)


async def test_only_the_physician_is_told_the_number_to_call(visit: Visit) -> None:
    consultations = visit.house.server.consultations
    for role, told in ((Role.PHYSICIAN, True), (Role.GUARDIAN, False)):
        welcome = await consultations.taken(visit.id, role, visit.epochs[role] + 1, "zh")
        assert (re.fullmatch(r"\d{11}", welcome.visit.call_back) is not None) is told
    detail = await visit_detail(visit.house.server.database, visit.id)
    assert detail is not None
    assert detail.guardian_phone not in repr(detail)


async def test_the_physician_sees_where_it_goes_and_sends_it_elsewhere(live: Visit) -> None:
    consultations = live.house.server.consultations
    for role, told in ((Role.GUARDIAN, False), (Role.PHYSICIAN, True)):
        view = (await consultations.taken(live.id, role, live.epochs[role] + 1, "zh")).visit
        live.epochs[role] += 1
        assert bool(view.departments) is told
    assert ("neurology", "示范儿童医院 神经内科") in [(each.code, each.text) for each in view.departments]
    assert {reason.to[0] for reason in view.reasons} == {"emergency"}
    with pytest.raises(Refused, match="unknown_department"):
        await live.ask(Role.PHYSICIAN, wire.Refer("other", "routine", "头痛", "", "", "heart"))
    assert not isinstance((await live.session()).state, Ended)
    await live.ask(Role.PHYSICIAN, wire.Refer("other", "routine", "头痛", "", "", "neurology"))
    filed = await referrals.of_visit(live.house.server.database, live.id)
    assert filed is not None
    assert (filed.destination, filed.department) == ("neurology", "神经内科")


async def test_an_unknown_reason_ends_nothing(live: Visit) -> None:
    with pytest.raises(Refused, match="unknown_reason"):
        await live.ask(Role.PHYSICIAN, wire.Refer("no_such_reason", "routine", "", "", ""))
    assert isinstance((await live.session()).state, Live)


async def test_completing_keeps_the_summary(live: Visit) -> None:
    with pytest.raises(Refused, match="not_adequate"):
        await live.ask(Role.PHYSICIAN, wire.Complete("x", False))
    await live.ask(Role.PHYSICIAN, wire.Complete("一切正常", True))
    (summary,) = await bodies.of_session(live.house.server.database, live.id, "summary")
    assert summary.content == {"summary": "一切正常", "adequate": True, "aftercare": "aftercare-2026-1"}


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
