"""The clinical visit, whole: booked by a hospital's system, prepared, attended, held, referred, received, filed.

It plays in a hospital that is there, with a physician, children and a department that say on paper that they are a rehearsal's.
Nothing of anybody else is read or changed.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from fhir.resources.R4B.bundle import Bundle
from pydantic import ValidationError

from rehearsal.person import RefusedAnswer, RehearsalFailed
from rehearsal.play import Access, Play, Step, Steps
from rehearsal.system import System
from server.store.audit import Report

REHEARSAL: Final = "演练"
BEGINS_IN_S: Final = 20
MINUTES: Final = 10
TRIES: Final = 8
FILED: Final = frozenset(
    {
        "Patient", "RelatedPerson", "Practitioner", "Organization", "Appointment", "Encounter", "Consent", "Observation",
        "QuestionnaireResponse", "DocumentReference", "ServiceRequest", "Task", "AuditEvent",
    }
)  # fmt: skip
NEXT: Final = {
    "book": "look whether the hospital offers the field growth to an eight-year-old: ./peitong hospital limits",
    "prepare": "look whether the hospital has its consent texts, and the disk room for documents",
    "join": "./peitong doctor shows whether this machine reaches its own relay",
    "see and hear": "./peitong doctor shows whether this machine reaches its own relay",
    "admit": "./peitong ready shows which process is missing",
    "held": "the gate must be shut while the guardian is away: stop the server, and report it",
    "journal": "./peitong journal verify shows every finding; keep the database as it is",
}
"""What to do after a step that failed."""
LOOK: Final = "the server's log says more; play it again, and report it if it fails again"


@dataclass(frozen=True, slots=True, repr=False)
class Ground:
    """Where it is played. ``key`` is of the hospital's system, ``destination_key`` of the destination's; ``verify`` reads the
    whole journal, with these pins."""

    server: str
    physician: str
    login: str
    password: str
    key: str
    destination_key: str
    verify: Callable[[tuple[str, ...]], Awaitable[Report]]


class Clinic:
    """``resources`` is how many the visit's Bundle held; None before it was read."""

    def __init__(self, ground: Ground, told: Callable[[Step], None]) -> None:
        self.steps = Steps(told)
        self.resources: int | None = None
        self._ground = ground

    async def perform(self) -> None:
        """Plays until the journal is verified or a step fails."""
        ground = self._ground
        try:
            async with (
                System(ground.server, ground.key) as system,
                System(ground.server, ground.destination_key) as destination,
            ):
                try:
                    await self._perform(system, destination)
                finally:
                    with suppress(RehearsalFailed, OSError):
                        await close_schedules(system, ground.physician)
        except RehearsalFailed:
            pass

    async def _perform(self, system: System, destination: System) -> None:
        ground, step = self._ground, self.steps.step
        async with step("book"):
            booked = await book(system, ground.physician)
        play = Play(Access(ground.server, booked["link"], ground.login, ground.password), self.steps)
        try:
            await self._prepare(play)
            await play.sign_in()
            await play.meet()
            await play.leave_and_return()
            await play.refer()
            await self._follow(play, destination)
        finally:
            await play.leave()
        async with step("bundle"):
            self.resources = whole(await system.get(f"/visits/{play.figures.visit}/bundle"))
        async with step("journal"):
            report = await ground.verify((play.letter["journal_head"],))
            if not report.ok:
                raise RehearsalFailed(f"{len(report.findings)} findings, the first: {report.findings[0].fault}")

    async def _prepare(self, play: Play) -> None:
        guardian = play.guardian
        async with self.steps.step("prepare"):
            await play.agree()
            here = f"/api/visits/{guardian.visit}"
            await answer(play, f"{here}/questionnaire", f"{here}/answers")
            measured = {"kind": "height", "value": "121.5", "on": day(10), "method": "standing_home", "sure": True}
            await guardian.post(f"{here}/measurements", measurements=[measured])
            await guardian.upload(f"{here}/documents", picture())
        async with self.steps.step("join"):
            await guardian.connect()
            await guardian.start_media()

    async def _follow(self, play: Play, destination: System) -> None:
        """The destination says that it has the referral, and the family reads it."""
        letter = f"/api/visits/{play.figures.visit}/letter"
        async with self.steps.step("destination receives"):
            number = play.letter["number"]
            known = await destination.get(f"/referrals/{number}")
            if known["state"] not in ("issued", "sent"):
                raise RehearsalFailed(f"the referral is {known['state']} before anybody received it")
            await destination.post(f"/referrals/{number}/receipts", fact="received")
        async with self.steps.step("family reads received"):
            seen = (await play.guardian.get(letter))["receipt"]
            if seen != "received":
                raise RehearsalFailed(f"the family's page says {seen}")


# --- the hospital's system ---------------------------------------------------------------------------


async def book(system: System, physician: str) -> dict[str, Any]:
    """A visit in a slot that begins in a moment, with the family's link."""
    department = await _department(system)
    await close_schedules(system, physician)
    starts = datetime.now(UTC) + timedelta(seconds=BEGINS_IN_S)
    ends = starts + timedelta(minutes=MINUTES)
    of = {"physician": physician, "department": department, "field": "growth", "slot_minutes": MINUTES}
    schedule = await system.create("/schedules", **of, starts_at=rfc3339(starts), ends_at=rfc3339(ends))
    child = await system.create("/children", name=REHEARSAL, sex="unknown", birth_date=day(8 * 365))
    guardian = await system.create("/guardians", name=REHEARSAL, phone="00000")
    kind = {"guardian": guardian["id"], "kind": "legal_guardian", "proof": "household_register"}
    await system.create(f"/children/{child['id']}/guardians", **kind)
    free = (await system.get("/slots", physician=physician))["items"]
    slot = next((each["id"] for each in free if each["schedule"] == schedule["id"]), None)
    if slot is None:
        raise RehearsalFailed("the new schedule has no free slot")
    booked: dict[str, Any] = await system.create("/visits", slot=slot, child=child["id"], guardian=guardian["id"], kind="first")
    return booked


async def _department(system: System) -> str:
    """The rehearsals' own, made by the first one."""
    after = ""
    while True:
        found = await system.get("/departments", **({"after": after} if after else {}))
        for each in found["items"]:
            if each["name"] == REHEARSAL:
                return str(each["id"])
        after = found["next"]
        if not after:
            new = {"name": REHEARSAL, "name_en": "Rehearsal", "fields": ["growth"]}
            return str((await system.create("/departments", **new))["id"])


async def close_schedules(system: System, physician: str) -> None:
    """Those of an earlier rehearsal: nobody else is to be booked into them, and they would be in the way."""
    since = rfc3339(datetime.now(UTC) - timedelta(minutes=2 * MINUTES))
    for each in (await system.get("/schedules", physician=physician, since=since))["items"]:
        if each["active"]:
            await system.change(f"/schedules/{each['id']}", active=False)


# --- the family ---------------------------------------------------------------------------------------


async def answer(play: Play, form: str, answers: str) -> None:
    """Completes whatever questionnaire is in force: the last option of each question that must be answered."""
    asked = (await play.guardian.get(f"{form}?language=zh"))["questionnaire"]
    questions = {each["link_id"]: each for group in asked["groups"] for each in group["questions"]}
    said: dict[str, Any] = {}
    to = {"version": asked["version"], "sha256": asked["sha256"], "language": "zh", "complete": True}
    for _ in range(TRIES):
        try:
            await play.guardian.post(answers, **to, answers=said)
            return
        except RefusedAnswer as refused:
            missing = [e["pointer"].rpartition("/")[2] for e in refused.document.get("errors", ()) if e["code"] == "required"]
            if not missing:
                raise
            said |= {link_id: _last(questions[link_id]) for link_id in missing}
    raise RehearsalFailed("the questionnaire asks for ever more")


def _last(question: dict[str, Any]) -> Any:
    match question["type"]:
        case "choice":
            code = question["options"][-1]["code"]
            return [code] if question["repeats"] else code
        case "boolean":
            return False
        case "integer":
            return int(question.get("min_value", 0))
        case "decimal":
            return str(question.get("min_value", "1"))
        case "date":
            return day(1)
        case _:
            return REHEARSAL


def picture() -> bytes:
    """A small grey PNG."""
    size = 64
    rows = b"".join(b"\0" + bytes([128]) * size for _ in range(size))
    header = struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(rows)), _chunk(b"IEND", b""))
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


# --- what was filed ------------------------------------------------------------------------------------


def whole(bundle: dict[str, Any]) -> int:
    """How many resources it holds. Raises ``RehearsalFailed`` when it is not valid, dangles, or lacks a kind."""
    try:
        Bundle.model_validate(bundle)
    except ValidationError as error:
        raise RehearsalFailed(f"the Bundle is not valid: {error.error_count()} faults") from error
    there = {f"{each['resource']['resourceType']}/{each['resource']['id']}" for each in bundle["entry"]}
    dangling = sorted(set(_references(bundle)) - there)
    if dangling:
        raise RehearsalFailed(f"references lead nowhere: {', '.join(dangling[:3])}")
    missing = sorted(FILED - {each.partition("/")[0] for each in there})
    if missing:
        raise RehearsalFailed(f"the Bundle lacks {', '.join(missing)}")
    return len(bundle["entry"])


def _references(of: Any) -> Iterator[str]:
    if isinstance(of, dict):
        if isinstance(of.get("reference"), str):
            yield of["reference"]
        of = list(of.values())
    if isinstance(of, list):
        for each in of:
            yield from _references(each)


def day(ago: int) -> str:
    return (datetime.now(UTC) - timedelta(days=ago)).date().isoformat()


def rfc3339(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
