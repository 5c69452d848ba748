"""Whose keys open what: a hospital's own and escrow's, and the server's only where one hospital is alone on it."""

from __future__ import annotations

import tomllib

import pytest

from server.recipients import Recipients, lacks_a_key, read_hospitals, read_recipients, what_to_write

ONE, OTHER, SERVERS, ESCROW = (f"age1{letter * 58}" for letter in "qpzr")
BOTH = Recipients((SERVERS,), {"a": (ONE,), "b": (OTHER,)}, (ESCROW,))


def test_each_hospitals_own_key_and_escrow_and_nobody_elses_open_what_it_leaves() -> None:
    assert (BOTH.of("a", 2), BOTH.of("b", 2)) == ((ONE, ESCROW), (OTHER, ESCROW))
    assert BOTH.of("a", 1) == (ONE, ESCROW)


@pytest.mark.parametrize(("on_server", "keys"), [(1, (SERVERS, ESCROW)), (2, ()), (3, ())])
def test_the_servers_keys_are_a_hospitals_only_while_it_is_alone(on_server: int, keys: tuple[str, ...]) -> None:
    assert BOTH.of("c", on_server) == keys


def test_escrow_alone_is_no_key() -> None:
    keys = Recipients((), {}, (ESCROW,))
    assert keys.of("a", 1) == ()
    assert keys.lacking(["a"]) == ["a"]


def test_who_lacks_a_key_is_known_of_all_hospitals_and_so_is_a_key_without_a_hospital() -> None:
    keys = Recipients((SERVERS,), {"a": (ONE,)}, ())
    assert (keys.lacking([]), keys.lacking(["c"]), keys.lacking(["a", "c", "d"])) == ([], [], ["c", "d"])
    assert (keys.unknown(["a", "c"]), keys.unknown(["c"])) == ([], ["a"])


def test_a_key_that_comes_twice_counts_once() -> None:
    keys = Recipients((ONE,), {"a": (ONE, OTHER)}, (OTHER, ESCROW))
    assert keys.of("a", 2) == (ONE, OTHER, ESCROW)
    assert keys.everyone() == (ONE, OTHER, ESCROW)


def test_what_is_said_of_a_hospital_without_a_key_can_be_written_down() -> None:
    written = "[recording]\n" + what_to_write("0b12").replace("age1…", ONE)
    assert read_hospitals(tomllib.loads(written)["recording"]["hospitals"]) == ({"0b12": (ONE,)}, [])
    assert what_to_write("ab12") in lacks_a_key("ab12")


def test_a_text_says_the_same_as_tables() -> None:
    tables = {"a": {"recipients": [ONE, SERVERS]}, "b": {"recipients": [OTHER]}}
    read = ({"a": (ONE, SERVERS), "b": (OTHER,)}, [])
    assert read_hospitals(tables) == read
    assert read_hospitals(f"a={ONE}, b = {OTHER},a={SERVERS}") == read


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ([], "recording.hospitals"),
        ({}, "recording.hospitals"),
        ("", "recording.hospitals"),
        (ONE, "recording.hospitals"),
        ("a=", "recording.hospitals.a.recipients"),
        ({"": {"recipients": [ONE]}}, "recording.hospitals"),
        ({"仁和": {"recipients": [ONE]}}, "recording.hospitals"),
        ({"a": [ONE]}, "recording.hospitals.a"),
        ({"a": {}}, "recording.hospitals.a"),
        ({"a": {"recipients": [ONE], "escrow": [OTHER]}}, "recording.hospitals.a"),
        ({"a": {"recipients": ONE}}, "recording.hospitals.a.recipients"),
        ({"a": {"recipients": []}}, "recording.hospitals.a.recipients"),
        ({"a": {"recipients": [1]}}, "recording.hospitals.a.recipients"),
        ({"a": {"recipients": ["AGE-SECRET-KEY-1X"]}}, "recording.hospitals.a.recipients"),
        ({"a": {"recipients": [ONE]}, "b": {"recipients": [OTHER, ONE]}}, "recording.hospitals.b.recipients"),
    ],
)
def test_each_fault_names_its_place(value: object, place: str) -> None:
    _, faults = read_hospitals(value)
    assert [fault.split(": ")[0] for fault in faults] == [place]


def test_a_secret_in_the_place_of_a_public_key_is_not_repeated() -> None:
    with pytest.raises(ValueError, match="never an identity") as caught:
        read_recipients(["AGE-SECRET-KEY-1SECRET"])
    told = [str(caught.value), *read_hospitals("AGE-SECRET-KEY-1SECRET")[1], *read_hospitals("a=AGE-SECRET-KEY-1SECRET")[1]]
    assert not any("SECRET" in text for text in told)
