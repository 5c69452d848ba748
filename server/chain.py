"""The journal's hash chains: pure functions that make links and find out what was changed.

Each session has a chain of events; each hospital has a chain whose anchors name the head of a session after every commit. A
link's hash covers its own content and the hash before it, so to alter, remove or reorder an event unseen, everything after it
must be rewritten, the hospital's chain included; and a head printed on a family's letter pins both from outside.

A hash is SHA-256 over a domain name and then each field as a 4-byte big-endian length and the field's bytes, so no two
different tuples have one encoding. Text is UTF-8, numbers are decimal, hashes are 64 lower-case hex digits, and the first
link's ``previous`` is 64 zeros.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

EVENT_DOMAIN = "peitong-event-v1"
ANCHOR_DOMAIN = "peitong-anchor-v1"
NO_HASH = "0" * 64


@dataclass(frozen=True, slots=True)
class Head:
    """How far a chain has come: the number and the hash of its last link."""

    n: int
    hash: str


EMPTY = Head(0, NO_HASH)


@dataclass(frozen=True, slots=True)
class Link:
    """One event of a session; ``record`` is canonical JSON."""

    session: str
    n: int
    at_us: int
    record: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """One line of a hospital's chain: that session's chain had that head."""

    hospital: str
    n: int
    session: str
    session_n: int
    session_head: str
    at_us: int
    previous: str
    hash: str


class Fault(StrEnum):
    """What a check can find."""

    ALTERED = "altered"
    MISSING = "missing"
    OUT_OF_ORDER = "out_of_order"
    SESSION_MISSING = "session_missing"
    TAIL_MISSING = "tail_missing"
    HEAD_DIFFERS = "head_differs"
    NOT_ANCHORED = "not_anchored"
    BODY_ALTERED = "body_altered"
    RECEIPT_ALTERED = "receipt_altered"
    CONCERN_ALTERED = "concern_altered"
    PIN_UNKNOWN = "pin_unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: in which chain (a session's id, or ``hospital:ID``), and at which number."""

    fault: Fault
    chain: str
    n: int


def microseconds(at: float) -> int:
    """Seconds since 1970 in the chain's unit. ``microseconds(at) / 1_000_000`` is the time that a replay will give."""
    return round(at * 1_000_000)


def canonical(record: Mapping[str, Any]) -> str:
    """The one JSON text of a record: sorted keys, no spaces, no floats, UTF-8. Raises ``ValueError`` when it has none."""
    _refuse_floats(record)
    text = json.dumps(record, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    text.encode()  # a lone surrogate has no UTF-8; UnicodeEncodeError is a ValueError
    return text


def body_sha256(nonce: bytes, text: str) -> str:
    """What the journal says about words it does not hold: H(nonce || body). The nonce hides short bodies from guessing."""
    return hashlib.sha256(nonce + text.encode()).hexdigest()


def event_hash(session: str, n: int, at_us: int, record: str, previous: str) -> str:
    return _hash(EVENT_DOMAIN, session, str(n), str(at_us), record, previous)


def anchor_hash(hospital: str, n: int, session: str, session_n: int, session_head: str, at_us: int, previous: str) -> str:
    return _hash(ANCHOR_DOMAIN, hospital, str(n), session, str(session_n), session_head, str(at_us), previous)


def extend(session: str, head: Head, records: Iterable[str], at_us: int) -> list[Link]:
    """The links that append these records after ``head``."""
    links = []
    for record in records:
        n = head.n + 1
        links.append(Link(session, n, at_us, record, head.hash, event_hash(session, n, at_us, record, head.hash)))
        head = Head(n, links[-1].hash)
    return links


def anchor(hospital: str, head: Head, session: str, session_head: Head, at_us: int) -> Anchor:
    """The hospital's next line, naming the session's new head."""
    n = head.n + 1
    digest = anchor_hash(hospital, n, session, session_head.n, session_head.hash, at_us, head.hash)
    return Anchor(hospital, n, session, session_head.n, session_head.hash, at_us, head.hash, digest)


def check_events(session: str, links: Sequence[Link]) -> list[Finding]:
    """Whether a session's stored links, in order of ``n``, follow from each other."""
    findings = []
    head = EMPTY
    for link in links:
        if link.n != head.n + 1:
            findings.append(Finding(Fault.MISSING, session, head.n + 1))
        elif link.previous != head.hash:
            findings.append(Finding(Fault.OUT_OF_ORDER, session, link.n))
        if link.hash != event_hash(session, link.n, link.at_us, link.record, link.previous):
            findings.append(Finding(Fault.ALTERED, session, link.n))
        head = Head(link.n, link.hash)
    return findings


def check_anchors(hospital: str, anchors: Sequence[Anchor]) -> list[Finding]:
    """Whether a hospital's stored lines, in order of ``n``, follow from each other."""
    findings = []
    name = f"hospital:{hospital}"
    head = EMPTY
    for a in anchors:
        if a.n != head.n + 1:
            findings.append(Finding(Fault.MISSING, name, head.n + 1))
        elif a.previous != head.hash:
            findings.append(Finding(Fault.OUT_OF_ORDER, name, a.n))
        if a.hash != anchor_hash(hospital, a.n, a.session, a.session_n, a.session_head, a.at_us, a.previous):
            findings.append(Finding(Fault.ALTERED, name, a.n))
        head = Head(a.n, a.hash)
    return findings


def check_anchored(session: str, links: Sequence[Link], anchors: Iterable[Anchor]) -> list[Finding]:
    """Whether a session holds every head that its hospital's chain names, and nothing beyond the last one."""
    findings = []
    hashes = {link.n: link.hash for link in links}
    last = max(hashes, default=0)
    furthest = 0
    for a in anchors:
        furthest = max(furthest, a.session_n)
        if not links:
            continue
        if a.session_n in hashes:
            if hashes[a.session_n] != a.session_head:
                findings.append(Finding(Fault.HEAD_DIFFERS, session, a.session_n))
        elif a.session_n < last:
            findings.append(Finding(Fault.MISSING, session, a.session_n))
    if furthest and not links:
        findings.append(Finding(Fault.SESSION_MISSING, session, furthest))
    elif furthest > last:
        findings.append(Finding(Fault.TAIL_MISSING, session, last + 1))
    elif last > furthest:
        findings.append(Finding(Fault.NOT_ANCHORED, session, furthest + 1))
    return findings


def _hash(domain: str, *fields: str) -> str:
    digest = hashlib.sha256(domain.encode())
    for field in fields:
        data = field.encode()
        digest.update(len(data).to_bytes(4, "big"))
        digest.update(data)
    return digest.hexdigest()


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise ValueError("a float has no canonical text")
    if isinstance(value, Mapping):
        for inner in value.values():
            _refuse_floats(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _refuse_floats(inner)
