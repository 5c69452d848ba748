"""What is sealed opens with its visit's key, whole, at its place, and not otherwise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.documents.sealed import CHUNK, Unsealable, seal, unseal, unwrap, wrap

KEY, OTHER, SALT, NONCE = b"k" * 32, b"o" * 32, b"s" * 32, b"n" * 12
PLACE = "visit-1/document-1"


@pytest.mark.parametrize("length", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_what_is_sealed_opens_whatever_its_length(length: int) -> None:
    plain = bytes(i % 251 for i in range(length))
    sealed = seal(KEY, SALT, PLACE, plain)
    assert unseal(KEY, PLACE, sealed) == plain
    assert length < 32 or plain[:32] not in sealed


def test_another_key_and_another_place_do_not_open_it() -> None:
    sealed = seal(KEY, SALT, PLACE, b"picture")
    for key, place in ((OTHER, PLACE), (KEY, "visit-2/document-1"), (KEY, "visit-1/document-1/0")):
        with pytest.raises(Unsealable):
            unseal(key, place, sealed)


def test_chunks_cannot_be_reordered_left_out_or_cut_off() -> None:
    sealed = seal(KEY, SALT, PLACE, bytes(3 * CHUNK))
    head, step = sealed[:36], CHUNK + 16
    one, two, three = (sealed[36 + n * step : 36 + (n + 1) * step] for n in range(3))
    assert sealed == head + one + two + three
    for other in (one + two, one + three, two + one + three, one + two + three + three, one + two + three[:-1], b""):
        with pytest.raises(Unsealable):
            unseal(KEY, PLACE, head + other)


@given(st.binary(max_size=100))
def test_any_bytes_open_or_are_unsealable(data: bytes) -> None:
    for each in (data, b"PTD1" + data):
        with pytest.raises(Unsealable):
            unseal(KEY, PLACE, each)


def test_two_files_of_one_visit_have_nothing_in_common() -> None:
    assert seal(KEY, SALT, PLACE, b"same")[36:] != seal(KEY, b"t" * 32, PLACE, b"same")[36:]


def test_a_wrapped_key_opens_for_its_own_visit_under_the_apps_key() -> None:
    wrapped = wrap(OTHER, NONCE, "visit-1", KEY)
    assert KEY not in wrapped
    assert unwrap(OTHER, "visit-1", wrapped) == KEY
    for app_key, visit, given_ in ((KEY, "visit-1", wrapped), (OTHER, "visit-2", wrapped), (OTHER, "visit-1", wrapped[:-1])):
        with pytest.raises(Unsealable):
            unwrap(app_key, visit, given_)
