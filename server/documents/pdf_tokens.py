"""The tokens of PDF (ISO 32000-2, 7.2 and 7.3), read front to back and not through the cross-reference table.

So that nothing is passed over: a reader that follows the table, and one that mends a broken file, both see a part of what
is seen here. Dictionaries are given when they close, with what stands directly in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from server.documents.kinds import Unacceptable

MAX_TOKENS = 600_000
_MAX_DEPTH = 64
_SKIP = re.compile(rb"(?:[\0\t\n\f\r ]+|%[^\r\n]*)+")
_REGULAR = re.compile(rb"[^\0\t\n\f\r ()<>\[\]{}/%]*")
_STRING_PART = re.compile(rb"[()\\]")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_COMMENT = re.compile(rb"%[^\r\n]*")


@dataclass(frozen=True, slots=True)
class Text:
    """A string between its delimiters: ``( )`` or ``< >``."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Name:
    """Without its slash and with its escapes (7.3.5) read."""

    name: bytes


@dataclass(frozen=True, slots=True)
class Word:
    """A number or a keyword, and where it ends."""

    word: bytes
    end: int


@dataclass(frozen=True, slots=True)
class Reference:
    """The value is an object of its own, which stands elsewhere."""


@dataclass(slots=True)
class Array:
    names: list[bytes] = field(default_factory=list)


@dataclass(slots=True)
class Dictionary:
    """``values`` has each key's value, the first when a key is there twice; ``texts`` are the strings directly in it."""

    values: dict[bytes, Value] = field(default_factory=dict)
    texts: list[Text] = field(default_factory=list)
    end: int = 0

    def name(self, key: bytes) -> bytes:
        value = self.values.get(key)
        return value.name if isinstance(value, Name) else b""

    def number(self, key: bytes) -> int | None:
        """A whole number that stands there itself."""
        value = self.values.get(key)
        return int(value.word) if isinstance(value, Word) and value.word.isdigit() and len(value.word) < 16 else None

    def names(self, key: bytes) -> list[bytes]:
        """One name, or an array of them."""
        value = self.values.get(key)
        return [value.name] if isinstance(value, Name) else value.names if isinstance(value, Array) else []


Value = Text | Name | Word | Reference | Array | Dictionary


class Tokens:
    """Reads ``data`` from ``at``; ``left`` is how many tokens it may still read. Raises ``Unacceptable``."""

    def __init__(self, data: bytes, at: int = 0, left: int = MAX_TOKENS) -> None:
        self._data = data
        self.at = at
        self.left = left
        self.comments: list[Text] = []
        self._open: list[Array | Dictionary] = []
        self._keys: list[bytes | None] = []
        self._latest_keys: list[bytes] = []

    def __iter__(self) -> Iterator[Name | Word | Dictionary]:
        """Every name where it stands, every word that stands outside, every dictionary when it closes."""
        while self._skip():
            self.left -= 1
            if self.left < 0:
                raise Unacceptable("document_too_complex", "tokens")
            found = self._token()
            if isinstance(found, Name | Dictionary) or (isinstance(found, Word) and not self._open):
                yield found
        if self._open:
            raise Unacceptable("document_damaged", "something is left open")

    def next_byte(self) -> bytes:
        """The first byte of what follows: ``[`` of an array, for one."""
        self._skip()
        return self._data[self.at : self.at + 1]

    def _skip(self) -> bool:
        """Past white space and comments; whether anything follows."""
        skipped = _SKIP.match(self._data, self.at)
        if skipped is not None:
            if b"%" in skipped.group():
                found = _COMMENT.finditer(self._data, self.at, skipped.end())
                self.comments += (Text(comment.start(), comment.end()) for comment in found)
            self.at = skipped.end()
        return self.at < len(self._data)

    def _token(self) -> Value | None:
        two = self._data[self.at : self.at + 2]
        match two[:1]:
            case b"(":
                return self._valued(self._string())
            case b"<" if two == b"<<":
                self._enter(Dictionary(), 2)
            case b"<":
                return self._valued(self._hexadecimal())
            case b"[":
                self._enter(Array(), 1)
            case b">" if two == b">>" and self._open and isinstance(self._open[-1], Dictionary):
                return self._closed(2)
            case b"]" if self._open and isinstance(self._open[-1], Array):
                return self._closed(1)
            case b"/":
                return self._name()
            case b"{" | b"}":  # a calculator function's, in its own stream otherwise
                self.at += 1
            case b">" | b"]" | b")":
                raise Unacceptable("document_damaged", "something closes that was not open")
            case _:
                found = _REGULAR.match(self._data, self.at)
                assert found is not None
                self.at = found.end()
                return self._valued(Word(found.group(), found.end()))
        return None

    def _enter(self, container: Array | Dictionary, length: int) -> None:
        if len(self._open) == _MAX_DEPTH:
            raise Unacceptable("document_too_complex", "depth")
        self._open.append(container)
        self._keys.append(None)
        self._latest_keys.append(b"")
        self.at += length

    def _closed(self, length: int) -> Array | Dictionary:
        container = self._open.pop()
        self._keys.pop()
        self._latest_keys.pop()
        self.at += length
        if isinstance(container, Dictionary):
            container.end = self.at
        self._valued(container)
        return container

    def _valued(self, value: Value) -> Value:
        """Puts a value where it belongs."""
        match self._open[-1:]:
            case [Dictionary() as dictionary]:
                self._entered(dictionary, value)
            case [Array() as array] if isinstance(value, Name):
                array.names.append(value.name)
            case _:
                pass
        return value

    def _entered(self, dictionary: Dictionary, value: Value) -> None:
        """A key's value; an ``R`` two words later makes it a reference (7.3.10)."""
        key = self._keys[-1]
        if key is not None:
            dictionary.values.setdefault(key, value)
            self._keys[-1], self._latest_keys[-1] = None, key
        elif isinstance(value, Word) and value.word == b"R":
            dictionary.values[self._latest_keys[-1]] = Reference()
        if isinstance(value, Text):
            dictionary.texts.append(value)

    def _name(self) -> Name:
        found = _REGULAR.match(self._data, self.at + 1)
        assert found is not None
        self.at = found.end()
        name = Name(_ESCAPE.sub(lambda escape: bytes([int(escape[1], 16)]), found.group()))
        if self._open and isinstance(self._open[-1], Dictionary) and self._keys[-1] is None:
            self._keys[-1] = name.name
        else:
            self._valued(name)
        return name

    def _string(self) -> Text:
        """A literal string: parentheses in it are balanced or escaped (7.3.4.2)."""
        start = self.at + 1
        depth, at = 1, start
        while depth:
            found = _STRING_PART.search(self._data, at)
            if found is None:
                raise Unacceptable("document_damaged", "a text without an end")
            match found.group():
                case b"\\":
                    at = found.end() + 1
                    continue
                case b"(":
                    depth += 1
                case _:
                    depth -= 1
            at = found.end()
        self.at = at
        return Text(start, at - 1)

    def _hexadecimal(self) -> Text:
        start = self.at + 1
        end = self._data.find(b">", start)
        if end < 0 or not all(byte in b"0123456789abcdefABCDEF\0\t\n\f\r " for byte in self._data[start:end]):
            raise Unacceptable("document_damaged", "a text without an end")
        self.at = end + 1
        return Text(start, end)
