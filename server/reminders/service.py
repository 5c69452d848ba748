"""Looks what families are to be told, decides on it once, sends it and notes what came of it.

A reminder is noted before it is sent, and taken by one attempt at a time; so whatever stops this process, none is decided on
twice, and none that may have arrived is sent again. What was not taken is tried again, ever more rarely, for as long as it is
of use. What came of an attempt while the database was away is noted once it is back.

Each attempt carries a join link of its own (`server.store.links.further`). The store knows of links only their hashes, so an
earlier one cannot be told again; and a page where the family would first have to ask for one would cost it a second message, an
hour before the visit, and teach it to type its number into pages that messages lead to.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial

from server.chain import microseconds
from server.reminders.plan import Appointment, Kind, due, not_before, occasion_of, span_of, still
from server.reminders.port import Addressee, Messenger, Outcome
from server.reminders.words import About, compose
from server.store import reminders
from server.store.database import Database, Transaction, Write
from server.store.errors import Unavailable
from server.store.links import Links
from server.store.reminders import Due, State
from server.telephone import spellings
from server.webhooks.schedule import Patience, again_at

LOOK_EVERY_S = 10.0
PAGE = 200
PATIENCE = Patience(first_s=30.0, longest_s=600.0)
MOST_ASKED = 64
MOST_VISITS = 5
MOST_HELD = 3
"""Of visits that took place: less is asked for there, and it is the last ones that a family has a letter of."""

log = logging.getLogger(__name__)

_ENDS = {Outcome.DELIVERED: State.DELIVERED, Outcome.REFUSED: State.REFUSED, Outcome.NO_ADDRESS: State.NO_ADDRESS}


class Busy(Exception):
    """More have asked for their link than are looked after at once."""


class Reminders:
    """A server's. Without a ``messenger`` families are told nothing, and a lost link cannot be found. ``origin`` is what links
    begin with, ``chance`` a uniform number from 0 to below 1; a link to a visit that took place works for ``link_valid_s``, any
    other until the visit ends."""

    def __init__(
        self,
        database: Database,
        links: Links,
        messenger: Messenger | None,
        origin: str,
        clock: Callable[[], float],
        new_id: Callable[[], str],
        chance: Callable[[], float],
        link_valid_s: float,
    ) -> None:
        self._database = database
        self._links = links
        self._messenger = messenger
        self._origin = origin
        self._clock = clock
        self._new_id = new_id
        self._chance = chance
        self._link_valid_s = link_valid_s
        self._asked: asyncio.Queue[str] = asyncio.Queue(MOST_ASKED)
        self._unnoted: dict[str, Write] = {}

    @property
    def on(self) -> bool:
        return self._messenger is not None

    def reaches(self, to: Addressee) -> bool:
        """Whether a family is told from here that its visit was moved or called off, without anybody's doing."""
        return self._messenger is not None and self._messenger.reaches(to)

    def ask_for_link(self, phone: str) -> None:
        """Somebody says that this number's link is lost. Whether anybody has the number is found out later, and not told to the
        one who asks. Raises ``Busy``."""
        try:
            self._asked.put_nowait(phone)
        except asyncio.QueueFull:
            raise Busy from None

    async def run(self) -> None:
        """For as long as the server runs."""
        if self._messenger is None:
            log.info("no way to families is set: they are not reminded, and a lost link is not found ([reminders] through)")
            return
        log.info("families are reminded", extra={"which": self._messenger.name})
        await self.begin()
        asked: str | None = None
        while True:
            try:
                if asked is not None:
                    await self._find(asked)
                await self.look(self._messenger)
            except Unavailable:
                log.warning("what families are to be told cannot be looked up")
            except Exception:
                log.exception("looking for reminders failed")
            asked = await self._wait()

    async def look(self, messenger: Messenger) -> None:
        """One round: what came of earlier attempts is noted where it could not be, who asked for a link, what is due, and all
        that waits is tried. Raises ``Unavailable``."""
        for id, write in list(self._unnoted.items()):
            await self._database.write(write)
            del self._unnoted[id]
        await self._answer_those_who_asked()
        await self._decide()
        while waiting := await self._database.read(lambda transaction: reminders.waiting(transaction, self._clock())):
            await asyncio.gather(*(self._try(messenger, each) for each in waiting))

    async def begin(self) -> None:
        """What a former process left. Waits for the database."""
        while True:
            try:
                unknown = await self._database.write(lambda t: reminders.left_unknown(t, self._clock()))
            except Unavailable:
                await asyncio.sleep(LOOK_EVERY_S)
            else:
                break
        if unknown:
            log.warning("reminders were being sent when the server stopped; whether they arrived is not known")

    async def _wait(self) -> str | None:
        """Until the next look, or until somebody asks, by this number."""
        try:
            async with asyncio.timeout(LOOK_EVERY_S):
                return await self._asked.get()
        except TimeoutError:
            return None

    async def _answer_those_who_asked(self) -> None:
        while not self._asked.empty():
            await self._find(self._asked.get_nowait())

    async def _find(self, phone: str) -> None:
        """Whoever has the number is sent a link of their own to each coming visit, and to the last that took place and whose
        records are open."""
        now = self._clock()

        async def work(transaction: Transaction) -> None:
            coming = await reminders.coming_of(transaction, spellings(phone), now, MOST_VISITS)
            held = await reminders.held_of(transaction, spellings(phone), now, MOST_HELD)
            for of in (*coming, *held):
                await reminders.decide(transaction, self._new_id(), of, Kind.LINK, microseconds(now), now)

        try:
            await self._database.write(work)
        except Unavailable:
            log.warning("a lost link could not be looked up")

    async def _decide(self) -> None:
        after = ""
        while True:
            now = self._clock()
            found = await self._database.read(partial(reminders.appointments, now=now, after=after, limit=PAGE))
            visits = list(dict.fromkeys(of.visit for of in found))
            told = await self._database.read(partial(reminders.told, visits=visits))
            for of in found:
                kind = due(of, told.get((of.visit, of.guardian), []), now)
                if kind is not None:
                    await self._note(of, kind, now)
            if len(visits) < PAGE:
                return
            after = visits[-1]

    async def _note(self, of: Appointment, kind: Kind, now: float) -> None:
        id = self._new_id()
        await self._database.write(lambda t: reminders.decide(t, id, of, kind, occasion_of(kind, of), now))

    async def _try(self, messenger: Messenger, each: Due) -> None:
        """One attempt, whatever happens."""
        now = self._clock()
        if not still(each.kind, each.said_starts_at, each.of, now):
            await self._settle(each, State.OVERTAKEN)
            return
        from_at = not_before(each.kind, each.of, now)
        if from_at > now:  # an attempt that failed by day is not made again at night
            await self._database.write(lambda transaction: reminders.postpone(transaction, each.id, from_at))
            return
        link = await self._taken(messenger, each, now)
        if link is None:
            return
        about = About(each.hospital, each.hospital_en, each.of.starts_at, link)
        try:
            notice = compose(each.id, each.kind, about, each.language)
            outcome = await messenger.send(Addressee(each.phone, each.email), notice)
        except Exception:
            log.exception("a way to families failed", extra={"which": messenger.name, "kind": each.kind.value})
            outcome = Outcome.TRY_AGAIN
        came_of_it = self._came_of_it(messenger, each, outcome)
        try:
            await self._database.write(came_of_it)
        except Unavailable:
            self._unnoted[each.id] = came_of_it
            log.warning("what came of a reminder cannot be noted yet", extra={"session": each.of.visit[:8]})

    async def _taken(self, messenger: Messenger, each: Due, now: float) -> str | None:
        """The attempt is ours, with a link of its own (empty where none belongs); None when somebody else has it."""
        expires_at = each.of.ends_at if each.of.open else now + self._link_valid_s
        token, written = self._links.drawn_further(each.of.visit, now, expires_at, each.of.guardian)
        with_link = each.kind is not Kind.CANCELLED

        async def work(transaction: Transaction) -> bool:
            ours = await reminders.begin(transaction, each.id, messenger.name)
            if ours and with_link:
                await written(transaction)
            return ours

        try:
            ours = await self._database.write(work)
        except Unavailable:  # taken or not, nothing was sent
            self._unnoted[each.id] = lambda transaction: reminders.postpone(transaction, each.id, now)
            raise
        if not ours:
            return None
        return f"{self._origin}/j/{token}" if with_link else ""

    def _came_of_it(self, messenger: Messenger, each: Due, outcome: Outcome) -> Write:
        """What is to be written of an attempt that is over: it is settled, or tried again."""
        said = {"which": messenger.name, "kind": each.kind.value, "session": each.of.visit[:8]}
        now = self._clock()
        if outcome is not Outcome.TRY_AGAIN:
            level = logging.INFO if outcome is Outcome.DELIVERED else logging.WARNING
            log.log(level, "a reminder", extra=said | {"outcome": outcome.value})
            return lambda transaction: reminders.settle(transaction, each.id, _ENDS[outcome], now)
        until = span_of(each.kind, each.of).until
        patience = Patience(PATIENCE.first_s, PATIENCE.longest_s, give_up_after_s=max(0.0, until - each.at))
        again = again_at(patience, each.attempts + 1, each.at, now, self._chance())
        if again is None:
            log.error("a reminder was given up", extra=said)
            return lambda transaction: reminders.settle(transaction, each.id, State.OVERTAKEN, now)
        return lambda transaction: reminders.postpone(transaction, each.id, again)

    async def _settle(self, each: Due, state: State) -> None:
        await self._database.write(lambda transaction: reminders.settle(transaction, each.id, state, self._clock()))
