"""What was done at a visit and who did it, from its journal: an ``AuditEvent`` for each act that somebody answers for.

Codes only, as the journal has them; each carries its event's number and hash, so that it can be found there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from fhir.resources.R4B.auditevent import AuditEvent

from server.fhir import Resource, checked, concept, to_encounter
from server.fhir.people import People, Who
from server.store.charts import Deed
from server.visit_view import moment

_DICOM = "http://dicom.nema.org/resources/ontology/DCM"


@dataclass(frozen=True, slots=True)
class _Act:
    """``action`` is FHIR's: create, read, update, delete or execute. ``who`` is None where the event
    says who it was (``by``, ``staff``), or else it was the server itself."""

    action: str
    who: Who | None
    told: tuple[str, ...] = ()


_CONSENT = ("kind", "version")
_ACTS: Final[Mapping[str, _Act]] = MappingProxyType(
    {
        "child_confirmed": _Act("C", Who.GUARDIAN),
        "child_denied": _Act("C", Who.GUARDIAN),
        "consent_given": _Act("C", Who.GUARDIAN, _CONSENT),
        "consent_refused": _Act("C", Who.GUARDIAN, _CONSENT),
        "consent_withdrawn": _Act("U", Who.GUARDIAN, _CONSENT),
        "questionnaire_answered": _Act("C", Who.GUARDIAN, ("questionnaire", "outcome")),
        "measured": _Act("C", Who.GUARDIAN),
        "whereabouts_told": _Act("C", Who.GUARDIAN),
        "document_added": _Act("C", Who.GUARDIAN),
        "document_removed": _Act("D", Who.GUARDIAN),
        "document_read": _Act("R", Who.PHYSICIAN),
        "still_taken": _Act("C", Who.PHYSICIAN),
        "documents_destroyed": _Act("D", None),
        "admitted": _Act("E", Who.PHYSICIAN),
        "text_begun": _Act("E", Who.PHYSICIAN),
        "family_denied": _Act("C", Who.PHYSICIAN),
        "attested": _Act("C", Who.PHYSICIAN, ("checks",)),
        "hold_placed": _Act("E", Who.PHYSICIAN, ("reason",)),
        "hold_cleared": _Act("E", Who.PHYSICIAN),
        "completed": _Act("E", Who.PHYSICIAN),
        "referred": _Act("E", Who.PHYSICIAN, ("reason", "urgency", "checklist_version")),
        "cancelled": _Act("E", Who.PHYSICIAN),
        "guest_invited": _Act("E", Who.PHYSICIAN, ("role",)),
        "invitation_taken_back": _Act("E", Who.PHYSICIAN),
        "note_signed": _Act("C", Who.PHYSICIAN),
        "note_amended": _Act("U", Who.PHYSICIAN),
        "phone_revealed": _Act("R", None),
        "relation_verified": _Act("U", None, ("proof",)),
        "guardian_added": _Act("C", None, ("guardian",)),
        "guardian_removed": _Act("D", None, ("guardian",)),
        "link_made": _Act("C", None, ("guardian",)),
        "visit_moved": _Act("U", None),
        "visit_cancelled": _Act("U", None, ("reason",)),
        "no_show_marked": _Act("U", None),
    }
)
_OUTSIDE: Final = MappingProxyType({"staff": ("Practitioner", "urn:peitong:staff"), "key": ("Device", "urn:peitong:api-key")})
"""Of whoever is in ``by``: the type, and the system of the id."""
AUDITED: Final = frozenset(_ACTS)
"""The types of events that become one."""


def audit_event(visit: str, deed: Deed, people: People, documents: Collection[str]) -> Resource:
    """``documents`` are the ids of those that have a ``DocumentReference`` at hand."""
    act = _ACTS[deed.type]
    resource = {
        "resourceType": "AuditEvent",
        "id": f"{visit}-{deed.n}",
        "language": "zh-CN",
        "type": {"system": _DICOM, "code": "110110", "display": "Patient Record"},
        "subtype": [{"system": "urn:peitong:event", "code": deed.type}],
        "action": act.action,
        "recorded": moment(deed.at),
        "outcome": "0",
        "agent": [_agent(act, deed, people)],
        "source": {"observer": {"type": "Device", "display": "陪同 Peitong"}},
        "entity": [{"what": _what(visit, deed, documents), "detail": _details(act, deed)}],
    }
    return checked(AuditEvent, resource)


def _agent(act: _Act, deed: Deed, people: People) -> dict[str, Any]:
    if act.who is Who.GUARDIAN:
        return {"who": people.refer_guardian(deed.record.get("guardian", "")), "requestor": True}
    if act.who is not None:
        return {"who": people.refer(act.who), "requestor": True}
    kind, _, id = _by(deed.record).partition("/")
    if kind == "family":
        return {"who": people.refer_guardian(id), "requestor": True}
    if kind in _OUTSIDE:  # whom the visit does not name
        type, system = _OUTSIDE[kind]
        return {"who": {"type": type, "identifier": {"system": system, "value": id}}, "requestor": True}
    return {"type": concept(_DICOM, "110150", "Application"), "name": "陪同 Peitong", "requestor": False}


def _by(record: Mapping[str, Any]) -> str:
    staff = record.get("staff")
    return f"staff/{staff}" if staff else record.get("by", "")


def _what(visit: str, deed: Deed, documents: Collection[str]) -> dict[str, str]:
    document = deed.record.get("document")
    return {"reference": f"DocumentReference/{document}"} if document in documents else dict(to_encounter(visit))


def _details(act: _Act, deed: Deed) -> list[dict[str, str]]:
    told = {name: deed.record[name] for name in act.told if deed.record.get(name)}
    said = {name: " ".join(value) if isinstance(value, list) else str(value) for name, value in told.items()}
    said |= {"journal-number": str(deed.n), "journal-hash": deed.hash}
    return [{"type": name, "valueString": value} for name, value in said.items()]
