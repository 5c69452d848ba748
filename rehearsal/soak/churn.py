"""Who comes and goes: some calls that stay from beginning to end, and beside them every second one consult that joins or
leaves. Each is a whole life over the real server: link, consents, sockets, offers, handshakes, admission, attestation, media
both ways, an end as physicians end them, and a recording that is sealed, verified and removed."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter, deque
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

import aiohttp

from rehearsal.person import ATTESTATION, RehearsalFailed
from rehearsal.soak.caller import Caller, CrowdProcess
from rehearsal.soak.house import House
from signaling import messages as wire

STEP_S: Final = 1.0
OPENED_WITHIN_S: Final = 20.0
T = TypeVar("T")
_ATTEMPTS: Final = 5
_LETTERS_FIRST: Final = 12
"""The letter's printer keeps what it knows of some ten letters: that belongs to the warm-up."""
_ENDS: Final = ("completed", "referred", "reconnected", "completed")


class Consult:
    """One consultation and its two people. ``held`` counts how often it was held after it had become live."""

    def __init__(self, house: House, crowd: CrowdProcess, cookies: aiohttp.CookieJar) -> None:
        self.visit = ""
        self.held = 0
        self._house = house
        self._guardian = _Watched(house.origin, crowd, self._changed)
        self._physician = Caller(house.origin, crowd, cookies=cookies)
        self._was_live = self._expects_hold = False

    async def open(self) -> None:
        """From the booking to Live. Raises ``RehearsalFailed``."""
        booked = await self._house.book()
        guardian, physician = self._guardian, self._physician
        self.visit = guardian.visit = physician.visit = booked.visit
        await guardian.post("/api/join", token=booked.token)
        await guardian.post(f"/api/visits/{booked.visit}/child", confirmed=True)
        for text in await guardian.get(f"/api/visits/{booked.visit}/consent-texts?language=zh"):
            shown = {name: text[name] for name in ("kind", "version", "language", "sha256")}
            await guardian.post(f"/api/visits/{booked.visit}/consents", **shown, agreed=True)
        for person in (guardian, physician):
            await person.connect()
            await person.start_media()
        await physician.until("both to be present", lambda: _present(physician) == {"guardian", "physician"}, OPENED_WITHIN_S)
        await physician.ask(wire.Admit(names_match=True))
        await self._both_in("verifying")
        await physician.ask(ATTESTATION)
        await self._both_in("live")
        await guardian.ask(wire.SendChat("soak-1", "您好，能看到我们吗？"))
        await physician.until("the chat", lambda: bool(physician.chat))
        self._was_live = True

    async def end(self, how: str) -> None:
        """One of the ways in which consults end, and the look at the recording. Raises ``RehearsalFailed``."""
        guardian, physician = self._guardian, self._physician
        if how == "reconnected":  # first a new peer connection on the same seat, as after a failed one
            self._expects_hold = True
            await guardian.start_media()
            await asyncio.sleep(1.0)
            await self._both_in("live")
        if how == "referred":
            assert physician.welcome is not None
            reason = physician.welcome.visit.reasons[0]
            await _insist(
                physician, wire.Refer(reason.code, reason.urgency, "演练：需要线下检查。", "神经系统查体", "已告知家长。")
            )
            await self._both_in("ended")
            if not (await guardian.get_bytes(f"/api/visits/{self.visit}/letter.pdf")).startswith(b"%PDF-"):
                raise RehearsalFailed("the PDF is none")
        else:
            self._was_live = False
            await _insist(physician, wire.Complete("演练", adequate=True))
            await self._both_in("ended")
        await self.leave()
        await self._house.look_at_recording(self.visit)

    async def leave(self) -> None:
        """Both pages are closed, whatever state they are in."""
        self._was_live = False
        await self._guardian.close()
        await self._physician.close()

    def _changed(self, state: str) -> None:
        if self._was_live and state == "held" and not self._expects_hold:
            self.held += 1

    async def _both_in(self, state: str) -> None:
        for person in (self._guardian, self._physician):
            await person.until(state, lambda p=person: p.state is not None and p.state.state == state)  # type: ignore[misc]


class _Watched(Caller):
    """Tells each state of its session."""

    def __init__(self, server: str, crowd: CrowdProcess, changed: Callable[[str], None]) -> None:
        super().__init__(server, crowd)
        self._tell = changed

    async def _received(self, raw: object) -> None:
        await super()._received(raw)
        if self.state is not None:
            self._tell(self.state.state)


class Churn:
    """``faults`` are what must not be, each ``told`` when it happens; ``counts`` what was done."""

    def __init__(self, house: House, told: Callable[[str], None]) -> None:
        self._told = told
        self.faults: list[str] = []
        self.counts: Counter[str] = Counter()
        self.opened_s: list[float] = []
        self.steady: list[Consult] = []
        self._house = house
        self._ends = itertools.chain(["referred"] * _LETTERS_FIRST, itertools.cycle(_ENDS))
        self._here: deque[tuple[Consult, asyncio.Task[bool]]] = deque()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._cookies = aiohttp.CookieJar(unsafe=True)
        self._crowds: list[CrowdProcess] = []

    async def start(self, steady: int) -> None:
        """The physician signs in, the calls that stay are live. Raises ``RehearsalFailed``."""
        self._crowds = [await CrowdProcess.start(), await CrowdProcess.start()]
        physician = Caller(self._house.origin, self._crowds[0], cookies=self._cookies)
        login, password = self._house.login
        await physician.post("/api/staff/sign-in", login=login, password=password)
        await physician.close()
        self.steady = [self._consult(0) for _ in range(steady)]
        for consult in self.steady:
            await consult.open()

    async def turn(self, most: int) -> None:
        """One joins, or when so many are here, the one that has been here longest leaves."""
        if len(self._here) < most:
            consult = self._consult(1)
            self._here.append((consult, self._spawn(self._join(consult))))
        else:
            self._spawn(self._leave(*self._here.popleft(), next(self._ends)))

    async def empty(self) -> None:
        """All who came by turns leave; the calls that stay, stay."""
        while self._here:
            self._spawn(self._leave(*self._here.popleft(), "completed"))
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def finish(self) -> None:
        """The calls that stayed end as well."""
        for consult in self.steady:
            if consult.held:
                self.faults.append(f"a call that stayed was held {consult.held} times")
            await self._end(consult, "completed")

    async def measure(self) -> dict[str, Any]:
        """What the calls that stay have sent and received since they were last asked; ``generator.Meter``'s figures."""
        return await self._crowds[0].measure()

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        for crowd in self._crowds:
            await crowd.stop()

    def _consult(self, crowd: int) -> Consult:
        return Consult(self._house, self._crowds[crowd], self._cookies)

    async def _join(self, consult: Consult) -> bool:
        began_s = time.monotonic()
        try:
            await consult.open()
            self.counts["joined"] += 1
            self.opened_s.append(time.monotonic() - began_s)
            return True
        except (RehearsalFailed, OSError, aiohttp.ClientError) as error:
            if "unavailable" in str(error):  # a starved server says so, and pages come again
                self.counts["turned_away"] += 1
            else:
                self._failed("join", error)
            await consult.leave()
            return False

    async def _leave(self, consult: Consult, joining: asyncio.Task[bool], how: str) -> None:
        if await joining:
            await self._end(consult, how)

    async def _end(self, consult: Consult, how: str) -> None:
        try:
            await consult.end(how)
            self.counts["left"] += 1
            self.counts[how] += 1
        except (RehearsalFailed, OSError, aiohttp.ClientError) as error:
            self._failed(how, error)
            await consult.leave()

    def _failed(self, what: str, error: Exception) -> None:
        self.counts["failed"] += 1
        self.faults.append(f"{what}: {str(error) or type(error).__name__}")
        self._told(self.faults[-1])

    def _spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


async def _insist(person: Caller, intent: wire.Intent) -> None:
    """A command that a busy server cannot take now is given again, as people do."""
    for attempt in range(_ATTEMPTS):
        try:
            await person.ask(intent)
            return
        except RehearsalFailed as failure:
            if "unavailable" not in str(failure) or attempt == _ATTEMPTS - 1:
                raise
        await asyncio.sleep(STEP_S)


def _present(person: Caller) -> set[str]:
    seats = person.state.seats if person.state is not None else ()
    return {seat.role.value for seat in seats if seat.presence != "absent"}
