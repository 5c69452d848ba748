"""Referrals on their way: how far each has come, and receipts from a system of the hospital or the destination. Codes only.

A receipt is told as often as its sender likes: what is known already, or comes later than a further step, changes nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from server.http.v1.cursors import page, position
from server.http.v1.models import Given, Id, Moment, Page, Paged, Taken, moment
from server.http.v1.operations import Answer, Call, Operation, there
from server.referral import Urgency
from server.referrals.register import WORDS_MAX, Saying
from server.referrals.track import Fact, Source, Stage, overdue
from server.store import referrals
from server.store.referrals import Followed

Step = Literal["received", "booked", "seen"]


class ReferralsAsked(Paged):
    state: Literal["open", "all"] = Field("all", description="`open`: the child has not been seen yet.")


class NewReceipt(Taken):
    fact: Step
    appointment_at: Moment | None = Field(None, description="Of `booked`: when the child is expected. Within a year.")
    words: str = Field("", max_length=WORDS_MAX, description="A note for the care coordinator: where, with whom.")


class Destination(Given):
    code: str = Field(description="Of the hospital's pathway.")
    hospital: str
    hospital_en: str
    department: str
    department_en: str


class ReferralFact(Given):
    fact: Fact
    at: Moment
    source: Source
    appointment_at: Moment | None


class Referral(Given):
    id: Id
    number: str = Field(description="As printed on the letter.")
    visit: Id
    urgency: Urgency
    reason: str = Field(description="A code of the checklist.")
    checklist_version: str
    issued_at: Moment
    state: Stage
    destination: Destination
    received_by: Moment | None
    booked_by: Moment | None
    seen_by: Moment | None
    overdue: Stage | None = Field(description="The step that has been overdue for longest.")
    facts: list[ReferralFact] = Field(description="Everything that was told, oldest first.")


class Referrals(Page[Referral]):
    pass


async def list_all(call: Call) -> Answer:
    asked: ReferralsAsked = call.query
    after = position(asked, float, str)
    rows = await call.read(
        lambda transaction: referrals.page(transaction, call.hospital, asked.state == "open", after, asked.limit + 1)
    )
    shown, next = page(rows, asked, lambda row: (row.referral.issued_at, row.referral.id))
    return Answer(Referrals(items=[_given(row, call.now) for row in shown], next=next))


async def read(call: Call) -> Answer:
    return Answer(_given(await _found(call), call.now))


async def tell(call: Call) -> Answer:
    asked: NewReceipt = call.body
    found = await _found(call)
    appointment_at = None if asked.appointment_at is None else asked.appointment_at.timestamp()
    saying = Saying(Fact(asked.fact), Source.API, appointment_at, asked.words)
    return Answer(_given(await call.house.register.tell(found.referral.id, saying), call.now))


async def _found(call: Call) -> Followed:
    """By its number, as the destination reads it off the letter."""
    return there(await referrals.by_number(call.house.database, call.hospital, call.path["number"]))


def _given(followed: Followed, now: float) -> Referral:
    filed = followed.referral
    late = overdue(followed.track, filed.by, now)
    return Referral(
        id=filed.id,
        number=filed.number,
        visit=filed.visit,
        urgency=Urgency(filed.urgency),
        reason=filed.reason,
        checklist_version=filed.checklist_version,
        issued_at=moment(filed.issued_at),
        state=followed.track.stage,
        destination=Destination(
            code=filed.destination,
            hospital=filed.destination_hospital,
            hospital_en=filed.destination_hospital_en,
            department=filed.department,
            department_en=filed.department_en,
        ),
        received_by=_maybe(filed.received_by_at),
        booked_by=_maybe(filed.booked_by_at),
        seen_by=_maybe(filed.seen_by_at),
        overdue=None if late is None else late.stage,
        facts=[
            ReferralFact(fact=told.fact, at=moment(told.at), source=told.source, appointment_at=_maybe(told.appointment_at))
            for told in followed.told
        ],
    )


def _maybe(at: float | None) -> datetime | None:
    return None if at is None else moment(at)


OPERATIONS = (
    Operation(
        "list_referrals", "GET", "/referrals", "referrals:read", "Referrals, the oldest first", list_all, Referrals,
        query=ReferralsAsked,
    ),
    Operation("read_referral", "GET", "/referrals/{number}", "referrals:read", "One referral, by its number", read, Referral),
    Operation(
        "tell_receipt", "POST", "/referrals/{number}/receipts", "referrals", "Tell that it was received, booked or seen", tell,
        Referral, NewReceipt, problems=("bad_appointment",),
    ),
)  # fmt: skip
