"""Which characters the letter's fonts can print, and what is printed for one that they cannot: its code, never nothing."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

_INVISIBLE = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0), 0x200C, 0x200D, 0xFEFF)))


@dataclass(frozen=True, slots=True)
class Coverage:
    """The characters some fonts have: the first and last of each range, in order."""

    firsts: Sequence[int]
    lasts: Sequence[int]

    def has(self, character: str) -> bool:
        at = bisect_right(self.firsts, ord(character)) - 1
        return at >= 0 and ord(character) <= self.lasts[at]

    def lacks(self, text: str) -> bool:
        """Whether some character of the text would be printed as its code."""
        return any(self._shown(character).startswith("[") for character in text if character != "[")

    def printable(self, text: str) -> str:
        """The text with ``[U+30EDD]`` for each lacking character; a mark without a shape of its own is left out."""
        return "".join(self._shown(character) for character in text)

    def _shown(self, character: str) -> str:
        if character == "\n" or self.has(character):
            return character
        if character == "\t":
            return "    "
        return "" if character in _INVISIBLE else f"[U+{ord(character):04X}]"


def read_coverage(text: str) -> Coverage:
    """Reads coverage.txt: a line a range, ``U+4E00-9FFF`` or ``U+3007``."""
    pairs = [line.removeprefix("U+").split("-") for line in text.split()]
    return Coverage([int(pair[0], 16) for pair in pairs], [int(pair[-1], 16) for pair in pairs])
