"""Numbers as people write them; the pages read the same corpus (`tests/web_client/contact.test.mjs`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from server.telephone import NUMBER, is_own, plain, read_phone, spellings

WORDS = Path(__file__).parents[1] / "corpus" / "families" / "words.json"
NUMBERS = json.loads(WORDS.read_text("utf-8"))["numbers"]


@pytest.mark.parametrize("said", NUMBERS, ids=lambda said: said["typed"])
def test_a_number_is_read_as_the_corpus_says(said: dict[str, Any]) -> None:
    number = plain(said["typed"])
    read = {"plain": number, "number": NUMBER.fullmatch(number) is not None, "own": is_own(number)}
    assert {"typed": said["typed"]} | read == said


@pytest.mark.parametrize(
    "typed", ["13812345678", " 138 1234 5678", "138-1234-5678", "+86 138 1234 5678", "8613812345678", "0086 13812345678"]
)
def test_a_number_is_the_same_however_it_is_written(typed: str) -> None:
    assert read_phone(typed) == "13812345678"


@pytest.mark.parametrize("typed", ["", "1234", "1" * 16, "13812x45678", "１３８１２３４５６７８", "138+12345678"])
def test_what_is_no_number_is_none(typed: str) -> None:
    assert read_phone(typed) is None


def test_numbers_of_other_countries_stay_as_they_are() -> None:
    assert read_phone("+1 (212) 555-0100") == "12125550100"


@pytest.mark.parametrize("registered", ["13812345678", "+8613812345678", "8613812345678", "008613812345678"])
def test_a_register_is_searched_for_every_spelling(registered: str) -> None:
    assert registered in spellings("13812345678")
