"""When which message is tried: order per visit, nothing lost, nothing early, never too much at once.

The long run below plays whole days of a hospital's feed on a virtual clock: endpoints that are down for a while, answers that
take their time, a server that restarts. Its bookkeeping knows nothing of how the planner chooses.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from server.webhooks.schedule import Flight, Limits, Patience, Waiting, again_at, due

LIMITS = Limits(per_endpoint=3, all=7)
PATIENCE = Patience(first_s=2, longest_s=60, give_up_after_s=3600)


def waiting(endpoint: str, visit: str, n: int, next_at: float = 0.0) -> Waiting:
    return Waiting(endpoint, visit, n, f"{visit}.{n}", next_at)


# --- the pause after a failure --------------------------------------------------------------------


def test_the_pause_doubles_up_to_the_longest() -> None:
    pauses = [again_at(Patience(), attempts, 0.0, 0.0, 1.0) for attempts in (1, 2, 3, 8, 9, 10, 11, 5000)]
    assert pauses == [2.0, 4.0, 8.0, 256.0, 512.0, 900.0, 900.0, 900.0]


def test_half_of_a_pause_is_left_to_chance() -> None:
    assert [again_at(PATIENCE, 4, 0.0, 100.0, chance) for chance in (0.0, 0.5, 1.0)] == [108.0, 112.0, 116.0]


def test_a_receiver_that_asks_for_time_gets_it_within_the_longest_pause() -> None:
    assert again_at(PATIENCE, 1, 0.0, 0.0, 0.5, retry_after_s=30) == 30
    assert again_at(PATIENCE, 1, 0.0, 0.0, 0.5, retry_after_s=86400) == 60


def test_the_last_attempt_is_at_the_very_end_and_then_it_is_given_up() -> None:
    assert again_at(PATIENCE, 50, 1000.0, 4590.0, 0.5) == 4600.0
    assert again_at(PATIENCE, 51, 1000.0, 4600.0, 0.5) is None
    assert again_at(PATIENCE, 51, 1000.0, 9999.0, 0.5) is None


@given(st.integers(1, 10_000), st.floats(0, 3599.9), st.floats(0, 1, exclude_max=True), st.floats(0, 1e9))
def test_a_next_attempt_is_always_later_and_never_after_the_end(
    attempts: int, since_s: float, chance: float, retry_after_s: float
) -> None:
    at = again_at(PATIENCE, attempts, 1e9, 1e9 + since_s, chance, retry_after_s)
    assert at is not None
    assert 1e9 + since_s < at <= 1e9 + PATIENCE.give_up_after_s


# --- which to try ---------------------------------------------------------------------------------


def test_a_later_message_of_a_visit_waits_for_the_earlier_one() -> None:
    first, second, other = waiting("e", "v", 1, next_at=50), waiting("e", "v", 2), waiting("e", "w", 7)
    assert due([second, other, first], (), (), 10, LIMITS) == [other]
    assert due([second, other, first], (), (), 50, LIMITS) == [other, first]
    assert due([second, other, first], [first.flight], (), 50, LIMITS) == [other]
    assert due([second, other], (), (), 50, LIMITS) == [second, other]


def test_the_same_visit_goes_to_two_endpoints_independently() -> None:
    here, there = waiting("e", "v", 2), waiting("f", "v", 1, next_at=99)
    assert due([here, there], (), (), 10, LIMITS) == [here]


def test_an_endpoint_that_failed_last_is_tried_one_at_a_time() -> None:
    crowd = [waiting("e", f"v{n}", 1, next_at=n) for n in range(9)]
    assert due(crowd, (), (), 99, LIMITS) == crowd[:3]
    assert due(crowd, (), {"e"}, 99, LIMITS) == crowd[:1]
    assert due(crowd, [Flight("e", "another")], {"e"}, 99, LIMITS) == []
    assert due(crowd, [Flight("e", "another")], (), 99, LIMITS) == crowd[:2]


def test_endpoints_take_turns() -> None:
    crowd = [waiting("a", f"v{n}", 1) for n in range(9)]
    late = [waiting("b", "w", 1, next_at=5), waiting("c", "x", 1, next_at=6)]
    assert [each.endpoint for each in due([*crowd, *late], (), (), 9, LIMITS)] == ["a", "b", "c", "a", "a"]
    assert [each.endpoint for each in due([*crowd, *late], (), (), 9, replace(LIMITS, all=2))] == ["a", "b"]
    flying = [Flight("a", "u1"), Flight("a", "u2")]
    assert [each.endpoint for each in due([*crowd, *late], flying, (), 9, replace(LIMITS, all=4))] == ["b", "c"]
    assert due([*crowd, *late], flying, (), 9, replace(LIMITS, all=1)) == []


deliveries = st.lists(
    st.builds(waiting, st.sampled_from("abcd"), st.sampled_from("stuvwxyz"), st.integers(1, 5), st.integers(0, 20)),
    unique_by=lambda each: (each.endpoint, each.visit, each.n),
)
flights = st.sets(st.builds(Flight, st.sampled_from("abcd"), st.sampled_from("stuvwxyz")), max_size=9)


@given(deliveries, flights, st.sets(st.sampled_from("abcd")), st.integers(0, 20))
def test_what_is_due_is_in_order_in_time_within_bounds_and_nothing_that_could_go_is_held_back(
    given_: list[Waiting], flying: set[Flight], failing: set[str], now: int
) -> None:
    chosen = due(given_, flying, failing, now, LIMITS)
    assert all(each.next_at <= now for each in chosen)
    assert len({each.flight for each in chosen} | flying) == len(chosen) + len(flying)
    for each in chosen:
        assert not [other for other in given_ if other.flight == each.flight and other.n < each.n]
    assert not chosen or len(chosen) + len(flying) <= LIMITS.all
    for endpoint in "abcd":
        room = 1 if endpoint in failing else LIMITS.per_endpoint
        up = sum(flight.endpoint == endpoint for flight in flying)
        sent = sum(each.endpoint == endpoint for each in chosen)
        assert not sent or sent + up <= room
        could = [each for each in given_ if each.endpoint == endpoint and each.next_at <= now and each.flight not in flying]
        could = [each for each in could if each.n == min(o.n for o in given_ if o.flight == each.flight)]
        if could and up < room and len(flying) < LIMITS.all:
            assert sent or len(chosen) + len(flying) == LIMITS.all


# --- whole days -----------------------------------------------------------------------------------


@dataclass
class Feed:
    """One planner, some endpoints that are down now and then, a virtual clock; and a notebook of what arrived when."""

    chance: random.Random
    down: dict[str, list[tuple[float, float]]]
    now: float = 0.0
    waiting: dict[str, Waiting] = field(default_factory=dict)
    tries: dict[str, list[float]] = field(default_factory=dict)
    flying: dict[float, Waiting] = field(default_factory=dict)  # by when the answer comes
    failing: set[str] = field(default_factory=set)
    delivered: list[Waiting] = field(default_factory=list)
    dead: list[Waiting] = field(default_factory=list)

    def key(self, each: Waiting) -> str:
        return f"{each.endpoint} {each.message}"

    def write(self, endpoint: str, visit: str, n: int) -> None:
        each = waiting(endpoint, visit, n, self.now)
        self.waiting[self.key(each)] = each

    def send(self) -> None:
        up = [each.flight for each in self.flying.values()]
        chosen = due(self.waiting.values(), up, self.failing, self.now, LIMITS)
        for each in chosen:
            assert each.next_at <= self.now
            self.tries.setdefault(self.key(each), []).append(self.now)
            self.flying[self.now + self.chance.uniform(0.01, 15)] = each
        for endpoint in "ab":
            assert sum(each.endpoint == endpoint for each in self.flying.values()) <= LIMITS.per_endpoint
        assert len(self.flying) <= LIMITS.all

    def answer(self, at: float) -> None:
        self.now = max(self.now, at)
        each = self.flying.pop(at)
        key = self.key(each)
        if not any(begin <= self.now < end for begin, end in self.down[each.endpoint]):
            self.failing.discard(each.endpoint)
            self.delivered.append(self.waiting.pop(key))
            return
        self.failing.add(each.endpoint)
        tries = self.tries[key]
        again = again_at(PATIENCE, len(tries), tries[0], self.now, self.chance.random())
        if again is None:
            self.dead.append(self.waiting.pop(key))
        else:
            self.waiting[key] = replace(each, next_at=again)

    def restart(self) -> None:
        """What was under way is forgotten; what is waiting is in the store."""
        self.flying.clear()
        self.failing.clear()

    def run(self, writes: list[tuple[float, str, int]], restarts: list[float]) -> None:
        todo = sorted([(at, "write", visit, n) for at, visit, n in writes] + [(at, "restart", "", 0) for at in restarts])
        while todo or self.waiting:
            self.send()
            moments = [*self.flying, *(at for at, *_ in todo[:1])]
            later = [each.next_at for each in self.waiting.values() if each.next_at > self.now]
            if self.flying and min(self.flying) <= min([*moments, *later]):
                self.answer(min(self.flying))
                continue
            self.now = min([*moments, *later])
            if todo and todo[0][0] <= self.now:
                _, what, visit, n = todo.pop(0)
                if what == "restart":
                    self.restart()
                else:
                    for endpoint in "ab":
                        self.write(endpoint, visit, n)


outages = st.lists(st.tuples(st.floats(0, 4000), st.floats(1, 6000)).map(lambda at_s: (at_s[0], sum(at_s))), max_size=3)


@settings(max_examples=60)
@given(
    st.integers(0, 2**32),
    outages,
    outages,
    st.lists(st.floats(0, 3000), max_size=3),
    st.lists(st.lists(st.floats(0, 3000), max_size=5), min_size=1, max_size=6),
)
@example(1, [(0.0, 8000.0)], [], [500.0], [[1.0, 2.0, 3.0]] * 6)
def test_in_whole_days_nothing_is_lost_or_early_and_every_visit_stays_in_order(
    seed: int,
    a: list[tuple[float, float]],
    b: list[tuple[float, float]],
    restarts: list[float],
    visits: list[list[float]],
) -> None:
    feed = Feed(random.Random(seed), {"a": a, "b": b})
    writes = [(at, f"v{which}", n) for which, times in enumerate(visits) for n, at in enumerate(sorted(times), start=1)]
    feed.run(writes, restarts)
    settled = [*feed.delivered, *feed.dead]
    assert len(settled) == len({feed.key(each) for each in settled}) == 2 * len(writes)
    for endpoint in "ab":
        for which, _ in enumerate(visits):
            arrived = [each.n for each in feed.delivered if each.flight == Flight(endpoint, f"v{which}")]
            assert arrived == sorted(arrived)
    for each in feed.dead:
        tries = feed.tries[feed.key(each)]
        assert tries[-1] - tries[0] >= PATIENCE.give_up_after_s - 15
    if not a:
        assert [each.endpoint for each in feed.delivered].count("a") == len(writes)
