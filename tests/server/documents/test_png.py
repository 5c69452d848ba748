"""A PNG keeps its pixels and its colours and loses everything else."""

from __future__ import annotations

import struct
import zlib

import pytest

from server.documents import png
from server.documents.kinds import Kind, Unacceptable
from tests.server.documents import samples
from tests.server.documents.samples import SECRETS, chunk

PICTURE = samples.encoded("png", "rgb24")
SIGNATURE, HEADER, REST = PICTURE[:8], PICTURE[8:33], PICTURE[33:]
END = chunk(b"IEND", b"")


def header(width: int = 96, height: int = 64, tail: bytes = b"\x08\2\0\0\0") -> bytes:
    return chunk(b"IHDR", struct.pack(">II", width, height) + tail)


def refusal(data: bytes) -> str:
    with pytest.raises(Unacceptable) as refused:
        png.clean(data)
    return refused.value.code


def test_texts_exif_and_what_is_behind_the_end_are_gone() -> None:
    made = samples.png()
    assert all(secret in made for secret in SECRETS)
    _, kept = png.clean(made)
    assert not any(secret in kept for secret in (*SECRETS, b"tEXt", b"zTXt", b"iTXt", b"eXIf"))


def test_every_pixel_stays_and_so_do_the_colours() -> None:
    made = samples.png()
    _, kept = png.clean(made)
    assert samples.pixels(kept) == samples.pixels(made)
    assert b"iCCP" in kept


def test_the_facts_are_those_of_its_header() -> None:
    facts, _ = png.clean(PICTURE)
    assert (facts.kind, facts.width, facts.height, facts.pages) == (Kind.PNG, samples.WIDTH, samples.HEIGHT, 1)
    assert facts.decoded_bytes == samples.HEIGHT * (1 + 3 * samples.WIDTH)


def test_an_animation_becomes_its_still() -> None:
    moving = SIGNATURE + HEADER + chunk(b"acTL", bytes(8)) + chunk(b"fcTL", bytes(26)) + REST
    assert png.clean(moving)[1] == png.clean(PICTURE)[1]


def test_a_compressed_comment_that_would_unpack_to_a_gigabyte_is_never_unpacked() -> None:
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(64 << 20), 9))
    assert png.clean(SIGNATURE + HEADER + bomb + REST)[1] == png.clean(PICTURE)[1]


def test_a_giant_header_is_refused() -> None:
    assert refusal(SIGNATURE + header(0x7FFFFFFF, 0x7FFFFFFF) + REST) == "document_too_large"


def test_a_header_that_promises_more_than_can_be_packed_so_small_is_refused() -> None:
    assert refusal(SIGNATURE + header(8000, 8000) + REST) == "document_damaged"


def test_a_colour_profile_that_is_a_bomb_is_refused() -> None:
    bomb = chunk(b"iCCP", b"P3\0\0" + zlib.compress(bytes(2 << 20)))
    assert refusal(SIGNATURE + HEADER + bomb + REST) == "document_bomb"


@pytest.mark.parametrize("body", [b"no end", b"P3\0\0nonsense", b"P3\0\0" + zlib.compress(b"colours" * 9)[:-6]])
def test_a_damaged_colour_profile_is_refused(body: bytes) -> None:
    assert refusal(SIGNATURE + HEADER + chunk(b"iCCP", body) + REST) == "document_damaged"


@pytest.mark.parametrize(
    "tail", [b"\x08\1\0\0\0", b"\3\0\0\0\0", b"\x10\3\0\0\0", b"\x08\2\1\0\0", b"\x08\2\0\1\0", b"\x08\2\0\0\2", b"\x08\2\0\0"]
)
def test_a_header_that_makes_no_sense_is_refused(tail: bytes) -> None:
    assert refusal(SIGNATURE + header(tail=tail) + REST) == "document_damaged"


@pytest.mark.parametrize(
    "data",
    [
        b"nonsense",
        SIGNATURE,
        PICTURE[:-1],
        PICTURE[:40],
        SIGNATURE + HEADER + END,
        SIGNATURE + REST,
        SIGNATURE + HEADER + HEADER + REST,
        SIGNATURE + HEADER + chunk(b"CgBI", bytes(4)) + REST,
        SIGNATURE + HEADER + chunk(b"a?Zz", b"") + REST,
        SIGNATURE + HEADER + REST[:-12] + chunk(b"gAMA", bytes(4)) + chunk(b"IDAT", b"x") + END,
        PICTURE[:60] + bytes([PICTURE[60] ^ 1]) + PICTURE[61:],
    ],
)
def test_what_is_damaged_is_refused(data: bytes) -> None:
    assert refusal(data) == "document_damaged"


def test_chunks_without_number_are_refused() -> None:
    assert refusal(SIGNATURE + HEADER + chunk(b"tEXt", b"") * 65536 + REST) == "document_damaged"
