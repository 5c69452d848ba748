"""A visit's session: who must be there for child and physician to meet, what happens when someone is not, and how it ends.

``step(session, event, now)`` gives the session after the event and the effects it asks for. It is a pure function: the journal
holds the events, and the state is their fold (``replay``). These are the rules.

    Waiting ──── admitted, both present, recorder running ───> Verifying ── attested ──> Live
                                                               Verifying, Live <───────> Held
    any state ───────────────────────────────────────────────────────────────────────────> Ended

1.  The gate, through which alone sound and picture pass, is open in Verifying and Live and nowhere else. To be there, three
    things must hold at every moment: the guardian is present, the physician is present, the recorder writes durably.
2.  A person is *present* while media of the newest connection (epoch) of that seat arrives and that connection has not left.
    An open socket, an older epoch, or media that lives on after leaving is not presence.
3.  Waiting: the guardian confirms the child (or denies it: the last word counts), agrees to the consultation and to its
    recording, and may prepare the visit (questionnaire, heights and weights), which is written down and changes nothing; then
    the physician, who sees the same masked names, admits, which starts the recorder, or says that these are not the people of
    the appointment: then nobody is admitted until that is taken back by admitting. When the waiting room closes the session
    ends: physician_absent when only the physician failed to come, otherwise no_show. Only here can the physician cancel; and
    only here, with nobody admitted, can the visit be moved, called off or marked as a no-show from outside the room. A move
    gives the waiting room its new end; a no-show is none before the appointment's start, nor while the guardian is here.
4.  Verifying: the physician looks whether this is the guardian, this the child, who they say, in a private place, and where
    they are and can be called (`server.attestation`); attesting all of it makes it Live. Completing is allowed only after
    that; referring to in-person care is allowed always.
5.  Held: the gate is shut both ways, for one cause or several at once. Each cause has its own clock, starting when it came.
    When the last is gone the gate opens again; when the first runs out the session ends with that cause's outcome. A
    guardian who was away longer than ``reattest_after_s`` comes back to Verifying, otherwise everybody to where they were.
    The physician's own hold is lifted by the physician only.
6.  Taking back either consent ends the session as consent_withdrawn. The child can still be referred afterwards, once. The
    consent to keeping still pictures is neither: refused or taken back, none is kept and the visit goes on. With it the
    physician may keep some, in Live alone (`server.stills`); what was kept stays.
7.  Ended is final. The same command again is answered as done and changes nothing; any other is refused. The physician's note
    is signed, and amended, only then. What happens to documents, complaints and incidents is written down in every state. None
    of it changes anything.
8.  What a direction between two who are here carries (its *rung*) is known while both stay; a new connection of either begins
    with everything. A rung is told to all and opens, closes and ends nothing: sound alone is presence.
9.  One guest at a time, a local doctor or an interpreter, may be invited by the physician while the session lasts. A guest
    takes the seat only after agreeing to be recorded, loses it at once when the invitation is taken back, and counts for
    nothing: no guest opens, closes, holds or ends anything, and a guest is no guardian (`server.guests`).
10. A child may have several guardians, each of whom confirms and agrees for themselves; one at a time holds the seat and is the
    guardian of these rules. Another takes it over only after both, and is then to be attested: Live goes back to Verifying
    (`server.guardians`). As long as nobody was admitted, nor taken on by text, a further one may be removed: what they agreed
    to is over, and who held the seat is shown out.
11. After a restart of the server nobody is present and nothing records; an open session is Held until all are back, and
    deadlines that passed meanwhile start afresh, so that nobody is sent away for our fault.
12. By text first: in Waiting the physician may begin by text, under the conditions of an admission. The gate stays closed,
    nothing is recorded, and the state stays Waiting; admitting then makes it a video visit as it makes any other, to be
    attested before it is completed. From the beginning by text on nothing is decided from outside, and refusing a consent
    takes it back, as after an admission. The waiting room stays open for ``waiting_after_end_s`` at least, and is kept open as
    long as both are connected; when it closes, whoever is not connected is absent. When the physician says that these are
    others, it is over and they wait as before (`server.session_text`).

Each opening of the gate has its own, rising ``generation``; closing bars that one and all before it. Within the effects of one
step what closes comes before what opens.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import assert_never

from server import guardians, guests, session_text, stills
from server.attestation import REQUIRED_CHECKS
from server.chain import microseconds
from server.effects import AnchorRecording, CloseGate, Effect, EndMedia, MakeRoom, OpenGate, ShowOut, ShowState, StartRecording
from server.errors import Refused
from server.events import (
    AboutNotes,
    Admitted,
    Annotation,
    Attested,
    Cancelled,
    Cause,
    Chatted,
    ChildConfirmed,
    ChildDenied,
    ClockStepped,
    Completed,
    ConsentGiven,
    ConsentRefused,
    ConsentWithdrawn,
    DeadlinePassed,
    Doubted,
    Event,
    FamilyDenied,
    GateLapsed,
    GuardianAdded,
    GuardianRemoved,
    GuestAgreed,
    GuestDeclined,
    GuestInvited,
    HoldCleared,
    HoldPlaced,
    InvitationTakenBack,
    Measured,
    MediaAlive,
    MediaSilent,
    NoShowMarked,
    Outcome,
    QuestionnaireAnswered,
    RecorderLost,
    RecorderReady,
    RecordingAnchored,
    Referred,
    RungChanged,
    SeatLeft,
    SeatTaken,
    ServerRestarted,
    StillTaken,
    TextBegun,
    VisitCancelled,
    VisitMoved,
    WhereaboutsTold,
)
from server.session_seats import carried, seated, with_seat
from server.session_state import (
    GUARDIAN_NOT_WITH_CHILD,
    REQUIRED_CONSENTS,
    Agreement,
    Consent,
    Direction,
    Ended,
    FiledReferral,
    Held,
    Live,
    Recorder,
    Rules,
    Running,
    Seat,
    Session,
    Span,
    State,
    Verifying,
    Waiting,
    Weakness,
    outcome_of,
)
from signaling.seats import GUESTS, Role

__all__ = [
    "GUARDIAN_NOT_WITH_CHILD",
    "REQUIRED_CHECKS",
    "REQUIRED_CONSENTS",
    "Agreement",
    "Consent",
    "Direction",
    "Ended",
    "FiledReferral",
    "Held",
    "Live",
    "Recorder",
    "Rules",
    "Running",
    "Seat",
    "Session",
    "Span",
    "State",
    "Verifying",
    "Waiting",
    "Weakness",
    "begun",
    "first_of",
    "new_session",
    "outcome_of",
    "replay",
    "step",
]


def new_session(id: str, rules: Rules, *, until: float) -> Session:
    """A session nobody has come to yet; its waiting room closes at ``until``: appointment's end + ``waiting_after_end_s``."""
    seats = {Role.GUARDIAN: Seat(), Role.PHYSICIAN: Seat()}
    return Session(id, rules, Waiting(until), seats, dict.fromkeys(REQUIRED_CONSENTS, Consent.OPEN))


def first_of(id: str, rules: Rules, *, ends_at: float, journal: Sequence[tuple[Event, float]]) -> Session:
    """The session of a visit before its first event; ``ends_at`` is the appointment's end as it stands now.

    It began with the end that the appointment had before it was first moved.
    """
    moved = (event.former_ends_at_us for event, _ in journal if isinstance(event, VisitMoved))
    first_us = next(moved, microseconds(ends_at))
    return new_session(id, rules, until=_closes(rules, first_us))


def begun(id: str, rules: Rules, *, ends_at: float, journal: Sequence[tuple[Event, float]]) -> Session:
    """The session of a visit as its journal left it; ``ends_at`` as in ``first_of``."""
    return replay(first_of(id, rules, ends_at=ends_at, journal=journal), journal)


def _closes(rules: Rules, ends_at_us: int) -> float:
    """When the waiting room of an appointment closes."""
    return ends_at_us / 1_000_000 + rules.waiting_after_end_s


def replay(initial: Session, journal: Iterable[tuple[Event, float]]) -> Session:
    """The fold of the committed events with the very times they were stepped with."""
    session = initial
    for event, at in journal:
        session, _ = step(session, event, at)
    return session


def step(session: Session, event: Event, now: float) -> tuple[Session, tuple[Effect, ...]]:
    """The session after the event, and what is to be done; raises ``Refused`` for a command that is not allowed.

    An event that changes nothing (of an older epoch, say) gives the same object back. ``now`` must be the very number that the
    journal stores with the event, or a replay may judge a deadline differently.
    """
    if isinstance(session.state, Ended):
        after = _after_the_end(session, session.state, event)
    else:
        after = _settled(_told(session, session.state, event, now), now)
    effects = _effects(session, after, event)
    if after == session:
        return session, effects
    return replace(after, version=session.version + 1), effects


# --- what each event tells ------------------------------------------------------------------------


def _told(session: Session, state: Running, event: Event, now: float) -> Session:
    """The session with the event's own fact or command in it; what follows from that is ``_settled``'s business."""
    match event:
        case SeatTaken(role=role) if role in GUESTS:
            return guests.came(session, event, now)
        case SeatTaken(role=Role.GUARDIAN):
            return guardians.came(session, event, now)
        case SeatTaken() | SeatLeft() | MediaAlive() | MediaSilent() | Doubted():
            return seated(session, event, now)
        case GuestInvited() | GuestAgreed() | GuestDeclined() | InvitationTakenBack():
            return guests.told(session, event, now)
        case RungChanged():
            return carried(session, event)
        case RecorderReady():
            return replace(session, recorder=Recorder.RUNNING)
        case RecorderLost():
            return replace(session, recorder=Recorder.LOST)
        case ChildConfirmed() | ChildDenied() | ConsentGiven() | ConsentRefused() | ConsentWithdrawn():
            said = guardians.told(session, event)
            return _ended(said, Outcome.CONSENT_WITHDRAWN, now) if guardians.ends(session, event) else said
        case Admitted() | TextBegun() | Attested() | HoldPlaced() | HoldCleared() | Completed() | Referred() | Cancelled():
            return _commanded(session, event, now)
        case FamilyDenied():
            if not isinstance(state, Waiting) or session.admitted:
                raise Refused("wrong_state")
            return replace(session_text.parted(session), family_denied=True)
        case VisitMoved() | VisitCancelled() | NoShowMarked() | GuardianRemoved():
            return _from_outside(session, state, event, now)
        case GateLapsed(generation=generation):
            current = session.gate_open and generation == session.generation
            return replace(session, generation=generation + 1) if current else session
        case DeadlinePassed():
            return _out_of_time(session, now)
        case ServerRestarted(down_ms=down_ms):
            return _restarted(session, state, now, now - down_ms / 1000)
        case StillTaken():
            return stills.taken(session)
        case QuestionnaireAnswered() | Measured():
            if not isinstance(state, Waiting):
                raise Refused("wrong_state")
            return session
        case AboutNotes():
            raise Refused("wrong_state")
        case Annotation() | Chatted() | RecordingAnchored() | ClockStepped() | WhereaboutsTold() | GuardianAdded():
            return session
        case _:
            raise TypeError(f"no rule for {event.type}")


def _ended(session: Session, outcome: Outcome, now: float) -> Session:
    return replace(session, state=Ended(outcome, now))


def _out_of_time(session: Session, now: float) -> Session:
    if session.deadline is None or now < session.deadline:
        return session  # the timer raced with what lifted it
    if isinstance(session.state, Held):
        first = session.state.first_to_end
        return _ended(session, outcome_of(first, session.state.causes[first].why), now)
    if session.text:
        after = session_text.out_of_time(session, now)
        return after if isinstance(after, Session) else _ended(session, after, now)
    came = {role for role, seat in session.seats.items() if seat.epoch > 0}
    only_the_physician_failed = Role.GUARDIAN in came and Role.PHYSICIAN not in came
    return _ended(session, Outcome.PHYSICIAN_ABSENT if only_the_physician_failed else Outcome.NO_SHOW, now)


def _restarted(session: Session, state: Running, now: float, down_since: float) -> Session:
    """Nobody is there and nothing records. Being away counts from ``down_since``, deadlines run from ``now``."""
    recorder = Recorder.STARTING if session.admitted else Recorder.OFF
    empty = replace(session, recorder=recorder)
    for role, seat in session.seats.items():
        empty = with_seat(empty, role, Seat(seat.epoch), down_since)
    if isinstance(state, Waiting):
        return empty if state.until > now else replace(empty, state=replace(state, until=now + session.rules.restart_grace_s))
    causes: dict[Cause, Span] = {cause: Span(down_since, now + session.rules.limit_s(cause)) for cause in _missing(empty)}
    if not isinstance(state, Held):
        return replace(empty, state=Held(state, causes))
    for cause, span in state.causes.items():
        causes[cause] = span if span.until > now else Span(span.since, now + session.rules.limit_s(cause), span.why)
    return replace(empty, state=Held(state.resume_to, causes))


# --- the physician's commands ---------------------------------------------------------------------

Command = Admitted | TextBegun | Attested | HoldPlaced | HoldCleared | Completed | Referred | Cancelled


def _commanded(session: Session, command: Command, now: float) -> Session:
    """A command that took effect before gives the session unchanged."""
    match command, session.state:
        case Admitted(), Waiting():
            return _admitted(session)
        case Admitted(), _:
            return session
        case TextBegun(), Waiting() as state:
            return session_text.taken_on(session, state, now)
        case Attested(checks=checks), Verifying():
            if not REQUIRED_CHECKS.issubset(checks):
                raise Refused("attestation_incomplete")
            return replace(session, state=Live())
        case Attested(), Live() | Held(resume_to=Live()):
            return session
        case HoldPlaced(reason=why), (Verifying() | Live()) as state:
            return replace(session, state=Held(state, {Cause.PHYSICIAN_HOLD: _span(session, Cause.PHYSICIAN_HOLD, now, why)}))
        case HoldPlaced(reason=why), Held(resume_to, causes):
            placed = {Cause.PHYSICIAN_HOLD: _span(session, Cause.PHYSICIAN_HOLD, now, why)}
            return replace(session, state=Held(resume_to, placed | dict(causes)))
        case HoldCleared(), Held(resume_to, causes):
            left: dict[Cause, Span] = {cause: span for cause, span in causes.items() if cause is not Cause.PHYSICIAN_HOLD}
            return replace(session, state=Held(resume_to, left))
        case HoldCleared(), Verifying() | Live():
            return session
        case Completed(), Live() | Held(resume_to=Live()):
            return _ended(session, Outcome.COMPLETED, now)
        case Referred(), _:
            return _ended(_filed(session, command), Outcome.REFERRED, now)
        case Cancelled(), Waiting():
            return _ended(session, Outcome.CANCELLED, now)
        case _:
            raise Refused("wrong_state")


Outside = VisitMoved | VisitCancelled | NoShowMarked | GuardianRemoved


def _from_outside(session: Session, state: Running, event: Outside, now: float) -> Session:
    """What the hospital's system or its desk may do, as long as nobody was admitted, nor taken on by text."""
    if not isinstance(state, Waiting) or session.under_way:
        raise Refused("visit_under_way")
    match event:
        case VisitMoved(ends_at_us=ends_at_us):
            return replace(session, state=Waiting(_closes(session.rules, ends_at_us)))
        case VisitCancelled():
            return _ended(session, Outcome.CANCELLED, now)
        case NoShowMarked(starts_at_us=starts_at_us):
            if session.seats[Role.GUARDIAN].connected:
                raise Refused("visit_under_way")
            if now < starts_at_us / 1_000_000:
                raise Refused("too_early")
            return _ended(session, Outcome.NO_SHOW, now)
        case GuardianRemoved(guardian=guardian):
            return guardians.removed(session, guardian, now)
        case _:
            assert_never(event)


def _admitted(session: Session) -> Session:
    session_text.check_ready(session)
    started = Recorder.STARTING if session.recorder is Recorder.OFF else session.recorder
    return replace(session, admitted=True, recorder=started, family_denied=False)


def _filed(session: Session, referred: Referred) -> Session:
    return replace(session, referral=FiledReferral(referred.referral, referred.reason, referred.urgency))


def _after_the_end(session: Session, ended: Ended, event: Event) -> Session:
    match event, ended.outcome:
        case Referred(), Outcome.CONSENT_WITHDRAWN if session.referral is None:
            return _filed(session, event)
        case Referred(), Outcome.CONSENT_WITHDRAWN | Outcome.REFERRED:
            return session
        case Completed(), Outcome.COMPLETED:
            return session
        case Cancelled() | VisitCancelled(), Outcome.CANCELLED:
            return session
        case NoShowMarked(), Outcome.NO_SHOW:
            return session
        case ConsentWithdrawn(), Outcome.CONSENT_WITHDRAWN:
            return session
        case (
            (
                Admitted()
                | TextBegun()
                | Attested()
                | HoldPlaced()
                | HoldCleared()
                | Completed()
                | Referred()
                | Cancelled()
                | ConsentWithdrawn()
                | QuestionnaireAnswered()
                | Measured()
                | WhereaboutsTold()
                | FamilyDenied()
                | VisitMoved()
                | VisitCancelled()
                | NoShowMarked()
                | GuardianAdded()
                | GuardianRemoved()
                | GuestInvited()
                | GuestAgreed()
                | GuestDeclined()
                | InvitationTakenBack()
                | StillTaken()
            ),
            _,
        ):
            raise Refused("session_ended")
        case _:
            return session


# --- what follows ---------------------------------------------------------------------------------


def _missing(session: Session) -> tuple[Cause, ...]:
    """What keeps the gate closed, as far as facts go (the physician's own hold is a wish, not a fact)."""
    facts = {
        Cause.GUARDIAN_SILENT: not session.present(Role.GUARDIAN),
        Cause.PHYSICIAN_SILENT: not session.present(Role.PHYSICIAN),
        Cause.RECORDING_LOST: session.recorder is not Recorder.RUNNING,
    }
    return tuple(cause for cause, missing in facts.items() if missing)


def _span(session: Session, cause: Cause, now: float, why: str = "") -> Span:
    return Span(now, now + session.rules.limit_s(cause), why)


def _settled(session: Session, now: float) -> Session:
    """The state that the facts demand."""
    missing = _missing(session)
    match session.state:
        case Waiting():
            return _opened(session, Verifying()) if session.admitted and session.consented and not missing else session
        case (Verifying() | Live()) as state:
            causes = {c: _span(session, c, now) for c in missing}
            return replace(session, state=Held(state, causes)) if causes else session
        case Held(resume_to, before):
            kept = {c: span for c, span in before.items() if c in missing or c is Cause.PHYSICIAN_HOLD}
            new = {c: _span(session, c, now) for c in missing if c not in before}
            guardian = before.get(Cause.GUARDIAN_SILENT)
            if guardian and Cause.GUARDIAN_SILENT not in kept and now - guardian.since > session.rules.reattest_after_s:
                resume_to = Verifying()
            return replace(session, state=Held(resume_to, kept | new)) if kept | new else _opened(session, resume_to)
        case Ended():
            return session
        case _:
            assert_never(session.state)


def _opened(session: Session, state: Verifying | Live) -> Session:
    return replace(session, state=state, generation=session.generation + 1)


def _effects(before: Session, after: Session, event: Event) -> tuple[Effect, ...]:
    """What the change asks for: first what closes, then what opens."""
    effects: list[Effect] = []
    ends = isinstance(after.state, Ended) and not isinstance(before.state, Ended)
    holds = isinstance(after.state, Held) and not isinstance(before.state, Held)
    admits = after.admitted and not before.admitted
    restarts = isinstance(event, ServerRestarted) and after.admitted and not isinstance(after.state, Ended)
    if before.gate_open and not after.gate_open:
        effects.append(CloseGate(before.generation))
    if ends:
        effects.append(EndMedia())
    if before.guest is not None and (after.guest is None or after.guest.invitation != before.guest.invitation):
        effects.append(ShowOut(before.guest.role))
    if isinstance(event, GuardianRemoved) and before.guardian != after.guardian:
        effects.append(ShowOut(Role.GUARDIAN))
    if after.generation > before.generation:
        effects.append(OpenGate(after.generation))
    if admits or restarts:
        effects.append(StartRecording())
    if holds or (ends and after.admitted):
        effects.append(AnchorRecording())
    if len(after.seats) > len(before.seats):
        effects.append(MakeRoom())
    if replace(after, generation=before.generation) != before:
        effects.append(ShowState())
    return tuple(effects)
