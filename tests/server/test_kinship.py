"""The words of the register are those that the pages have, too (`tests/web_client/contact.test.mjs`)."""

from __future__ import annotations

import json

from server.kinship import DELEGATED, GUARDIANS, RELATIONS, SEXES
from tests.server.test_telephone import WORDS


def test_the_registers_words_are_the_corpus_s() -> None:
    words = json.loads(WORDS.read_text("utf-8"))
    assert words["sexes"] == [*SEXES]
    assert words["guardians"] == [*GUARDIANS]
    assert words["delegated"] == DELEGATED


def test_a_delegated_adult_is_a_relation_and_no_guardian() -> None:
    assert (*GUARDIANS, DELEGATED) == RELATIONS
