"""What is told of a referral stands in the session's chain and beside it, once, and forward only."""

from __future__ import annotations

import asyncio
import json
import sqlite3

import pytest

from server import events as ev
from server.chain import Fault
from server.errors import Refused
from server.journal import Journal
from server.referral import Urgency
from server.referrals.register import Register, Saying
from server.referrals.track import Fact, Source, Stage
from server.store import bodies, outbox, referrals
from server.store.audit import verify_journal
from server.store.errors import Unavailable
from server.store.referrals import Followed
from server.wiring import Server, chance
from signaling import messages as wire
from signaling.seats import Role
from tests.server.consultation_kit import FakeGateway, FakeWorker, Visit
from tests.server.session_keys import KeysAtOnce

REFER = wire.Refer("growth_headache", "emergency", "夜间头痛", "眼底", "已告知")


@pytest.fixture
async def issued(live: Visit) -> Followed:
    """A referral that a physician has just issued."""
    answer = await live.ask(Role.PHYSICIAN, REFER)
    found = await referrals.followed(live.house.server.database, answer["referral"])
    assert found is not None
    return found


@pytest.fixture
def register(live: Visit) -> Register:
    return live.house.server.register


async def told_in_chain(live: Visit) -> list[ev.ReferralTold]:
    events = await Journal(live.house.server.database).replay(live.id)
    return [event for event, _ in events if isinstance(event, ev.ReferralTold)]


async def test_it_is_issued_to_the_pathways_department_with_its_deadlines(issued: Followed) -> None:
    filed = issued.referral
    assert (filed.destination, filed.department, filed.department_en) == ("emergency", "急诊科", "Emergency Department")
    assert (filed.destination_hospital, filed.endpoint, filed.state) == ("示范儿童医院", None, "issued")
    assert filed.received_by_at == filed.next_alarm_at == filed.issued_at + 3600
    assert issued.track.stage is Stage.ISSUED
    assert issued.track.urgency is Urgency.EMERGENCY


async def test_a_receipt_is_an_event_of_the_ended_session_and_a_fact_beside_it(
    live: Visit, issued: Followed, register: Register
) -> None:
    version = (await live.session()).version
    now_is = await register.tell(issued.referral.id, Saying(Fact.RECEIVED, Source.QR))
    assert (now_is.referral.state, now_is.track.stage) == ("received", Stage.RECEIVED)
    (told,) = await told_in_chain(live)
    assert told == ev.ReferralTold(issued.referral.id, "received", "qr", 0, "")
    assert (await live.session()).version == version, "it changes nothing in the session"
    assert (await verify_journal(live.house.server.database)).ok


async def test_what_is_told_again_or_late_is_written_once(live: Visit, issued: Followed, register: Register) -> None:
    id = issued.referral.id
    for fact in (Fact.SEEN, Fact.RECEIVED, Fact.SEEN, Fact.BOOKED):
        now_is = await register.tell(id, Saying(fact, Source.API))
        assert now_is.referral.state == "seen"
    assert [told.fact for told in await told_in_chain(live)] == ["seen"]
    assert now_is.track.received_at == now_is.track.seen_at == now_is.told[0].at
    assert now_is.referral.next_alarm_at is None


async def test_what_was_closed_in_error_is_reopened_to_what_holds_then(
    live: Visit, issued: Followed, register: Register
) -> None:
    id = issued.referral.id
    await register.tell(id, Saying(Fact.RECEIVED, Source.QR))
    await register.tell(id, Saying(Fact.SEEN, Source.QR))
    now_is = await register.tell(id, Saying(Fact.REOPENED, Source.COORDINATOR, words="家属：并未就诊"))
    assert (now_is.referral.state, now_is.track.stage) == ("received", Stage.RECEIVED)
    assert now_is.referral.next_alarm_at == issued.referral.seen_by_at
    assert [told.fact for told in await told_in_chain(live)] == ["received", "seen", "reopened"]
    assert (await register.tell(id, Saying(Fact.REOPENED, Source.COORDINATOR))).told == now_is.told, "once"
    assert (await register.tell(id, Saying(Fact.SEEN, Source.API))).referral.state == "seen"
    assert (await verify_journal(live.house.server.database)).ok


async def test_the_hospitals_systems_hear_of_every_step_in_its_order_and_of_no_call(
    live: Visit, issued: Followed, register: Register
) -> None:
    id = issued.referral.id
    for fact, source in (
        (Fact.NOT_SENT, Source.SERVER),
        (Fact.OVERDUE_RECEIVED, Source.SERVER),
        (Fact.CONTACTED, Source.COORDINATOR),
        (Fact.BOOKED, Source.API),
        (Fact.RECEIVED, Source.QR),
        (Fact.SEEN, Source.QR),
        (Fact.REOPENED, Source.COORDINATOR),
    ):
        await register.tell(id, Saying(fact, source, words="电话里说的"))
    messages = await outbox.of_session(live.house.server.database, live.id)
    told = [json.loads(each.payload) for each in messages if each.kind == "referral.changed"]
    assert {(each.pop("referral"), each.pop("number")) for each in told} == {(id, issued.referral.number)}
    assert [tuple(each.values()) for each in told] == [
        ("not_sent", "issued", "server"),
        ("overdue_received", "issued", "server"),
        ("booked", "booked", "api"),
        ("seen", "seen", "qr"),
        ("reopened", "booked", "coordinator"),
    ]
    assert "电话" not in "".join(each.payload for each in messages)


async def test_two_who_tell_it_at_once_are_one(live: Visit, issued: Followed, register: Register) -> None:
    saying = Saying(Fact.RECEIVED, Source.QR)
    answers = await asyncio.gather(*(register.tell(issued.referral.id, saying) for _ in range(5)))
    assert {answer.referral.state for answer in answers} == {"received"}
    assert len(await told_in_chain(live)) == 1


async def test_an_appointment_and_a_place_are_kept_the_words_in_a_body(
    live: Visit, issued: Followed, register: Register
) -> None:
    at = live.house.clock() + 7200
    saying = Saying(Fact.BOOKED, Source.COORDINATOR, at, "  门诊楼 3 层\u202e ")
    now_is = await register.tell(issued.referral.id, saying)
    assert now_is.track.appointment_at == round(at)
    (body,) = await bodies.of_session(live.house.server.database, live.id, "receipt")
    assert body.content == {"words": "门诊楼 3 层"}
    assert now_is.told[0].body_sha256 == body.sha256
    database = live.house.server.database
    assert (await verify_journal(database)).ok
    await bodies.forget(database, body.id)
    assert (await verify_journal(database)).ok, "the words may go, the chain stays whole"


@pytest.mark.parametrize(
    ("saying", "code"),
    [
        (Saying(Fact.SENT, Source.QR), "not_allowed"),
        (Saying(Fact.CONTACTED, Source.API), "not_allowed"),
        (Saying(Fact.SEEN, Source.SERVER), "not_allowed"),
        (Saying(Fact.REOPENED, Source.QR), "not_allowed"),
        (Saying(Fact.REOPENED, Source.API), "not_allowed"),
        (Saying(Fact.RECEIVED, Source.QR, 1.0), "bad_appointment"),
        (Saying(Fact.BOOKED, Source.QR, 1.0), "bad_appointment"),
        (Saying(Fact.BOOKED, Source.QR, 9e99), "bad_appointment"),
        (Saying(Fact.BOOKED, Source.QR, float("nan")), "bad_appointment"),
        (Saying(Fact.CONTACTED, Source.COORDINATOR, words="长" * 501), "too_large"),
    ],
)
async def test_what_is_not_ones_to_tell_is_refused(
    live: Visit, issued: Followed, register: Register, saying: Saying, code: str
) -> None:
    with pytest.raises(Refused, match=code):
        await register.tell(issued.referral.id, saying)
    assert await told_in_chain(live) == []


async def test_an_unknown_referral_is_not_found(live: Visit, register: Register) -> None:
    with pytest.raises(Refused, match="not_found"):
        await register.tell("0" * 32, Saying(Fact.SEEN, Source.QR))


async def test_a_receipt_long_after_the_session_was_put_away_finds_its_chain(live: Visit, issued: Followed) -> None:
    server = Server(live.house.server.config, live.house.clock, chance(), keys=KeysAtOnce())
    server.consultations.bind(FakeGateway(), [FakeWorker()])  # type: ignore[arg-type,list-item]
    await live.house.server.consultations.stop()
    now_is = await server.register.tell(issued.referral.id, Saying(Fact.RECEIVED, Source.QR))
    assert now_is.referral.state == "received"
    await server.consultations.stop()
    await server.database.close()


async def test_a_journal_that_does_not_answer_makes_it_unavailable(
    live: Visit, issued: Followed, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.outside.PATIENCE_S", 0.05)
    await (await live.house.server.consultations.session(live.id)).stop()
    with pytest.raises(Unavailable):
        await register.tell(issued.referral.id, Saying(Fact.RECEIVED, Source.QR))
    assert await told_in_chain(live) == []
    assert all(each.kind != "referral.changed" for each in await outbox.of_session(live.house.server.database, live.id))


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM referral_event",
        "UPDATE referral_event SET fact = 'seen'",
        "UPDATE referral_event SET at = at - 60",
        "UPDATE referral_event SET source = 'api'",
        "UPDATE referral_event SET n = n - 1",
        "UPDATE referral_event SET appointment_at = 1",
    ],
)
async def test_a_fact_that_was_changed_behind_the_journals_back_is_found(
    live: Visit, issued: Followed, register: Register, statement: str
) -> None:
    await register.tell(issued.referral.id, Saying(Fact.RECEIVED, Source.QR))
    with sqlite3.connect(live.house.server.config.data_folder / "peitong.db") as plain:
        plain.execute(statement)
    plain.close()
    report = await verify_journal(live.house.server.database)
    assert {finding.fault for finding in report.findings} == {Fault.RECEIPT_ALTERED}
