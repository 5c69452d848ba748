"""When which message is tried.

Per visit and endpoint messages go strictly in order: a later one waits until the earlier is settled (delivered, or dead).
Different visits and different endpoints wait for nobody. What fails is tried again ever more rarely, up to a limit, and
after some days it is dead: kept, shown, and sent again when somebody asks for it, never dropped.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

_MOST_DOUBLED = 30


@dataclass(frozen=True, slots=True)
class Patience:
    """How failures are borne: the first pause doubles with every failure up to the longest, until giving up (seconds)."""

    first_s: float = 2.0
    longest_s: float = 900.0
    give_up_after_s: float = 3 * 86400.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How many attempts may be under way at once. An endpoint that failed last gets one until it answers again."""

    per_endpoint: int = 4
    all: int = 64


@dataclass(frozen=True, slots=True)
class Flight:
    """An attempt that is under way."""

    endpoint: str
    visit: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery that is not settled. ``n`` is the message's number within its visit."""

    endpoint: str
    visit: str
    n: int
    message: str
    next_at: float

    @property
    def flight(self) -> Flight:
        return Flight(self.endpoint, self.visit)


def again_at(
    patience: Patience, attempts: int, first_at: float, now: float, chance: float, retry_after_s: float = 0.0
) -> float | None:
    """When to try again after so many failed attempts, the first of them at ``first_at``; None: no more.

    ``chance`` is a uniform number from 0 to below 1: half of the pause is left to it, so that what failed together does not
    come back together. A receiver's ``Retry-After`` is heeded up to the longest pause. The last attempt is at the very end.
    """
    end = first_at + patience.give_up_after_s
    if now >= end:
        return None
    pause_s = min(patience.longest_s, patience.first_s * 2.0 ** min(attempts - 1, _MOST_DOUBLED))
    jittered_s = pause_s * (0.5 + chance / 2)
    return min(end, now + max(jittered_s, min(retry_after_s, patience.longest_s)))


def due(
    waiting: Iterable[Waiting], flying: Collection[Flight], failing: Collection[str], now: float, limits: Limits
) -> list[Waiting]:
    """Which of them to try now, besides what flies. ``failing`` are the endpoints whose last attempt failed.

    Endpoints take turns: one with much to send, or one that lets every attempt run into its time-out, leaves room to others.
    """
    ready: dict[str, list[Waiting]] = defaultdict(list)
    for first in _firsts(waiting):
        if first.next_at <= now and first.flight not in flying:
            ready[first.endpoint].append(first)
    busy = Counter(flight.endpoint for flight in flying)
    candidates = []
    for endpoint, of_endpoint in ready.items():
        room = 1 if endpoint in failing else limits.per_endpoint
        of_endpoint.sort(key=lambda each: (each.next_at, each.visit))
        candidates += [(turn, each) for turn, each in enumerate(of_endpoint, start=busy[endpoint]) if turn < room]
    candidates.sort(key=lambda turn_each: (turn_each[0], turn_each[1].next_at, turn_each[1].endpoint, turn_each[1].visit))
    return [each for _, each in candidates[: max(0, limits.all - len(flying))]]


def _firsts(waiting: Iterable[Waiting]) -> Collection[Waiting]:
    """The earliest message of each visit at each endpoint."""
    firsts: dict[Flight, Waiting] = {}
    for each in waiting:
        known = firsts.get(each.flight)
        if known is None or each.n < known.n:
            firsts[each.flight] = each
    return firsts.values()
