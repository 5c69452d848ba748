"""Consent: which text is shown, and what was answered to it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.consent_texts import KINDS, ConsentText
from server.store import consents, guests
from server.store.consents import Answer
from server.store.database import Database

NOW = 1_795_000_000.0


@pytest.fixture
async def texts(database: Database, visit: str) -> list[ConsentText]:
    await database.write(consents.publish("h1", consents.shipped(), NOW - 100))
    return await consents.texts_for(database, visit, "zh", NOW)


def test_every_kind_is_shipped_in_both_languages_with_as_many_paragraphs() -> None:
    shipped = {(text.kind, text.language): text for text in consents.shipped()}
    assert set(shipped) == {(kind, language) for kind in (*KINDS, guests.CONSENT) for language in ("zh", "en")}
    for kind in (*KINDS, guests.CONSENT):
        zh, en = shipped[kind, "zh"], shipped[kind, "en"]
        assert zh.version == en.version == "2026-1"
        assert len(zh.paragraphs) == len(en.paragraphs) >= {"stills": 6, "guest": 5}.get(kind, 8)
        assert all(text.isascii() for text in en.paragraphs)


def test_the_hash_covers_everything_that_is_shown() -> None:
    text = ConsentText("recording", "2026-1", "zh", "标题", ("一", "二"))
    changes = [{"kind": "x"}, {"version": "x"}, {"language": "x"}, {"title": "x"}, {"paragraphs": ("一二",)}]
    hashes = {text.sha256, *(replace(text, **change).sha256 for change in changes)}  # type: ignore[arg-type]
    assert len(hashes) == 6


async def test_a_family_is_shown_its_hospitals_newest_texts_in_its_language(
    database: Database, visit: str, texts: list[ConsentText]
) -> None:
    assert [text.kind for text in texts] == list(KINDS)
    assert {text.language for text in texts} == {"zh"}
    newer = replace(texts[1], version="2026-2", title="新")
    future = replace(texts[1], version="2027-1", title="未来")
    await database.write(consents.publish("h1", [newer], NOW))
    await database.write(consents.publish("h1", [future], NOW + 100))
    assert await consents.texts_for(database, visit, "zh", NOW) == [texts[0], newer, texts[2]]
    assert await consents.texts_for(database, visit, "zh", NOW + 100) == [texts[0], future, texts[2]]
    assert await consents.texts_for(database, visit, "fr", NOW) == []
    assert await consents.texts_for(database, "nobody", "zh", NOW) == []


async def test_the_last_answer_of_each_kind_counts_even_within_one_moment(
    database: Database, visit: str, texts: list[ConsentText]
) -> None:
    assert await consents.states(database, visit) == {"consultation": "open", "recording": "open", "stills": "open"}
    for n, (text, answer) in enumerate([(texts[0], "given"), (texts[1], "given"), (texts[1], "withdrawn")]):
        row = Answer(f"a{9 - n}", visit, text.kind, text.version, text.language, text.sha256, answer, NOW)
        await database.write(consents.keep(row))
    assert await consents.states(database, visit) == {"consultation": "given", "recording": "withdrawn", "stills": "open"}
    assert await consents.states(database, "visit-2") == {"consultation": "open", "recording": "open", "stills": "open"}


async def test_a_hospitals_own_text_takes_the_shipped_ones_place_once(
    database: Database, visit: str, texts: list[ConsentText]
) -> None:
    own = [replace(each, version="renhe-1", title="本院") for each in consents.shipped() if each.kind == "stills"]
    assert await consents.publish_new(database, "h1", own, NOW)
    assert not await consents.publish_new(database, "h1", [replace(own[0], title="改了"), own[1]], NOW)
    assert [text.title for text in await consents.texts_for(database, visit, "zh", NOW)][2] == "本院"
    assert await consents.kinds_for(database, visit, NOW) == KINDS
    assert await consents.kinds_for(database, "nobody", NOW) == ()
