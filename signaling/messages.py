"""The messages of PROTOCOL.md: one frozen dataclass each, whose annotations are its grammar (`shapes.py`).

`decode_intent` reads what a page asks for, `encode` writes what the server says; `decode_message` reads that again for
clients written in Python. The page's own reading is `web_client/shared/messages.js`, and one corpus holds both to the same
verdicts. Durations stand in views instead of wall times, so that a wrong clock on a phone is harmless. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal

from signaling.seats import Role
from signaling.shapes import Length, Malformed, Range, one_of, plain, read
from signaling.texts import Sentence

__all__ = ["Malformed", "Refused", "decode_intent", "decode_message", "encode", "plain"]

Language = Literal["zh", "en"]
EVERYONE = frozenset(Role)
GUARDIAN = frozenset({Role.GUARDIAN})
PHYSICIAN = frozenset({Role.PHYSICIAN})


class Refused(Exception):
    """Well-formed but not allowed; nothing has changed. `code` is a stable word of PROTOCOL.md, section 7, or one that the
    rules above this floor know: then `said` is the sentence that goes with it."""

    def __init__(self, code: str, said: Sentence | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.said = said


Positive = Annotated[int, Range(1)]
Count = Annotated[int, Range(0)]
Identifier = Annotated[str, Length(1, 64)]
DepartmentCode = Annotated[str, Length(1, 200)]
Sdp = Annotated[str, Length(1, 32768)]
Text = Annotated[str, Length(0, 4000)]
Moment = Annotated[str, Length(1, 40)]
Device = Annotated[str, one_of("live", "muted", "off", "lost", "none")]
Picture = Annotated[str, one_of("ok", "dark", "frozen", "unknown")]
IcePolicy = Annotated[str, one_of("all", "relay")]
Rung = Annotated[str, one_of("full", "low", "stills", "sound", "chat")]
Urgency = Annotated[str, one_of("emergency", "within_24h", "within_2w", "within_30d", "routine")]


# --- page to server -------------------------------------------------------------------------------


class Intent:
    """What a page asks for; `type` is its name on the wire, `roles` are those who may ask."""

    __slots__ = ()
    type: ClassVar[str]
    roles: ClassVar[frozenset[Role]] = EVERYONE


@dataclass(frozen=True, slots=True)
class Offer(Intent):
    """`peer` numbers the page's peer connections, `revision` the offers on one of them."""

    type: ClassVar[str] = "offer"
    peer: Positive
    revision: Positive
    sdp: Sdp


@dataclass(frozen=True, slots=True)
class DeviceReport(Intent):
    """What the page says about its devices: evidence, which never opens anything."""

    type: ClassVar[str] = "device_report"
    microphone: Device
    camera: Device
    visible: bool
    picture: Picture


@dataclass(frozen=True, slots=True)
class SendChat(Intent):
    """The same `client_id` again is the same message."""

    type: ClassVar[str] = "chat"
    client_id: Identifier
    text: Annotated[str, Length(1, 2000)]


@dataclass(frozen=True, slots=True)
class Sending(Intent):
    """What this page's own uplink bears (PROTOCOL.md, section 8); it already sends no more."""

    type: ClassVar[str] = "sending"
    rung: Rung


@dataclass(frozen=True, slots=True)
class Leave(Intent):
    """The seat is given up; the visit goes on."""

    type: ClassVar[str] = "leave"


@dataclass(frozen=True, slots=True)
class WithdrawConsent(Intent):
    type: ClassVar[str] = "withdraw_consent"
    roles: ClassVar[frozenset[Role]] = GUARDIAN
    kind: Annotated[str, one_of("recording", "consultation", "stills")]


@dataclass(frozen=True, slots=True)
class Admit(Intent):
    """`names_match`: the masked names of child and guardian are those of the appointment."""

    type: ClassVar[str] = "admit"
    roles: ClassVar[frozenset[Role]] = PHYSICIAN
    names_match: bool


@dataclass(frozen=True, slots=True)
class BeginText(Intent):
    """The visit begins by text, the gate closed; `names_match` as in `Admit`."""

    type: ClassVar[str] = "begin_text"
    roles: ClassVar[frozenset[Role]] = PHYSICIAN
    names_match: bool


@dataclass(frozen=True, slots=True)
class DenyFamily(Intent):
    """These are not the people of the appointment: nobody is admitted."""

    type: ClassVar[str] = "deny_family"
    roles: ClassVar[frozenset[Role]] = PHYSICIAN


@dataclass(frozen=True, slots=True)
class Attest(Intent):
    """The physician saw guardian and child; `checks` are the codes ticked, the rest is where they are and can be called."""

    type: ClassVar[str] = "attest"
    roles: ClassVar[frozenset[Role]] = PHYSICIAN
    checks: Annotated[tuple[Identifier, ...], Length(0, 16)]
    call_back: Annotated[str, Length(0, 40)]
    location: Annotated[str, Length(0, 200)]


@dataclass(frozen=True, slots=True)
class Hold(Intent):
    type: ClassVar[str] = "hold"
    roles: ClassVar[frozenset[Role]] = PHYSICIAN
    reason: Annotated[str, one_of("guardian_not_with_child", "technical", "other")]


@dataclass(frozen=True, slots=True)
class Resume(Intent):
    """Clears the physician's own hold, and no other cause."""

    type: ClassVar[str] = "resume"
    roles: ClassVar[frozenset[Role]] = PHYSICIAN


@dataclass(frozen=True, slots=True)
class Complete(Intent):
    """`adequate`: everything needed could be judged remotely."""

    type: ClassVar[str] = "complete"
    roles: ClassVar[frozenset[Role]] = PHYSICIAN
    summary: Annotated[str, Length(1, 4000)]
    adequate: bool


@dataclass(frozen=True, slots=True)
class Refer(Intent):
    """Ends the session for in-person care; `reason` is a code of the field's checklist, `to` one of the pathway's departments,
    or empty for the one that it proposes."""

    type: ClassVar[str] = "refer"
    roles: ClassVar[frozenset[Role]] = PHYSICIAN
    reason: Identifier
    urgency: Urgency
    note: Text
    not_examined: Annotated[str, Length(0, 2000)]
    told_family: Annotated[str, Length(0, 2000)]
    to: Annotated[str, Length(0, 200)] = ""


@dataclass(frozen=True, slots=True)
class Cancel(Intent):
    type: ClassVar[str] = "cancel"
    roles: ClassVar[frozenset[Role]] = PHYSICIAN


# --- views ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CauseView:
    """Why the session is held; `remaining_ms` until it ends for that, null when it does not."""

    cause: Annotated[str, one_of("guardian_silent", "physician_silent", "recording_lost", "physician_hold")]
    elapsed_ms: Count
    remaining_ms: Count | None


@dataclass(frozen=True, slots=True)
class ReferralView:
    id: Identifier
    reason: Identifier
    urgency: Urgency


@dataclass(frozen=True, slots=True)
class RungView:
    """A direction of the conversation that does not carry everything; `why` is the leg that is too weak."""

    from_: Role
    to: Role
    rung: Annotated[str, one_of("low", "stills", "sound", "chat")]
    why: Annotated[str, one_of("uplink", "downlink")]


@dataclass(frozen=True, slots=True)
class SeatView:
    role: Role
    name: Annotated[str, Length(0, 100)]
    connected: bool
    presence: Annotated[str, one_of("present", "doubtful", "absent")]
    doubts: Annotated[tuple[Identifier, ...], Length(0, 16)]


@dataclass(frozen=True, slots=True)
class StillsView:
    """`allowed`: the guardian in the visit agrees that the physician keeps still pictures; `taken` is how many there are."""

    allowed: bool
    taken: Count


@dataclass(frozen=True, slots=True)
class SessionView:
    """`version` rises with every change: a page keeps the newest it has seen."""

    version: Count
    state: Annotated[str, one_of("waiting", "verifying", "live", "held", "ended")]
    admitted: bool
    text: bool
    family_denied: bool
    stills: StillsView
    gate: bool
    recording: Annotated[str, one_of("off", "starting", "running", "lost")]
    until_ms: Count | None
    causes: Annotated[tuple[CauseView, ...], Length(0, 8)]
    resume_to: Annotated[str | None, one_of("verifying", "live")]
    outcome: Annotated[
        str | None,
        one_of(
            "completed", "referred", "guardian_absent", "physician_absent",
            "no_show", "recording_lost", "consent_withdrawn", "cancelled",
        ),
    ]  # fmt: skip
    referral: ReferralView | None
    rungs: Annotated[tuple[RungView, ...], Length(0, 12)]
    seats: Annotated[tuple[SeatView, ...], Length(0, 4)]


@dataclass(frozen=True, slots=True)
class PhysicianCard:
    """What the family may know about the physician (the licence is shown by law)."""

    name: Annotated[str, Length(0, 100)]
    title: Annotated[str, Length(0, 100)]
    hospital: Annotated[str, Length(0, 200)]
    licence: Annotated[str, Length(0, 100)]


@dataclass(frozen=True, slots=True)
class ReasonView:
    """One line of the field's checklist; `text` is in the page's language, `urgency` is its default. `to` are the codes of the
    departments that are proposed for it, one for each urgency in their order."""

    code: Identifier
    text: Annotated[str, Length(1, 300)]
    urgency: Urgency
    to: Annotated[tuple[DepartmentCode, ...], Length(0, 5)] = ()


@dataclass(frozen=True, slots=True)
class DepartmentView:
    """One that the hospital refers to; `text` names hospital and department in the page's language."""

    code: DepartmentCode
    text: Annotated[str, Length(1, 500)]


@dataclass(frozen=True, slots=True)
class VisitView:
    """Names of child and guardian are masked; `reasons`, `departments` and `call_back`, the family's number, are the
    physician's only."""

    id: Identifier
    field: Identifier
    starts_at: Moment
    child: Annotated[str, Length(0, 100)]
    guardian: Annotated[str, Length(0, 100)]
    physician: PhysicianCard
    reasons: Annotated[tuple[ReasonView, ...], Length(0, 100)]
    call_back: Annotated[str, Length(0, 40)]
    departments: Annotated[tuple[DepartmentView, ...], Length(0, 500)] = ()


@dataclass(frozen=True, slots=True)
class Chat:
    id: Identifier
    role: Role
    text: Annotated[str, Length(1, 2000)]
    at: Moment


@dataclass(frozen=True, slots=True)
class Line:
    """One direction of one leg; `loss` is 0 to 1."""

    bitrate_bps: Count
    loss: Annotated[float, Range(0, 1)]
    jitter_ms: Annotated[float, Range(0)]


@dataclass(frozen=True, slots=True)
class LegQuality:
    role: Role
    up: Line
    down: Line
    rtt_ms: Annotated[float | None, Range(0)]


@dataclass(frozen=True, slots=True)
class Track:
    """Whose media the receive-only line `mid` of an answer carries."""

    mid: Annotated[str, Length(1, 16)]
    role: Role


@dataclass(frozen=True, slots=True)
class IceServer:
    """As RTCPeerConnection takes it; both credentials are empty for STUN."""

    urls: Annotated[tuple[Annotated[str, Length(1, 300)], ...], Length(1, 8)]
    username: Annotated[str, Length(0, 300)]
    credential: Annotated[str, Length(0, 300)]


# --- server to page -------------------------------------------------------------------------------


class Message:
    """What the server says; `type` is its name on the wire. `seq` is added where it is numbered."""

    __slots__ = ()
    type: ClassVar[str]


@dataclass(frozen=True, slots=True)
class Welcome(Message):
    """The whole snapshot; everything a page knew before it is replaced. `ice_policy` is for RTCPeerConnection."""

    type: ClassVar[str] = "welcome"
    epoch: Positive
    role: Role
    visit: VisitView
    session: SessionView
    chat: Annotated[tuple[Chat, ...], Length(0, 2000)]
    receive_pairs: Annotated[int, Range(1, 3)]
    ice_servers: Annotated[tuple[IceServer, ...], Length(0, 8)]
    ice_policy: IcePolicy


@dataclass(frozen=True, slots=True)
class SessionChanged(Message):
    type: ClassVar[str] = "session"
    session: SessionView


@dataclass(frozen=True, slots=True)
class Answer(Message):
    type: ClassVar[str] = "answer"
    peer: Positive
    revision: Positive
    sdp: Sdp
    tracks: Annotated[tuple[Track, ...], Length(0, 8)]


@dataclass(frozen=True, slots=True)
class ChatPosted(Message):
    type: ClassVar[str] = "chat"
    message: Chat


@dataclass(frozen=True, slots=True)
class Quality(Message):
    type: ClassVar[str] = "quality"
    light: Annotated[str, one_of("good", "fair", "poor")]
    legs: Annotated[tuple[LegQuality, ...], Length(0, 4)]


@dataclass(frozen=True, slots=True)
class Moved(Message):
    """The appointment has another time."""

    type: ClassVar[str] = "moved"
    starts_at: Moment


@dataclass(frozen=True, slots=True)
class MediaRestart(Message):
    type: ClassVar[str] = "media_restart"
    reason: Annotated[str, one_of("relay_lost", "codec")]


@dataclass(frozen=True, slots=True)
class Receive(Message):
    """A seat was added: offer so many receive-only pairs from now on, on the present peer connection."""

    type: ClassVar[str] = "receive"
    pairs: Annotated[int, Range(1, 3)]


@dataclass(frozen=True, slots=True)
class Superseded(Message):
    type: ClassVar[str] = "superseded"


@dataclass(frozen=True, slots=True)
class Closing(Message):
    type: ClassVar[str] = "closing"
    retry_s: Annotated[float, Range(0, 3600)]


# --- reading and writing --------------------------------------------------------------------------

INTENTS = MappingProxyType(
    {
        cls.type: cls
        for cls in (
            Offer, DeviceReport, SendChat, Sending, Leave, WithdrawConsent,
            Admit, BeginText, DenyFamily, Attest, Hold, Resume, Complete, Refer, Cancel,
        )
    }
)  # fmt: skip
MESSAGES = MappingProxyType(
    {
        cls.type: cls
        for cls in (Welcome, SessionChanged, Answer, ChatPosted, Quality, Moved, MediaRestart, Receive, Superseded, Closing)
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Resumption:
    """The newest epoch and message that a page has seen."""

    epoch: Positive
    seq: Positive


@dataclass(frozen=True, slots=True)
class Hello:
    """What a page says when it connects (Socket.IO's `auth`); `instance` is the same for all sockets of one stay."""

    token: Annotated[str, Length(16, 128)]
    instance: Annotated[str, Length(16, 64)]
    language: Annotated[str, one_of("zh", "en")]
    resume: Resumption | None


def decode_hello(value: object) -> Hello:
    """Raises `Malformed`."""
    hello = read(Hello, value)
    if not all(c.isascii() and (c.isalnum() or c in "_-") for c in hello.instance):
        raise Malformed
    return hello


def decode_intent(value: object) -> Intent:
    """A page's JSON object as an intent. Raises `Malformed` with `bad_message`, `unknown_type` or `too_large`."""
    cls: Any = INTENTS.get(_type(value))
    if cls is None:
        raise Malformed("unknown_type")
    intent: Intent = read(cls, value)
    return intent


def decode_message(value: object) -> tuple[int, Message]:
    """A server's JSON object as its `seq` and its message. Raises `Malformed`."""
    cls: Any = MESSAGES.get(_type(value))
    if cls is None:
        raise Malformed("unknown_type")
    message: Message = read(cls, value)
    return read(_Numbered, value).seq, message


def encode(message: Message | Intent) -> dict[str, Any]:
    """The message's JSON object, without `seq`."""
    return {"type": message.type, **plain(message)}


@dataclass(frozen=True, slots=True)
class _Numbered:
    seq: Positive


def _type(value: object) -> str:
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(kind, str):
        raise Malformed
    return kind
