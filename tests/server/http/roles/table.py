"""Who may do what outside `/api/v1`: one line for each route, one for each intent. A route that is not here fails the matrix.

To add a route: put it into ``ROUTES`` under the words of its router, ``"POST /api/visits/{visit}/notes"``, with who may
(``may``), and what it is asked with where an empty GET is not enough. If it needs something to be there (a document, a note),
lay it in `stage.py` and name it in the line. A new role of staff or at a visit goes into ``STAFF`` or ``AT_VISIT``; then it is
tried everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from server.http.v1.conditions import etag
from signaling import seats
from signaling.seats import Role
from tests.server.doctor.test_report import sent

if TYPE_CHECKING:
    from tests.server.http.roles.stage import Stage

AT_VISIT = tuple(role.value for role in Role if role is not Role.PHYSICIAN)
"""Who has a device at the visit: the guardian, and guests."""
STAFF = ("physician", "operations", "administrator", "records_officer", "coordinator", "desk")
"""Who signs in; ``physician`` is the one the visit is booked with."""
UNCONFIRMED = "guardian not asked yet"
"""On a device that redeemed a link, and on which nobody said yet whose child it is."""
PEOPLE = (
    "nobody",
    "api key",
    *AT_VISIT,
    UNCONFIRMED,
    *STAFF,
    "another physician",
    "guardian of another visit",
    *(f"foreign {role}" for role in ("guardian", *STAFF)),
)
"""Everybody who is tried; *foreign* ones are of another hospital on the same server."""

GUESTS = tuple(role.value for role in seats.GUESTS)
PARTIES = ("guardian", "physician")
EVERYBODY = PEOPLE
"""Anybody may, and it makes no difference who asks."""

Body = Mapping[str, Any] | bytes | None


@dataclass(frozen=True, slots=True)
class Line:
    """``may`` pass the door, and are answered with ``gives``; all others are refused. ``at``: which visit is meant
    (`stage.py`). ``path``: what stands for the other names in the route."""

    may: tuple[str, ...]
    gives: tuple[int, ...] = (200,)
    at: str = "waiting"
    query: str = ""
    body: Callable[[Stage], Body] = lambda stage: {}
    headers: Mapping[str, str] = field(default_factory=dict)
    path: Callable[[Stage], Mapping[str, str]] = lambda stage: {}


_TUS = {"Tus-Resumable": "1.0.0"}
_PAGE = Line(EVERYBODY)
_SLASH = Line(EVERYBODY, gives=(308,))
_DOCTOR = Line(EVERYBODY, gives=(404,), path=lambda stage: {"token": stage.no_token()})
"""A link that nobody was given leads nowhere, whoever asks; with a good one it is the link that may, not the person."""
_DOCUMENT: Callable[[Stage], Mapping[str, str]] = lambda stage: {"document": stage.document}  # noqa: E731
_RECEIPT: Callable[[Stage], Mapping[str, str]] = lambda stage: {"token": stage.receipt}  # noqa: E731
_OF_DESK = Line(("desk",), at="beside")
_FURTHER = replace(_OF_DESK, path=lambda stage: {"guardian": "guardian-further"})
_COMPLAINT: Callable[[Stage], Mapping[str, str]] = lambda stage: {"concern": stage.complaint}  # noqa: E731
_INCIDENT: Callable[[Stage], Mapping[str, str]] = lambda stage: {"concern": stage.incident}  # noqa: E731
_ADDED: Callable[[Stage], Body] = lambda stage: {"fact": "added", "text": "经过"}  # noqa: E731
_UNREAD = {"If-Match": '"0"'}
_REFERRAL: Callable[[Stage], Mapping[str, str]] = lambda stage: {"referral": stage.referral}  # noqa: E731

PAGES = ("book", "change", "coordinator", "desk", "family", "guest", "letter", "link", "ops", "physician")

ROUTES: Mapping[str, Line] = {
    # pages: the same for everybody; they know nothing
    **{f"GET /{page}/": _PAGE for page in PAGES},
    **{f"GET /{page}": _SLASH for page in PAGES},
    **{f"GET {page}": _PAGE for page in ("/", "/healthz")},
    "GET /j/{token}": Line(EVERYBODY, path=lambda stage: {"token": "x"}),
    "GET /g/{token}": Line(EVERYBODY, path=lambda stage: {"token": "x"}),
    "GET /r/{token}": Line(EVERYBODY, path=lambda stage: {"token": "x"}),
    "GET /doctor/{token}": Line(EVERYBODY, path=lambda stage: {"token": "x"}),
    "GET /web/{name}": Line(EVERYBODY, path=lambda stage: {"name": "family/main.js"}),
    "GET /readyz": Line(EVERYBODY, gives=(503,)),  # no relay runs here
    # before anybody is known
    "GET /api/routing": Line(EVERYBODY),
    "POST /api/routing": Line(EVERYBODY, body=lambda stage: stage.routing),
    "GET /api/book/hospitals": Line(EVERYBODY),
    "GET /api/book/hospitals/{hospital}/specialists": Line(
        EVERYBODY, gives=(404,), query="field=growth", path=lambda stage: {"hospital": "unknown"}
    ),
    "GET /api/book/hospitals/{hospital}/slots": Line(
        EVERYBODY, gives=(404,), query="field=growth", path=lambda stage: {"hospital": "unknown"}
    ),
    "POST /api/book/hospitals/{hospital}/visits": Line(EVERYBODY, gives=(400,), path=lambda stage: {"hospital": "unknown"}),
    "POST /api/join": Line(EVERYBODY, gives=(404,), body=lambda stage: {"token": stage.no_token()}),
    "POST /api/guests/join": Line(EVERYBODY, gives=(404,), body=lambda stage: {"token": stage.no_token()}),
    "POST /api/lost-link": Line(EVERYBODY, gives=(409,), body=lambda stage: {"phone": "13999999999"}),
    "POST /api/staff/sign-in": Line(EVERYBODY, gives=(401,), body=lambda stage: {"login": stage.no_token(), "password": "x"}),
    "POST /api/staff/sign-out": Line(EVERYBODY),
    "POST /api/doctor/{token}/begin": _DOCTOR,
    **{f"POST /api/doctor/{{token}}/{verb}": Line(EVERYBODY, path=_DOCTOR.path) for verb in ("close", "figures")},  # of no room
    "POST /api/doctor/{token}/offer": Line(
        EVERYBODY, gives=(404,), body=lambda stage: {"worker": 0, "sdp": "v=0"}, path=_DOCTOR.path
    ),
    "POST /api/doctor/{token}/report": Line(EVERYBODY, gives=(404,), body=lambda stage: {"report": sent()}, path=_DOCTOR.path),
    "POST /api/receipts/{token}/open": Line(EVERYBODY, path=_RECEIPT),
    "POST /api/receipts/{token}/tell": Line(
        EVERYBODY, body=lambda stage: {"fact": "received", "appointment_at": None}, path=_RECEIPT
    ),
    # staff, by role
    "GET /api/staff/me": Line((*STAFF, "another physician", *(f"foreign {role}" for role in STAFF))),
    "GET /api/staff/worklist": Line(("physician", "another physician", "foreign physician")),
    "GET /api/ops/sessions": Line(("operations", "administrator", "foreign operations", "foreign administrator")),
    "GET /api/ops/refusals": Line(("operations", "administrator", "foreign operations", "foreign administrator")),
    "GET /api/coordinator/referrals": Line(("coordinator", "foreign coordinator")),
    "POST /api/coordinator/referrals/{referral}/phone": Line(("coordinator",), path=_REFERRAL),
    "POST /api/coordinator/referrals/{referral}/tell": Line(
        ("coordinator",), body=lambda stage: {"fact": "contacted", "appointment_at": None, "words": ""}, path=_REFERRAL
    ),
    "GET /api/staff/unsigned": Line(("physician", "another physician", "foreign physician")),
    "POST /api/ops/incidents": Line(
        ("operations", "administrator"),
        body=lambda stage: {
            "session": stage.visits["waiting"][:8],
            "client_id": "c1",
            "category": "technical",
            "text": "",
        },
    ),
    "GET /api/coordinator/concerns": Line(("coordinator", "foreign coordinator")),
    "POST /api/coordinator/concerns/{concern}/phone": Line(("coordinator",), path=_COMPLAINT),
    "POST /api/coordinator/concerns/{concern}/answer": Line(
        ("coordinator",), body=lambda stage: {"text": "已沟通"}, path=_COMPLAINT
    ),
    # a visit, by who is there
    "GET /api/visits/{visit}": Line((*PARTIES, UNCONFIRMED)),
    "GET /api/visits/{visit}/consent-texts": Line(("guardian", UNCONFIRMED)),
    "POST /api/visits/{visit}/child": Line(("guardian", UNCONFIRMED), body=lambda stage: {"confirmed": True}),
    "POST /api/visits/{visit}/consents": Line(("guardian",), body=lambda stage: stage.consent),
    "GET /api/visits/{visit}/questionnaire": Line(("guardian",)),
    "POST /api/visits/{visit}/answers": Line(("guardian",), body=lambda stage: stage.answers),
    "POST /api/visits/{visit}/measurements": Line(("guardian",), body=lambda stage: {"measurements": []}),
    "GET /api/visits/{visit}/appointment": Line(("guardian",)),
    "GET /api/visits/{visit}/appointment/slots": Line(("guardian",)),
    "POST /api/visits/{visit}/appointment/move": Line(
        ("guardian",),
        gives=(412,),  # it is another revision by now
        body=lambda stage: {"slot": "unknown", "revision": 0},
    ),
    "POST /api/visits/{visit}/appointment/cancel": Line(("guardian",), gives=(409,), at="completed"),  # it is over
    "GET /api/visits/{visit}/prepared": Line(("physician",)),
    "GET /api/visits/{visit}/whereabouts": Line(("guardian",)),
    "POST /api/visits/{visit}/whereabouts": Line(
        ("guardian",), body=lambda stage: {"call_back": "", "location": "江苏省苏州市姑苏区示范路1号"}
    ),
    "GET /api/visits/{visit}/family": Line(("physician",)),
    # a guest: the interpreter's invitation stands, the local doctor's is over (410, as nobody else hears it)
    "GET /api/visits/{visit}/guest": Line(GUESTS, gives=(200, 410)),
    "POST /api/visits/{visit}/guest/consent": Line(GUESTS, gives=(200, 410), body=lambda stage: stage.guest_text),
    "POST /api/visits/{visit}/guest": Line(
        ("physician",),
        gives=(409,),
        body=lambda stage: {"role": "interpreter", "name": "李译"},  # one is there
    ),
    "POST /api/visits/{visit}/socket-token": Line((*AT_VISIT, "physician"), gives=(200, 410)),
    "POST /api/visits/{visit}/guest/take-back": Line(("physician",)),
    "GET /api/visits/{visit}/letter": Line(PARTIES, at="referred"),
    "GET /api/visits/{visit}/letter.pdf": Line(PARTIES, at="referred"),
    "GET /api/visits/{visit}/letter.fhir.json": Line(PARTIES, at="referred"),
    "GET /api/visits/{visit}/letter.qr.svg": Line(PARTIES, at="referred"),
    "GET /api/visits/{visit}/summary": Line(PARTIES, at="completed"),
    "GET /api/visits/{visit}/note": Line(("physician",)),
    "PUT /api/visits/{visit}/note": Line(("physician",), body=lambda stage: {"kind": "note", "sections": {}}, headers=_UNREAD),
    "POST /api/visits/{visit}/note/signature": Line(
        ("physician",),
        gives=(422,),  # nothing is written
        at="completed",
        headers=_UNREAD,
    ),
    "GET /api/visits/{visit}/complaints": Line(("guardian",)),
    "POST /api/visits/{visit}/complaints": Line(("guardian",), body=lambda stage: {"client_id": "c1", "text": ""}),
    "POST /api/visits/{visit}/complaints/{concern}": Line(("guardian",), body=_ADDED, path=_COMPLAINT),
    "GET /api/visits/{visit}/incidents": Line(("physician",)),
    "POST /api/visits/{visit}/incidents": Line(
        ("physician",), body=lambda stage: {"client_id": "c1", "category": "privacy", "text": ""}
    ),
    "POST /api/visits/{visit}/incidents/{concern}": Line(("physician",), body=_ADDED, path=_INCIDENT),
    "GET /api/visits/{visit}/ledger": Line(("physician",)),
    "GET /api/visits/{visit}/documents": Line(PARTIES),
    "OPTIONS /api/visits/{visit}/documents": Line(("guardian",), gives=(204,)),
    "POST /api/visits/{visit}/documents": Line(
        ("guardian",), gives=(201,), body=lambda stage: None, headers=_TUS | {"Upload-Length": "10"}
    ),
    "GET /api/visits/{visit}/documents/{document}": Line(PARTIES, path=_DOCUMENT),
    "HEAD /api/visits/{visit}/documents/{document}": Line(("guardian",), headers=_TUS, path=_DOCUMENT),
    "PATCH /api/visits/{visit}/documents/{document}": Line(
        ("guardian",),
        gives=(409,),  # all of it is there
        body=lambda stage: b"x",
        headers=_TUS | {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"},
        path=_DOCUMENT,
    ),
    "DELETE /api/visits/{visit}/documents/{document}": Line(
        ("guardian",), gives=(204,), body=lambda stage: None, headers=_TUS, path=_DOCUMENT
    ),
    # nobody was attested there yet: only who may is told so
    "POST /api/visits/{visit}/stills": Line(
        ("physician",), gives=(409,), body=lambda stage: None, headers=_TUS | {"Upload-Length": "10"}
    ),
    "HEAD /api/visits/{visit}/stills/{document}": Line(("physician",), gives=(409,), headers=_TUS, path=_DOCUMENT),
    "PATCH /api/visits/{visit}/stills/{document}": Line(
        ("physician",),
        gives=(409,),
        body=lambda stage: b"x",
        headers=_TUS | {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"},
        path=_DOCUMENT,
    ),
    # the desk: its own hospital's, as the booking API (tests/server/http/test_desk_matrix.py tries each with what it takes)
    **{f"GET /api/desk/{what}": Line(("desk", "foreign desk")) for what in ("visits", "offer", "slots", "refusals")},
    "POST /api/desk/families": Line(("desk", "foreign desk"), body=lambda stage: {"text": "张"}),
    "POST /api/desk/visits": Line(("desk", "foreign desk"), gives=(422,), headers={"Idempotency-Key": "matrix"}),
    "GET /api/desk/visits/{visit}": _OF_DESK,
    "POST /api/desk/visits/{visit}/phone": _OF_DESK,
    "POST /api/desk/visits/{visit}/move": replace(
        _OF_DESK, gives=(422,), body=lambda stage: {"slot": "0" * 32}, headers={"If-Match": etag(1)}
    ),
    "POST /api/desk/visits/{visit}/proof": replace(
        _OF_DESK, body=lambda stage: {"proof": "birth_certificate"}, gives=(200, 409)
    ),
    "POST /api/desk/visits/{visit}/link": _OF_DESK,
    "GET /api/desk/visits/{visit}/guardians": _OF_DESK,
    "POST /api/desk/visits/{visit}/guardians": replace(
        _OF_DESK, gives=(422,), body=lambda stage: {"guardian": "0" * 32}, headers={"Idempotency-Key": "further"}
    ),
    "POST /api/desk/visits/{visit}/guardians/{guardian}/link": _FURTHER,
    "POST /api/desk/visits/{visit}/guardians/{guardian}/remove": _FURTHER,
    "POST /api/desk/visits/{visit}/no-show": _OF_DESK,
    "POST /api/desk/visits/{visit}/cancel": replace(_OF_DESK, body=lambda stage: {"reason": "family"}, gives=(409,)),  # over
    # the socket's own door: a token, not a person (PROTOCOL.md, section 1); the token's route is above
    "GET /socket/": Line(EVERYBODY, gives=(400, 403)),
}

_ALL = frozenset(Role)
_GUARDIAN, _PHYSICIAN = frozenset({Role.GUARDIAN}), frozenset({Role.PHYSICIAN})

INTENTS: Mapping[str, tuple[frozenset[Role], Mapping[str, Any]]] = {
    "offer": (_ALL, {"peer": 1, "revision": 1, "sdp": "v=0"}),
    "device_report": (_ALL, {"microphone": "live", "camera": "live", "visible": True, "picture": "ok"}),
    "chat": (_ALL, {"client_id": "c1", "text": "您好"}),
    "sending": (_ALL, {"rung": "full"}),
    "leave": (_ALL, {}),
    "withdraw_consent": (_GUARDIAN, {"kind": "recording"}),
    "admit": (_PHYSICIAN, {"names_match": True}),
    "begin_text": (_PHYSICIAN, {"names_match": True}),
    "deny_family": (_PHYSICIAN, {}),
    "attest": (_PHYSICIAN, {"checks": ["guardian_seen"], "call_back": "13800000000", "location": "苏州"}),
    "hold": (_PHYSICIAN, {"reason": "technical"}),
    "resume": (_PHYSICIAN, {}),
    "complete": (_PHYSICIAN, {"summary": "好", "adequate": True}),
    "refer": (
        _PHYSICIAN,
        {"reason": "growth_headache", "urgency": "routine", "note": "", "not_examined": "", "told_family": ""},
    ),
    "cancel": (_PHYSICIAN, {}),
}
"""Who may say what on the socket (PROTOCOL.md, section 4), and an example of it."""
