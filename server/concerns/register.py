"""Files complaints and incidents and writes down what is told of them: an event on the session's chain, the words as a body
with a nonce, the row, and word to the hospital's systems, in one transaction. What is sent twice is filed once.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakValueDictionary

from server import events as ev
from server.concerns.concern import (
    MAY_FILE,
    MOST_A_VISIT,
    MOST_FACTS,
    TEXT_MAX,
    Category,
    Fact,
    Kind,
    Source,
    State,
    advance,
    category_of,
    may_tell,
    number_of,
)
from server.errors import Refused
from server.outside import Sessions, post
from server.referral import clean
from server.store import bodies, concerns, outbox
from server.store.bodies import Body
from server.store.concerns import Concern, Filed
from server.store.database import Database
from server.webhooks.events import Kind as Told
from server.webhooks.events import fact as told


@dataclass(frozen=True, slots=True)
class Filing:
    """What somebody files. ``client_id`` is the page's: the same again is the same concern. ``text`` may be empty."""

    kind: Kind
    category: str
    source: Source
    client_id: str
    text: str


class Concerns:
    """One for the server: two who say something about one visit at once are heard one after the other."""

    def __init__(
        self,
        database: Database,
        sessions: Sessions,
        clock: Callable[[], float],
        new_id: Callable[[], str],
        new_nonce: Callable[[], bytes],
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._clock = clock
        self._new_id = new_id
        self._new_nonce = new_nonce
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def file(self, visit: str, filing: Filing) -> Concern:
        """It, once it is on the disk.

        Raises ``Refused``: not_allowed, bad_request, too_large, too_many_attempts; or ``Unavailable``.
        """
        category = category_of(filing.kind, filing.category)
        if filing.source not in MAY_FILE[filing.kind]:
            raise Refused("not_allowed")
        if category is None or not 1 <= len(filing.client_id) <= 64:
            raise Refused("bad_request")
        text = _words(filing.text)
        named = f"{visit} {filing.kind} {filing.source} {filing.client_id}"
        id = hashlib.sha256(named.encode(errors="replace")).hexdigest()[:32]
        async with self._turn(visit):
            there = await concerns.of_visit(self._database, visit, filing.source)
            found = next((each for each in there if each.filed.id == id), None)
            if found is not None:
                return found
            if len(there) >= MOST_A_VISIT:
                raise Refused("too_many_attempts")
            await self._file(visit, filing, category, id, text)
        return await self._again(id)

    async def _file(self, visit: str, filing: Filing, category: Category, id: str, text: str) -> None:
        at = self._clock()
        words = self._body(visit, at, text)
        item = Filed(id, visit, filing.kind, category, filing.source, number_of(filing.kind, id, at), at)
        event: ev.Event = (
            ev.ComplaintFiled(id, words.sha256)
            if filing.kind is Kind.COMPLAINT
            else ev.IncidentRecorded(id, category.value, filing.source.value, words.sha256)
        )
        said = (
            told(Told.COMPLAINT_FILED, complaint=id, number=item.number)
            if filing.kind is Kind.COMPLAINT
            else told(Told.INCIDENT_RECORDED, incident=id, number=item.number, category=category.value)
        )
        word = outbox.post(outbox.Outgoing(self._new_id(), visit, said.kind, said.data, at))
        await post(self._sessions, visit, event, (bodies.keep(words), concerns.file(item, words.id), word))

    async def tell(self, concern: Concern, fact: Fact, source: Source, text: str) -> Concern:
        """With this told of it. What brings nothing new is not written again.

        Raises ``Refused``: not_allowed, bad_request for an addition or an answer without words, too_large, too_many_attempts;
        or ``Unavailable``.
        """
        filed = concern.filed
        if not may_tell(filed.source, source, fact):
            raise Refused("not_allowed")
        text = _words(text)
        if fact is not Fact.WITHDRAWN and not text:
            raise Refused("bad_request")
        async with self._turn(filed.visit):
            now_is = await self._again(filed.id)
            after = advance(now_is.filed.state, fact)
            last = now_is.told[-1]
            again = (last.fact, last.source, last.text) == (fact, source, text)
            if again or (fact is Fact.WITHDRAWN and after is now_is.filed.state):
                return now_is
            if len(now_is.told) >= MOST_FACTS:
                raise Refused("too_many_attempts")
            await self._tell(now_is.filed, fact, source, text, after)
        return await self._again(filed.id)

    async def _tell(self, filed: Filed, fact: Fact, source: Source, text: str, after: State) -> None:
        at = self._clock()
        words = self._body(filed.visit, at, text)
        event = ev.ConcernTold(filed.id, fact.value, source.value, words.sha256)
        write = concerns.tell(filed, fact, source, words.id, at, after)
        await post(self._sessions, filed.visit, event, (bodies.keep(words), write))

    def _body(self, visit: str, at: float, text: str) -> Body:
        return bodies.make(self._new_id(), visit, "concern", at, self._new_nonce(), {"text": text})

    def _turn(self, visit: str) -> asyncio.Lock:
        return self._turns.setdefault(visit, asyncio.Lock())

    async def _again(self, id: str) -> Concern:
        found = await concerns.find(self._database, id)
        if found is None:
            raise Refused("not_found")
        return found


def _words(text: str) -> str:
    words = clean(text)
    if len(words) > TEXT_MAX:
        raise Refused("too_large")
    return words
