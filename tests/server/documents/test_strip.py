"""Whatever the bytes are, a document is kept without its makings or refused by name; nothing else ever happens."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.documents.kinds import CODES, MAX_BYTES, Kind, Unacceptable
from server.documents.strip import Stripped, strip
from tests.server.documents import samples

MADE = [
    samples.jpeg(6),
    samples.png(),
    samples.heic(),
    samples.heic(method=1),
    samples.pdf(samples.object_stream(b"<< /Author (x) >>"), samples.stream(b"/Filter /DCTDecode", samples.jpeg())),
]
STARTS = [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"%PDF-1.4\n", samples.box(b"ftyp", b"heic", bytes(4), b"heic")]


@pytest.mark.parametrize("data", MADE)
def test_stripped_again_it_is_itself(data: bytes) -> None:
    once = strip(data)
    assert strip(once.data) == once
    assert len(once.data) <= len(data)


def test_the_four_kinds_are_all_taken() -> None:
    assert {strip(data).facts.kind for data in MADE} == set(Kind)


def test_too_many_bytes_are_not_looked_at() -> None:
    with pytest.raises(Unacceptable) as refused:
        strip(bytes(MAX_BYTES + 1))
    assert refused.value.code == "document_too_large"


def outcome(data: bytes) -> Stripped | str:
    try:
        return strip(data)
    except Unacceptable as refused:
        return refused.code


def kept_or_refused(data: bytes) -> None:
    once = outcome(data)
    assert once in CODES or (isinstance(once, Stripped) and strip(once.data) == once)


@given(st.sampled_from(STARTS), st.binary(max_size=400))
def test_any_bytes_are_kept_or_refused(start: bytes, rest: bytes) -> None:
    kept_or_refused(start + rest)


@settings(max_examples=300)
@given(st.sampled_from(MADE), st.integers(0, 2**32))
def test_any_damage_is_kept_or_refused(data: bytes, seed: int) -> None:
    chance = random.Random(seed)
    out = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(out))
        match chance.randrange(4):
            case 0:
                out[at] = chance.randrange(256)
            case 1:
                out[at : at + 4] = chance.choice([b"\0\0\0\0", b"\xff\xff\xff\xff", b"\0\0\0\1", b"\x80\0\0\0"])
            case 2:
                del out[at : at + chance.randint(1, 20)]
            case _:
                out[at:at] = out[at : at + chance.randint(1, 20)]
    kept_or_refused(bytes(out))
