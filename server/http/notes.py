"""The physician's note over HTTP: saved as it is typed, signed, amended. Nobody but the visit's physician reads or writes it.

A save answers only when the words are on the disk. It says which revision it was made of (`If-Match`, RFC 9110,
section 13.1.1): of two windows, the one that has not seen the other's words is told so (`note_changed`) and given them, and
nothing is overwritten.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from server import events as ev
from server.errors import Refused
from server.http.house import HOUSE, House, at_visit, member
from server.http.problems import Problem
from server.http.shell import body
from server.http.v1.conditions import etag, if_match
from server.notes.form import Part
from server.notes.note import Incomplete, Kind, Note, Signed, Signer, Unreadable, read_sections, signed
from server.session import Ended
from server.store import bodies, notes, outbox
from server.store.database import Write
from server.store.details import VisitDetail
from server.visit_view import moment
from server.webhooks.events import Kind as Told
from server.webhooks.events import fact


def add_notes(app: web.Application) -> None:
    app.router.add_get("/api/visits/{visit}/note", read)
    app.router.add_put("/api/visits/{visit}/note", save)
    app.router.add_post("/api/visits/{visit}/note/signature", sign)
    app.router.add_get("/api/staff/unsigned", unsigned)


async def read(request: web.Request) -> web.Response:
    house = request.app[HOUSE]
    _, record, consultation = await at_visit(request, "note_read")
    found = await notes.of_visit(house.database, record.id)
    return _answer(house, record, found, isinstance(consultation.session.state, Ended))


async def save(request: web.Request) -> web.Response:
    house = request.app[HOUSE]
    _, record, consultation = await at_visit(request, "note_write")
    sent = await body(request, kind=str, sections=dict)
    seen = _seen(request)
    if sent["kind"] not in tuple(Kind):
        raise Problem("bad_request")
    kind = Kind(sent["kind"])
    form = house.texts.form
    try:
        sections = read_sections(form.amendment if kind is Kind.AMENDMENT else form.note, sent["sections"])
    except Unreadable as unreadable:
        raise Problem(unreadable.code, section=unreadable.section) from None
    try:
        found = await notes.save(house.database, record.id, kind, seen, sections, house.clock())
    except Refused as refused:
        raise await _changed(house, record, refused) from None
    return _answer(house, record, found, isinstance(consultation.session.state, Ended))


async def sign(request: web.Request) -> web.Response:
    """Signs what is saved as the revision that is named. Signed again, it answers as before."""
    house = request.app[HOUSE]
    _, record, consultation = await at_visit(request, "note_sign")
    await body(request)
    seen = _seen(request)
    if not isinstance(consultation.session.state, Ended):
        raise Problem("note_too_early")
    before = await notes.of_visit(house.database, record.id)
    try:
        after = signed(before, house.texts.form, seen, _signer(record), house.new_id(), house.clock())
        if after is not before:
            await _commit(house, record, after.signed[-1])
    except Incomplete as incomplete:
        raise Problem("note_incomplete", missing=[list(group) for group in incomplete.missing]) from None
    except Refused as refused:
        raise await _changed(house, record, refused) from None
    return _answer(house, record, await notes.of_visit(house.database, record.id), ended=True)


async def _commit(house: House, record: VisitDetail, entry: Signed) -> None:
    """The event, the words it names, and what the hospital's systems are told, in one transaction."""
    words = bodies.make(house.new_id(), record.id, "note", entry.at, house.new_nonce(), notes.content(entry))
    amends = entry.kind is Kind.AMENDMENT
    event: ev.Event = (ev.NoteAmended if amends else ev.NoteSigned)(entry.id, words.id, words.sha256)
    told = fact(Told.NOTE_AMENDED if amends else Told.NOTE_SIGNED, note=entry.id)
    also: tuple[Write, ...] = (
        notes.sign(record.id, entry, record.physician.id, words),
        outbox.post(outbox.Outgoing(house.new_id(), record.id, told.kind, told.data, entry.at)),
    )
    await house.consultations.from_outside(record.id, event, also)


def _signer(record: VisitDetail) -> Signer:
    physician = record.physician
    return Signer(physician.name, physician.title, physician.licence)


async def unsigned(request: web.Request) -> web.Response:
    """The physician's visits that are over and not signed for, however long ago."""
    house = request.app[HOUSE]
    physician = await member(request, "physician")
    lines, more = await notes.unsigned(house.database, physician.id)
    return web.json_response(
        {
            "visits": [
                {
                    "visit": line.visit,
                    "child": line.child,
                    "age_years": line.age_years,
                    "field": line.field,
                    "starts_at": moment(line.starts_at),
                    "ended_at": moment(line.ended_at),
                    "outcome": line.outcome,
                    "begun": line.begun,
                    "kind": line.kind.value,
                }
                for line in lines
            ],
            "more": more,
        }
    )


def _seen(request: web.Request) -> int:
    """The one revision of `If-Match`. Raises ``Problem``."""
    given = request.headers.get("If-Match")
    if given is None:
        raise Problem("precondition_required")
    tags = if_match(given)
    tag = next(iter(tags)) if tags is not None and len(tags) == 1 else ""
    if not tag.isdecimal() or len(tag) > 9:
        raise Problem("bad_request")
    return int(tag)


async def _changed(house: House, record: VisitDetail, refused: Refused) -> Exception:
    """Of `note_changed` the note as it is now goes with it; any other refusal stays as it is."""
    if refused.code != "note_changed":
        return refused
    ended = record.state == "ended"
    return Problem("note_changed", note=_view(house, record, await notes.of_visit(house.database, record.id), ended))


def _answer(house: House, record: VisitDetail, note: Note, ended: bool) -> web.Response:
    said = _view(house, record, note, ended)
    return web.json_response(said, headers={"ETag": etag(note.draft.revision)})


def _view(house: House, record: VisitDetail, note: Note, ended: bool) -> dict[str, Any]:
    """NoteView of API.md."""
    form = house.texts.form
    part = note.part(form)
    return {
        "kind": note.kind.value,
        "form": {"version": form.version, "sections": _sections(part), "needs": [list(group) for group in part.needs]},
        "draft": {
            "revision": note.draft.revision,
            "sections": dict(note.draft.sections),
            "at": None if note.draft.at is None else moment(note.draft.at),
        },
        "can_sign": ended,
        "safety_net": [
            {"zh": words.zh, "en": words.en} for words in house.texts.aftercare.safety_net(record.field, completed=True)
        ],
        "signed": [_signed(house, entry) for entry in note.signed],
    }


def _sections(part: Part) -> list[dict[str, Any]]:
    return [
        {
            "code": section.code,
            "max_length": section.max_length,
            "title": {"zh": section.title.zh, "en": section.title.en},
            "hint": {"zh": section.hint.zh, "en": section.hint.en},
        }
        for section in part.sections
    ]


def _signed(house: House, entry: Signed) -> dict[str, Any]:
    """Its sections in the form's order, under the titles it was written with."""
    form = house.texts.forms.get(entry.form)
    part = None if form is None else form.amendment if entry.kind is Kind.AMENDMENT else form.note
    sections = [] if part is None else [s for s in part.sections if s.code in entry.sections]
    signer = entry.signer
    return {
        "id": entry.id,
        "kind": entry.kind.value,
        "at": moment(entry.at),
        "by": None if signer is None else {"name": signer.name, "title": signer.title, "licence": signer.licence},
        "sections": [
            {"code": s.code, "title": {"zh": s.title.zh, "en": s.title.en}, "text": entry.sections[s.code]} for s in sections
        ],
    }
