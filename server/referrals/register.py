"""Writes what is told of a referral: an event on its session's chain, the fact beside it, and word to the hospital's systems,
in one transaction.

The session has ended, but its chain goes on: the fact is traceable in the same journal whose head is printed on the letter.
What brings nothing new is not written, so whoever is not sure tells it again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from weakref import WeakValueDictionary

from server import events as ev
from server.errors import Refused
from server.outside import Sessions, post
from server.referral import clean
from server.referrals.track import MAY_TELL, Fact, Source, Track, advance
from server.store import bodies, outbox, referrals
from server.store.database import Database, Write
from server.store.referrals import Followed, Told
from server.webhooks.events import Kind, fact

WORDS_MAX = 500
AHEAD_S = 366 * 86_400.0


@dataclass(frozen=True, slots=True)
class Saying:
    """What somebody tells: an appointment's time (seconds since 1970) belongs to ``booked``; ``words`` are a note, a place."""

    fact: Fact
    source: Source
    appointment_at: float | None = None
    words: str = ""


class Register:
    """One for the server: two who tell something of one referral at once are heard one after the other."""

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

    async def tell(self, referral: str, saying: Saying) -> Followed:
        """The referral with what was told, once that is on the disk.

        Raises ``Refused``: ``not_found``, ``not_allowed`` for a fact that is not this source's to tell, ``bad_appointment``,
        ``too_large``; or ``Unavailable``.
        """
        said = _checked(saying, self._clock())
        turn = self._turns.setdefault(referral, asyncio.Lock())
        async with turn:
            found = await referrals.followed(self._database, referral)
            if found is None:
                raise Refused("not_found")
            after = advance(found.track, said.fact, self._clock(), said.appointment_at)
            if after == found.track:
                return found
            told, writes = self._noted(found, said)
            event = ev.ReferralTold(
                referral, told.fact.value, told.source.value, round(told.appointment_at or 0), told.body_sha256
            )
            also = (*writes, referrals.tell(found.referral, told, after), *self._word(found, told, after))
            await post(self._sessions, found.referral.visit, event, also)
        now_is = await referrals.followed(self._database, referral)
        assert now_is is not None
        return now_is

    def _noted(self, found: Followed, said: Saying) -> tuple[Told, tuple[Write, ...]]:
        if not said.words:
            return Told(said.fact, said.source, said.appointment_at), ()
        content = {"words": said.words}
        body = bodies.make(self._new_id(), found.referral.visit, "receipt", self._clock(), self._new_nonce(), content)
        return Told(said.fact, said.source, said.appointment_at, body.sha256), (bodies.keep(body),)

    def _word(self, found: Followed, told: Told, after: Track) -> tuple[Write, ...]:
        """To the hospital's systems; a call is the coordinator's own."""
        if told.fact is Fact.CONTACTED:
            return ()
        filed = found.referral
        codes = {"fact": told.fact.value, "state": after.stage.value, "source": told.source.value}
        said = fact(Kind.REFERRAL_CHANGED, referral=filed.id, number=filed.number, **codes)
        return (outbox.post(outbox.Outgoing(self._new_id(), filed.visit, said.kind, said.data, self._clock())),)


def _checked(saying: Saying, now: float) -> Saying:
    words, appointment_at = clean(saying.words), saying.appointment_at
    if saying.fact not in MAY_TELL[saying.source]:
        raise Refused("not_allowed")
    if len(words) > WORDS_MAX:
        raise Refused("too_large")
    if appointment_at is not None:
        if saying.fact is not Fact.BOOKED or not now - AHEAD_S <= appointment_at <= now + AHEAD_S:
            raise Refused("bad_appointment")
        appointment_at = float(round(appointment_at))
    return replace(saying, words=words, appointment_at=appointment_at)
