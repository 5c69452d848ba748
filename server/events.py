"""What can happen to a session.

Events are what the journal stores: codes, ids, times and hashes, never a name, a text or an address. Each is appended to the
session's chain before the session's new state counts. What the machine asks for in return is in `server.effects`, how an event
stands in the journal in `server.event_records`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar

from media.rate.ladder import Rung
from signaling.seats import Role


class Cause(StrEnum):
    """Why a session is held."""

    GUARDIAN_SILENT = "guardian_silent"
    PHYSICIAN_SILENT = "physician_silent"
    RECORDING_LOST = "recording_lost"
    PHYSICIAN_HOLD = "physician_hold"


class Outcome(StrEnum):
    """How a session ended."""

    COMPLETED = "completed"
    REFERRED = "referred"
    GUARDIAN_ABSENT = "guardian_absent"
    PHYSICIAN_ABSENT = "physician_absent"
    NO_SHOW = "no_show"
    RECORDING_LOST = "recording_lost"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    CANCELLED = "cancelled"


class Doubt(StrEnum):
    """Why a present person may not really be there; shown to the physician, never closes the gate."""

    PAGE_HIDDEN = "page_hidden"
    CAMERA_OFF = "camera_off"
    SOUND_ONLY = "sound_only"
    PICTURE_DARK = "picture_dark"
    PICTURE_FROZEN = "picture_frozen"
    MICROPHONE_LOST = "microphone_lost"


class WeakLeg(StrEnum):
    """Which leg keeps a direction from carrying everything: the sender's or the receiver's."""

    UPLINK = "uplink"
    DOWNLINK = "downlink"


class Event:
    """Any event; ``type`` is its name in the journal."""

    __slots__ = ()
    type: ClassVar[str]


class Annotation(Event):
    """What is written down beside the session, whatever its state, and changes nothing in it."""

    __slots__ = ()


# --- people and their devices ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SeatTaken(Event):
    """A new connection took the seat; every older epoch of it is over. ``guardian`` is empty for the guardian whom the visit is
    booked with, and otherwise the id of the further one, here and in what guardians say."""

    type: ClassVar[str] = "seat_taken"
    role: Role
    epoch: int
    guardian: str = ""


@dataclass(frozen=True, slots=True)
class SeatLeft(Event):
    """The connection of that epoch left or was lost. Its media may live on for a moment; it does not count any more."""

    type: ClassVar[str] = "seat_left"
    role: Role
    epoch: int


@dataclass(frozen=True, slots=True)
class MediaAlive(Event):
    """Authenticated media of that seat's device arrives (again)."""

    type: ClassVar[str] = "media_alive"
    role: Role
    epoch: int


@dataclass(frozen=True, slots=True)
class MediaSilent(Event):
    """No authenticated media packet of that seat's device for the limit."""

    type: ClassVar[str] = "media_silent"
    role: Role
    epoch: int


@dataclass(frozen=True, slots=True)
class Doubted(Event):
    """The whole present set of doubts about a seat, whenever it changes."""

    type: ClassVar[str] = "doubted"
    role: Role
    epoch: int
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True, slots=True)
class RungChanged(Event):
    """What the direction from one seat to another carries from now on (PROTOCOL.md, section 8), and which leg is too weak."""

    type: ClassVar[str] = "rung_changed"
    sender: Role
    receiver: Role
    rung: Rung
    why: WeakLeg


@dataclass(frozen=True, slots=True)
class ConsentGiven(Event):
    """The guardian agreed to a versioned text; ``text_sha256`` is of exactly what was shown."""

    type: ClassVar[str] = "consent_given"
    kind: str
    version: str
    language: str
    text_sha256: str
    guardian: str = ""


@dataclass(frozen=True, slots=True)
class ConsentRefused(Event):
    """As ``ConsentGiven``, for one who does not agree."""

    type: ClassVar[str] = "consent_refused"
    kind: str
    version: str
    guardian: str = ""
    language: str = ""
    text_sha256: str = ""


@dataclass(frozen=True, slots=True)
class ConsentWithdrawn(Event):
    """The guardian took back what was agreed to; which text that was, as in ``ConsentGiven``, is empty where that is not
    known."""

    type: ClassVar[str] = "consent_withdrawn"
    kind: str
    guardian: str = ""
    version: str = ""
    language: str = ""
    text_sha256: str = ""


@dataclass(frozen=True, slots=True)
class ChildConfirmed(Event):
    """The guardian said that the masked name is the right child's."""

    type: ClassVar[str] = "child_confirmed"
    guardian: str = ""


@dataclass(frozen=True, slots=True)
class ChildDenied(Event):
    """The guardian said that it is another child. The last word counts: they may have tapped by mistake, either way."""

    type: ClassVar[str] = "child_denied"
    guardian: str = ""


@dataclass(frozen=True, slots=True)
class QuestionnaireAnswered(Event):
    """The guardian completed that version of a questionnaire; ``shown_sha256`` is of exactly what was shown, ``outcome`` is
    where the answers lead, as the family was told. ``body`` has the answers, ``body_sha256`` is H(nonce || body)."""

    type: ClassVar[str] = "questionnaire_answered"
    questionnaire: str
    shown_sha256: str
    outcome: str
    body: str
    body_sha256: str
    guardian: str = ""


@dataclass(frozen=True, slots=True)
class Measured(Event):
    """The guardian told heights and weights; ``body`` has them, ``body_sha256`` is H(nonce || body)."""

    type: ClassVar[str] = "measured"
    body: str
    body_sha256: str
    guardian: str = ""


@dataclass(frozen=True, slots=True)
class WhereaboutsTold(Event):
    """The guardian told where the child is and under which number they are reached now; ``body`` has the words,
    ``body_sha256`` is H(nonce || body)."""

    type: ClassVar[str] = "whereabouts_told"
    body: str
    body_sha256: str
    guardian: str = ""


@dataclass(frozen=True, slots=True)
class Chatted(Event):
    """A chat message was stored; ``body_sha256`` is H(nonce || body)."""

    type: ClassVar[str] = "chatted"
    role: Role
    message: str
    body_sha256: str


# --- the physician's commands ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Admitted(Event):
    """The physician said that the masked names are those of the appointment, and asked these people in."""

    type: ClassVar[str] = "admitted"


@dataclass(frozen=True, slots=True)
class TextBegun(Event):
    """The physician said that the masked names are those of the appointment, and began by text; nobody is seen yet."""

    type: ClassVar[str] = "text_begun"


@dataclass(frozen=True, slots=True)
class FamilyDenied(Event):
    """The physician said before the admission that these are not the people of the appointment. The last word counts."""

    type: ClassVar[str] = "family_denied"


@dataclass(frozen=True, slots=True)
class Attested(Event):
    """The physician saw guardian and child and checked who and where they are; ``checks`` are the codes ticked
    (`server.attestation`). ``body`` has the whereabouts that were confirmed, ``body_sha256`` is H(nonce || body)."""

    type: ClassVar[str] = "attested"
    checks: tuple[str, ...]
    body: str = ""
    body_sha256: str = ""


@dataclass(frozen=True, slots=True)
class HoldPlaced(Event):
    type: ClassVar[str] = "hold_placed"
    reason: str


@dataclass(frozen=True, slots=True)
class HoldCleared(Event):
    type: ClassVar[str] = "hold_cleared"


@dataclass(frozen=True, slots=True)
class Completed(Event):
    """Ended as completed; the summary is a body elsewhere, ``body_sha256`` is H(nonce || body)."""

    type: ClassVar[str] = "completed"
    body_sha256: str


@dataclass(frozen=True, slots=True)
class Referred(Event):
    """Ended for in-person care. Reason and urgency are codes of the checklist at ``checklist_version``."""

    type: ClassVar[str] = "referred"
    referral: str
    reason: str
    urgency: str
    checklist_version: str
    body_sha256: str


@dataclass(frozen=True, slots=True)
class Cancelled(Event):
    type: ClassVar[str] = "cancelled"


# --- from outside the room: the hospital's system, its desk, the family ----------------------------
# ``by`` is who did it: ``staff/ID``, ``key/ID`` of the hospital's system, ``family`` for the guardian whom the visit is booked
# with, ``family/ID`` for a further one; empty in rows from before it was noted.


def by_family(guardian: str) -> str:
    """``by`` of what a guardian did under their own link."""
    return f"family/{guardian}" if guardian else "family"


@dataclass(frozen=True, slots=True)
class VisitMoved(Event):
    """The appointment has another time, in whole microseconds since 1970 as the chains count.

    ``former_ends_at_us`` is the end that it had, so that a replay begins where the session began.
    """

    type: ClassVar[str] = "visit_moved"
    starts_at_us: int
    ends_at_us: int
    former_ends_at_us: int
    by: str = ""


@dataclass(frozen=True, slots=True)
class VisitCancelled(Event):
    """Called off before anybody was admitted; ``reason`` is a code of ``server.booking.rules.Cancellation``."""

    type: ClassVar[str] = "visit_cancelled"
    reason: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class NoShowMarked(Event):
    """The desk says that nobody came to the appointment, which was to begin at ``starts_at_us``."""

    type: ClassVar[str] = "no_show_marked"
    starts_at_us: int
    by: str = ""


@dataclass(frozen=True, slots=True)
class RelationVerified(Annotation):
    """A member of staff (their id) saw this kind of proof (`server.booking.limits`) that the visit's guardian is entitled; it
    changes nothing in the session."""

    type: ClassVar[str] = "relation_verified"
    proof: str
    staff: str


@dataclass(frozen=True, slots=True)
class GuardianAdded(Event):
    """A further guardian (their id) may come with the child from now on, and has a join link."""

    type: ClassVar[str] = "guardian_added"
    guardian: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class GuardianRemoved(Event):
    """A further guardian may not come any more; what they agreed to is over with it."""

    type: ClassVar[str] = "guardian_removed"
    guardian: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class LinkMade(Annotation):
    """That guardian (empty: the booked one) has a new join link; their former one, and the devices that used it, are shut out.
    It changes nothing in the session."""

    type: ClassVar[str] = "link_made"
    guardian: str
    by: str


# --- the third seat -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GuestInvited(Event):
    """The physician invites a local doctor or an interpreter; ``body_sha256`` is H(nonce || body), the body has the name."""

    type: ClassVar[str] = "guest_invited"
    role: Role
    invitation: str
    body_sha256: str


@dataclass(frozen=True, slots=True)
class GuestAgreed(Event):
    """The guest agreed to the versioned text about being recorded and keeping what is heard; ``text_sha256`` is of exactly
    what was shown."""

    type: ClassVar[str] = "guest_agreed"
    invitation: str
    version: str
    language: str
    text_sha256: str


@dataclass(frozen=True, slots=True)
class GuestDeclined(Event):
    """The guest did not agree to that text, and so does not come."""

    type: ClassVar[str] = "guest_declined"
    invitation: str
    version: str


@dataclass(frozen=True, slots=True)
class InvitationTakenBack(Event):
    """The physician took the invitation back, whether or not the guest was there."""

    type: ClassVar[str] = "invitation_taken_back"
    invitation: str


# --- after a referral -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReferralTold(Annotation):
    """Something became known about the session's referral; it changes nothing in the session, which has ended.

    ``fact`` and ``source`` are codes of `server.referrals.track`. ``appointment_at_s`` (seconds since 1970) is 0 where there is
    none; ``body_sha256`` is H(nonce || body) of further words, or empty.
    """

    type: ClassVar[str] = "referral_told"
    referral: str
    fact: str
    source: str
    appointment_at_s: int
    body_sha256: str


@dataclass(frozen=True, slots=True)
class PhoneRevealed(Annotation):
    """A member of staff (``staff`` is their id) was shown the family's whole telephone number, to call about the referral or
    the complaint or incident (``concern``) of that id, or about the visit itself where both are empty."""

    type: ClassVar[str] = "phone_revealed"
    referral: str
    staff: str
    concern: str = ""


# --- documents handed in for the visit ------------------------------------------------------------


class AboutDocuments(Annotation):
    """What happened to a document."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class DocumentAdded(AboutDocuments):
    """The family handed it in and it was found good; ``body_sha256`` is H(nonce || body), the body names its SHA-256.
    ``purpose``: examination, or delegation for the written delegation of an adult who comes in the guardian's place."""

    type: ClassVar[str] = "document_added"
    document: str
    body_sha256: str
    purpose: str = "examination"
    guardian: str = ""


@dataclass(frozen=True, slots=True)
class StillTaken(Event):
    """The physician saved a picture out of the family's video; ``document`` and ``body_sha256`` as in ``DocumentAdded``."""

    type: ClassVar[str] = "still_taken"
    document: str
    body_sha256: str


@dataclass(frozen=True, slots=True)
class DocumentRemoved(AboutDocuments):
    """The family took it back before anybody was admitted."""

    type: ClassVar[str] = "document_removed"
    document: str
    guardian: str = ""


@dataclass(frozen=True, slots=True)
class DocumentRead(AboutDocuments):
    """Somebody of the staff opened it."""

    type: ClassVar[str] = "document_read"
    role: Role
    document: str


@dataclass(frozen=True, slots=True)
class DocumentsDestroyed(AboutDocuments):
    """The visit's key was destroyed some days after the end; the hospital's own copies remain."""

    type: ClassVar[str] = "documents_destroyed"


# --- the physician's note, complaints and incidents -----------------------------------------------


class AboutNotes(Annotation):
    """Signed once the session has ended, and not before."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class NoteSigned(AboutNotes):
    """The physician signed the note; ``body`` has its words and who signed, ``body_sha256`` is H(nonce || body)."""

    type: ClassVar[str] = "note_signed"
    note: str
    body: str
    body_sha256: str


@dataclass(frozen=True, slots=True)
class NoteAmended(AboutNotes):
    """The physician signed an amendment, which stands beside the note; otherwise as ``NoteSigned``."""

    type: ClassVar[str] = "note_amended"
    amendment: str
    body: str
    body_sha256: str


@dataclass(frozen=True, slots=True)
class ComplaintFiled(Annotation):
    """The family complains; the words, if any, are a body, ``body_sha256`` is H(nonce || body)."""

    type: ClassVar[str] = "complaint_filed"
    concern: str
    body_sha256: str


@dataclass(frozen=True, slots=True)
class IncidentRecorded(Annotation):
    """Something went wrong, says the physician or operations; ``category`` and ``source`` are codes of `server.concerns`."""

    type: ClassVar[str] = "incident_recorded"
    concern: str
    category: str
    source: str
    body_sha256: str


@dataclass(frozen=True, slots=True)
class ConcernTold(Annotation):
    """More became known of a complaint or an incident; ``fact`` and ``source`` are codes of `server.concerns`."""

    type: ClassVar[str] = "concern_told"
    concern: str
    fact: str
    source: str
    body_sha256: str


# --- the recorder, the relay, the clock, the server -----------------------------------------------


@dataclass(frozen=True, slots=True)
class RecorderReady(Event):
    """The recorder of this session writes durably (again)."""

    type: ClassVar[str] = "recorder_ready"


@dataclass(frozen=True, slots=True)
class RecorderLost(Event):
    type: ClassVar[str] = "recorder_lost"
    why: str


@dataclass(frozen=True, slots=True)
class RecordingAnchored(Event):
    """The manifest's head at this moment; changes no state, makes a shortened manifest detectable."""

    type: ClassVar[str] = "recording_anchored"
    recording: str
    line: int
    sha256: str


@dataclass(frozen=True, slots=True)
class GateLapsed(Event):
    """The relay closed the gate of that generation by itself for a reason that no other event tells (its lease ran out)."""

    type: ClassVar[str] = "gate_lapsed"
    generation: int
    cause: str


@dataclass(frozen=True, slots=True)
class DeadlinePassed(Event):
    """The session's earliest deadline has passed."""

    type: ClassVar[str] = "deadline_passed"


@dataclass(frozen=True, slots=True)
class ServerRestarted(Event):
    """The server came back and replayed the journal: seats are empty, the recorder is off, past deadlines get a fresh grace.

    ``down_ms`` is the time since the session's last journaled event: so long the guardian may have been away.
    """

    type: ClassVar[str] = "server_restarted"
    down_ms: int = 0


@dataclass(frozen=True, slots=True)
class ClockStepped(Event):
    """The system's wall clock was set; ends nothing."""

    type: ClassVar[str] = "clock_stepped"
    by_ms: int


EVENTS: Mapping[str, type[Event]] = MappingProxyType(
    {
        cls.type: cls
        for cls in (
            SeatTaken, SeatLeft, MediaAlive, MediaSilent, Doubted, RungChanged, ConsentGiven, ConsentRefused, ConsentWithdrawn,
            ChildConfirmed, ChildDenied, QuestionnaireAnswered, Measured, WhereaboutsTold, Chatted, Admitted, TextBegun,
            FamilyDenied, Attested, HoldPlaced, HoldCleared,
            Completed, Referred, Cancelled, VisitMoved, VisitCancelled, NoShowMarked, GuestInvited, GuestAgreed, GuestDeclined,
            InvitationTakenBack, ReferralTold, PhoneRevealed,
            RecorderReady, RecorderLost, RecordingAnchored, GateLapsed, DeadlinePassed, ServerRestarted, ClockStepped,
            RelationVerified, GuardianAdded, GuardianRemoved, LinkMade,
            DocumentAdded, DocumentRemoved, DocumentRead, DocumentsDestroyed, StillTaken,
            NoteSigned, NoteAmended, ComplaintFiled, IncidentRecorded, ConcernTold,
        )
    }
)  # fmt: skip
