"""Revisions and who may still change them: ETag and If-Match (RFC 9110, sections 8.8.3 and 13.1.1). Pure."""

from __future__ import annotations

import re
from typing import Final

ANY: Final = "*"
_ENTITY_TAG = r'(?:W/)?"[\x21\x23-\x7e]*"'
PATTERN: Final = rf"^(?:\*|{_ENTITY_TAG}(?: *, *{_ENTITY_TAG})*)$"
_TAGS = re.compile(PATTERN)
_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e]*)"')


def etag(revision: int) -> str:
    return f'"{revision}"'


def if_match(header: str) -> frozenset[str] | None:
    """The tags that are named (a weak one never matches), ``*`` among them for any; None when it is no If-Match."""
    header = header.strip(" \t")
    if header == ANY:
        return frozenset({ANY})
    if not _TAGS.fullmatch(header):
        return None
    strong = {match[2] for match in _TAG.finditer(header) if match[1] is None}
    return frozenset(strong - {ANY})  # quoted, it is a tag that no revision has


def matches(tags: frozenset[str], revision: int) -> bool:
    return ANY in tags or str(revision) in tags
