"""What a session is: its states, its seats, and everything the rules (`server.session`) need to know of it. No rule is here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import assert_never

from media.rate.ladder import Rung
from server.events import Cause, Doubt, Outcome, WeakLeg
from signaling.seats import Role

REQUIRED_CONSENTS = ("consultation", "recording")


@dataclass(frozen=True, slots=True)
class Rules:
    """A hospital's limits, in seconds."""

    silent_after_s: float = 3.0  # no media for so long is silence; the relay measures it
    reattest_after_s: float = 20.0
    guardian_s: float = 120.0
    physician_s: float = 300.0
    recording_s: float = 120.0
    physician_hold_s: float = 900.0
    waiting_after_end_s: float = 1800.0  # the waiting room stays open so long after the appointment's end
    restart_grace_s: float = 300.0  # a waiting room that ran out while the server was away stays open so much longer

    def limit_s(self, cause: Cause) -> float:
        match cause:
            case Cause.GUARDIAN_SILENT:
                return self.guardian_s
            case Cause.PHYSICIAN_SILENT:
                return self.physician_s
            case Cause.RECORDING_LOST:
                return self.recording_s
            case Cause.PHYSICIAN_HOLD:
                return self.physician_hold_s
            case _:
                assert_never(cause)


GUARDIAN_NOT_WITH_CHILD = "guardian_not_with_child"


def outcome_of(cause: Cause, why: str) -> Outcome:
    """How a session ends when this cause outlasts its limit; ``why`` is the reason of the physician's own hold."""
    match cause:
        case Cause.GUARDIAN_SILENT:
            return Outcome.GUARDIAN_ABSENT
        case Cause.PHYSICIAN_HOLD:  # a hold for another reason says nothing about the family
            return Outcome.GUARDIAN_ABSENT if why == GUARDIAN_NOT_WITH_CHILD else Outcome.CANCELLED
        case Cause.PHYSICIAN_SILENT:
            return Outcome.PHYSICIAN_ABSENT
        case Cause.RECORDING_LOST:
            return Outcome.RECORDING_LOST
        case _:
            assert_never(cause)


# --- the states -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Waiting:
    """Seats fill, devices are checked; nothing is relayed or recorded. The waiting room closes at ``until``.

    ``text_since`` is when the physician began by text, None when not.
    """

    until: float
    text_since: float | None = None


@dataclass(frozen=True, slots=True)
class Verifying:
    """The gate is open; the physician checks who is there."""


@dataclass(frozen=True, slots=True)
class Live:
    """The gate is open and the guardian attested."""


@dataclass(frozen=True, slots=True)
class Span:
    """A cause of a hold: when it came, when it ends the session, and of the physician's own hold the reason."""

    since: float
    until: float
    why: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """The gate is closed until ``causes`` is empty."""

    resume_to: Verifying | Live
    causes: Mapping[Cause, Span]

    @property
    def first_to_end(self) -> Cause:
        """Of two that end at the same moment the one named first in ``Cause``, whichever came first."""
        return min((cause for cause in Cause if cause in self.causes), key=lambda cause: self.causes[cause].until)


@dataclass(frozen=True, slots=True)
class Ended:
    outcome: Outcome
    at: float


Running = Waiting | Verifying | Live | Held
State = Running | Ended


# --- the session ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seat:
    """One role's place. Epoch 0: nobody ever took it."""

    epoch: int = 0
    connected: bool = False
    media: bool = False
    doubts: tuple[Doubt, ...] = ()
    away_since: float | None = None  # when presence was last lost; None while present, or never present

    @property
    def present(self) -> bool:
        return self.connected and self.media


class Recorder(StrEnum):
    OFF = "off"
    STARTING = "starting"
    RUNNING = "running"
    LOST = "lost"


class Consent(StrEnum):
    OPEN = "open"
    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Agreement:
    """What one guardian said of the child (the last word) and agreed to."""

    child_confirmed: bool = False
    child_denied: bool = False
    consents: Mapping[str, Consent] = field(default_factory=lambda: dict.fromkeys(REQUIRED_CONSENTS, Consent.OPEN))

    @property
    def complete(self) -> bool:
        return self.child_confirmed and all(self.consents.get(kind) is Consent.GIVEN for kind in REQUIRED_CONSENTS)


Direction = tuple[Role, Role]
"""From whom to whom."""


@dataclass(frozen=True, slots=True)
class Weakness:
    """What a direction carries when it does not carry everything, and which leg is too weak."""

    rung: Rung
    why: WeakLeg


@dataclass(frozen=True, slots=True)
class FiledReferral:
    """The referral as everybody in the session may know it; the letter's body is elsewhere."""

    id: str
    reason: str
    urgency: str


@dataclass(frozen=True, slots=True)
class Guest:
    """Whoever the physician invited to the third seat: in which role, and whether they agreed to be recorded.

    ``since`` is when they first came in, None before; what was said earlier is not for them.
    """

    invitation: str
    role: Role
    agreed: bool = False
    since: float | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """Everything the rules need to know. ``version`` rises with each change.

    ``consents``, ``child_confirmed`` and ``child_denied`` are the booked guardian's, ``further`` has those of any other by id;
    ``guardian`` took the guardian's seat last, empty for the booked one.
    """

    id: str
    rules: Rules
    state: State
    seats: Mapping[Role, Seat]
    consents: Mapping[str, Consent]
    child_confirmed: bool = False
    admitted: bool = False
    recorder: Recorder = Recorder.OFF
    generation: int = 0
    referral: FiledReferral | None = None
    version: int = 0
    child_denied: bool = False  # the guardian's last word about the child
    family_denied: bool = False  # the physician's last word about who waits
    rungs: Mapping[Direction, Weakness] = field(default_factory=dict)  # of the directions that do not carry everything
    guest: Guest | None = None
    guardian: str = ""
    further: Mapping[str, Agreement] = field(default_factory=dict)
    stills: int = 0  # how many the physician saved

    @property
    def gate_open(self) -> bool:
        return isinstance(self.state, Verifying | Live)

    @property
    def text(self) -> bool:
        """Whether the visit goes on by text, before the gate was ever open."""
        return isinstance(self.state, Waiting) and self.state.text_since is not None

    @property
    def under_way(self) -> bool:
        """Whether the physician let these people in: to be seen, or by text."""
        return self.admitted or self.text

    @property
    def deadline(self) -> float | None:
        """When ``DeadlinePassed`` is due."""
        match self.state:
            case Waiting(until):
                return until
            case Held(causes=causes):
                return min(span.until for span in causes.values())
            case Verifying() | Live() | Ended():
                return None
            case _:
                assert_never(self.state)

    def present(self, role: Role) -> bool:
        return role in self.seats and self.seats[role].present

    def agreement(self, guardian: str) -> Agreement:
        """Of the booked guardian (empty) or a further one; of whom nothing was heard yet everything is open."""
        if guardian:
            return self.further.get(guardian, Agreement())
        return Agreement(self.child_confirmed, self.child_denied, self.consents)

    @property
    def stills_allowed(self) -> bool:
        """Whether a still picture may be kept now: who holds the seat agreed. Those that the rescue ladder sends in place of
        video are not kept."""
        return self.agreement(self.guardian).consents.get("stills") is Consent.GIVEN

    @property
    def consented(self) -> bool:
        """Whether the guardian who holds the seat confirmed the child and agreed."""
        return self.agreement(self.guardian).complete
