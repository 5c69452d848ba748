"""A visit as the gateway drives it, on a real database, with a worker and a gateway that take notes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import update

from media import control
from server.attestation import CHECKS
from server.events import MediaSilent
from server.session import Live, Verifying
from server.store.rehearsals import REHEARSAL_LOGIN
from server.store.tables import staff
from server.workers import OfferRefused
from signaling import messages as wire
from signaling.seats import Role
from tests.server.http.conftest import Browser, House

ATTEST = wire.Attest(CHECKS, "138 0013 8000", "江苏省苏州市姑苏区示范路1号")


@dataclass
class Notes:
    sent: list[control.Message] = field(default_factory=list)

    def send(self, message: control.Message) -> None:
        self.sent.append(message)


@dataclass
class FakeWorker:
    """A worker that takes notes; ``refuses`` may be set to the code of a refusal."""

    name: str = "1"
    relay: Notes = field(default_factory=Notes)
    recorder: Notes = field(default_factory=Notes)
    rooms: set[str] = field(default_factory=set)
    diary: list[str] = field(default_factory=list)
    refuses: str = ""

    def open_room(self, room: str, silent_after_ms: int, seats: Sequence[str]) -> None:
        self.rooms.add(room)
        self.diary.append(f"room {silent_after_ms} {'+'.join(seats)}")

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
    browsers: dict[Role, Browser] = field(default_factory=dict)

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
    return MediaSilent(Role.INTERPRETER, 0)


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
    made.browsers |= {Role.GUARDIAN: guardian, Role.PHYSICIAN: physician}
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
    await go_live(visit)
    return visit


async def go_live(visit: Visit) -> None:
    await bring_media(visit)
    await visit.ask(Role.PHYSICIAN, wire.Admit(names_match=True))
    consultation = await visit.house.server.consultations.session(visit.id)
    async with asyncio.timeout(10):
        while not visit.worker.recorder.sent:
            await asyncio.sleep(0.01)
    assert isinstance(visit.worker.recorder.sent[0], control.RecordingOpen)
    await visit.report(control.RecordingState(visit.id, "running", ""))
    assert isinstance(consultation.session.state, Verifying)
    await visit.ask(Role.PHYSICIAN, ATTEST)
    assert isinstance(consultation.session.state, Live)


async def played_by_the_rehearsal(visit: Visit) -> None:
    """Its physician is that of rehearsals."""
    login = update(staff).where(staff.c.role == "physician").values(login=REHEARSAL_LOGIN)
    await visit.house.server.database.write(lambda transaction: transaction.execute(login))
