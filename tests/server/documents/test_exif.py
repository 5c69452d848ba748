"""Of an Exif block nothing is read but how the picture is turned."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.documents import exif
from tests.server.documents import samples


@pytest.mark.parametrize("said", range(1, 9))
def test_the_orientation_is_read_and_written(said: int) -> None:
    assert exif.orientation(samples.tiff(said)) == said
    assert exif.orientation(exif.with_orientation(said)) == said


def test_it_is_read_in_either_byte_order() -> None:
    entry = struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0)
    assert exif.orientation(b"II*\0" + struct.pack("<IH", 8, 1) + entry) == 6


@pytest.mark.parametrize(
    "tiff",
    [b"", b"XX*\0", samples.tiff(9), samples.tiff(0), exif.EMPTY[4:], exif.with_orientation(6)[:19], b"MM\0*\xff\xff\xff\xff"],
)
def test_what_makes_no_sense_is_upright(tiff: bytes) -> None:
    assert exif.orientation(tiff) == 1


@given(st.binary(max_size=200))
def test_any_bytes_give_an_orientation(tiff: bytes) -> None:
    assert exif.orientation(b"MM\0*" + tiff) in range(1, 9)
