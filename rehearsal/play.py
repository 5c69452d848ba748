"""The play: a whole consultation with two synthetic people, step by step, each with its time and whether it held."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from rehearsal.person import ATTESTATION, Person, RehearsalFailed
from signaling import messages as wire

GUARDIAN_COLOUR, PHYSICIAN_COLOUR = (90, 200, 80), (150, 60, 170)
GUARDIAN_HZ, PHYSICIAN_HZ = 440, 880
QUIET_S = 1.5


@dataclass(frozen=True, slots=True)
class Access:
    """What the two people hold."""

    server: str
    guardian_link: str
    login: str
    password: str


@dataclass(slots=True)
class Step:
    name: str
    ok: bool
    ms: int
    why: str = ""


@dataclass(slots=True)
class Figures:
    """All steps so far and what was measured; None where it did not come to that."""

    steps: list[Step] = field(default_factory=list)
    hold_after_silence_ms: int | None = None
    resume_to_first_frame_ms: int | None = None
    end_to_silence_ms: int | None = None
    visit: str = ""


class Steps:
    """Those done so far, in ``done``; ``told`` is called with each."""

    def __init__(self, told: Callable[[Step], None]) -> None:
        self.done: list[Step] = []
        self._told = told

    @asynccontextmanager
    async def step(self, name: str) -> AsyncIterator[None]:
        """Raises ``RehearsalFailed`` when what is done in it fails."""
        start = time.monotonic()
        done = Step(name, True, 0)
        try:
            yield
        except (RehearsalFailed, TimeoutError, OSError, aiohttp.ClientError, ValueError) as failure:  # ValueError: not JSON
            done.ok, done.why = False, str(failure) or type(failure).__name__
        done.ms = round((time.monotonic() - start) * 1000)
        self.done.append(done)
        self._told(done)
        if not done.ok:
            raise RehearsalFailed(f"{name}: {done.why}")


class Play:
    """A whole consultation, in ``steps``."""

    def __init__(self, access: Access, steps: Steps) -> None:
        self.figures = Figures(steps.done)
        self.step = steps.step
        self.letter: dict[str, Any] = {}
        self._access = access
        self.guardian = Person(access.server, GUARDIAN_COLOUR, GUARDIAN_HZ)
        self.physician = Person(access.server, PHYSICIAN_COLOUR, PHYSICIAN_HZ)

    async def perform(self) -> None:
        """Plays until the letter is read or a step fails; both people are gone afterwards."""
        try:
            await self.arrive()
            await self.meet()
            await self.leave_and_return()
            await self.refer()
        except RehearsalFailed:
            pass
        finally:
            await self.leave()

    async def leave(self) -> None:
        """Both are gone."""
        await self.guardian.close()
        await self.physician.close()

    async def arrive(self) -> None:
        """Both come in and connect their devices."""
        async with self.step("join"):
            await self.agree()
            await self.guardian.connect()
            await self.guardian.start_media()
        await self.sign_in()

    async def agree(self) -> None:
        """The link is redeemed, the child confirmed, every text agreed to."""
        guardian = self.guardian
        joined = await guardian.post("/api/join", token=self._access.guardian_link.rsplit("/", 1)[1])
        guardian.visit = self.physician.visit = self.figures.visit = joined["visit"]
        await guardian.post(f"/api/visits/{guardian.visit}/child", confirmed=True)
        for text in await guardian.get(f"/api/visits/{guardian.visit}/consent-texts?language=zh"):
            shown = {name: text[name] for name in ("kind", "version", "language", "sha256")}
            await guardian.post(f"/api/visits/{guardian.visit}/consents", **shown, agreed=True)

    async def sign_in(self) -> None:
        physician = self.physician
        async with self.step("sign in"):
            await physician.post("/api/staff/sign-in", login=self._access.login, password=self._access.password)
            listed = await physician.get("/api/staff/worklist")
            if all(line["visit"] != physician.visit for line in listed["visits"]):
                raise RehearsalFailed("the visit is not on the worklist")
            await physician.connect()
            await physician.start_media()

    async def meet(self) -> None:
        """Admitted, seen and heard, attested, live."""
        guardian, physician = self.guardian, self.physician
        async with self.step("admit"):
            await physician.until("both to be present", lambda: _present(physician) == {"guardian", "physician"})
            await physician.ask(wire.Admit(names_match=True))
            await self._both_in("verifying")
        async with self.step("see and hear"):
            await self._media_flows()
            _colour_is(physician, GUARDIAN_COLOUR)
            _colour_is(guardian, PHYSICIAN_COLOUR)
        async with self.step("attest"):
            await physician.ask(ATTESTATION)
        async with self.step("live"):
            await self._both_in("live")
            await guardian.ask(wire.SendChat("rehearsal-1", "您好，能看到我们吗？"))
            await physician.until("the chat", lambda: bool(physician.chat))
            await asyncio.sleep(2.0)  # some seconds of talk for the recording

    async def leave_and_return(self) -> None:
        """The guardian falls silent: nothing passes until the guardian is back."""
        guardian, physician = self.guardian, self.physician
        async with self.step("guardian silent"):
            silent_at = guardian.fall_silent()
            held_at = await physician.until("held", lambda: _state(physician) == "held", within_s=8)
            self.figures.hold_after_silence_ms = round((held_at - silent_at) * 1000)
        async with self.step("held"):
            await self._both_in("held")
            for person in (guardian, physician):
                if person.state is None or [c.cause for c in person.state.causes] != ["guardian_silent"]:
                    raise RehearsalFailed("the cause shown is not guardian_silent")
            before = time.monotonic()
            await asyncio.sleep(QUIET_S)
            if guardian.last_media_at > before + 0.5:
                raise RehearsalFailed("media passed a closed gate")
        async with self.step("back"):
            back_at = guardian.speak_again()
            await self._both_in("live")
            if physician.seen is None:
                raise RehearsalFailed("the physician has no picture")
            async with asyncio.timeout(5):
                frame_at = await physician.seen.next_frame()
            self.figures.resume_to_first_frame_ms = round((frame_at - back_at) * 1000)
            await asyncio.sleep(2.0)

    async def refer(self) -> None:
        """Both are out, and the family has the letter."""
        guardian, physician = self.guardian, self.physician
        async with self.step("refer"):
            reason = physician.welcome.visit.reasons[0] if physician.welcome is not None else None
            if reason is None:
                raise RehearsalFailed("no reasons to refer were shown")
            refer = wire.Refer(reason.code, reason.urgency, "演练：需要线下检查。", "神经系统查体", "已告知家长。")
            clicked_at = time.monotonic()
            first = await physician.ask(refer)
            await self._both_in("ended")
            if (await physician.ask(refer))["referral"] != first["referral"]:
                raise RehearsalFailed("a repeated referral gave another answer")
            await asyncio.sleep(QUIET_S)
            last = max(guardian.last_media_at, physician.last_media_at)
            self.figures.end_to_silence_ms = max(0, round((last - clicked_at) * 1000))
            if self.figures.end_to_silence_ms > 1000:
                raise RehearsalFailed("media went on for more than a second after the end")
        async with self.step("letter"):
            path = f"/api/visits/{guardian.visit}/letter"
            letter = self.letter = await guardian.get(path)
            if letter["referral"] != first["referral"]:
                raise RehearsalFailed("the letter is of another referral")
            if not (await guardian.get_bytes(path + ".pdf")).startswith(b"%PDF-"):
                raise RehearsalFailed("the PDF is none")
            if (await guardian.get(path + ".fhir.json"))["resourceType"] != "ServiceRequest":
                raise RehearsalFailed("the FHIR document is no ServiceRequest")

    async def _both_in(self, state: str) -> None:
        await asyncio.gather(*(p.until(state, lambda p=p: _state(p) == state) for p in (self.guardian, self.physician)))  # type: ignore[misc]

    async def _media_flows(self) -> None:
        for person in (self.guardian, self.physician):
            await person.until("remote tracks", lambda person=person: bool(person.seen and person.heard))  # type: ignore[misc]
            async with asyncio.timeout(10):
                for watcher in (person.seen, person.heard):
                    if watcher is not None:
                        await watcher.next_frame()


def _state(person: Person) -> str:
    return person.state.state if person.state is not None else ""


def _present(person: Person) -> set[str]:
    seats = person.state.seats if person.state is not None else ()
    return {seat.role.value for seat in seats if seat.presence != "absent"}


def _colour_is(person: Person, colour: tuple[int, int, int]) -> None:
    seen = person.seen.colour if person.seen is not None else (0, 0, 0)
    if any(abs(a - b) > 25 for a, b in zip(seen, colour, strict=True)):
        raise RehearsalFailed(f"the picture has another colour: {seen}")
