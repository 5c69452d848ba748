"""The rescue ladder of one direction: what a path that grows weak still carries, and how it comes back (PROTOCOL.md, 8).

Pure, and the same machine on both sides of the wire: the relay judges a receiver's downlink with it, a page its own uplink
(``web_client/shared/ladder.js``); ``tests/corpus/ladder`` holds both to the same rungs. It is asked a few times a second with
what is known of the path. It promises to go down within about a second of clear evidence, as far as the evidence says; to go
up one rung at a time; and not to try again and again what has failed.

Where the figures come from. Sound takes 24 kbit/s of Opus, 46 with headers and tags, 50 times a second. A small still every
second or few adds about 60: 110 together, so stills are kept above 100 kbit/s but only entered from 200 on: a picture's burst
must find the path free again before sound waits. A moving picture of 360 lines is of use from about 130 kbit/s on: 180 with
sound, entered from 240, where there is room for repair. Above 600 kbit/s a sharp picture is worth its cost. Each rung is kept
below the point where it is entered, so that an estimate which wavers does not make people watch it waver.

An estimate tells only of what was tried: at ``stills`` and ``sound`` a sender is limited by itself, and the estimate with it.
So there the ladder climbs by trial, after a wait that doubles with each trial that failed; where an estimate proves more,
it climbs at once. A sender's congestion control keeps a trial harmless, but its estimate grows by 8 % a second at most: a trial
therefore lasts some seconds, and an estimate that has grown by then climbs on, however small it is yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Rung(StrEnum):
    """What is carried, best first."""

    FULL = "full"
    LOW = "low"  # a less sharp picture
    STILLS = "stills"  # sound, and a picture now and then
    SOUND = "sound"
    CHAT = "chat"  # sound is sent, but not enough of it arrives


RUNGS: Final = tuple(Rung)
"""Best first."""

ENOUGH_BPS: Final[Mapping[Rung, int]] = MappingProxyType({Rung.FULL: 600_000, Rung.LOW: 240_000, Rung.STILLS: 200_000})
"""With such an estimate a rung is entered."""
KEPT_BPS: Final[Mapping[Rung, int]] = MappingProxyType({Rung.FULL: 500_000, Rung.LOW: 180_000, Rung.STILLS: 100_000})
"""Below this a rung is left."""
PROOF: Final = 1.1  # an estimate so far above what the next rung needs is no accident
STARVED_MS: Final = 1_000
FILLED: Final = 0.5  # of the estimate in use: with less, it says little about the path
SUFFERING_LOSS, SUFFERING_MS = 0.15, 2_000
DROWNED_LOSS, DROWNED_MS = 0.40, 5_000
HEARD_LOSS, HEARD_MS = 0.25, 4_000
CLEAR_LOSS, CLEAR_MS = 0.10, 2_000
FIRST_WAIT_MS, LAST_WAIT_MS = 4_000, 60_000
TRIAL_MS: Final = 5_000
GROWN, COLLAPSED = 1.35, 0.7  # of the estimate that a trial began with
SETTLING_MS: Final = 4_000


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one look at the path found.

    ``estimate_bps``: what it bears, None while unknown. ``sent_bps``: what went over it lately, all together. ``loss``: the
    part of the sound that did not arrive (0..1), None while unknown. ``carried``: the rung that is carried now when that is
    less than the ladder's own, because somebody further on bears less.
    """

    estimate_bps: int | None
    sent_bps: int
    loss: float | None
    carried: Rung = Rung.FULL


@dataclass(frozen=True, slots=True)
class Ladder:
    """Where a direction stands. Times are the caller's clock in ms; the ``*_since_ms`` are None while it is not so."""

    rung: Rung
    settled_ms: int  # before it an estimate is still finding its way, and proves nothing bad
    tried_ms: int | None = None  # the present rung was climbed by trial, then
    tried_bps: int | None = None  # and that was the estimate
    wait_ms: int = FIRST_WAIT_MS
    starved_since_ms: int | None = None
    suffering_since_ms: int | None = None
    drowned_since_ms: int | None = None
    heard_since_ms: int | None = None
    proven_since_ms: int | None = None
    clear_since_ms: int | None = None


def begin(now_ms: int) -> Ladder:
    """A new path: all is carried until something is known."""
    return Ladder(Rung.FULL, now_ms + SETTLING_MS)


def interrupted(ladder: Ladder, now_ms: int) -> Ladder:
    """Nothing passed for a while, or passes again after a while: what was measured before is of no use, the rung stays."""
    return Ladder(ladder.rung, now_ms + SETTLING_MS, wait_ms=ladder.wait_ms)


def look(ladder: Ladder, evidence: Evidence, now_ms: int) -> Ladder:
    """The ladder after a look; to be called every 250 to 1000 ms while media flows."""
    seen = _noted(ladder, evidence, now_ms)
    if _lasted(seen.tried_ms, TRIAL_MS, now_ms):
        seen = _judged(seen, evidence, now_ms)
        if seen.rung is not ladder.rung:
            return seen
    fallen = _down(seen, evidence, now_ms)
    if fallen is not None:
        return _fall(seen, fallen, now_ms)
    if _proven(seen, now_ms):
        return Ladder(above(seen.rung), seen.settled_ms)
    if _may_try(seen, evidence, now_ms):
        return _trial(seen, above(seen.rung), evidence, now_ms)
    return seen


def worse(a: Rung, b: Rung) -> Rung:
    return max(a, b, key=RUNGS.index)


def better(a: Rung, b: Rung) -> Rung:
    return min(a, b, key=RUNGS.index)


def above(rung: Rung) -> Rung:
    return RUNGS[max(0, RUNGS.index(rung) - 1)]


def below(rung: Rung) -> Rung:
    return RUNGS[min(RUNGS.index(rung) + 1, len(RUNGS) - 1)]


# --- what a look notes ----------------------------------------------------------------------------


def _noted(ladder: Ladder, evidence: Evidence, now_ms: int) -> Ladder:
    loss, estimate_bps = evidence.loss, evidence.estimate_bps
    enough_bps = ENOUGH_BPS.get(above(ladder.rung))
    quiet = loss is None or loss < CLEAR_LOSS
    proven = enough_bps is not None and estimate_bps is not None and estimate_bps >= enough_bps * PROOF and quiet
    return replace(
        ladder,
        starved_since_ms=_since(ladder.starved_since_ms, _starved(ladder, evidence, now_ms), now_ms),
        suffering_since_ms=_since(ladder.suffering_since_ms, loss is not None and loss >= SUFFERING_LOSS, now_ms),
        drowned_since_ms=_since(ladder.drowned_since_ms, loss is not None and loss >= DROWNED_LOSS, now_ms),
        heard_since_ms=_since(ladder.heard_since_ms, loss is not None and loss < HEARD_LOSS, now_ms),
        proven_since_ms=_since(ladder.proven_since_ms, proven, now_ms),
        clear_since_ms=_since(ladder.clear_since_ms, quiet, now_ms),
    )


def _since(before_ms: int | None, holds: bool, now_ms: int) -> int | None:
    if not holds:
        return None
    return now_ms if before_ms is None else before_ms


def _lasted(since_ms: int | None, for_ms: int, now_ms: int) -> bool:
    return since_ms is not None and now_ms - since_ms >= for_ms


def _starved(ladder: Ladder, evidence: Evidence, now_ms: int) -> bool:
    """Whether the estimate is too little for what is carried. One that nobody uses up does not count."""
    if evidence.estimate_bps is None or now_ms < ladder.settled_ms:
        return False
    carried = worse(ladder.rung, evidence.carried)
    if carried not in KEPT_BPS:
        return False
    if ladder.tried_ms is not None:
        return ladder.tried_bps is not None and evidence.estimate_bps < COLLAPSED * ladder.tried_bps
    return evidence.estimate_bps < KEPT_BPS[carried] and evidence.sent_bps >= FILLED * evidence.estimate_bps


# --- down -----------------------------------------------------------------------------------------


def _down(ladder: Ladder, evidence: Evidence, now_ms: int) -> Rung | None:
    """The rung to fall to, if the evidence is clear."""
    if ladder.rung is Rung.SOUND:
        return Rung.CHAT if _lasted(ladder.drowned_since_ms, DROWNED_MS, now_ms) else None
    if ladder.rung is Rung.CHAT:
        return None
    if evidence.estimate_bps is not None and _lasted(ladder.starved_since_ms, STARVED_MS, now_ms):
        bears = next((rung for rung, bps in ENOUGH_BPS.items() if evidence.estimate_bps >= bps), Rung.SOUND)
        return worse(bears, below(worse(ladder.rung, evidence.carried)))
    unfounded = evidence.estimate_bps is None or evidence.estimate_bps < ENOUGH_BPS[ladder.rung]
    return below(ladder.rung) if unfounded and _lasted(ladder.suffering_since_ms, SUFFERING_MS, now_ms) else None


def _fall(ladder: Ladder, rung: Rung, now_ms: int) -> Ladder:
    """What was tried and failed is left for where it was tried from, and not tried again so soon."""
    if ladder.tried_ms is None:
        return Ladder(rung, ladder.settled_ms, wait_ms=ladder.wait_ms)
    return Ladder(below(ladder.rung), ladder.settled_ms, wait_ms=min(2 * ladder.wait_ms, LAST_WAIT_MS))


# --- up -------------------------------------------------------------------------------------------


def _proven(ladder: Ladder, now_ms: int) -> bool:
    """The estimate is enough for the rung above; from ``chat`` it is sound that must be heard again."""
    if ladder.rung is Rung.CHAT:
        return _lasted(ladder.heard_since_ms, HEARD_MS, now_ms)
    return _lasted(ladder.proven_since_ms, CLEAR_MS, now_ms)


def _judged(ladder: Ladder, evidence: Evidence, now_ms: int) -> Ladder:
    """A trial is over: on where the estimate has grown, stay where it is enough or unused, else back and wait longer."""
    estimate_bps, before_bps = evidence.estimate_bps, ladder.tried_bps
    if estimate_bps is not None and before_bps is not None and estimate_bps >= GROWN * before_bps:
        return _trial(ladder, above(ladder.rung), evidence, now_ms)
    if estimate_bps is None or estimate_bps >= KEPT_BPS[ladder.rung] or evidence.sent_bps < FILLED * estimate_bps:
        return replace(ladder, tried_ms=None, tried_bps=None, wait_ms=FIRST_WAIT_MS)
    return _fall(ladder, below(ladder.rung), now_ms)


def _trial(ladder: Ladder, rung: Rung, evidence: Evidence, now_ms: int) -> Ladder:
    return Ladder(rung, ladder.settled_ms, tried_ms=now_ms, tried_bps=evidence.estimate_bps, wait_ms=ladder.wait_ms)


def _may_try(ladder: Ladder, evidence: Evidence, now_ms: int) -> bool:
    limited = evidence.estimate_bps is None or ladder.rung in (Rung.STILLS, Rung.SOUND)
    climbs = ladder.rung in (Rung.LOW, Rung.STILLS, Rung.SOUND)
    return climbs and limited and _lasted(ladder.clear_since_ms, ladder.wait_ms, now_ms)
