"""A consent text as a family is shown it, and how a hospital hands in its own.

A document has one version of one or several kinds, each in Chinese and in English: a family reads either, and both must say the
same in law. What is published never changes; a change is a new version, and who agreed before agreed to the old one. Pure.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any, Final

from server.chain import canonical

KINDS: Final = ("consultation", "recording", "stills")
"""The first two are required for an online visit; ``stills``, pictures that are kept, may be refused and taken back."""
LANGUAGES: Final = ("zh", "en")
MOST_BYTES: Final = 256 << 10
_VERSION = re.compile(r"[A-Za-z0-9._-]{1,40}")
_MOST_TITLE, _MOST_PARAGRAPHS, _MOST_PARAGRAPH = 200, 60, 4000


class MalformedConsentTexts(ValueError):
    """Not a document of consent texts; the text says why."""


@dataclass(frozen=True, slots=True)
class ConsentText:
    """One text in one language. ``sha256`` covers everything that is shown."""

    kind: str
    version: str
    language: str
    title: str
    paragraphs: tuple[str, ...]

    @property
    def sha256(self) -> str:
        shown = {name: getattr(self, name) for name in ConsentText.__slots__}
        return hashlib.sha256(canonical(shown).encode()).hexdigest()


def parse(document: str) -> tuple[ConsentText, ...]:
    """The texts of ``{"texts": [{"kind", "version", "language", "title", "paragraphs": [str]}]}``.

    Raises ``MalformedConsentTexts``.
    """
    if len(document.encode(errors="replace")) > MOST_BYTES:
        raise MalformedConsentTexts(f"is larger than {MOST_BYTES} bytes")
    try:
        read = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise MalformedConsentTexts("is not JSON") from error
    if not isinstance(read, dict) or set(read) != {"texts"} or not isinstance(read["texts"], list) or not read["texts"]:
        raise MalformedConsentTexts('holds no {"texts": […]}')
    texts = tuple(_text(each, at) for at, each in enumerate(read["texts"]))
    _check_whole(texts)
    return texts


def _text(value: Any, at: int) -> ConsentText:
    if not isinstance(value, dict) or set(value) != set(ConsentText.__slots__):
        raise MalformedConsentTexts(f"texts[{at}]: needs just {', '.join(ConsentText.__slots__)}")
    if value["kind"] not in KINDS or value["language"] not in LANGUAGES:
        raise MalformedConsentTexts(f"texts[{at}]: kind is one of {', '.join(KINDS)}, language of {', '.join(LANGUAGES)}")
    if not isinstance(value["version"], str) or not _VERSION.fullmatch(value["version"]):
        raise MalformedConsentTexts(f"texts[{at}]: version is 1 to 40 letters, digits, dots, dashes")
    paragraphs = value["paragraphs"]
    if not isinstance(paragraphs, list) or not 1 <= len(paragraphs) <= _MOST_PARAGRAPHS:
        raise MalformedConsentTexts(f"texts[{at}]: needs 1 to {_MOST_PARAGRAPHS} paragraphs")
    if not _said(value["title"], _MOST_TITLE) or not all(_said(each, _MOST_PARAGRAPH) for each in paragraphs):
        raise MalformedConsentTexts(f"texts[{at}]: a title or a paragraph is empty, too long, or no words")
    return ConsentText(value["kind"], value["version"], value["language"], value["title"], tuple(paragraphs))


def _said(value: Any, most: int) -> bool:
    """Words that can be shown and hashed."""
    if not isinstance(value, str) or not value.strip() or len(value) > most or "\0" in value:
        return False
    return not any("\ud800" <= sign <= "\udfff" for sign in value)


def _check_whole(texts: tuple[ConsentText, ...]) -> None:
    """Each kind once in each language, both of one version."""
    for kind in KINDS:
        of_kind = [text for text in texts if text.kind == kind]
        if of_kind and sorted(text.language for text in of_kind) != sorted(LANGUAGES):
            raise MalformedConsentTexts(f"{kind}: needs one text in each of {', '.join(LANGUAGES)}")
        if len({text.version for text in of_kind}) > 1:
            raise MalformedConsentTexts(f"{kind}: its languages have different versions")
