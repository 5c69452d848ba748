"""Turns are taken in order, an urgent one first, and none is ever lost."""

from __future__ import annotations

import asyncio

import pytest

from server.store.turns import Turns


async def all_wait() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def test_turns_are_taken_in_the_order_of_coming_with_the_urgent_one_first() -> None:
    turns, order = Turns(1), list[str]()

    async def go(name: str) -> None:
        await (turns.take_first() if name == "urgent" else turns.take())
        order.append(name)
        turns.give()

    await turns.take()
    waiting = [asyncio.create_task(go(name)) for name in ("first", "second", "third", "urgent")]
    await all_wait()
    assert order == []
    turns.give()
    await asyncio.gather(*waiting)
    assert order == ["urgent", "first", "second", "third"]


async def test_nobody_slips_in_between_a_place_and_the_one_it_was_given_to() -> None:
    turns = Turns(1)
    await turns.take()
    promised = asyncio.create_task(turns.take())
    await all_wait()
    turns.give()
    late = asyncio.create_task(turns.take())
    await all_wait()
    assert promised.done()
    assert not late.done()
    turns.give()
    await late


@pytest.mark.parametrize("handed_over", [False, True], ids=["while waiting", "as the place is handed over"])
async def test_one_who_leaves_takes_no_place_along(handed_over: bool) -> None:
    turns = Turns(1)
    await turns.take()
    leaving, next_one = asyncio.create_task(turns.take()), asyncio.create_task(turns.take())
    await all_wait()
    if handed_over:
        turns.give()
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    if not handed_over:
        assert not next_one.done()
        turns.give()
    await next_one
    turns.give()
    await turns.take()


async def test_a_place_is_free_again_when_all_who_waited_have_left() -> None:
    turns = Turns(2)
    await turns.take()
    await turns.take()
    leaving = [asyncio.create_task(turns.take()) for _ in range(3)]
    await all_wait()
    for task in leaving:
        task.cancel()
    turns.give()  # they have been told to leave, and have not left yet
    await asyncio.gather(*leaving, return_exceptions=True)
    assert all(task.cancelled() for task in leaving)
    await turns.take()
