"""The presence ledger over HTTP: for the visit's physician, while it goes on and afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aiohttp import web

from server.chain import Head
from server.http.house import HOUSE, at_visit
from server.ledger import GuestLine, Ledger, Line, Span, Spell, Stay, lasting_s, together_s
from server.store import guardians, guests
from server.store.details import VisitDetail
from server.visit_view import moment
from signaling.seats import Role

MOST_SPANS = 500
"""Of one kind in an answer; ``left_out`` says how many more there are. Totals are of all."""


def add_ledger(app: web.Application) -> None:
    app.router.add_get("/api/visits/{visit}/ledger", ledger)


async def ledger(request: web.Request) -> web.Response:
    _, record, _ = await at_visit(request, "ledger_read")
    book, head = await request.app[HOUSE].consultations.ledger(record.id, record.ends_at)
    database = request.app[HOUSE].database
    names, further = await guests.names(database, record.id), await guardians.names(database, record.id)
    return web.json_response(ledger_view(book, head, record, names, further))


def ledger_view(
    book: Ledger, head: Head, record: VisitDetail, guest_names: Mapping[str, str], further: Mapping[str, str]
) -> dict[str, Any]:
    """LedgerView of API.md; ``guest_names`` are by invitation, ``further`` guardians' by id."""
    names = {"": record.guardian, **further}
    seats = [_seat(book, Role.GUARDIAN, line, names.get(who, "")) for who, line in book.guardians.items()]
    seats.append(_seat(book, Role.PHYSICIAN, book.lines[Role.PHYSICIAN], record.physician.name))
    return {
        "visit": record.id,
        "journal": {"n": head.n, "head": head.hash},
        "since": moment(book.since),
        "until": moment(book.until),
        "closed": book.closed,
        "admitted_at": None if book.admitted_at is None else moment(book.admitted_at),
        "attested_at": [moment(at) for at in book.attested[:MOST_SPANS]],
        "gate": {
            "open_ms": _ms(book.open_s),
            "heard_within_ms": _ms(book.heard_within_s),
            "lapses": len(book.lapses),
            "spans": _spans(book.gate),
        },
        "seats": seats + [_guest(book, guest, guest_names.get(guest.invitation, "")) for guest in book.guests],
        "holds": _spans(book.holds),
        "server_away": _spans(book.server_away),
        "clock_steps": [{"at": moment(at), "by_ms": by_ms} for at, by_ms in book.clock_steps[:MOST_SPANS]],
        "left_out": sum(max(0, len(spans) - MOST_SPANS) for spans in _every(book)),
    }


def _seat(book: Ledger, role: Role, line: Line, name: str) -> dict[str, Any]:
    return {
        "role": role.value,
        "name": name,
        "present_ms": _ms(lasting_s(line.stays)),
        "present_while_open_ms": _ms(together_s(line.stays, book.gate)),
        "doubted_while_open_ms": _doubted(book, line),
        "stays": _spans(line.stays),
        "evidence": _spans(line.evidence),
        "doubts": _spans(line.doubts),
        "by_text": _spans(line.by_text),
    }


def _guest(book: Ledger, guest: GuestLine, name: str) -> dict[str, Any]:
    moments = {"invited_at": guest.invited_at, "agreed_at": guest.agreed_at, "over_at": guest.over_at}
    told = {called: None if at is None else moment(at) for called, at in moments.items()}
    return _seat(book, guest.role, guest.line, name) | {"invitation": guest.invitation} | told


def _doubted(book: Ledger, line: Line) -> dict[str, int]:
    """Each doubt with how long it stood while the gate was open; one that never did is left out."""
    whats = dict.fromkeys(spell.what for spell in line.doubts)
    lasted = {what: together_s((spell for spell in line.doubts if spell.what == what), book.gate) for what in whats}
    return {what: _ms(lasts_s) for what, lasts_s in lasted.items() if lasts_s > 0}


def _every(book: Ledger) -> Iterator[Sequence[object]]:
    """All that an answer lists."""
    yield from (book.attested, book.gate, book.holds, book.server_away, book.clock_steps)
    for line in (*book.guardians.values(), book.lines[Role.PHYSICIAN], *(guest.line for guest in book.guests)):
        yield from (line.stays, line.evidence, line.doubts, line.by_text)


def _spans(spans: Sequence[Span]) -> list[dict[str, Any]]:
    return [_span(span) for span in spans[:MOST_SPANS]]


def _span(span: Span) -> dict[str, Any]:
    shown: dict[str, Any] = {"since": moment(span.since), "until": None if span.goes_on else moment(span.until)}
    match span:
        case Stay(parting=parting):
            return shown | {"parting": parting and parting.value}
        case Spell(what=what, why=""):
            return shown | {"what": what}
        case Spell(what=what, why=why):
            return shown | {"what": what, "why": why}
        case _:
            return shown


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
