"""Telephone numbers: which digits are one, and how people and registers write them. Pure.

`web_client/shared/contact.js` reads them the same way; ``tests/corpus/families/words.json`` holds both to it.
"""

from __future__ import annotations

import re
from typing import Final

SHAPE: Final = r"\+?[0-9]{5,15}"
"""As one is kept: at most 15 digits (ITU-T E.164, section 6.1), at least those of a short number within a hospital."""
NUMBER: Final = re.compile(SHAPE, re.ASCII)
LONGEST_TYPED: Final = 64
_BETWEEN: Final = re.compile(r"[\s\-().·\u2010-\u2015]")
_SHORTEST_OWN: Final = 7
_LIKE_A_MOBILE: Final = re.compile(r"1[0-9]{10}", re.ASCII)
_MOBILE: Final = re.compile(r"1[3-9][0-9]{9}", re.ASCII)


def plain(typed: str) -> str:
    """Without what people write between the digits."""
    return _BETWEEN.sub("", typed)


def is_own(number: str) -> bool:
    """Whether it may be a family's (``plain``): no short number, and a mobile one of China if it looks like one."""
    if not NUMBER.fullmatch(number) or len(number.removeprefix("+")) < _SHORTEST_OWN:
        return False
    return not _LIKE_A_MOBILE.fullmatch(number) or _MOBILE.fullmatch(number) is not None


def read_phone(typed: str) -> str | None:
    """The digits without China's country code, by which numbers are compared; None for what is no number."""
    number = plain(typed[:LONGEST_TYPED])
    if not NUMBER.fullmatch(number):
        return None
    bare = number.removeprefix("+").removeprefix("0086")
    return bare.removeprefix("86") if len(bare) == 13 else bare


def spellings(phone: str) -> list[str]:
    """The ways in which a register may hold the number that ``read_phone`` gave."""
    return [phone, f"+{phone}", f"86{phone}", f"+86{phone}", f"0086{phone}"]
