"""A document is what its first bytes are; its name and its sender's word say nothing."""

from __future__ import annotations

import pytest

from server.documents.kinds import CODES, MAX_SIDE, Kind, Unacceptable, check_picture, kind_of
from tests.server.documents import samples


def test_each_kind_is_known_by_its_content() -> None:
    made = {samples.jpeg(): Kind.JPEG, samples.png(): Kind.PNG, samples.heic(): Kind.HEIC, samples.pdf(): Kind.PDF}
    assert {kind_of(data) for data in made} == set(Kind)
    assert all(kind_of(data) is kind for data, kind in made.items())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html><script>1</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a" + bytes(20),
        b"PK\3\4" + bytes(40),
        b"\n%PDF-1.7",  # readers forgive what stands in front; we do not
        samples.box(b"ftyp", b"avif", bytes(4), b"mif1avif"),
        samples.box(b"ftyp", b"mif1", bytes(4), b"mif1avif"),
        samples.box(b"ftyp", b"isom", bytes(4), b"mp41heic"),
        b"RIFF\0\0\0\0WEBP",
    ],
)
def test_all_else_is_refused(data: bytes) -> None:
    with pytest.raises(Unacceptable) as refused:
        kind_of(data)
    assert refused.value.code == "document_kind"


def test_a_general_brand_counts_when_it_promises_hevc() -> None:
    assert kind_of(samples.box(b"ftyp", b"mif1", bytes(4), b"mif1heic")) is Kind.HEIC


def test_every_kind_has_a_suffix_of_its_own() -> None:
    assert {kind.suffix for kind in Kind} == {"jpg", "png", "heic", "pdf"}


@pytest.mark.parametrize(
    ("size", "code"),
    [((0, 5), "document_damaged"), ((MAX_SIDE + 1, 1), "document_too_large"), ((MAX_SIDE, MAX_SIDE), "document_too_large")],
)
def test_a_picture_has_pixels_and_not_too_many(size: tuple[int, int], code: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        check_picture(*size)
    assert refused.value.code == code
    assert code in CODES


def test_a_long_screenshot_and_a_phones_largest_picture_are_fine() -> None:
    check_picture(1170, 30000)
    check_picture(8192, 6144)
