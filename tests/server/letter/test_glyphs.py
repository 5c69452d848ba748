"""A character that the fonts lack is printed as its code, never as nothing."""

from __future__ import annotations

from importlib.resources import files

import pytest

from server.letter.glyphs import Coverage, read_coverage

FEW = read_coverage("U+0020-007E\nU+3007\nU+4E00-9FFF\n")
OURS = read_coverage(files("server.letter").joinpath("fonts/coverage.txt").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("character", "there"),
    [(" ", True), ("~", True), ("\x7f", False), ("〇", True), ("々", False), ("龠", True), ("\x00", False)],
)
def test_a_range_holds_its_ends_and_nothing_beside(character: str, there: bool) -> None:
    assert FEW.has(character) is there


def test_no_ranges_have_no_characters() -> None:
    assert not Coverage([], []).has("a")


def test_what_is_lacking_is_named_and_the_rest_untouched() -> None:
    assert FEW.printable("张𠮷[a]\n\tb") == "张[U+20BB7][a]\n    b"
    assert FEW.lacks("张𠮷")
    assert not FEW.lacks("[张]\n\t\ufe00")


def test_marks_without_a_shape_are_left_out() -> None:
    assert FEW.printable("葛\U000e0100\u200d飾") == "葛飾"


@pytest.mark.parametrize("name", ["𠮷", "㛃", "䶮", "𬭎", "张小明", "Ａnna Müller", "·", "〇", "𫖯", "䲟", "𪨊"])
def test_our_fonts_print_rare_names(name: str) -> None:
    assert not OURS.lacks(name)


def test_our_fonts_have_every_ideograph_of_gb_18030_2022_level_3() -> None:
    level_3 = [
        (0x3400, 0x4DB5),
        (0x4E00, 0x9FEF),
        (0x20000, 0x2A6D6),
        (0x2A700, 0x2B734),
        (0x2B740, 0x2B81D),
        (0x2B820, 0x2CEA1),
        (0x2CEB0, 0x2EBE0),
    ]
    codes = [code for first, last in level_3 for code in range(first, last + 1)]
    assert len(codes) == 87_875  # and twelve among the compatibility ideographs
    codes += [0xFA0E, 0xFA0F, 0xFA11, 0xFA13, 0xFA14, 0xFA1F, 0xFA21, 0xFA23, 0xFA24, 0xFA27, 0xFA28, 0xFA29]
    assert [hex(code) for code in codes if not OURS.has(chr(code))] == []


def test_extension_g_is_beyond_our_fonts_and_said_so() -> None:
    assert OURS.lacks("\U00030000")
