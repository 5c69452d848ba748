"""The order of offers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.messages import Refused
from signaling.negotiation import Legs, OfferKey, is_latest, place
from signaling.seats import Role

KEYS = st.builds(OfferKey, st.integers(1, 3), st.integers(1, 3), st.integers(1, 3))


def test_the_first_offer_gets_the_first_leg() -> None:
    legs, placed = place(Legs(), Role.GUARDIAN, OfferKey(1, 1, 1))
    assert (placed.leg, legs.newest_leg) == (1, 1)


def test_a_new_revision_stays_on_its_leg() -> None:
    legs, _ = place(Legs(), Role.GUARDIAN, OfferKey(1, 1, 1))
    _, placed = place(legs, Role.GUARDIAN, OfferKey(1, 1, 2))
    assert placed.leg == 1


def test_a_new_peer_connection_gets_a_new_leg() -> None:
    legs, _ = place(Legs(), Role.GUARDIAN, OfferKey(1, 1, 5))
    _, placed = place(legs, Role.GUARDIAN, OfferKey(1, 2, 1))
    assert placed.leg == 2


def test_a_new_page_gets_a_new_leg_though_it_counts_from_one_again() -> None:
    legs, _ = place(Legs(), Role.GUARDIAN, OfferKey(1, 4, 4))
    _, placed = place(legs, Role.GUARDIAN, OfferKey(2, 1, 1))
    assert placed.leg == 2


def test_legs_are_numbered_across_the_seats_of_a_room() -> None:
    legs, _ = place(Legs(), Role.GUARDIAN, OfferKey(1, 1, 1))
    legs, physician = place(legs, Role.PHYSICIAN, OfferKey(1, 1, 1))
    legs, again = place(legs, Role.GUARDIAN, OfferKey(1, 2, 1))
    assert (physician.leg, again.leg) == (2, 3)


def test_an_older_offer_and_the_same_again_are_stale() -> None:
    legs, _ = place(Legs(), Role.GUARDIAN, OfferKey(1, 2, 2))
    for key in (OfferKey(1, 2, 2), OfferKey(1, 2, 1), OfferKey(1, 1, 9)):
        with pytest.raises(Refused, match="stale_offer"):
            place(legs, Role.GUARDIAN, key)


def test_an_answer_to_what_was_superseded_is_not_the_latest() -> None:
    legs, _ = place(Legs(), Role.GUARDIAN, OfferKey(1, 1, 1))
    legs, _ = place(legs, Role.GUARDIAN, OfferKey(1, 1, 2))
    assert is_latest(legs, Role.GUARDIAN, OfferKey(1, 1, 2))
    assert not is_latest(legs, Role.GUARDIAN, OfferKey(1, 1, 1))
    assert not is_latest(legs, Role.PHYSICIAN, OfferKey(1, 1, 2))


@given(st.lists(st.tuples(st.sampled_from([Role.GUARDIAN, Role.PHYSICIAN]), KEYS), max_size=30))
def test_whatever_the_order_of_arrival_only_the_newest_counts(offers: list[tuple[Role, OfferKey]]) -> None:
    legs = Legs()
    newest: dict[Role, OfferKey] = {}
    leg_of: dict[int, tuple[Role, int, int]] = {}
    for role, key in offers:
        try:
            legs, placed = place(legs, role, key)
        except Refused:
            assert key <= newest[role]
            continue
        assert role not in newest or key > newest[role]
        newest[role] = key
        assert leg_of.setdefault(placed.leg, (role, key.epoch, key.peer)) == (role, key.epoch, key.peer)
    assert all(is_latest(legs, role, key) for role, key in newest.items())
    assert sorted(leg_of) == list(range(1, legs.newest_leg + 1))
