"""Telephone numbers as people and registers write them: with China's country code or without, with spaces and dashes."""

from __future__ import annotations

import re

_SIGNS = re.compile(r"[\s\-().·]")
_NUMBER = re.compile(r"\+?[0-9]{5,15}", re.ASCII)
_LONGEST_TYPED = 64


def read_phone(typed: str) -> str | None:
    """The digits without China's country code; None for what is no number of 5 to 15 digits."""
    number = _SIGNS.sub("", typed[:_LONGEST_TYPED])
    if not _NUMBER.fullmatch(number):
        return None
    bare = number.removeprefix("+").removeprefix("0086")
    return bare.removeprefix("86") if len(bare) == 13 else bare


def spellings(phone: str) -> list[str]:
    """The ways in which a register may hold the number that ``read_phone`` gave."""
    return [phone, f"+{phone}", f"86{phone}", f"+86{phone}", f"0086{phone}"]
