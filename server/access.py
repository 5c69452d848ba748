"""Who may do what in a visit: a table, and nothing that is not in it.

A *grant* says that a device holds a role in one visit; ``check`` is asked before every act, also when the same device was
allowed the one before. Staff who hold no seat (operations, records) have no grant and so none of these acts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from server.errors import Refused
from signaling.seats import GUESTS, Role

_EVERYBODY = frozenset(Role)
_GUARDIAN = frozenset({Role.GUARDIAN})
_PHYSICIAN = frozenset({Role.PHYSICIAN})
_PARTIES = _GUARDIAN | _PHYSICIAN

ACTS: Mapping[str, frozenset[Role]] = MappingProxyType(
    {
        # intents on the wire (PROTOCOL.md, section 4)
        "offer": _EVERYBODY,
        "device_report": _EVERYBODY,
        "chat": _EVERYBODY,
        "sending": _EVERYBODY,
        "leave": _EVERYBODY,
        "withdraw_consent": _GUARDIAN,
        "admit": _PHYSICIAN,
        "begin_text": _PHYSICIAN,
        "deny_family": _PHYSICIAN,
        "attest": _PHYSICIAN,
        "hold": _PHYSICIAN,
        "resume": _PHYSICIAN,
        "complete": _PHYSICIAN,
        "refer": _PHYSICIAN,
        "cancel": _PHYSICIAN,
        # requests (server/http/API.md)
        "guest_invite": _PHYSICIAN,
        "guest_take_back": _PHYSICIAN,
        "guest_read": GUESTS,
        "guest_agree": GUESTS,
        "visit_read": _PARTIES,
        "socket_token": _EVERYBODY,
        "consent_texts_read": _GUARDIAN,
        "child_confirm": _GUARDIAN,
        "consent_give": _GUARDIAN,
        "questionnaire_read": _GUARDIAN,
        "questionnaire_answer": _GUARDIAN,
        "measurements_give": _GUARDIAN,
        "appointment_read": _GUARDIAN,
        "appointment_move": _GUARDIAN,
        "appointment_cancel": _GUARDIAN,
        "prepared_read": _PHYSICIAN,
        "whereabouts_read": _GUARDIAN,
        "whereabouts_tell": _GUARDIAN,
        "family_read": _PHYSICIAN,
        "letter_read": _PARTIES,
        "summary_read": _PARTIES,
        "ledger_read": _PHYSICIAN,
        "note_read": _PHYSICIAN,
        "note_write": _PHYSICIAN,
        "note_sign": _PHYSICIAN,
        "complaint_file": _GUARDIAN,
        "incident_record": _PHYSICIAN,
        "documents_add": _GUARDIAN,
        "documents_remove": _GUARDIAN,
        "documents_read": _PARTIES,
        "still_take": _PHYSICIAN,
    }
)


BEFORE_CONFIRMATION = frozenset({"visit_read", "consent_texts_read", "child_confirm"})
"""What a guardian's device may before "yes, my child" was said on it. Its link may have come to a stranger: all else would tell
them of the child, or let them change its visit."""


RECORDS_OPEN_S = 180 * 86_400.0
"""For so long after a visit's end, and for as long as its referral is open (the child was not seen yet), a family that lost its
device or its link is given a new one, to the letter and its state, the summary and the note's words for it. The longest routine
referral ends well within it. A device that is in stays in."""


@dataclass(frozen=True, slots=True)
class Grant:
    """This device holds this role in this visit; ``confirmed``: on a guardian's, the child was confirmed."""

    visit: str
    role: Role
    confirmed: bool = True


def may(role: Role, act: str) -> bool:
    """Whether the role may ever do it; an act that nobody listed is nobody's."""
    return role in ACTS.get(act, frozenset())


def check(grant: Grant, visit: str, act: str) -> None:
    """Raises ``Refused``: ``not_allowed`` for a foreign visit, a foreign act and an unknown one alike, or
    ``child_not_confirmed``."""
    if grant.visit != visit or not may(grant.role, act):
        raise Refused("not_allowed")
    if grant.role is Role.GUARDIAN and not grant.confirmed and act not in BEFORE_CONFIRMATION:
        raise Refused("child_not_confirmed")
