"""A consent text as a family is shown it, and how a hospital hands in its own.

A document has one version of one or several kinds, each in Chinese and in English: a family reads either, and both must say the
same in law. What is published never changes; a change is a new version, and who agreed before agreed to the old one. Pure.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any, Final

from server.chain import canonical
from server.strict import Malformed, Reader

KINDS: Final = ("consultation", "recording", "stills")
"""The first two are required for an online visit; ``stills``, pictures that are kept, may be refused and taken back."""
LANGUAGES: Final = ("zh", "en")
MOST_BYTES: Final = 256 << 10
_VERSION = re.compile(r"[A-Za-z0-9._-]{1,40}")
_MOST_TITLE, _MOST_PARAGRAPHS, _MOST_PARAGRAPH = 200, 60, 4000


class MalformedConsentTexts(Malformed):
    """Not a document of consent texts."""


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
        raise MalformedConsentTexts([f"document: more than {MOST_BYTES} bytes"])
    reader = _Reader()
    return reader.whole(document, reader.texts, MalformedConsentTexts)


class _Reader(Reader):
    def texts(self, document: Any) -> tuple[ConsentText, ...]:
        texts = self.each("texts", self.object("", document, ["texts"])["texts"], self._text)
        if not self.faults:
            self._check_whole(texts)
        return texts

    def _text(self, path: str, value: Any) -> ConsentText:
        of = self.object(path, value, ConsentText.__slots__)

        def paragraph(at: str, words: Any) -> str:
            return self._said(at, words, _MOST_PARAGRAPH)

        return ConsentText(
            kind=self.one_of(f"{path}/kind", of["kind"], KINDS),
            version=self.matching(f"{path}/version", of["version"], _VERSION),
            language=self.one_of(f"{path}/language", of["language"], LANGUAGES),
            title=self._said(f"{path}/title", of["title"], _MOST_TITLE),
            paragraphs=self.each(f"{path}/paragraphs", of["paragraphs"], paragraph, most=_MOST_PARAGRAPHS),
        )

    def _said(self, path: str, value: Any, most: int) -> str:
        """Words that can be shown, hashed and stored, of several lines perhaps."""
        words = self.text(path, value)
        if len(words) > most or "\0" in words or any("\ud800" <= sign <= "\udfff" for sign in words):
            self.fault(path, f"at most {most} characters that can be shown belong here")
        return words

    def _check_whole(self, texts: tuple[ConsentText, ...]) -> None:
        """Each kind once in each language, both of one version."""
        for kind in KINDS:
            of_kind = [text for text in texts if text.kind == kind]
            if of_kind and sorted(text.language for text in of_kind) != sorted(LANGUAGES):
                self.fault("texts", f"{kind} needs one text in each of {', '.join(LANGUAGES)}")
            if len({text.version for text in of_kind}) > 1:
                self.fault("texts", f"{kind} has different versions in its languages")
