"""A third seat in a room: who gets what of whom, while the gate's rule stays that of the first two."""

from __future__ import annotations

import pytest

from media import control
from tests.media.room_kit import OPUS, TWO_PAIRS, Kit

THREE = ["guardian", "physician", "interpreter"]


@pytest.fixture
def kit() -> Kit:
    """Two who are in a call, and a third who comes."""
    kit = Kit()
    kit.both()
    kit.open()
    kit.room.add_seats(THREE)
    kit.widen("guardian")
    kit.widen("physician")
    kit.join("interpreter", TWO_PAIRS)
    return kit


def sounds(kit: Kit, seat: str) -> list[tuple[int, bytes]]:
    """By the pair whose line carried it."""
    pairs = {outgoing.line.ssrc: pair for (pair, _), outgoing in kit.legs[seat].outgoing.items()}
    return [(pairs[ssrc], payload) for _, _, _, ssrc, payload in kit.received(seat)]


def test_each_is_heard_by_the_two_others_on_the_pair_that_is_theirs(kit: Kit) -> None:
    for seat in THREE:
        kit.rtp(seat, OPUS, 2, seat.encode())
    assert sounds(kit, "guardian") == [(0, b"physician"), (1, b"interpreter")]
    assert sounds(kit, "physician") == [(0, b"guardian"), (1, b"interpreter")]
    assert sounds(kit, "interpreter") == [(0, b"guardian"), (1, b"physician")]


def test_a_seat_that_is_added_changes_no_ones_pairs_and_there_are_four_at_most(kit: Kit) -> None:
    before = {seat: kit.room.others(seat) for seat in THREE}
    kit.room.add_seats(["local_doctor", "guardian", "a fifth"])
    assert list(kit.room.seats) == [*THREE, "local_doctor"]
    assert {seat: kit.room.others(seat)[:2] for seat in THREE} == before


def test_the_lines_that_ran_before_the_third_came_run_on(kit: Kit) -> None:
    other = Kit()
    other.both()
    other.open()
    other.rtp("guardian", OPUS, 2)
    (_, sequence, _, ssrc, _) = other.received("physician")[0]
    other.room.add_seats(THREE)
    other.widen("physician")
    other.rtp("guardian", OPUS, 3)
    assert other.received("physician")[1][1::2] == (sequence + 1, ssrc)


def test_what_the_third_sends_and_gets_is_recorded_once_and_only_while_the_gate_is_open(kit: Kit) -> None:
    kit.rtp("interpreter", OPUS, 2, b"open")
    kit.room.gate_close(kit.generation)
    kit.rtp("interpreter", OPUS, 3, b"shut")
    kit.rtp("guardian", OPUS, 3, b"shut")
    assert b"shut" not in [payload for seat in THREE for _, payload in sounds(kit, seat)]
    kit.feed.flush()
    assert [packet[12:] for packet in kit.fed()] == [b"open"]


def test_a_third_who_falls_silent_or_goes_closes_nothing(kit: Kit) -> None:
    kit.rtp("interpreter", OPUS, 2)
    for second in range(8):
        kit.now_us += 500_000
        kit.durable()
        for seat in ("guardian", "physician"):
            kit.rtp(seat, OPUS, 10 + second)
        kit.room.gate_renew(kit.generation, 1000)
        kit.room.tick()
    assert kit.room.gate.generation == kit.generation
    assert [media.alive for media in kit.said_of(control.SeatMedia) if media.seat == "interpreter"] == [True, False]
    kit.room.close_leg(kit.legs["interpreter"].number)
    assert kit.room.gate.generation == kit.generation
    assert kit.said_of(control.GateClosed) == []


def test_a_receiver_of_two_pictures_shares_its_way_between_them(kit: Kit) -> None:
    assert kit.legs["physician"].downlink.pictures == 2
    kit.room.close_leg(kit.legs["interpreter"].number)
    assert kit.legs["physician"].downlink.pictures == 1
