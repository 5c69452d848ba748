"""The presence ledger: who was in a visit when, how long its gate stood open, and what speaks against either.

``ledger(initial, journal, now)`` folds a session's journal, and nothing else, into spans. What it calls present, held or open
is what the session machine calls so (``server.session``): there is one set of rules, and the ledger only writes down since
when and until when each of its answers held. These are its promises.

1.  A span holds from ``since`` up to, not including, ``until``. Spans of the same kind are in order and do not overlap; the
    visit's end closes all of them. While the visit goes on, what holds now ``goes_on`` and is told up to ``now``.
2.  A restart counts from when the server was last known to live, not from when it came back: what nobody measured is no
    presence. Those spans are ``server_away``. The gate closes by itself at most two seconds into one (its lease), which the
    journal cannot narrow down.
3.  While the gate was open the guardian was present, by the machine's first rule; the two totals are therefore equal.
    Present means that at every moment of it an authenticated packet of the guardian's device had come within the last
    ``heard_within_s``, the limit of silence that the relay watches. It does not mean that a person sat before that device:
    doubts, the physician's attestation and the physician's hold say what is known of that.
4.  A lapse: the relay had closed the gate although all conditions held (its lease had run out). The journal has the moment at
    which it was opened again, not the second before it, so such a span counts as open: never less than what passed.

5.  The guardian's line is that of the seat, whoever held it: at every moment of presence exactly one guardian did. Each
    guardian also has a line of their own (``guardians``); together these are the seat's.
6.  A visit that began by text has a time by text: who was connected from then on until the gate first opened, or the end. It
    is no presence, for nobody was seen or heard, and stands in no total.
7.  A guest of the third seat has a line of their own for each invitation, and stands in no other promise: nobody's presence
    but the guardian's is the guardian's.

The journal has no list of the kinds of media that arrived. *Evidence* is therefore what nothing in the record speaks against:
picture, unless a doubt says that the camera is off or that only sound comes, or the direction's rung carries none; sound,
unless the microphone is lost or the rung carries none. That somebody stepped away is known only as the physician's own words:
the hold ``guardian_not_with_child``, which counts as a doubt about the guardian for as long as it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from media.rate.ladder import RUNGS, Rung
from server.events import (
    Admitted,
    Attested,
    Cause,
    ClockStepped,
    Doubt,
    Event,
    GateLapsed,
    GuestAgreed,
    GuestDeclined,
    GuestInvited,
    InvitationTakenBack,
    MediaSilent,
    SeatLeft,
    SeatTaken,
    ServerRestarted,
)
from server.session import GUARDIAN_NOT_WITH_CHILD, Ended, Held, Seat, Session, step
from signaling.seats import GUESTS, Role


class Evidence(StrEnum):
    """Which kinds of a present person's media nothing in the record speaks against."""

    SOUND_AND_PICTURE = "sound_and_picture"
    SOUND = "sound"
    PICTURE = "picture"
    NEITHER = "neither"  # packets come, and so the person counts as present, but neither kind gets through


class Parting(StrEnum):
    """Why somebody was not present any more."""

    SILENT = "silent"
    LEFT = "left"
    REPLACED = "replaced"  # a newer connection took the seat; presence begins anew with its media
    TAKEN_BACK = "taken_back"  # the physician took a guest's invitation back
    SERVER_AWAY = "server_away"
    VISIT_ENDED = "visit_ended"


NOT_WITH_CHILD = "not_with_child"
"""The one doubt that is the physician's: the guardian stepped away, or is not with the child."""


@dataclass(frozen=True, slots=True)
class Span:
    """From ``since`` up to, not including, ``until``: seconds since 1970 of the server's clock."""

    since: float
    until: float
    goes_on: bool = False

    @property
    def lasts_s(self) -> float:
        return self.until - self.since


@dataclass(frozen=True, slots=True)
class Stay(Span):
    """Somebody present; ``parting`` is why not any more, None while it goes on."""

    parting: Parting | None = None


@dataclass(frozen=True, slots=True)
class Spell(Span):
    """``what`` held: an ``Evidence``, a ``Doubt`` or ``NOT_WITH_CHILD``, or a hold's ``Cause`` with its reason (``why``)."""

    what: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One person's line; evidence and doubts of media only while present. ``by_text``: connected, in the time by text."""

    stays: tuple[Stay, ...]
    evidence: tuple[Spell, ...]
    doubts: tuple[Spell, ...]
    by_text: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class GuestLine:
    """One invitation's line: two who were invited as interpreters one after the other have one each.

    ``over_at`` is when it was taken back or declined, None when it stood to the end.
    """

    invitation: str
    role: Role
    invited_at: float
    agreed_at: float | None
    over_at: float | None
    line: Line


@dataclass(frozen=True, slots=True)
class Ledger:
    """``since`` and ``until`` are the journal's first event and the end (or now); the rest in order of time.
    ``guardians`` has the line of each who held the seat, the booked one's under an empty id; that of ``lines`` is of all.

    ``lapses``, ``attested`` and ``clock_steps`` are moments, the last with how far the system's clock was set, in ms.
    """

    since: float
    until: float
    closed: bool
    admitted_at: float | None
    gate: tuple[Span, ...]
    lines: Mapping[Role, Line]
    holds: tuple[Spell, ...]
    server_away: tuple[Span, ...]
    attested: tuple[float, ...]
    lapses: tuple[float, ...]
    clock_steps: tuple[tuple[float, int], ...]
    heard_within_s: float
    guests: tuple[GuestLine, ...] = ()
    guardians: Mapping[str, Line] = field(default_factory=dict)

    @property
    def open_s(self) -> float:
        """How long sound and picture could pass."""
        return lasting_s(self.gate)


def lasting_s(spans: Iterable[Span]) -> float:
    return sum(span.lasts_s for span in spans)


def together_s(these: Iterable[Span], those: Sequence[Span]) -> float:
    """How long one of each held at once."""
    return sum(max(0.0, min(a.until, b.until) - max(a.since, b.since)) for a in these for b in those)


# --- the fold -------------------------------------------------------------------------------------

_Mark = tuple[str, str, str]
"""Something that holds or does not: its kind, of whom, what."""
_GATE: _Mark = ("gate", "", "")


def ledger(initial: Session, journal: Iterable[tuple[Event, float]], now: float) -> Ledger:
    """The ledger of a session that began as ``initial``; the journal's events with their times, oldest first."""
    session, at = initial, 0.0
    book = _Book()
    began: float | None = None
    moments: dict[type[Event], list[tuple[float, Event]]] = {}
    for event, stamped in journal:
        counts_from = _counts_from(event, at, stamped)
        began = counts_from if began is None else began
        at = max(at, stamped)  # two processes' clocks may disagree when the system's was set between them
        before, (session, _) = session, step(session, event, stamped)
        if session is not before:
            book.turn(_marks(session), counts_from, _parting(event, session))
        book.away += [Span(counts_from, at)] if isinstance(event, ServerRestarted) and at > counts_from else []
        if session is not before or isinstance(event, ClockStepped):
            moments.setdefault(type(event), []).append((at, event))
        if isinstance(session.state, Ended):
            break
    closed = isinstance(session.state, Ended)
    until = at if closed else max(at, now)
    book.tell(until)
    seats = [e for _, e in moments.get(SeatTaken, ()) if isinstance(e, SeatTaken) and e.role is Role.GUARDIAN]
    admitted = next((when for when, _ in moments.get(Admitted, ())), None)
    return Ledger(
        since=until if began is None else began,
        until=until,
        closed=closed,
        admitted_at=admitted,
        gate=tuple(Span(s.since, s.until, s.goes_on) for _, s in book.of("gate")),
        lines={role: _line(book, role) for role in session.seats if role not in GUESTS},
        holds=tuple(_spells(book, "hold")),
        server_away=tuple(book.away),
        attested=tuple(when for when, _ in moments.get(Attested, ())),
        lapses=tuple(when for when, _ in moments.get(GateLapsed, ())),
        clock_steps=tuple((when, e.by_ms) for when, e in moments.get(ClockStepped, ()) if isinstance(e, ClockStepped)),
        heard_within_s=initial.rules.silent_after_s,
        guests=tuple(_guests(book, moments)),
        guardians={who: _line(book, _own(who)) for who in dict.fromkeys(["", *(e.guardian for e in seats)])},
    )


def _guests(book: _Book, moments: Mapping[type[Event], Sequence[tuple[float, Event]]]) -> Iterator[GuestLine]:
    def when(invitation: str, *kinds: type[GuestAgreed | GuestDeclined | InvitationTakenBack]) -> float | None:
        told = [(at, event) for kind in kinds for at, event in moments.get(kind, ()) if isinstance(event, kind)]
        return next((at for at, event in told if event.invitation == invitation), None)

    for at, event in moments.get(GuestInvited, ()):
        if isinstance(event, GuestInvited):
            over_at = when(event.invitation, GuestDeclined, InvitationTakenBack)
            line = _line(book, event.invitation)
            yield GuestLine(event.invitation, event.role, at, when(event.invitation, GuestAgreed), over_at, line)


def _counts_from(event: Event, at: float, stamped: float) -> float:
    """When what an event tells began: when it came, or when the server that restarted was last known to live."""
    down_s = event.down_ms / 1000 if isinstance(event, ServerRestarted) else 0.0
    return max(at, stamped - down_s)


class _Book:
    """What holds since when, and what held before; filled while the journal is folded."""

    def __init__(self) -> None:
        self.away: list[Span] = []
        self._since: dict[_Mark, float] = {}
        self._held: list[tuple[_Mark, Stay]] = []

    def turn(self, marks: Iterable[_Mark], at: float, parting: Parting) -> None:
        """From ``at`` on exactly ``marks`` hold."""
        now = dict.fromkeys(marks, at)
        for mark, since in self._since.items():
            if mark in now:
                now[mark] = since
            elif at > since:
                self._held.append((mark, Stay(since, at, parting=parting)))
        self._since = now

    def tell(self, until: float) -> None:
        """What still holds is told up to ``until``, and goes on."""
        self._held += [(mark, Stay(since, until, goes_on=True)) for mark, since in self._since.items() if until > since]

    def of(self, kind: str, whose: str | None = None) -> list[tuple[_Mark, Stay]]:
        """In order of time."""
        found = [(mark, stay) for mark, stay in self._held if mark[0] == kind and whose in (None, mark[1])]
        return sorted(found, key=lambda each: (each[1].since, each[1].until, each[0]))


def _line(book: _Book, whose: str) -> Line:
    stays = tuple(stay for _, stay in book.of("present", whose))
    by_text = tuple(Span(stay.since, stay.until, stay.goes_on) for _, stay in book.of("text", whose))
    return Line(stays, tuple(_spells(book, "evidence", whose)), tuple(_spells(book, "doubt", whose)), by_text)


def _spells(book: _Book, kind: str, whose: str | None = None) -> Iterator[Spell]:
    for (_, subject, what), stay in book.of(kind, whose):
        name, why = (what, "") if whose else (subject, what)
        yield Spell(stay.since, stay.until, stay.goes_on, name, why)


# --- what holds after an event --------------------------------------------------------------------


def _marks(session: Session) -> Iterator[_Mark]:
    if isinstance(session.state, Ended):
        return
    if session.gate_open:
        yield _GATE
    for role, seat in session.seats.items():
        lines = _lines_of(session, role)
        if session.text and seat.connected:
            yield from (("text", whose, "") for whose in lines)
        for whose in lines if seat.present else ():
            yield ("present", whose, "")
            yield ("evidence", whose, _evidence(session, role, seat))
            for doubt in seat.doubts:
                yield ("doubt", whose, doubt)
    if isinstance(session.state, Held):
        for cause, span in session.state.causes.items():
            yield ("hold", cause, span.why)
        own = session.state.causes.get(Cause.PHYSICIAN_HOLD)
        if own is not None and own.why == GUARDIAN_NOT_WITH_CHILD:
            for whose in _lines_of(session, Role.GUARDIAN):
                yield ("doubt", whose, NOT_WITH_CHILD)


def _lines_of(session: Session, role: Role) -> tuple[str, ...]:
    """On whose lines stands what holds of that seat now."""
    if role is Role.GUARDIAN:
        return (role, _own(session.guardian))
    return (session.guest.invitation,) if session.guest is not None and role in GUESTS else (role,)


def _own(guardian: str) -> str:
    return f"{Role.GUARDIAN} {guardian}"


def _evidence(session: Session, role: Role, seat: Seat) -> Evidence:
    carried = _carried(session, role)
    picture = carried not in (Rung.SOUND, Rung.CHAT) and not {Doubt.CAMERA_OFF, Doubt.SOUND_ONLY} & set(seat.doubts)
    sound = carried is not Rung.CHAT and Doubt.MICROPHONE_LOST not in seat.doubts
    if picture:
        return Evidence.SOUND_AND_PICTURE if sound else Evidence.PICTURE
    return Evidence.SOUND if sound else Evidence.NEITHER


def _carried(session: Session, role: Role) -> Rung:
    """The best that any direction from here carries; everything, as far as is known, while nobody else is there."""
    others = [other for other, seat in session.seats.items() if seat.connected and other is not role]
    weak = [session.rungs.get((role, other)) for other in others]
    rungs = [Rung.FULL if weakness is None else weakness.rung for weakness in weak]
    return min(rungs, key=RUNGS.index, default=Rung.FULL)


def _parting(event: Event, after: Session) -> Parting:
    """Why presence that this event ends has ended."""
    if isinstance(after.state, Ended):
        return Parting.VISIT_ENDED
    match event:
        case MediaSilent():
            return Parting.SILENT
        case SeatLeft() | GuestDeclined():
            return Parting.LEFT
        case InvitationTakenBack():
            return Parting.TAKEN_BACK
        case ServerRestarted():
            return Parting.SERVER_AWAY
        case _:  # nothing else but a newer connection makes a present person absent
            return Parting.REPLACED
