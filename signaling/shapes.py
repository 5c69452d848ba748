"""Reads JSON values into frozen dataclasses by their annotations, and writes them back.

A message's fields are its grammar: `Annotated[str, Length(1, 64)]` is a string of 1 to 64 code points and nothing else is.
A field that would be a word of Python's own ends in an underscore, which the wire does not have (`from_`).
A field with a default may be left out. Whatever else does not fit is `Malformed`, with the code that goes on the wire; fields
nobody knows are ignored. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

MAX_INTEGER = 2**53 - 1
"""The largest whole number that a page can hold exactly."""

T = TypeVar("T")


class Malformed(ValueError):
    """The peer spoke nonsense; `code` says which kind (PROTOCOL.md, section 7)."""

    def __init__(self, code: str = "bad_message") -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Length:
    """Of a string in code points, or of a list in members. Too long is `too_large`."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Range:
    """Of a number, both ends included."""

    least: float
    most: float = MAX_INTEGER


@dataclass(frozen=True, slots=True)
class OneOf:
    """A string that is one of these words."""

    words: tuple[str, ...]


Rule = Length | Range | OneOf


def one_of(*words: str) -> OneOf:
    return OneOf(words)


def read(cls: type[T], value: object) -> T:
    """`value`, a decoded JSON object, as an instance of the dataclass `cls`. Raises `Malformed`."""
    if not isinstance(value, dict):
        raise Malformed
    grammar = _fields(cls)  # type: ignore[arg-type]  # a class is hashable
    given = ((name, hint, value.get(name.rstrip("_"), _MISSING), optional) for name, hint, optional in grammar)
    return cls(**{name: _value(each, hint) for name, hint, each, optional in given if not (optional and each is _MISSING)})


def plain(value: object) -> Any:
    """A dataclass, or what it is made of, as JSON-ready values. A number that JSON cannot say is a `ValueError`."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name.rstrip("_"): plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [plain(v) for v in value]
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number that is not finite")
    return value


class _Missing:
    """What stands for a field that is not there, so that it differs from null."""


_MISSING = _Missing()


@cache
def _fields(cls: type) -> tuple[tuple[str, Any, bool], ...]:
    """Each one's name, what belongs there, and whether it may be left out."""
    hints = get_type_hints(cls, include_extras=True)
    return tuple((f.name, hints[f.name], f.default is not MISSING) for f in fields(cls))


def _value(value: object, hint: Any) -> Any:
    rule: Rule | None = None
    if get_origin(hint) is Annotated:
        hint, rule = get_args(hint)[:2]
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        (inner,) = (each for each in get_args(hint) if each is not NoneType)
        return None if value is None else _value(value, inner if rule is None else Annotated[inner, rule])
    if origin is tuple:
        return _list(value, get_args(hint)[0], rule)
    if is_dataclass(hint):
        return read(hint, value)  # type: ignore[arg-type]
    if issubclass(hint, StrEnum):
        return _word(value, hint)
    return _SCALARS[hint](value, rule)


def _list(value: object, hint: Any, rule: Rule | None) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise Malformed
    _measure(len(value), rule)
    return tuple(_value(each, hint) for each in value)


def _word(value: object, words: type[StrEnum]) -> StrEnum:
    try:
        return words(value)  # type: ignore[arg-type]
    except ValueError:
        raise Malformed from None


def _text(value: object, rule: Rule | None) -> str:
    if type(value) is not str or "\0" in value or any("\ud800" <= c <= "\udfff" for c in value):
        raise Malformed  # neither NUL nor half a surrogate pair can be stored by every database
    if isinstance(rule, OneOf):
        if value not in rule.words:
            raise Malformed
        return value
    _measure(len(value), rule)
    return value


def _measure(length: int, rule: Rule | None) -> None:
    if isinstance(rule, Length) and length > rule.most:
        raise Malformed("too_large")
    if isinstance(rule, Length) and length < rule.least:
        raise Malformed


def _integer(value: object, rule: Rule | None) -> int:
    if type(value) is float and value.is_integer():  # a page cannot tell 1.0 from 1
        value = int(value)
    if type(value) is not int:
        raise Malformed
    return int(_within(value, rule))


def _number(value: object, rule: Rule | None) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):  # type: ignore[arg-type]
        raise Malformed
    return _within(value, rule)  # type: ignore[arg-type]


def _within(value: float, rule: Rule | None) -> float:
    least, most = (rule.least, rule.most) if isinstance(rule, Range) else (-MAX_INTEGER, MAX_INTEGER)
    if not least <= value <= most:
        raise Malformed
    return value


def _boolean(value: object, _: Rule | None) -> bool:
    if type(value) is not bool:
        raise Malformed
    return value


_SCALARS = {str: _text, int: _integer, float: _number, bool: _boolean}
