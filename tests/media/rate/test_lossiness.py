from __future__ import annotations

from media.rate.lossiness import Loss


def rounds(loss: Loss, *lost: int) -> list[bool]:
    """Reports about 40 packets each."""
    return [loss.packets(Loss.LEAST_PACKETS, each) for each in lost]


def test_the_first_loss_is_taken_for_the_paths_own() -> None:
    loss = Loss()
    assert rounds(loss, 4, 4, 5, 3) == [False] * 4
    assert 0.05 < loss.inherent < 0.12


def test_loss_that_comes_up_lowers_the_rate_once_and_again_only_when_that_helped() -> None:
    loss = Loss()
    assert rounds(loss, 0, 0, 8) == [False, False, True]
    loss.lowered()
    assert rounds(loss, 8) == [False]
    assert loss.inherent == Loss.MOST_INHERENT
    helped = Loss()
    assert rounds(helped, 0, 0, 20) == [False, False, True]
    assert rounds(helped, 8) == [True]
    assert helped.inherent < 0.01


def test_a_path_that_loses_more_than_can_be_inherent_is_full_for_good() -> None:
    loss = Loss()
    assert sum(rounds(loss, *[20] * 40)) >= 15
    assert loss.inherent == Loss.MOST_INHERENT


def test_few_packets_say_nothing_yet() -> None:
    loss = Loss()
    assert [loss.packets(10, 10) for _ in range(3)] == [False] * 3
    assert loss.fraction == 0.0
    loss.packets(10, -1)  # one came after all
    assert loss.fraction > 0
