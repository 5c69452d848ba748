"""The cookies of a browser that comes to visits: one for each visit, so that none shuts out another. Pure.

A family has several visits on one phone: a follow-up after a referral, two children. Each visit's device has a secret of its
own, in a cookie that the visit's id names; to revoke one, or to confirm the child on it, says nothing of another. A name grants
nothing: whoever writes a cookie may write any. What a browser sends with every request stays bounded: ``MOST_HELD`` of a kind,
of about 100 bytes each (RFC 6265, section 6.1: a browser need keep no more than 50 a host; servers take some 8 KiB of headers).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

MOST_HELD = 20


@dataclass(frozen=True, slots=True)
class Holding:
    """A device that was not revoked, of a visit that ended at ``ended_at``, or has not; times are seconds since 1970."""

    visit: str
    created_at: float
    ended_at: float | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Pocket:
    """What a browser holds of one kind: ``secrets`` by visit, and ``counting``, the devices that these still are."""

    kind: str
    secrets: Mapping[str, str]
    counting: Sequence[Holding] = ()

    def surplus(self, joined: str) -> list[str]:
        """Of which visits the cookies are to go once the browser holds one of ``joined``: those that open nothing any more, and
        of the others what is too many, those of the visits that ended first before the oldest that have not."""
        rest = {each.visit: each for each in self.counting if each.visit != joined}
        dead = sorted(self.secrets.keys() - rest.keys() - {joined})
        first = sorted(rest.values(), key=_age)
        return dead + [each.visit for each in first[: max(0, len(first) + 1 - MOST_HELD)]]


def cookie_name(kind: str, visit: str) -> str:
    """``kind`` is whose: a guardian's device, a guest's."""
    return f"{kind}_{visit}"


def secrets_of(cookies: Mapping[str, str], kind: str) -> dict[str, str]:
    """By visit, the secrets of this kind that a browser sent."""
    prefix = cookie_name(kind, "")
    return {name.removeprefix(prefix): secret for name, secret in cookies.items() if name.startswith(prefix)}


def _age(each: Holding) -> tuple[float, float, str]:
    return (inf if each.ended_at is None else each.ended_at, each.created_at, each.visit)
