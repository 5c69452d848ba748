"""A delegated adult: refused unless the hospital allows it, and then with a paper that the physician has seen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.booking.delegation import WRITTEN, Paper
from server.booking.limits import DECLARED, PROOFS, Limits
from server.booking.refusals import Refusal
from server.booking.rules import Occasion, against
from server.kinship import DELEGATED
from tests.server.booking.test_rules import CASE, LIMITS, NOW, START

ALLOWED = replace(LIMITS, delegated_adults=True)
COMES = replace(CASE, relation=DELEGATED, proof=WRITTEN)


@pytest.mark.parametrize("occasion", Occasion)
def test_by_default_none_is_let_in(occasion: Occasion) -> None:
    assert not Limits().delegated_adults
    now = START if occasion is Occasion.ADMISSION else NOW
    assert against(replace(COMES, paper=Paper.READ), LIMITS, occasion, now) == (Refusal.DELEGATE_NOT_ALLOWED,)


@pytest.mark.parametrize("occasion", [Occasion.BOOKING, Occasion.DESK])
def test_where_it_is_allowed_the_paper_may_come_after_the_booking(occasion: Occasion) -> None:
    assert against(COMES, ALLOWED, occasion, NOW) == ()


@pytest.mark.parametrize(
    ("paper", "expected"),
    [(Paper.MISSING, (Refusal.DELEGATION_MISSING,)), (Paper.UNREAD, (Refusal.DELEGATION_UNREAD,)), (Paper.READ, ())],
)
def test_before_anybody_is_admitted_the_physician_has_seen_it(paper: Paper, expected: tuple[Refusal, ...]) -> None:
    assert against(replace(COMES, paper=paper), ALLOWED, Occasion.ADMISSION, START) == expected


def test_no_other_proof_will_do_and_nobody_else_is_proven_by_it() -> None:
    for proof in PROOFS:
        assert Refusal.PROOF_NOT_ACCEPTED in against(replace(COMES, proof=proof), ALLOWED, Occasion.BOOKING, NOW)
    father = replace(CASE, relation="father", proof=WRITTEN)
    assert against(father, ALLOWED, Occasion.BOOKING, NOW) == (Refusal.PROOF_NOT_ACCEPTED,)


def test_one_who_only_says_so_may_be_booked_and_is_verified_before_the_visit() -> None:
    said = replace(COMES, proof=DECLARED, paper=Paper.READ)
    assert against(said, ALLOWED, Occasion.BOOKING, NOW) == ()
    assert against(said, ALLOWED, Occasion.ADMISSION, START) == (Refusal.RELATION_UNVERIFIED,)


@given(
    relation=st.sampled_from(("mother", DELEGATED)),
    proof=st.sampled_from((*PROOFS, WRITTEN, DECLARED)),
    paper=st.sampled_from(Paper),
    allowed=st.booleans(),
)
def test_who_is_admitted_is_a_guardian_or_was_allowed_with_the_paper_seen(
    relation: str, proof: str, paper: Paper, allowed: bool
) -> None:
    case = replace(CASE, relation=relation, proof=proof, paper=paper)
    limits = replace(LIMITS, delegated_adults=allowed)
    if against(case, limits, Occasion.ADMISSION, START):
        return
    if relation == DELEGATED:
        assert (allowed, proof, paper) == (True, WRITTEN, Paper.READ)
    else:
        assert proof in limits.proofs
