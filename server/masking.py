"""How names and numbers are shown to people who only need to recognise them: 张小明 as 张*明, 13812345678 as 138****5678."""

from __future__ import annotations

import unicodedata

_DOTS = "·•・"


def mask_name(name: str) -> str:
    """The first sign, and the last where there are three or more; in names of several words, the first of each word."""
    words = name.split()
    if len(words) > 1:
        return " ".join(_hidden(word, keep_last=False) for word in words)
    signs = _signs(name.strip())
    return _hidden(name.strip(), keep_last=sum(sign not in _DOTS for sign in signs) >= 3)


def mask_phone(phone: str) -> str:
    """The first three and the last four digits of a mobile number; of a shorter one only the last two."""
    digits = [character for character in phone if character.isdigit()]
    shown_first, shown_last = (3, 4) if len(digits) >= 10 else (0, 2)
    hidden = max(len(digits) - shown_first - shown_last, 0)
    return "".join(digits[:shown_first]) + "*" * hidden + "".join(digits[shown_first + hidden :])


def _hidden(word: str, keep_last: bool) -> str:
    signs = _signs(word)
    last = len(signs) - 1
    return "".join(
        sign if index == 0 < last or sign in _DOTS or (keep_last and index == last) else "*" for index, sign in enumerate(signs)
    )


def _signs(text: str) -> list[str]:
    """What a reader takes for one sign: a character with the marks and variation selectors that follow it."""
    signs: list[str] = []
    for character in text:
        if signs and unicodedata.category(character).startswith("M"):
            signs[-1] += character
        else:
            signs.append(character)
    return signs
