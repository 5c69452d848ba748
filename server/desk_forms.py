"""What the reception (`server.desk`) is asked for, as typed: a hospital, its limits, a member of staff, a visit. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from server.booking.delegation import WRITTEN
from server.booking.limits import ADULT_YEARS, PROOFS, Limits, MalformedLimits, from_record
from server.calendar import day_of
from server.config import MAILBOX
from server.eligibility import Rank, years_between
from server.form import Form
from server.kinship import RELATIONS, SEXES
from server.referral import FIELDS
from server.store.rehearsals import REHEARSAL_LOGIN
from server.store.visits import Staff
from server.telephone import NUMBER

TITLES: Final = {
    "physician": "医师",
    "operations": "运行值班",
    "administrator": "管理员",
    "coordinator": "转诊协调员",
    "desk": "预约台",
}
LANGUAGES: Final = ("zh", "en")
MINUTES: Final = range(5, 241)
_OF_PHYSICIANS: Final = ("licence", "rank", "practice-since", "trained-until", "whitelisted")
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{1,63}")


@dataclass(frozen=True, slots=True)
class VisitForm:
    """A visit as asked for; ``physician`` is a login."""

    physician: str
    child: str
    sex: str
    birth_date: str
    guardian: str
    phone: str
    relation: str
    proof: str
    field: str
    department: str
    starts_at: float
    ends_at: float
    email: str | None
    language: str


def read_hospital(form: Form) -> tuple[str, str, str | None]:
    """Its name in Chinese and in English, and where families call it."""
    phone = form.shape("phone", NUMBER, "a telephone number of digits only, perhaps with +,") if form.has("phone") else None
    return form.text("name"), form.text("name-en"), phone


def read_staff(form: Form, today: date) -> Staff:
    """As asked for, still without id, hospital and password."""
    login = form.shape("login", _LOGIN, "2 to 64 letters, digits or . _ @ -")
    if login == REHEARSAL_LOGIN:
        form.fault("login", f"{REHEARSAL_LOGIN} is kept for rehearsals")
    role, name = form.choice("role", TITLES), form.text("name")
    title = form.text("title", TITLES.get(role, "-"))
    if role in TITLES and role != "physician":
        for of_physicians in filter(form.has, _OF_PHYSICIANS):
            form.fault(of_physicians, "is for physicians only")
    since = form.day("practice-since") if form.has("practice-since") else None
    if since is not None and since > today:
        form.fault("practice-since", "lies in the future")
    until = form.day("trained-until") if form.has("trained-until") else None
    return Staff(
        id="",
        hospital="",
        login=login,
        password_hash="",
        role=role,
        name=name,
        title=title,
        licence=form.text("licence") if form.has("licence") else None,
        rank=form.choice("rank", [rank.value for rank in Rank]) if form.has("rank") else None,
        practice_since=since.isoformat() if since is not None else None,
        trained_until=until.isoformat() if until is not None else None,
        whitelisted=form.has("whitelisted"),
    )


def read_visit(form: Form, now: float) -> VisitForm:
    starts_at = form.moment("starts-at", now)
    ends_at = starts_at + form.whole("minutes", MINUTES, "minutes", 30) * 60
    if ends_at <= now:
        form.fault("starts-at", "such a visit would be over already")
    born, day = form.day("birth-date"), day_of(starts_at)
    if born is not None and born > day:
        form.fault("birth-date", "lies after the visit")
    elif born is not None and years_between(born, day) >= ADULT_YEARS:
        form.fault("birth-date", f"{ADULT_YEARS} years or older: these visits are for children")
    return VisitForm(
        physician=form.text("physician"),
        child=form.text("child"),
        sex=form.choice("sex", SEXES),
        birth_date=born.isoformat() if born is not None else "",
        guardian=form.text("guardian"),
        phone=form.shape("phone", NUMBER, "a telephone number of digits only, perhaps with +,"),
        relation=form.choice("relation", RELATIONS),
        proof=form.choice("proof", (*PROOFS, WRITTEN)),
        field=form.choice("field", FIELDS),
        department=form.text("department"),
        starts_at=starts_at,
        ends_at=ends_at,
        email=form.shape("email", MAILBOX, "an e-mail address") if form.has("email") else None,
        language=form.choice("language", LANGUAGES, "zh"),
    )


def read_limits(form: Form) -> Limits:
    """The hospital's own limits; what is not named is as the pilot has it."""
    record: dict[str, Any] = {}
    for name in ("youngest-years", "oldest-years", "horizon-days"):
        if form.has(name):
            text = form.text(name)
            record[name.replace("-", "_")] = int(text) if text.isdecimal() and len(text) < 5 else text
    record |= {name: form.text(name).split(",") for name in ("proofs", "fields") if form.has(name)}
    record["public_booking"] = form.has("public-booking")
    record["delegated_adults"] = form.has("delegated-adults")
    try:
        return from_record(record)
    except MalformedLimits as wrong:
        name, _, why = str(wrong).partition(":")
        form.fault(name.replace("_", "-"), why.strip() or str(wrong))
        return Limits()
