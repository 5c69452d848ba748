"""The hospital's reception, from the command line: opens a hospital, enrols staff, books visits, gives join links.

What was typed comes as texts by their names (``birth-date``, ``starts-at`` …); what is wrong with it comes back as `Faults`,
all at once and before anything is stored. Works beside a running server, on the same database.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from server.booking.limits import Limits
from server.booking.refusals import WORDS, NotBookable, Place, Refusal
from server.booking.rules import Occasion
from server.bookings import book, counted
from server.calendar import day_of
from server.consent_texts import ConsentText, MalformedConsentTexts
from server.consent_texts import parse as parse_consents
from server.desk_forms import read_hospital, read_limits, read_staff, read_visit
from server.eligibility import Ineligible, Rank, reasons_against
from server.form import Faults, Form, Given, stop_at
from server.passwords import Passwords
from server.referrals.pathway import MalformedPathway
from server.referrals.pathway import parse as parse_pathway
from server.store import consents, pathways, people
from server.store.database import Database, Transaction, together
from server.store.details import visit_detail
from server.store.limits import set_limits
from server.store.links import Links, issue, may_return
from server.store.rehearsals import REHEARSAL_LOGIN
from server.store.visits import Child, Guardian, Hospital, Relation, Staff, Visit, add

_ASKED_BY: Final[Mapping[Refusal, str]] = {
    Refusal.FIELD_NOT_OFFERED: "field",
    Refusal.DEPARTMENT_CLOSED: "department",
    Refusal.CHILD_NOT_BORN: "birth-date",
    Refusal.CHILD_TOO_OLD: "birth-date",
    Refusal.AGE_OUTSIDE_LIMITS: "birth-date",
    Refusal.PROOF_NOT_ACCEPTED: "proof",
    Refusal.IN_THE_PAST: "starts-at",
    Refusal.BEYOND_HORIZON: "starts-at",
}
"""Which option a reason against a visit is about; all others are about the physician."""


@dataclass(frozen=True, slots=True, repr=False)
class Enrolled:
    """``password`` is told only this once; ``not_eligible`` is why a physician may not admit yet."""

    hospital: str
    staff: str
    login: str
    password: str
    not_eligible: tuple[Ineligible, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Invited:
    """A visit and its join link's ``token``, told only this once."""

    visit: str
    token: str
    expires_at: float


class Reception:
    """Ids and secrets as in `server.wiring.Chance`; a link works for ``link_valid_s``, at least to the visit's end."""

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        new_id: Callable[[], str],
        new_secret: Callable[[], str],
        link_valid_s: float,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._new_id = new_id
        self._new_secret = new_secret
        self._link_valid_s = link_valid_s

    async def open_hospital(self, given: Given, now: float) -> str:
        """A hospital with the shipped consent texts as its own; its id."""
        form = Form(given)
        name, name_en, phone = read_hospital(form)
        if name in (await people.hospitals(self._database)).values():
            form.fault("name", "there is a hospital of this name already")
        stop_at(form)
        id = self._new_id()
        new = Hospital(id, name, name_en, phone)
        await self._database.write(together(add(new), consents.publish(id, consents.shipped(), now)))
        return id

    async def hospitals(self) -> dict[str, str]:
        """The name of each hospital on this server by its id."""
        return await people.hospitals(self._database)

    async def limit(self, given: Given) -> Limits:
        """The hospital's own limits from now on; those it had are forgotten. ``hospital`` as in ``enrol``."""
        form = Form(given)
        limits = read_limits(form)
        hospital = await hospital_meant(self._database, form)
        stop_at(form)
        await self._database.write(set_limits(hospital, limits))
        return limits

    async def publish_pathway(self, given: Given, document: str, now: float) -> str:
        """Makes this the pathway of the hospital from now on; its version. ``hospital`` (an id) as for ``enrol``."""
        form = Form(given)
        hospital = await hospital_meant(self._database, form)
        try:
            version = parse_pathway(document).version
        except MalformedPathway as error:
            for fault in error.faults:
                form.fault("file", fault)
        stop_at(form)
        if not await pathways.publish(self._database, hospital, document, now):
            form.fault("file", f"the hospital has its version {version} already; a change is a new version")
        stop_at(form)
        return version

    async def publish_consents(self, given: Given, document: str, now: float) -> list[tuple[str, str]]:
        """Makes these the hospital's consent texts from now on: kind and version of each. ``hospital`` as for ``enrol``.

        Who agreed before agreed to the older version, which stays.
        """
        form = Form(given)
        hospital = await hospital_meant(self._database, form)
        texts: tuple[ConsentText, ...] = ()
        try:
            texts = parse_consents(document)
        except MalformedConsentTexts as error:
            for fault in error.faults:
                form.fault("file", fault)
        stop_at(form)
        if not await consents.publish_new(self._database, hospital, texts, now):
            form.fault("file", "the hospital has a version of that name already; a change is a new version")
        stop_at(form)
        return sorted({(text.kind, text.version) for text in texts})

    async def enrol(self, given: Given, now: float) -> Enrolled:
        """A member of staff with a new password. ``hospital`` (an id) is needed only where there are several."""
        form, today = Form(given), day_of(now)
        asked = read_staff(form, today)
        hospital = await hospital_meant(self._database, form)
        if asked.login and await people.by_login(self._database, asked.login) is not None:
            form.fault("login", "somebody has it already")
        stop_at(form)
        return await self._enrol(asked, hospital, today)

    async def book(self, given: Given, now: float) -> Invited:
        """A visit with its people and its join link, all or nothing."""
        form = Form(given)
        asked = read_visit(form, now)
        physician = await people.by_login(self._database, asked.physician)
        if asked.physician and (physician is None or physician.role != "physician"):
            form.fault("physician", "no physician has this login")
        stop_at(form)
        assert physician is not None
        child, guardian, visit = self._new_id(), self._new_id(), self._new_id()
        hospital, token = physician.hospital, self._new_secret()
        records = (
            Child(child, hospital, asked.child, asked.sex, asked.birth_date),
            Guardian(guardian, hospital, asked.guardian, asked.phone, email=asked.email, language=asked.language),
            Relation(guardian, child, asked.relation, asked.proof),
        )
        new = Visit(
            visit,
            hospital,
            asked.department,
            asked.field,
            child,
            guardian,
            physician.id,
            asked.starts_at,
            asked.ends_at,
            booked_at=now,
        )
        expires_at = max(now + self._link_valid_s, asked.ends_at)

        async def whole(transaction: Transaction) -> None:
            await add(*records)(transaction)
            await book(transaction, new, Occasion.DESK, self._new_id(), now)
            await issue(visit, token, now, expires_at)(transaction)

        try:
            await counted(self._database, hospital, Place.RECEPTION, now, self._database.write(whole))
        except NotBookable as refused:
            raise Faults(f"{_ASKED_BY.get(why, 'physician')}: {WORDS[why].en} ({why})" for why in refused.reasons) from None
        return Invited(visit, token, expires_at)

    async def reissue(self, given: Given, now: float) -> Invited:
        """A new link for the visit ``reissue``; the former link and the device that used it are shut out."""
        form = Form(given)
        visit = form.text("reissue")
        found = await visit_detail(self._database, visit) if not form.faults else None
        if visit and found is None:
            form.fault("reissue", "there is no such visit")
        elif found is not None and not await self._database.read(lambda transaction: may_return(transaction, visit, now)):
            form.fault("reissue", "this visit has ended, and families get no links to it any more")
        stop_at(form)
        assert found is not None
        expires_at = max(now + self._link_valid_s, found.ends_at)
        return Invited(visit, await Links(self._database, self._new_secret).issue(visit, now, expires_at), expires_at)

    async def rehearsal(self, given: Given, now: float) -> tuple[Enrolled, Invited]:
        """A visit of the child 演练 now, and its physician."""
        enrolled = await self.rehearsing(given, now)
        return enrolled, await self.book(_rehearsed(day_of(now)), now)

    async def rehearsing(self, given: Given, now: float) -> Enrolled:
        """The physician of rehearsals, whose password is new each time."""
        form, today = Form(given), day_of(now)
        physician = await people.by_login(self._database, REHEARSAL_LOGIN)
        if physician is None:
            hospital = await hospital_meant(self._database, form)
            stop_at(form)
            return await self._enrol(_rehearsing(today), hospital, today)
        password, hashed = await self._new_password()
        await people.change_password(self._database, physician.id, hashed)
        return Enrolled(
            physician.hospital, physician.id, REHEARSAL_LOGIN, password, reasons_against(physician.credentials, today)
        )

    async def _enrol(self, asked: Staff, hospital: str, today: date) -> Enrolled:
        password, hashed = await self._new_password()
        columns = {name: getattr(asked, name) for name in Staff.__slots__}
        record = Staff(**columns | {"id": self._new_id(), "hospital": hospital, "password_hash": hashed})
        if not await people.enrol(self._database, record):
            raise Faults(["login: somebody has it already"])
        found = await people.by_login(self._database, asked.login)
        assert found is not None
        against = reasons_against(found.credentials, today) if asked.role == "physician" else ()
        return Enrolled(hospital, found.id, asked.login, password, against)

    async def _new_password(self) -> tuple[str, str]:
        """96 random bits to tell once, and their hash."""
        password = self._new_secret()[:16]
        return password, await asyncio.to_thread(self._passwords.hash, password)


def _rehearsing(today: date) -> Staff:
    """The rehearsal's physician, who may admit for ever, on paper that says what it is."""
    since, until = today - timedelta(days=20 * 365), date.max
    names = ("physician", "演练", "演练医师", "REHEARSAL", Rank.CHIEF.value)
    return Staff("", "", REHEARSAL_LOGIN, "", *names, since.isoformat(), until.isoformat(), True)


def _rehearsed(today: date) -> Given:
    people_in_it = {"child": "演练", "sex": "unknown", "guardian": "演练", "phone": "00000", "relation": "legal_guardian"}
    born = (today - timedelta(days=8 * 365)).isoformat()
    of_visit = {"physician": REHEARSAL_LOGIN, "proof": "other", "field": "growth", "department": "演练", "minutes": "10"}
    return people_in_it | of_visit | {"birth-date": born}


async def hospital_meant(database: Database, form: Form) -> str:
    """Its id: the named one, or the only one. Empty when that was a fault and there is none."""
    known = await people.hospitals(database)
    if not known:
        form.fault("hospital", "there is none yet; begin with `peitong hospital new`")
    elif form.has("hospital"):
        return form.choice("hospital", known)
    elif len(known) > 1:
        form.fault("hospital", "there are several: " + ", ".join(f"{id} ({name})" for id, name in known.items()))
    return next(iter(known), "")
