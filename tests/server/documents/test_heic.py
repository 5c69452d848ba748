"""A HEIC file keeps its pictures where they lie; all that is not a picture is blanked in place."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from server.documents import exif, heic
from server.documents.kinds import Kind, Unacceptable
from tests.server.documents import samples
from tests.server.documents.samples import DEVICE, PLACE, SECRETS, box, full

MADE = samples.heic()


def refusal(data: bytes) -> str:
    with pytest.raises(Unacceptable) as refused:
        heic.clean(data)
    return refused.value.code


def changed(find: bytes, change: Callable[[bytearray, int], None], data: bytes = MADE) -> bytes:
    """``data`` after a change at the type of the first box of that name."""
    out = bytearray(data)
    change(out, data.index(find))
    return bytes(out)


def put(offset: int, value: bytes) -> Callable[[bytearray, int], None]:
    def change(out: bytearray, at: int) -> None:
        out[at + offset : at + offset + len(value)] = value

    return change


def test_place_device_names_and_what_nothing_points_to_are_gone() -> None:
    assert all(secret in MADE for secret in SECRETS)
    _, kept = heic.clean(MADE)
    assert len(kept) == len(MADE)
    assert not any(secret in kept for secret in (*SECRETS, b"udes", b"moov", b"uuid"))


def test_every_pixel_stays() -> None:
    assert samples.pixels(heic.clean(MADE)[1]) == samples.pixels(MADE)


def test_the_exif_item_is_still_one_and_says_nothing() -> None:
    kept = heic.clean(MADE)[1]
    assert kept.count(exif.EMPTY) == 1
    assert exif.orientation(exif.EMPTY[4:]) == 1


def test_the_facts_are_those_of_its_primary_picture() -> None:
    facts, _ = heic.clean(MADE)
    assert (facts.kind, facts.width, facts.height, facts.pages) == (Kind.HEIC, samples.WIDTH, samples.HEIGHT, 1)
    assert facts.decoded_bytes == samples.WIDTH * samples.HEIGHT * 3


def test_items_may_lie_in_the_description_itself() -> None:
    made = samples.heic(method=1)
    _, kept = heic.clean(made)
    assert not any(secret in kept for secret in SECRETS)
    assert heic.clean(kept)[1] == kept
    assert exif.EMPTY not in kept  # only in the media is one written


def test_turning_the_picture_is_a_property_that_stays() -> None:
    assert box(b"irot", b"\1") in heic.clean(samples.heic(more_properties=box(b"irot", b"\1")))[1]


def test_a_picture_whose_exif_says_it_lies_inside_the_picture_keeps_the_picture() -> None:
    at = MADE.index(b"iloc")
    picture, second = (MADE[at + 12 + 16 * n :][:16] for n in (0, 1))
    overlapping = MADE.replace(second, second[:8] + picture[8:])
    assert samples.pixels(heic.clean(overlapping)[1]) == samples.pixels(MADE)


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ((b"grid", b"\0\0\0\0" + struct.pack(">HH", 96, 64)), None),
        ((b"grid", b"\0\1\1\1" + struct.pack(">II", 96, 64)), None),
        ((b"iovl", b"\0\0" + bytes(8) + struct.pack(">HH", 96, 64)), None),
        ((b"grid", b"\0\1\0\0" + struct.pack(">II", 1 << 30, 1 << 30)), "document_too_large"),
        ((b"iovl", b"\0\1" + bytes(8) + struct.pack(">II", 1 << 30, 1)), "document_too_large"),
        ((b"grid", b"\0\0\xff\xff" + struct.pack(">HH", 96, 64)), "document_damaged"),
        ((b"grid", b"\1\0\0\0" + struct.pack(">HH", 96, 64)), "document_damaged"),
        ((b"grid", b"\0\0\0\0" + b"\0\1"), "document_damaged"),
        ((b"grid", b"\0"), "document_damaged"),
        ((b"hvc1", b"no size is stated for it"), "document_damaged"),
    ],
)
def test_what_a_picture_is_put_together_to_is_within_the_limits(item: tuple[bytes, bytes], code: str | None) -> None:
    made = samples.heic(more_items=(item,))
    if code is None:
        assert samples.pixels(heic.clean(made)[1]) == samples.pixels(MADE)
    else:
        assert refusal(made) == code


def test_a_giant_picture_is_refused() -> None:
    assert refusal(samples.heic(size=(40000, 40000))) == "document_too_large"


def test_four_great_pictures_in_one_are_refused() -> None:
    more = tuple((b"hvc1", b"picture") for _ in range(4))
    made = samples.heic(size=(8000, 8000), more_items=more)
    ipma = full(b"ipma", 0, 0, struct.pack(">IHB", 1, 1, 3), bytes([0x81, 2, 3]))
    entries = b"".join(struct.pack(">HB", item, 1) + b"\2" for item in (1, 4, 5, 6, 7))
    wide = full(b"ipma", 0, 0, struct.pack(">I", 5), entries)
    assert refusal(grown(made, ipma, wide)) == "document_bomb"


def grown(made: bytes, old: bytes, new: bytes) -> bytes:
    """``made`` with a longer box in ``iprp`` in ``meta``, and the offsets put right."""
    more = len(new) - len(old)
    out = bytearray(made.replace(old, new))
    for name in (b"meta", b"iprp"):
        at = made.index(name) - 4
        out[at : at + 4] = (int.from_bytes(made[at : at + 4], "big") + more).to_bytes(4, "big")
    at = made.index(b"iloc") + 10
    for n in range(int.from_bytes(made[at : at + 2], "big")):
        place = at + 2 + 16 * n + 8
        out[place : place + 4] = (int.from_bytes(made[place : place + 4], "big") + more).to_bytes(4, "big")
    return bytes(out)


def test_numbers_may_be_long() -> None:
    ipma = full(b"ipma", 0, 0, struct.pack(">IHB", 1, 1, 3), bytes([0x81, 2, 3]))
    long = full(b"ipma", 1, 1, struct.pack(">IIBHHH", 1, 1, 3, 0x8001, 2, 3))
    made = grown(MADE, ipma, long)
    assert samples.pixels(heic.clean(made)[1]) == samples.pixels(MADE)


@pytest.mark.parametrize(
    ("find", "offset", "value"),
    [
        (b"ftyp", 0, b"free"),
        (b"meta", 0, b"free"),
        (b"meta", -4, b"\xff\xff\xff\xff"),
        (b"meta", -4, b"\0\0\0\7"),
        (b"hdlr", 12, b"soun"),
        (b"hdlr", 0, b"dinf"),
        (b"pitm", 0, b"hdlr"),
        (b"pitm", 4, b"\1\0\0\0"),
        (b"pitm", 8, b"\0\x09"),
        (b"pitm", 8, b"\0\2"),
        (b"iinf", 8, b"\0\x09"),
        (b"iinf", 8, b"\0\1"),
        (b"infe", 0, b"free"),
        (b"infe", 4, b"\1"),
        (b"infe", 10, b"\0\1"),
        (b"infe", 8, b"\0\2"),
        (b"iloc", 4, b"\3"),
        (b"iloc", 8, b"\x34"),
        (b"iloc", 8, b"\x40"),
        (b"iloc", 10, b"\xff\xff"),
        (b"iloc", 14, b"\0\1"),  # in an idat that is not there
        (b"iloc", 14, b"\0\2"),
        (b"iloc", 16, b"\0\1"),
        (b"iloc", 18, b"\xff\xff"),
        (b"iloc", 20, b"\0\0\0\0"),  # the picture lies in the file type
        (b"iloc", 20, b"\x7f\xff\xff\xff"),
        (b"iloc", 24, b"\0\0\0\0"),
        (b"iloc", 28, b"\0\1"),
        (b"ipco", 0, b"free"),
        (b"ipma", 0, b"ipco"),
        (b"ipma", 8, b"\0\0\0\0"),
        (b"ipma", 10, b"\0\2"),
        (b"ispe", 4, b"\0\0\0\0\0\0\0\0"),
        (b"ispe", -4, b"\0\0\0\x0c"),
    ],
)
def test_what_contradicts_itself_is_refused(find: bytes, offset: int, value: bytes) -> None:
    assert refusal(changed(find, put(offset, value))) == "document_damaged"


def test_a_primary_picture_needs_a_size() -> None:
    made = samples.heic(more_items=((b"iden", b"x"),))
    assert refusal(changed(b"pitm", put(8, b"\0\4"), made)) == "document_damaged"


def test_boxes_may_say_their_size_in_eight_bytes_or_reach_to_the_end() -> None:
    at = MADE.index(b"free") - 4
    longer = MADE[:at] + struct.pack(">I4sQ", 1, b"free", 16 + len(DEVICE)) + DEVICE + struct.pack(">I4s", 0, b"skip") + DEVICE
    _, kept = heic.clean(longer)
    assert DEVICE not in kept
    assert heic.clean(kept)[1] == kept


def test_a_place_of_an_item_that_is_not_listed_is_blanked() -> None:
    stray = changed(b"iloc", put(12 + 16, b"\0\x09"))
    kept, at = heic.clean(stray)[1], MADE.index(b"iloc") + 20
    start, length = struct.unpack(">II", MADE[at : at + 8])
    assert PLACE not in kept
    assert kept[start : start + length] == MADE[start : start + length]


def test_an_empty_file_is_no_picture() -> None:
    assert refusal(b"") == "document_damaged"


def test_a_name_that_never_ends_ends_with_its_box() -> None:
    assert DEVICE not in heic.clean(MADE.replace(DEVICE + b"\0", DEVICE + b"x"))[1]


def test_longer_lists_have_longer_numbers() -> None:
    """Version 2 of iloc and 3 of infe, with 32-bit numbers of items."""
    info = full(b"infe", 3, 0, struct.pack(">IH", 1, 0), b"hvc1", b"\0")
    iinf = full(b"iinf", 1, 0, struct.pack(">I", 1), info)
    config, picture = samples._hevc()

    def whole(at: int) -> bytes:
        meta = full(
            b"meta", 0, 0,
            full(b"hdlr", 0, 0, bytes(4), b"pict", bytes(12)),
            full(b"pitm", 1, 0, struct.pack(">I", 1)),
            iinf,
            full(b"iloc", 2, 0, b"\x84\x84", struct.pack(">IIHHQHIQI", 1, 1, 0, 0, at, 1, 0, 0, len(picture))),
            box(
                b"iprp",
                box(b"ipco", box(b"hvcC", config), full(b"ispe", 0, 0, struct.pack(">II", 96, 64))),
                full(b"ipma", 0, 0, struct.pack(">IHBBB", 1, 1, 2, 1, 2)),
            ),
        )  # fmt: skip
        return box(b"ftyp", b"heic", bytes(4), b"mif1heic") + meta

    # base 8 bytes, offset 8, length 4, index 4
    made = whole(len(whole(0)) + 8) + box(b"mdat", picture)
    assert heic.clean(made)[1] == made
