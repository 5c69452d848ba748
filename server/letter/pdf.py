"""The letter on paper: A4, Chinese with English beside it, with its own fonts embedded.

The words go into Typst as one JSON value, never as source, so nothing a person wrote can be read as a command. Fonts come from
this folder only, so that every machine prints the same. The same letter gives the same bytes.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.resources import as_file, files
from typing import Any, cast

import typst

from server import qr
from server.calendar import CHINA
from server.letter.glyphs import read_coverage
from server.letter.letter import Letter
from server.questionnaires.measurements import Measurement
from server.questionnaires.measuring import KINDS, UNITS, how
from server.referral import Urgency

_URGENCY = {
    Urgency.EMERGENCY: ("立即急诊", "Emergency, now"),
    Urgency.WITHIN_24H: ("24 小时内", "Within 24 hours"),
    Urgency.WITHIN_2W: ("2 周内", "Within 2 weeks"),
    Urgency.WITHIN_30D: ("30 天内", "Within 30 days"),
    Urgency.ROUTINE: ("择期门诊", "Routine appointment"),
}
_SEX = {"female": ("女", "female"), "male": ("男", "male")}
_RELATION = {
    "mother": ("母亲", "mother"),
    "father": ("父亲", "father"),
    "legal_guardian": ("法定监护人", "legal guardian"),
    "delegated": ("受委托的成年人", "delegated adult"),
}
_UNKNOWN = ("未填", "unknown")


class Printer:
    """Sets letters. Making one reads the fonts, so make one and keep it; it is not for two threads at once."""

    def __init__(self) -> None:
        here = files("server.letter")
        self._coverage = read_coverage(here.joinpath("fonts/coverage.txt").read_text(encoding="utf-8"))
        with as_file(here) as folder:
            fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder / "fonts")])
            self._template = (folder / "letter.typ").read_bytes()
            self._typst = typst.Compiler(root=str(folder), font_paths=fonts, ignore_system_fonts=True)

    def pdf(self, letter: Letter) -> bytes:
        """The letter as a PDF file."""
        words = self._words(letter)
        inputs, issued = {"letter": json.dumps(words)}, int(letter.issued_at.timestamp())
        return cast(bytes, self._typst.compile(self._template, format="pdf", sys_inputs=inputs, timestamp=issued))

    def _words(self, letter: Letter) -> dict[str, Any]:
        """What the template reads."""
        unset = ("receipts", "receipt_qr", "measurements", "documents")
        view = {name: value for name, value in letter.view().items() if name not in unset}
        printable: dict[str, Any] = self._printable(view)
        urgency, sex = _URGENCY[letter.urgency], _SEX.get(letter.child.sex, _UNKNOWN)
        relation = _RELATION.get(letter.guardian.relation, _UNKNOWN)
        return printable | {
            "hospital_en": self._printable(letter.hospital_en),
            "issued": f"{letter.issued_at.astimezone(CHINA):%Y-%m-%d %H:%M}",
            "urgency_zh": urgency[0],
            "urgency_en": urgency[1],
            "sex_zh": sex[0],
            "sex_en": sex[1],
            "relation_zh": relation[0],
            "relation_en": relation[1],
            "measurements": [_row(each) for each in letter.measurements],
            "documents": None if letter.documents.words is None else asdict(letter.documents.words),
            "receipt_qr": qr.svg(letter.receipt_link) if letter.receipt_link else "",
            "unprintable": self._coverage.lacks(json.dumps(view, ensure_ascii=False)),
        }

    def _printable(self, value: Any) -> Any:
        """A text, or a map or list of such, with all its texts made printable."""
        match value:
            case str():
                return self._coverage.printable(value)
            case dict():
                return {name: self._printable(inner) for name, inner in value.items()}
            case _:
                return [self._printable(inner) for inner in value]


def _row(measured: Measurement) -> dict[str, Any]:
    value = f"{measured.value:f} {UNITS[measured.kind]}"
    return {"what": asdict(KINDS[measured.kind]), "value": value, "on": measured.on.isoformat(), "how": asdict(how(measured))}
