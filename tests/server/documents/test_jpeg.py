"""A JPEG keeps its pixels, its colours and which way is up, and loses everything else."""

from __future__ import annotations

import pytest

from server.documents import exif, jpeg
from server.documents.kinds import Kind, Unacceptable
from tests.server.documents import samples
from tests.server.documents.samples import SECRETS, plain_jpeg, segment

PICTURE = plain_jpeg()


def refusal(data: bytes) -> str:
    with pytest.raises(Unacceptable) as refused:
        jpeg.clean(data)
    return refused.value.code


def frame_at(data: bytes) -> int:
    return data.index(b"\xff\xc0")


def test_the_place_the_device_and_the_film_behind_the_end_are_gone() -> None:
    made = samples.jpeg()
    assert all(secret in made for secret in SECRETS)
    _, kept = jpeg.clean(made)
    assert not any(secret in kept for secret in (*SECRETS, b"ftyp", b"ICC_PROFILE\0\2"))


def test_every_pixel_stays() -> None:
    made = samples.jpeg()
    assert samples.pixels(jpeg.clean(made)[1]) == samples.pixels(made) == samples.pixels(PICTURE)


def test_the_facts_are_those_of_its_header() -> None:
    facts, _ = jpeg.clean(PICTURE)
    assert (facts.kind, facts.width, facts.height, facts.pages) == (Kind.JPEG, samples.WIDTH, samples.HEIGHT, 1)
    assert facts.decoded_bytes == samples.WIDTH * samples.HEIGHT * 3


@pytest.mark.parametrize("said", [3, 6, 8])
def test_which_way_is_up_stays_and_is_all_that_exif_still_says(said: int) -> None:
    _, kept = jpeg.clean(samples.jpeg(said))
    assert kept.count(b"Exif\0\0") == 1
    assert segment(0xE1, b"Exif\0\0" + exif.with_orientation(said)) in kept


def test_an_upright_picture_has_no_exif() -> None:
    assert b"Exif" not in jpeg.clean(samples.jpeg(1))[1]


def test_what_names_the_colours_stays_without_its_thumbnail() -> None:
    jfif, adobe = b"JFIF\0\1\1\0\0\1\0\1", b"Adobe\0\x64\0\0\0\0\1"
    about = segment(0xE0, jfif + b"\1\1" + b"abc") + segment(0xEE, adobe + b"and more") + segment(0xE2, b"ICC_PROFILE\0\1\1P3")
    _, kept = jpeg.clean(PICTURE[:2] + about + PICTURE[2:])
    assert segment(0xE0, jfif + b"\0\0") in kept
    assert segment(0xEE, adobe) in kept
    assert segment(0xE2, b"ICC_PROFILE\0\1\1P3") in kept


def test_a_colour_profile_that_is_no_profile_is_left_out() -> None:
    part = segment(0xE2, b"ICC_PROFILE\0" + bytes(65000))
    assert b"ICC" not in jpeg.clean(PICTURE[:2] + part * 17 + PICTURE[2:])[1]


def test_fill_bytes_before_a_marker_are_allowed() -> None:
    at = PICTURE.index(b"\xff\xdb")
    assert samples.pixels(jpeg.clean(PICTURE[:at] + b"\xff\xff" + PICTURE[at:])[1]) == samples.pixels(PICTURE)


@pytest.mark.parametrize("marker", [0xC3, 0xC9, 0xCC, 0xDC, 0xDE, 0xF7])
def test_codings_that_no_browser_shows_are_refused(marker: int) -> None:
    at = frame_at(PICTURE)
    assert refusal(PICTURE[:at] + bytes([0xFF, marker]) + PICTURE[at + 2 :]) == "document_damaged"


def test_a_giant_frame_in_a_small_file_is_refused() -> None:
    at = frame_at(PICTURE) + 5
    assert refusal(PICTURE[:at] + b"\xff\xff\xff\xff" + PICTURE[at + 4 :]) == "document_too_large"
    assert refusal(PICTURE[:at] + b"\0\0\0\1" + PICTURE[at + 4 :]) == "document_damaged"


def test_scans_without_number_are_refused() -> None:
    at = PICTURE.index(b"\xff\xda")
    assert refusal(PICTURE[:-2] + PICTURE[at:-2] * 101 + b"\xff\xd9") == "document_damaged"


def test_segments_without_number_are_refused() -> None:
    assert refusal(PICTURE[:2] + segment(0xFE, b"") * 5000 + PICTURE[2:]) == "document_damaged"


@pytest.mark.parametrize(
    ("offset", "value"),
    [(4, b"\x0c"), (9, b"\2"), (11, b"\x51"), (11, b"\x01")],
    ids=["12 bits", "two components", "sampling 5", "sampling 0"],
)
def test_a_frame_that_makes_no_sense_is_refused(offset: int, value: bytes) -> None:
    at = frame_at(PICTURE) + offset
    assert refusal(PICTURE[:at] + value + PICTURE[at + 1 :]) == "document_damaged"


def test_two_frames_no_frame_and_a_scan_before_its_frame_are_refused() -> None:
    at, scan = frame_at(PICTURE), PICTURE.index(b"\xff\xda")
    length = int.from_bytes(PICTURE[at + 2 : at + 4], "big") + 2
    frame = PICTURE[at : at + length]
    assert refusal(PICTURE[:at] + frame + PICTURE[at:]) == "document_damaged"
    assert refusal(PICTURE[:at] + PICTURE[at + length :]) == "document_damaged"
    assert refusal(PICTURE[:2] + PICTURE[scan:-2] + frame + b"\xff\xd9") == "document_damaged"
    assert refusal(PICTURE[:scan] + b"\xff\xd9") == "document_damaged"


@pytest.mark.parametrize("end", [1, 2, 3, 5, 40, -2, -1])
def test_a_picture_that_is_cut_short_is_refused(end: int) -> None:
    assert refusal(PICTURE[:end]) == "document_damaged"


def test_a_marker_must_stand_where_one_belongs() -> None:
    assert refusal(PICTURE[:2] + b"\0" + PICTURE[2:]) == "document_damaged"
    assert refusal(PICTURE[:2] + b"\xff\xfe\0\1" + PICTURE[2:]) == "document_damaged"


def test_in_place_the_length_stays_and_the_words_go() -> None:
    made = samples.jpeg()
    kept = jpeg.blanked(made)
    assert len(kept) == len(made)
    assert not any(secret in kept for secret in SECRETS)
    assert b"ICC_PROFILE\0\1\1colours" in kept
    assert samples.pixels(kept) == samples.pixels(PICTURE)


def test_in_place_the_end_stays_also_behind_fill_bytes() -> None:
    assert jpeg.blanked(PICTURE[:-2] + b"\xff\xff\xd9more").endswith(b"\xff\xff\xd9\0\0\0\0")
