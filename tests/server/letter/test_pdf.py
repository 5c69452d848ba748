"""The letter on paper, read back with another library: what it says, which fonts it brings, and that it can be seen."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pypdf import PdfReader

from server.letter.letter import Letter
from server.letter.pdf import Printer
from tests.server.letter.conftest import TOLD

MakeLetter = Callable[..., Letter]
RARE = "𠮷㛃䶮𬭎"
A4_POINTS = (595, 842)


@pytest.fixture(scope="module")
def printer() -> Printer:
    return Printer()


def words(pdf: bytes) -> str:
    """The text without white space, which a line break may have put anywhere."""
    return "".join("".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


def fonts(pdf: bytes) -> Iterator[dict[str, Any]]:
    for page in PdfReader(BytesIO(pdf)).pages:
        for font in page["/Resources"]["/Font"].values():
            yield font.get_object()["/DescendantFonts"][0].get_object()


def pixels(pdf: bytes, folder: Path) -> np.ndarray[Any, Any]:
    """The first page in grey at 100 dots an inch."""
    (folder / "letter.pdf").write_bytes(pdf)
    subprocess.run(["pdftoppm", "-gray", "-r", "100", "-f", "1", "-l", "1", "letter.pdf", "page"], cwd=folder, check=True)
    data = next(folder.glob("page*.pgm")).read_bytes()
    _, size, _, raster = data.split(b"\n", 3)
    width, height = map(int, size.split())
    return np.frombuffer(raster, np.uint8).reshape(height, width)


def test_the_letter_is_one_a4_page_that_says_everything(printer: Printer, letter: MakeLetter) -> None:
    pdf = printer.pdf(letter(call_back="13911112222", measurements=TOLD, documents=("image/jpeg", "image/png")))
    pages = PdfReader(BytesIO(pdf)).pages
    assert len(pages) == 1
    assert (round(pages[0].mediabox.width), round(pages[0].mediabox.height)) == A4_POINTS
    text = words(pdf)
    for expected in (
        "线下就诊转诊单",
        "260301-01234567",
        "示范儿童医院",
        "内分泌遗传代谢科",
        "24小时内",
        "2026-03-0217:30",
        "颅内压增高表现或视力下降",
        "Signsofraisedintracranialpressure",
        "张小明",
        "男",
        "李雷",
        "父亲",
        "13800000000",
        "13911112222",
        "就诊时确认",
        "身高Height121.5cm2026-02-01在家站着用软尺测量",
        "体重Weight24.5kg2026-02-02医疗机构体重秤，单衣",
        "图片2张（由转诊医院保存，未随本单发送）",
        "王芳",
        "主任医师",
        "110110000000001",
        "反复晨起头痛三个月。身高121cm。",
        "视力、眼底",
        "今日就诊，不要自行用药。",
        "120",
        "a3f1" * 16,
        "2026-03-0117:30",
    ):
        assert expected in text


def test_every_font_is_embedded(printer: Printer, letter: MakeLetter) -> None:
    found = list(fonts(printer.pdf(letter(child=RARE + "𪜎"))))
    names = {str(font["/BaseFont"]).split("+")[-1] for font in found}
    assert {name.split("-")[0] for name in names} == {"PeitongSansSC", "PeitongRareHan"}
    for font in found:
        descriptor = font["/FontDescriptor"].get_object()
        assert {"/FontFile3", "/FontFile2"} & set(descriptor)


def test_rare_characters_of_a_name_are_printed_as_themselves(printer: Printer, letter: MakeLetter) -> None:
    text = words(printer.pdf(letter(child=RARE)))
    assert RARE in text
    assert "[U+" not in text


def test_a_character_that_no_font_has_is_printed_as_its_code_and_explained(printer: Printer, letter: MakeLetter) -> None:
    text = words(printer.pdf(letter(child="张\U00030000")))
    assert "张[U+30000]" in text
    assert "字库所缺" in text


@pytest.mark.parametrize(
    "name",
    [
        '#import "/etc/passwd"',
        '"]',
        "]",
        "#{panic()}",
        "$x^2$",
        "*张*_明_",
        "<label>",
        "@cite",
        "\\",
        "`raw`",
        "// no",
        "#set page(height: 1pt)",
    ],
)
def test_a_hostile_name_is_only_a_name(printer: Printer, letter: MakeLetter, name: str) -> None:
    text = words(printer.pdf(letter(child=name, guardian=name, content={"note": name, "told_family": name})))
    assert text.count("".join(name.split())) >= 4


def test_a_long_history_goes_on_over_further_pages(printer: Printer, letter: MakeLetter) -> None:
    history = "\n".join(f"第{n}天：反复头痛，晨起明显。" * 3 for n in range(100))
    pdf = printer.pdf(letter(content={"note": history}))
    assert len(PdfReader(BytesIO(pdf)).pages) >= 3
    assert "第99天" in words(pdf)


def test_a_family_that_prepared_nothing_has_a_letter_without(printer: Printer, letter: MakeLetter) -> None:
    text = words(printer.pdf(letter()))
    assert "身高体重" not in text
    assert "家属上传" not in text
    assert "就诊时确认" not in text


def test_a_letter_without_texts_is_still_a_letter(printer: Printer, letter: MakeLetter) -> None:
    for changes in (
        {"content": None},
        {"sex": "unknown", "relation": "other"},
        {"urgency": "emergency"},
        {"urgency": "routine"},
    ):
        assert "转诊单" in words(printer.pdf(letter(**changes)))


def test_the_same_letter_is_the_same_file(printer: Printer, letter: MakeLetter) -> None:
    assert printer.pdf(letter()) == printer.pdf(letter())
    assert printer.pdf(letter()) == Printer().pdf(letter())


def test_the_page_can_be_seen(printer: Printer, letter: MakeLetter, tmp_path: Path) -> None:
    page = pixels(printer.pdf(letter(child=RARE)), tmp_path)
    ink = page < 128
    assert 0.005 < ink.mean() < 0.2
    assert not ink[:, :40].any()  # the margins are white
    assert not ink[:, -40:].any()
