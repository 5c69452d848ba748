"""One server with everything on it that the matrix asks for: three visits, their people, and those of another hospital."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_network
from typing import Any

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient
from sqlalchemy import insert

from server import events as ev
from server.http.house import DEVICE_COOKIE, GUEST_COOKIE, HOUSE, STAFF_COOKIE
from server.journal import Journal
from server.scopes import SCOPES
from server.store import bodies, guardians, links, people, visits
from server.store.database import Transaction, together
from server.store.secrets import digest
from server.store.tables import device, guest_invitation, staff_session
from server.store.visits import Child, Guardian, Hospital, Relation, Staff, add
from server.store.visits import Visit as Booked
from server.visit_cookies import cookie_name
from signaling import messages as wire
from signaling.seats import Role
from tests.server.consultation_kit import Visit
from tests.server.documents import samples
from tests.server.http.conftest import ORIGIN, Browser
from tests.server.http.roles.table import AT_VISIT, GUESTS, STAFF, UNCONFIRMED, Line
from tests.server.http.test_documents import CHUNK_TYPE, TUS
from tests.server.http.test_preparation import WHOLE

REFUSALS = frozenset({"not_signed_in", "not_allowed", "not_found"})
_NTH = itertools.count(1)


@dataclass
class Stage:
    """``visits``: `waiting`, `referred`, `completed`, `beside`, another physician's, and `foreign`, another hospital's."""

    live: Visit
    client: TestClient[Any, Any]
    visits: dict[str, str]
    cookies: dict[str, str]
    key: str
    referral: str
    receipt: str
    document: str = ""
    complaint: str = ""
    incident: str = ""
    consent: Mapping[str, Any] | None = None
    answers: Mapping[str, Any] | None = None
    routing: Mapping[str, Any] | None = None
    guest_text: Mapping[str, Any] | None = None

    def no_token(self) -> str:
        """One that nobody was given, another each time."""
        return f"{next(_NTH):043d}"

    def headers_of(self, who: str, at: str) -> dict[str, str]:
        """What the person's browser sends, at this visit."""
        if who == "nobody":
            return {}
        if who == "api key":
            return {"Authorization": f"Bearer {self.key}"}
        if who in GUESTS:
            return self._cookie(GUEST_COOKIE, at, self.cookies.get(f"{who} {at}", _secret(who, at)))
        if who in (*AT_VISIT, UNCONFIRMED):
            return self._cookie(DEVICE_COOKIE, at, _secret(who, at))
        if who in ("guardian of another visit", "foreign guardian"):
            own = "beside" if who.startswith("guardian") else "foreign"  # under the name of this visit: a browser may say so
            return self._cookie(DEVICE_COOKIE, at, _secret("guardian", own))
        return {"Cookie": f"{STAFF_COOKIE}={self.cookies[who]}"}

    def _cookie(self, kind: str, at: str, secret: str) -> dict[str, str]:
        return {"Cookie": f"{cookie_name(kind, self.visits[at])}={secret}"}

    async def unconfirm(self) -> None:
        """After the device was asked whose child it is."""
        held = digest(_secret(UNCONFIRMED, "waiting"))
        await self.live.house.server.database.write(links.denied(held))

    async def sign_in_again(self, who: str) -> None:
        """After signing out."""
        house = self.live.house
        if who == "physician":
            self.cookies[who] = await house.sign_in()
        else:
            await house.server.database.write(lambda t: _sign_in(t, [_id(who)], house.clock()))

    async def ask(self, route: str, line: Line, who: str, *, visit: str | None = None) -> ClientResponse:
        method, _, template = route.partition(" ")
        path = template.format(visit=visit or self.visits[line.at], **line.path(self))
        headers = self.headers_of(who, line.at) | {"Origin": ORIGIN, "X-Forwarded-For": f"192.0.2.{next(_NTH) % 250}"}
        if method in ("GET", "HEAD", "OPTIONS"):
            body: dict[str, Any] = {}
        else:
            said = line.body(self)
            body = {"data": said} if isinstance(said, bytes) else {} if said is None else {"json": said}
        where = path + (f"?{line.query}" if line.query else "")
        answer = await self.client.request(method, where, headers=headers | dict(line.headers), allow_redirects=False, **body)
        await answer.read()
        return answer


async def set_stage(live: Visit) -> Stage:
    """On a server whose one visit is live, which ends here with a referral."""
    house, database = live.house, live.house.server.database
    config = replace(house.server.config, trusted_proxies=(ip_network("127.0.0.0/8"), ip_network("::1")))
    house.server.app._state[HOUSE] = replace(house.server.app[HOUSE], config=config)  # each try counts for its own address
    (hospital,) = await people.hospitals(database)
    await _people(live, hospital)
    await _completed(live)
    answer = await live.ask(Role.PHYSICIAN, wire.Refer("growth_headache", "emergency", "夜间头痛", "眼底", "已告知"))
    of = {"referred": live.id} | {at: _visit(at) for at in ("waiting", "completed", "beside", "foreign")}
    for at, id in of.items():
        await database.write(_devices(at, id, house.clock()))
    _, key = await house.api_keys.issue(hospital, "测试", SCOPES, house.clock())
    names = (*STAFF, "another physician", *(f"foreign {role}" for role in STAFF))
    cookies = {who: _secret(who, "staff") for who in names} | {"physician": await house.sign_in()}
    client = TestClient(house.web)
    stage = Stage(live, client, of, cookies, key, answer["referral"], house.server.receipt_token(answer["referral"]))
    await _prepared(stage)
    return stage


async def _people(live: Visit, hospital: str) -> None:
    """Staff of every role in both hospitals, a family beside, and one in the other hospital."""
    house = live.house
    now, database = house.clock(), house.server.database
    record = await people.by_login(database, house.made.physician_login)
    assert record is not None
    staff = [_staff(role, hospital) for role in (*STAFF[1:], "another physician")]
    foreign = [_staff(f"foreign {role}", "h-foreign") for role in STAFF]
    both = (("beside", hospital), ("foreign", "h-foreign"))
    families = [
        *(Child(f"child-{at}", of, "李小红", "female", "2018-01-31") for at, of in both),
        *(Guardian(f"guardian-{at}", of, "韩梅", "13900000000") for at, of in both),
        *(_related(f"guardian-{at}", f"child-{at}") for at, _ in both),
    ]
    booked = [
        Booked(_visit(name), of, "内分泌科", "growth", f"child-{at}", f"guardian-{at}", physician, now, now + 1800)
        for name, of, at, physician in (
            ("waiting", hospital, "beside", record.id),
            ("completed", hospital, "beside", record.id),
            ("beside", hospital, "beside", _id("another physician")),
            ("foreign", "h-foreign", "foreign", _id("foreign physician")),
        )
    ]
    consultations = house.server.consultations
    own = {
        hospital: consultations._config.recipients
    }  # a server that two hospitals share takes documents only with a key of each
    consultations._config = replace(consultations._config, hospital_recipients=own)
    await database.write(add(Hospital("h-foreign", "另一家医院", "Another hospital"), *staff, *foreign, *families, *booked))
    further = (Guardian("guardian-further", hospital, "韩伟", "13900000001"), _related("guardian-further", "child-beside"))
    await database.write(together(add(*further), lambda t: guardians.add(t, _visit("beside"), "guardian-further", now)))
    await database.write(lambda t: _sign_in(t, [member.id for member in (*staff, *foreign)], now))


def _related(guardian: str, child: str) -> Relation:
    return Relation(guardian, child, "mother", "birth_certificate")


def _staff(who: str, hospital: str) -> Staff:
    role = "physician" if who.endswith("physician") else who.rpartition(" ")[2]
    return Staff(_id(who), hospital, f"login-{who.replace(' ', '-')}", "-", role, "周琳", "医师", licence="110-9")


async def _completed(live: Visit) -> None:
    """The journal of the live visit, to another end, as that of another visit."""
    now, journal = live.house.clock(), Journal(live.house.server.database)
    body = bodies.make("b" * 32, _visit("completed"), "summary", now, b"n" * 16, {"summary": "一切都好"})
    events = [event for event, _ in await journal.replay(live.id)]
    ended = visits.snapshot(_visit("completed"), visits.Snapshot("ended", "completed", ended_at=now))
    await journal.append(_visit("completed"), 0, [*events, ev.Completed(body.sha256)], now, (bodies.keep(body), ended))


async def _prepared(stage: Stage) -> None:
    """What the family of the visit that waits is asked, a document that it handed in, its complaint; an incident."""
    at = f"/api/visits/{stage.visits['waiting']}"
    browser = Browser(stage.client)
    device = {"headers": stage.headers_of("guardian", "waiting")}
    assert (await browser.post(f"{at}/child", {"confirmed": True}, **device)).status == 200
    for text in await (await browser.get(f"{at}/consent-texts?language=zh", **device)).json():
        stage.consent = {name: text[name] for name in ("kind", "version", "language", "sha256")} | {"agreed": True}
        given = await browser.post(f"{at}/consents", stage.consent, headers=dict(device["headers"]))
        assert given.status == 200
    shown = (await (await browser.get(f"{at}/questionnaire", **device)).json())["questionnaire"]
    named = {name: shown[name] for name in ("version", "sha256", "language")}
    stage.answers = named | {"answers": WHOLE, "complete": False}
    asked = (await (await browser.get("/api/routing")).json())["questionnaire"]
    stage.routing = {name: asked[name] for name in ("version", "sha256", "language")} | {"answers": {}, "complete": False}
    await _invited(stage, browser, at)
    complained = await browser.post(f"{at}/complaints", {"client_id": "c0", "text": ""}, **device)
    stage.complaint = (await complained.json())["id"]
    said = {"client_id": "c0", "category": "other", "text": ""}
    recorded = await browser.post(f"{at}/incidents", said, headers=stage.headers_of("physician", "waiting"))
    stage.incident = (await recorded.json())["id"]
    picture, upload = samples.jpeg(6), device["headers"] | TUS | {"Origin": ORIGIN}
    begun = await stage.client.post(f"{at}/documents", headers=upload | {"Upload-Length": str(len(picture))})
    stage.document = begun.headers["Location"].rpartition("/")[2]
    piece = upload | {"Upload-Offset": "0", "Content-Type": CHUNK_TYPE}
    assert (await stage.client.patch(begun.headers["Location"], data=picture, headers=piece)).status == 204


async def _invited(stage: Stage, browser: Browser, at: str) -> None:
    """An interpreter, who has come."""
    physician = {"headers": stage.headers_of("physician", "waiting")}
    invited = await browser.post(f"{at}/guest", {"role": "interpreter", "name": "李译"}, **physician)
    token = (await invited.json())["link"].rpartition("/")[2]
    joined = await browser.post("/api/guests/join", {"token": token})
    stage.cookies["interpreter waiting"] = joined.cookies[cookie_name(GUEST_COOKIE, stage.visits["waiting"])].value
    stage.client.session.cookie_jar.clear()
    shown = await (await browser.get(f"{at}/guest", headers=stage.headers_of("interpreter", "waiting"))).json()
    stage.guest_text = {name: shown["text"][name] for name in ("version", "language", "sha256")} | {"agreed": True}


def _devices(at: str, visit: str, now: float) -> Any:
    held: dict[str, dict[str, Any]] = {role: {"role": role, "confirmed_at": now} for role in AT_VISIT}
    held[UNCONFIRMED] = {"role": "guardian", "confirmed_at": None}
    rows = [{"cookie_sha256": digest(_secret(who, at)), "visit": visit, "created_at": now} | of for who, of in held.items()]
    invitations = [
        {"id": f"{role}-{at}", "visit": visit, "role": role, "token_sha256": f"{role}-{at}", "issued_at": now,
         "device": digest(_secret(role, at)), "expires_at": now}
        for role in GUESTS
    ]  # fmt: skip

    async def write(transaction: Transaction) -> None:
        await transaction.execute(insert(device), rows)
        await transaction.execute(insert(guest_invitation), invitations)

    return together(write)


async def _sign_in(transaction: Transaction, staff: list[str], now: float) -> None:
    rows = [
        {"cookie_sha256": digest(_secret(id.removeprefix("staff-").replace("-", " "), "staff")), "staff": id,
         "created_at": now, "expires_at": now + 86_400.0}
        for id in staff
    ]  # fmt: skip
    await transaction.execute(insert(staff_session), rows)


def _visit(at: str) -> str:
    return at.encode().hex().ljust(32, "0")


def _id(who: str) -> str:
    return f"staff-{who.replace(' ', '-')}"


def _secret(who: str, at: str) -> str:
    return f"secret-of-{who.replace(' ', '-')}-{at}".ljust(43, "0")
