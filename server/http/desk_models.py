"""What the desk's page takes and is given, as models, and how they are made of the store's records."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from server.booking.rules import VisitKind
from server.events import Outcome
from server.http.v1.families import NewChild, NewGuardian, Proof, ProofOrNone
from server.http.v1.models import Day, FieldOfCare, Given, Id, Line, Moment, Taken, left_out, moment
from server.http.v1.visits import State
from server.kinship import RelationKind, Sex
from server.masking import mask_phone
from server.store import front_desk
from server.store.visits import Guardian

MOST_VISITS: Final = 500


FIRST_DAY: Final = date(1970, 1, 1)
LAST_DAY: Final = date(9998, 12, 31)


def _within(day: date) -> date:
    """Far enough from where a calendar ends that there is a day before and a day after."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError("应在 1970 年至 9998 年之间", "must lie in the years 1970 to 9998")
    return day


AskedDay = Annotated[Day, AfterValidator(_within)]


class DayQuery(Taken):
    day: AskedDay = left_out("The hospital's; today when it is left out.")


class ChildShown(Given):
    id: Id
    name: str
    sex: Sex
    birth_date: str


class GuardianShown(Given):
    """``phone`` is masked."""

    id: Id
    name: str
    phone: str


class RelationShown(Given):
    kind: RelationKind
    proof: ProofOrNone


class PhysicianShown(Given):
    id: Id
    name: str
    title: str


class LinkShown(Given):
    """The join link that holds: until when it works, and since when a device has it."""

    expires_at: Moment
    redeemed_at: Moment | None


class DeskVisit(Given):
    """``revision`` is what If-Match names."""

    id: Id
    revision: int
    kind: VisitKind
    field: FieldOfCare
    state: State
    outcome: Outcome | None
    starts_at: Moment
    ends_at: Moment
    waiting_since: Moment | None
    department: Id | None
    department_name: str
    physician: PhysicianShown
    child: ChildShown
    guardian: GuardianShown
    relation: RelationShown
    link: LinkShown | None
    notified: bool = Field(description="Whether the family is sent word of a change by this server.")


class DayGiven(Given):
    now: Moment
    day: Day
    visits: list[DeskVisit] = Field(max_length=MOST_VISITS)
    more: bool


class DepartmentShown(Given):
    id: Id
    name: str
    name_en: str
    fields: list[FieldOfCare]


class Offer(Given):
    """Whom the hospital can book with, which proofs it accepts, and whether a delegated adult may come."""

    departments: list[DepartmentShown]
    physicians: list[PhysicianShown]
    fields: list[str]
    proofs: list[str]
    delegated_adults: bool


class Find(Taken):
    text: Line = Field(description="How a child's or a guardian's name begins, or how a number ends (four digits at least).")


class FamilyShown(Given):
    child: ChildShown
    guardian: GuardianShown | None
    relation: RelationShown | None


class Families(Given):
    families: list[FamilyShown]
    more: bool


class RelationGiven(Taken):
    kind: RelationKind
    proof: Proof


class NewBooking(Taken):
    """A child and a guardian that are on the register, or who they are; with their relation, unless it is registered."""

    slot: Id
    kind: VisitKind
    child: Id = left_out()
    new_child: NewChild = left_out()
    guardian: Id = left_out()
    new_guardian: NewGuardian = left_out()
    relation: RelationGiven = left_out()


class LinkTold(Given):
    """The family's join link, told once, and its QR code as an SVG image: both null when a booking is answered again."""

    visit: Id
    link: str | None
    link_expires_at: Moment
    qr: str | None


class PhoneTold(Given):
    """The whole number."""

    phone: str


class Seen(Taken):
    proof: Proof


class RefusalsQuery(Taken):
    since: AskedDay = left_out("30 days ago when it is left out.")
    until: AskedDay = left_out("The last day; today when it is left out.")


class CountShown(Given):
    day: str
    code: str
    count: int


class Reason(Given):
    code: str
    zh: str
    en: str


class Refusals(Given):
    """``counts`` by day and code; ``reasons`` are the words of the codes among them."""

    since: Day
    until: Day
    counts: list[CountShown]
    reasons: list[Reason]


def visit(row: front_desk.Line, notified: bool) -> DeskVisit:
    own = {
        name: getattr(row, name)
        for name in ("id", "revision", "kind", "field", "state", "outcome", "department", "department_name")
    }
    return DeskVisit(
        **own,
        starts_at=moment(row.starts_at),
        ends_at=moment(row.ends_at),
        waiting_since=None if row.waiting_since_at is None else moment(row.waiting_since_at),
        physician=PhysicianShown(id=row.physician, name=row.physician_name, title=row.physician_title),
        child=ChildShown.model_validate(row.child),
        guardian=_guardian(row.guardian),
        relation=RelationShown.model_validate(row.relation),
        link=None if row.link is None else link_shown(row.link),
        notified=notified,
    )


def link_shown(row: front_desk.Link) -> LinkShown:
    redeemed_at = None if row.redeemed_at is None else moment(row.redeemed_at)
    return LinkShown(expires_at=moment(row.expires_at), redeemed_at=redeemed_at)


def _guardian(row: Guardian) -> GuardianShown:
    return GuardianShown(id=row.id, name=row.name, phone=mask_phone(row.phone))


def family(row: front_desk.Family) -> FamilyShown:
    guardian = row.guardian
    return FamilyShown(
        child=ChildShown.model_validate(row.child),
        guardian=None if guardian is None else _guardian(guardian),
        relation=None if row.relation is None else RelationShown.model_validate(row.relation),
    )
