"""Pages of lists: where the next one begins, as an opaque text. Pure.

A list has a total order by one or more columns of texts and numbers, the last of which is an id; a cursor is where the last
item of a page stands in it (keyset pagination, so that what is added or removed meanwhile shifts nothing). Ask the store for
one more than ``limit`` and let ``page`` cut it off:

    after = position(asked, str)                     # a tuple, or None on the first page
    rows = await departments.some(transaction, hospital, after[0] if after else None, asked.limit + 1)
    items, next = page(rows, asked, lambda row: (row.id,))
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from server.http.problems import Fault, Invalid
from server.http.v1.models import Paged

T = TypeVar("T")
Place = tuple[str | float, ...]


def position(asked: Paged, *kinds: type) -> tuple[Any, ...] | None:
    """Where the page begins, of these types; None for the first page. Raises ``Invalid``."""
    if not asked.after:
        return None
    try:
        parts = json.loads(urlsafe_b64decode(asked.after.encode("ascii")), parse_constant=_refuse)
    except (ValueError, RecursionError):
        parts = None
    if not isinstance(parts, list) or [type(part) for part in parts] != list(kinds) or "\0" in "".join(map(str, parts)):
        raise Invalid(Fault("after", "不是本接口给出的 next", "is not a `next` that was answered here"))
    return tuple(parts)


def _refuse(constant: str) -> None:
    """No order has a place for NaN."""
    raise ValueError(constant)


def page(rows: Sequence[T], asked: Paged, place: Callable[[T], Place]) -> tuple[Sequence[T], str | None]:
    """The rows of this page, and the cursor of the next one if there are more."""
    if len(rows) <= asked.limit:
        return rows, None
    shown = rows[: asked.limit]
    cursor = json.dumps(place(shown[-1]), ensure_ascii=True, separators=(",", ":"))
    return shown, urlsafe_b64encode(cursor.encode()).decode()
