"""Whatever happens in whatever order: the gate is open only for those who are there, and the end is the end.

The oracle below is a witness, not a second machine: it keeps who is in the room, whether the recorder writes, what was agreed
and since when something has been missing, as a person with a notebook would, and knows no states and no transitions.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from media.rate.ladder import Rung
from server.attestation import CHECKS
from server.effects import CloseGate, Effect, EndMedia, OpenGate, StartRecording, is_restrictive
from server.errors import Refused
from server.event_records import from_record, to_record
from server.events import (
    Admitted,
    Attested,
    Cancelled,
    Chatted,
    ChildConfirmed,
    ChildDenied,
    ClockStepped,
    Completed,
    ConsentGiven,
    ConsentRefused,
    ConsentWithdrawn,
    DeadlinePassed,
    Doubt,
    Doubted,
    Event,
    FamilyDenied,
    GateLapsed,
    GuardianAdded,
    GuardianRemoved,
    GuestAgreed,
    GuestInvited,
    HoldCleared,
    HoldPlaced,
    InvitationTakenBack,
    MediaAlive,
    MediaSilent,
    NoShowMarked,
    PhoneRevealed,
    RecorderLost,
    RecorderReady,
    RecordingAnchored,
    ReferralTold,
    Referred,
    RelationVerified,
    RungChanged,
    SeatLeft,
    SeatTaken,
    ServerRestarted,
    TextBegun,
    VisitCancelled,
    VisitMoved,
    WeakLeg,
    WhereaboutsTold,
)
from server.session import Ended, Held, Live, Rules, Session, Verifying, Waiting, begun, new_session, replay, step
from signaling.seats import Role

ENDS_AT = 1200.0
UNTIL = ENDS_AT + Rules().waiting_after_end_s
LIMITS = {"guardian_silent": 120, "physician_silent": 300, "recording_lost": 120, "physician_hold": 900}
OUTCOMES = {
    "guardian_silent": "guardian_absent",
    "physician_silent": "physician_absent",
    "recording_lost": "recording_lost",
    "physician_hold": "guardian_absent",
}
ROLES = st.sampled_from((Role.GUARDIAN, Role.PHYSICIAN, Role.INTERPRETER))
KINDS = st.sampled_from(("consultation", "recording"))
NOTED = (
    Chatted(Role.GUARDIAN, "m", "aa"),
    RecordingAnchored("r", 1, "aa"),
    ClockStepped(-60_000),
    ReferralTold("r1", "received", "qr", 0, ""),
    PhoneRevealed("r1", "staff-1"),
    RelationVerified("birth_certificate", "staff-1"),
)
"""What is written down and changes nothing."""


MOTHER = "guardian-2"
GUARDIANS = st.sampled_from(("", MOTHER))
"""The one whom the visit is booked with, and a further one."""


@dataclass
class Word:
    """What one guardian said."""

    agreed: set[str] = field(default_factory=set)
    right_child: bool = False

    def is_given(self) -> bool:
        return self.right_child and self.agreed == {"consultation", "recording"}


@dataclass
class Notebook:
    """What a witness writes down."""

    newest: dict[Role, int] = field(default_factory=dict)
    here: set[Role] = field(default_factory=set)  # connected
    heard: set[Role] = field(default_factory=set)  # and sending
    words: dict[str, Word] = field(default_factory=lambda: {"": Word(), MOTHER: Word()})
    with_child: str = ""  # who of the guardians came last
    admitted: bool = False
    by_text: bool = False
    until: float = UNTIL  # when the waiting room closes
    begun: bool = False
    attested: bool = False
    held_by_hand: bool = False
    held_why: str = ""
    writing: bool = False
    over: str | None = None
    referral: str | None = None
    carried: dict[tuple[Role, Role], Rung] = field(default_factory=dict)
    guest: str = ""  # "", invited, agreed
    ends_at: float = ENDS_AT
    since: dict[str, float] = field(default_factory=dict)
    due: dict[str, float] = field(default_factory=dict)

    def forget_directions_of(self, *roles: Role) -> None:
        self.carried = {way: rung for way, rung in self.carried.items() if not set(way) & set(roles)}

    def missing(self) -> set[str]:
        return (
            ({"guardian_silent"} if Role.GUARDIAN not in self.heard else set())
            | ({"physician_silent"} if Role.PHYSICIAN not in self.heard else set())
            | (set() if self.writing else {"recording_lost"})
            | ({"physician_hold"} if self.held_by_hand else set())
        )

    def under_way(self) -> bool:
        return self.begun or self.admitted or self.by_text

    def may_flow(self) -> bool:
        return self.over is None and self.admitted and self.words[self.with_child].is_given() and not self.missing()

    def turned_away(self, role: Role, who: str) -> str | None:
        """Whether somebody who comes now is, and why."""
        if self.over is not None:
            return None
        if role is Role.INTERPRETER:
            return None if self.guest == "agreed" else "not_allowed"
        may_agree_later = who == "" and not self.begun
        return None if role is Role.PHYSICIAN or may_agree_later or self.words[who].is_given() else "consent_missing"

    def look(self, now: float, away_since: float | None = None) -> None:
        """Note since when things have been missing, once the call has begun."""
        if self.over is None and self.may_flow():
            self.begun, self.by_text = True, False
        if not self.begun or self.over is not None:
            return
        missing = self.missing()
        for cause in missing - self.since.keys():
            self.since[cause] = now if away_since is None else away_since
            self.due[cause] = now + LIMITS[cause]
        for cause in self.since.keys() - missing:
            if cause == "guardian_silent" and now - self.since[cause] > 20:
                self.attested = False
            del self.since[cause], self.due[cause]


class Relay:
    """What a relay makes of the effects: it never opens a generation it was told to close."""

    def __init__(self) -> None:
        self.open: int | None = None
        self.barred = 0
        self.ended = False

    def perform(self, effect: Effect) -> None:
        match effect:
            case OpenGate(generation):
                assert not self.ended
                assert generation > self.barred, "generations rise"
                self.open = self.barred = generation
            case CloseGate(generation):
                assert generation >= self.barred
                self.open = None
            case EndMedia():
                assert not self.ended, "media ends once"
                self.open, self.ended = None, True
            case _:
                pass


class Visit(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.initial = new_session("s1", Rules(), until=UNTIL)
        self.session = self.initial
        self.journal: list[tuple[str, float]] = []
        self.notes = Notebook()
        self.relay = Relay()
        self.referrals = 0
        self.invitations = 0

    # --- the controller's part ---

    def feed(self, event: Event, note: Callable[[], object] = lambda: None) -> str | None:
        """Steps, performs and journals; gives the code of a refusal. ``note`` writes into the notebook unless refused."""
        before = self.session
        try:
            after, effects = step(before, event, self.now)
        except Refused as refused:
            assert self.session == before
            return refused.code
        restrictive = [is_restrictive(effect) for effect in effects]
        assert restrictive == sorted(restrictive, reverse=True)
        for effect in effects:
            self.relay.perform(effect)
        if after is before:
            assert all(effect == StartRecording() for effect in effects)
        else:
            assert after.version == before.version + 1
            assert before.state == after.state or effects, "a change of state is shown"
        assert after.generation >= before.generation
        self.session = after
        self.journal.append((json.dumps(to_record(event)), self.now))
        if self.notes.over is None:
            note()
            self.notes.look(self.now)
        return None

    def over(self, outcome: str) -> Callable[[], object]:
        return lambda: setattr(self.notes, "over", outcome)

    # --- people ---

    @initialize(start=st.sampled_from(("nobody", "prepared", "text", "live")))
    def begin(self, start: str) -> None:
        if start == "nobody":
            return
        for role in (Role.GUARDIAN, Role.PHYSICIAN):
            self.take_seat(role, 1)
            self.media(role, True)
        self.child()
        self.consent("consultation", True)
        self.consent("recording", True)
        if start == "text":
            self.begin_by_text()
        if start == "live":
            assert self.feed(Admitted(), lambda: setattr(self.notes, "admitted", True)) is None
            self.recorder(True)
            assert self.feed(Attested(CHECKS), lambda: setattr(self.notes, "attested", True)) is None

    @rule(role=ROLES, ahead=st.integers(1, 3), who=GUARDIANS)
    def take_seat(self, role: Role, ahead: int, who: str = "") -> None:
        epoch, who = self.notes.newest.get(role, 0) + ahead, who if role is Role.GUARDIAN else ""

        def note() -> None:
            self.notes.newest[role] = epoch
            self.notes.here.add(role)
            self.notes.heard.discard(role)
            self.notes.forget_directions_of(role)
            if role is Role.GUARDIAN and who != self.notes.with_child:
                self.notes.with_child, self.notes.attested = who, False

        expected = self.notes.turned_away(role, who)
        assert self.feed(SeatTaken(role, epoch, who), note) == expected

    @rule(start_over=st.booleans())
    def the_mother_prepares(self, start_over: bool) -> None:
        """Everything that she is asked, so that she often gets as far as to come."""
        if start_over:
            self.mother_is_removed()
        self.mother_is_added()
        self.child(MOTHER)
        self.consent("consultation", True, MOTHER)
        self.consent("recording", True, MOTHER)
        self.take_seat(Role.GUARDIAN, 1, MOTHER)
        self.media(Role.GUARDIAN, True)

    def mother_is_added(self) -> None:
        before = self.session
        assert self.feed(GuardianAdded(MOTHER, "staff-1")) == ("session_ended" if self.notes.over is not None else None)
        assert self.session is before

    @rule()
    def mother_is_removed(self) -> None:
        def note() -> None:
            self.notes.words[MOTHER] = Word()
            if self.notes.with_child == MOTHER:
                self.notes.with_child = ""
                self.notes.here.discard(Role.GUARDIAN)
                self.notes.heard.discard(Role.GUARDIAN)
                self.notes.forget_directions_of(Role.GUARDIAN)

        over, under_way = self.notes.over is not None, self.notes.under_way()
        code = self.feed(GuardianRemoved(MOTHER, "staff-1"), note)
        assert code == ("session_ended" if over else "visit_under_way" if under_way else None)

    @rule()
    def invite(self) -> None:
        expected = "session_ended" if self.notes.over is not None else "guest_invited" if self.notes.guest else None
        event = GuestInvited(Role.INTERPRETER, f"i{self.invitations + 1}", "aa")
        assert self.feed(event, lambda: setattr(self.notes, "guest", "invited")) == expected
        self.invitations += expected is None

    @rule()
    def guest_agrees(self) -> None:
        code = self.feed(GuestAgreed(f"i{self.invitations}", "1", "zh", "aa"), lambda: setattr(self.notes, "guest", "agreed"))
        assert (code is None) == (self.notes.over is None and self.notes.guest != "")

    @rule()
    def take_back(self) -> None:
        def note() -> None:
            self.notes.guest = ""
            self.notes.here.discard(Role.INTERPRETER)
            self.notes.heard.discard(Role.INTERPRETER)
            self.notes.forget_directions_of(Role.INTERPRETER)

        code = self.feed(InvitationTakenBack(f"i{self.invitations}"), note)
        assert code == ("session_ended" if self.notes.over is not None else None)

    @rule(role=ROLES)
    def leave(self, role: Role) -> None:
        def note() -> None:
            self.notes.here.discard(role)
            self.notes.heard.discard(role)
            self.notes.forget_directions_of(role)

        assert self.feed(SeatLeft(role, self.notes.newest.get(role, 0)), note) is None

    @rule(role=ROLES, alive=st.booleans())
    def media(self, role: Role, alive: bool) -> None:
        def note() -> None:
            if alive and role in self.notes.here:
                self.notes.heard.add(role)
            if not alive:
                self.notes.heard.discard(role)

        before, epoch = self.session, self.notes.newest.get(role, 0)
        assert self.feed(MediaAlive(role, epoch) if alive else MediaSilent(role, epoch), note) is None
        assert role in self.notes.here or self.session is before

    @rule(role=ROLES, seconds=st.sampled_from((19.0, 21.0, 25.0, 100.0)))
    def go_silent_for_a_while(self, role: Role, seconds: float) -> None:
        self.media(role, False)
        self.now += seconds
        self.media(role, True)

    @rule(first=st.integers(0, 3), then=st.integers(0, 3), between=st.sampled_from((0.0, 30.0, 250.0)))
    def two_things_go_wrong_for_good(self, first: int, then: int, between: float) -> None:
        wrongs: list[Callable[[], object]] = [
            lambda: self.media(Role.GUARDIAN, False),
            lambda: self.media(Role.PHYSICIAN, False),
            lambda: self.recorder(False),
            lambda: self.hold(True),
        ]
        wrongs[first]()
        self.now += between
        wrongs[then]()

    @rule(role=ROLES, back=st.integers(0, 2), which=st.sampled_from((SeatLeft, MediaAlive, MediaSilent, SeatTaken)))
    def an_older_epoch_is_heard(
        self, role: Role, back: int, which: type[SeatLeft | MediaAlive | MediaSilent | SeatTaken]
    ) -> None:
        epoch = self.notes.newest.get(role, 0) - back - (which is not SeatTaken)
        if which is not SeatTaken:
            assert step(self.session, which(role, epoch), self.now) == (self.session, ())
            return
        who = self.notes.with_child if role is Role.GUARDIAN else ""
        if self.notes.turned_away(role, who) is None:
            assert step(self.session, SeatTaken(role, epoch, who), self.now) == (self.session, ())

    @rule(role=ROLES, doubts=st.lists(st.sampled_from(Doubt), unique=True))
    def doubt(self, role: Role, doubts: list[Doubt]) -> None:
        self.feed(Doubted(role, self.notes.newest.get(role, 0), tuple(doubts)))

    @rule(sender=ROLES, receiver=ROLES, rung=st.sampled_from(Rung), why=st.sampled_from(WeakLeg))
    def network(self, sender: Role, receiver: Role, rung: Rung, why: WeakLeg) -> None:
        def note() -> None:
            if sender is not receiver and {sender, receiver} <= self.notes.here:
                self.notes.carried[sender, receiver] = rung

        before = self.session
        assert self.feed(RungChanged(sender, receiver, rung, why), note) is None
        assert (self.session.state, self.session.gate_open, self.session.deadline) == (
            before.state,
            before.gate_open,
            before.deadline,
        )

    @rule(who=GUARDIANS)
    def child(self, who: str = "") -> None:
        self.feed(ChildConfirmed(who), lambda: setattr(self.notes.words[who], "right_child", True))

    @rule(who=GUARDIANS)
    def wrong_child(self, who: str) -> None:
        word = self.notes.words[who]
        self.feed(ChildDenied(who), lambda: setattr(word, "right_child", word.right_child and self.notes.begun))

    @rule(kind=KINDS, agreed=st.booleans(), who=GUARDIANS)
    def consent(self, kind: str, agreed: bool, who: str = "") -> None:
        word = self.notes.words[who]
        if agreed:
            self.feed(ConsentGiven(kind, "1", "zh", "aa", who), lambda: word.agreed.add(kind))
            return

        def note() -> None:
            if kind in word.agreed and (self.notes.begun or self.notes.by_text):
                self.notes.over = "consent_withdrawn"
            word.agreed.discard(kind)

        assert self.feed(ConsentRefused(kind, "1", who), note) is None

    def withdraw(self, kind: str, who: str) -> None:
        code = self.feed(ConsentWithdrawn(kind, who), self.over("consent_withdrawn"))
        assert code == ("session_ended" if self.notes.over != "consent_withdrawn" else None)

    # --- the physician ---

    @rule()
    def admit(self) -> None:
        code = self.feed(Admitted(), lambda: setattr(self.notes, "admitted", True))
        if code == "consent_missing":
            assert not self.notes.words[self.notes.with_child].is_given()

    @rule()
    def begin_by_text(self) -> None:
        notes, before = self.notes, self.session

        def note() -> None:
            notes.until = notes.until if notes.by_text else max(notes.until, self.now + Rules().waiting_after_end_s)
            notes.by_text = True

        ready = notes.words[notes.with_child].is_given() and Role.GUARDIAN in notes.here
        code = self.feed(TextBegun(), note)
        allowed = notes.over is None and not notes.begun and not notes.admitted and (notes.by_text or ready)
        assert (code is None) == allowed
        assert (self.session.gate_open, self.session.recorder) == (before.gate_open, before.recorder), "text opens nothing"

    @rule()
    def deny_the_family(self) -> None:
        before = self.session
        code = self.feed(FamilyDenied(), lambda: setattr(self.notes, "by_text", False))
        assert code == ("session_ended" if self.notes.over else "wrong_state" if self.notes.admitted else None)
        assert code or (self.session.family_denied and self.session.deadline == before.deadline and not self.session.text)

    @rule()
    def tell_whereabouts(self) -> None:
        before = self.session
        code = self.feed(WhereaboutsTold("b1", "aa"))
        assert self.session is before
        assert code == ("session_ended" if self.notes.over else None)

    @rule(checks=st.sets(st.sampled_from(CHECKS), min_size=len(CHECKS) - 1).map(tuple))
    def attest(self, checks: tuple[str, ...]) -> None:
        flowing, attested = self.notes.may_flow(), self.notes.attested
        code = self.feed(Attested(checks), lambda: setattr(self.notes, "attested", True))
        if code is None and self.notes.over is None:
            assert attested or (flowing and set(checks) == set(CHECKS))

    @rule(placed=st.booleans(), why=st.sampled_from(("other", "guardian_not_with_child")))
    def hold(self, placed: bool, why: str = "other") -> None:
        def note() -> None:
            if placed and not self.notes.held_by_hand:
                self.notes.held_why = why
            self.notes.held_by_hand = placed

        code = self.feed(HoldPlaced(why) if placed else HoldCleared(), note)
        assert (code is None) == (self.notes.begun and self.notes.over is None)

    def complete(self) -> None:
        allowed = self.notes.over in (None, "completed") and self.notes.attested
        assert (self.feed(Completed("aa"), self.over("completed")) is None) == allowed

    def refer(self) -> None:
        over, filed = self.notes.over, self.notes.referral
        self.referrals += 1
        code = self.feed(Referred(f"r{self.referrals}", "other", "routine", "1", "aa"), self.over("referred"))
        if over in (None, "consent_withdrawn") and filed is None:
            self.notes.referral = f"r{self.referrals}"
        assert (code is None) == (over in (None, "referred", "consent_withdrawn"))

    @rule(
        how=st.sampled_from(("withdraw", "complete", "refer", "cancel", "call_off", "no_show")),
        kind=KINDS,
        who=GUARDIANS,
        wish=st.integers(0, 2),
    )
    def end(self, how: str, kind: str, who: str, wish: int) -> None:
        """One rule for all ends, and not at every wish, so that most visits live long enough for something to happen."""
        if self.notes.over is None and wish:
            return
        ends: dict[str, Callable[[], object]] = {
            "complete": self.complete,
            "refer": self.refer,
            "cancel": self.cancel,
            "call_off": self.call_off,
            "no_show": self.mark_no_show,
        }
        ends.get(how, lambda: self.withdraw(kind, who))()

    def cancel(self) -> None:
        allowed = self.notes.over == "cancelled" or (self.notes.over is None and not self.notes.begun)
        assert (self.feed(Cancelled(), self.over("cancelled")) is None) == allowed

    # --- the hospital, from outside the room ---

    def nobody_admitted(self) -> bool:
        return self.notes.over is None and not self.notes.under_way()

    def call_off(self) -> None:
        allowed = self.notes.over == "cancelled" or self.nobody_admitted()
        assert (self.feed(VisitCancelled("family"), self.over("cancelled")) is None) == allowed

    def mark_no_show(self) -> None:
        starts_at = self.notes.ends_at - 600
        family_failed = self.nobody_admitted() and Role.GUARDIAN not in self.notes.here and self.now >= starts_at
        allowed = self.notes.over == "no_show" or family_failed
        assert (self.feed(NoShowMarked(round(starts_at * 1e6)), self.over("no_show")) is None) == allowed

    @rule(ahead_s=st.sampled_from((600.0, 1000.5, 90_000.0)))
    def move(self, ahead_s: float) -> None:
        allowed, ends_at = self.nobody_admitted(), self.now + ahead_s
        former_us = round(self.notes.ends_at * 1e6)
        moved = VisitMoved(round((ends_at - 600) * 1e6), round(ends_at * 1e6), former_us)

        def note() -> None:
            self.notes.ends_at, self.notes.until = ends_at, round(ends_at * 1e6) / 1e6 + 1800

        assert (self.feed(moved, note) is None) == allowed

    # --- machines ---

    @rule(ready=st.booleans())
    def recorder(self, ready: bool) -> None:
        event = RecorderReady() if ready else RecorderLost("disk_full")
        assert self.feed(event, lambda: setattr(self.notes, "writing", ready)) is None

    @rule(back=st.integers(0, 2))
    def the_gate_lapses(self, back: int) -> None:
        self.feed(GateLapsed(self.session.generation - back, "lease"))

    @rule(which=st.sampled_from(NOTED))
    def something_that_matters_not(self, which: Event) -> None:
        before = self.session
        self.feed(which)
        assert self.session is before

    @rule(seconds=st.sampled_from((0.5, 5.0, 19.0, 25.0, 110.0, 290.0)))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @precondition(lambda self: self.session.deadline is not None)
    @rule(late=st.sampled_from((0.0, 0.25, 40.0)))
    def the_deadline_comes(self, late: float) -> None:
        assert self.session.deadline is not None
        self.now = max(self.now, self.session.deadline + late)
        self.deadline()

    @rule()
    def deadline(self) -> None:
        due = self.notes.due if self.notes.begun else {}

        def note() -> None:
            if due and min(due.values()) <= self.now:
                earliest = min(due.values())
                first = next(cause for cause in OUTCOMES if due.get(cause) == earliest)
                family_away = first != "physician_hold" or self.notes.held_why == "guardian_not_with_child"
                self.notes.over = OUTCOMES[first] if family_away else "cancelled"
            elif not self.notes.begun and self.now >= self.notes.until and self.notes.by_text:
                away = [role for role in (Role.GUARDIAN, Role.PHYSICIAN) if role not in self.notes.here]
                self.notes.over = f"{away[0]}_absent" if away else None
                self.notes.until = self.now + 1800
            elif not self.notes.begun and self.now >= self.notes.until:
                guardian, physician = (role in self.notes.newest for role in (Role.GUARDIAN, Role.PHYSICIAN))
                self.notes.over = "physician_absent" if guardian and not physician else "no_show"

        self.feed(DeadlinePassed(), note)

    @rule(down_s=st.sampled_from((0, 5, 30)))
    def restart(self, down_s: int) -> None:
        self.now += down_s

        def note() -> None:
            self.notes.here.clear()
            self.notes.carried.clear()
            self.notes.heard.clear()
            self.notes.writing = False
            self.notes.until = self.notes.until if self.notes.until > self.now else self.now + 300
            for cause, due in self.notes.due.items():
                self.notes.due[cause] = due if due > self.now else self.now + LIMITS[cause]
            self.notes.look(self.now, away_since=self.now - down_s)

        self.relay = Relay() if not self.relay.ended else self.relay  # the machines went with the server
        self.relay.barred = self.session.generation
        assert self.feed(ServerRestarted(down_s * 1000), note) is None

    # --- what is true at all times ---

    @invariant()
    def the_gate_is_open_exactly_for_those_who_are_there(self) -> None:
        assert self.session.gate_open == self.notes.may_flow()
        assert (self.relay.open is not None) == self.session.gate_open
        if self.relay.open is not None:
            assert self.relay.open == self.session.generation

    @invariant()
    def who_is_with_the_child_in_the_call_agreed_for_themselves(self) -> None:
        assert self.session.guardian == self.notes.with_child or self.notes.over is not None
        if self.session.gate_open:
            assert self.session.agreement(self.notes.with_child).complete
            assert Role.GUARDIAN in self.notes.heard
        if self.notes.over is None:
            assert {who: self.session.agreement(who).complete for who in self.notes.words} == {
                who: word.is_given() for who, word in self.notes.words.items()
            }

    @invariant()
    def the_state_is_what_the_notebook_says(self) -> None:
        state, notes = self.session.state, self.notes
        if notes.over is not None:
            assert isinstance(state, Ended)
            assert state.outcome == notes.over
            assert self.session.deadline is None
        elif not notes.begun:
            assert isinstance(state, Waiting)
            assert self.session.deadline == notes.until
            assert self.session.text == notes.by_text
        elif notes.missing():
            assert isinstance(state, Held)
            assert set(state.causes) == notes.missing()
            assert {cause: span.since for cause, span in state.causes.items()} == notes.since
            assert {cause: span.until for cause, span in state.causes.items()} == notes.due
            assert self.session.deadline == min(notes.due.values())
            assert isinstance(state.resume_to, Live) == notes.attested
        else:
            assert isinstance(state, Live if notes.attested else Verifying)
            assert self.session.deadline is None

    @invariant()
    def the_rungs_are_those_between_people_who_are_here(self) -> None:
        known = {way: weak.rung for way, weak in self.session.rungs.items()}
        if self.notes.over is None:
            assert known == {way: rung for way, rung in self.notes.carried.items() if rung is not Rung.FULL}

    @invariant()
    def the_gate_was_never_opened_without_an_admission(self) -> None:
        assert self.notes.admitted or self.session.generation == 0

    @invariant()
    def a_referral_is_filed_once(self) -> None:
        assert (self.session.referral and self.session.referral.id) == self.notes.referral

    def teardown(self) -> None:
        """The journal's replay is the live state."""
        read_back = [(from_record(json.loads(record)), at) for record, at in self.journal]
        replayed: Session = replay(self.initial, read_back)
        assert replayed == self.session
        assert begun("s1", Rules(), ends_at=self.notes.ends_at, journal=read_back) == self.session


Visit.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestAnyVisit = Visit.TestCase
