"""A delegated adult: somebody, a grandparent say, who comes with the child in the guardian's place.

Refused by default; a hospital may allow it. Then the relation is registered with the written delegation as its proof, the
family hands the paper in for each visit, and the physician has seen it before anybody is admitted. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from server.booking.limits import DECLARED, Limits
from server.booking.refusals import Refusal

WRITTEN: Final = "written_delegation"
"""The proof of a delegated adult's relation: no other will do, and no other relation is proven by it."""


class Paper(StrEnum):
    """How far the visit's written delegation has come."""

    MISSING = "missing"
    UNREAD = "unread"  # handed in, and the physician has not opened it
    READ = "read"


def against(proof: str, paper: Paper, limits: Limits, *, admitting: bool) -> Iterator[Refusal]:
    """What speaks against a delegated adult; the paper is asked for when the family is to be admitted."""
    if not limits.delegated_adults:
        yield Refusal.DELEGATE_NOT_ALLOWED
        return
    if proof not in (WRITTEN, DECLARED):
        yield Refusal.PROOF_NOT_ACCEPTED
    if not admitting:
        return
    if proof == DECLARED:
        yield Refusal.RELATION_UNVERIFIED
    if paper is Paper.MISSING:
        yield Refusal.DELEGATION_MISSING
    elif paper is Paper.UNREAD:
        yield Refusal.DELEGATION_UNREAD
