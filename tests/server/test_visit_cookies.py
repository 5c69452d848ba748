"""One cookie for each visit: no name touches another's, and a browser never carries too many."""

from __future__ import annotations

from server.visit_cookies import MOST_HELD, Holding, Pocket, cookie_name, secrets_of


def pocket(*counting: Holding, dead: tuple[str, ...] = ()) -> Pocket:
    return Pocket("device", dict.fromkeys((*dead, *(each.visit for each in counting)), "s"), counting)


def test_the_secrets_of_a_kind_are_read_by_visit_and_no_others() -> None:
    cookies = {
        cookie_name("device", "v1"): "a",
        cookie_name("device", "v2"): "b",
        cookie_name("guest", "v1"): "c",
        "device": "d",
    }
    assert secrets_of(cookies, "device") == {"v1": "a", "v2": "b"}
    assert secrets_of(cookies, "guest") == {"v1": "c"}


def test_as_long_as_there_is_room_nothing_goes() -> None:
    few = [Holding(f"v{n}", n) for n in range(MOST_HELD - 1)]
    assert pocket(*few).surplus("new") == []
    assert pocket(*few, Holding("new", 0.0)).surplus("new") == []


def test_the_visit_that_ended_first_goes_before_any_that_has_not() -> None:
    opened = [Holding(f"v{n}", n) for n in range(MOST_HELD - 2)]
    ended = [Holding("late", 0.0, 200.0), Holding("early", 9.0, 100.0)]
    assert pocket(*opened, *ended).surplus("new") == ["early"]


def test_when_none_has_ended_the_oldest_go() -> None:
    opened = [Holding(f"v{n}", n) for n in range(MOST_HELD + 1)]
    assert pocket(*reversed(opened)).surplus("new") == ["v0", "v1"]


def test_what_opens_nothing_any_more_goes_whether_there_is_room_or_not() -> None:
    assert pocket(Holding("v1", 1.0), dead=("z", "a", "new")).surplus("new") == ["a", "z"]
