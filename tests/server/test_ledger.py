"""The presence ledger: what it tells of a visit that went this way or that."""

from __future__ import annotations

import pytest

from media.rate.ladder import Rung
from server.events import (
    Admitted,
    Attested,
    ChildConfirmed,
    ClockStepped,
    ConsentGiven,
    DeadlinePassed,
    Doubt,
    Doubted,
    Event,
    GateLapsed,
    GuestAgreed,
    GuestDeclined,
    GuestInvited,
    HoldCleared,
    HoldPlaced,
    InvitationTakenBack,
    MediaAlive,
    MediaSilent,
    RecorderLost,
    RecorderReady,
    RungChanged,
    SeatLeft,
    SeatTaken,
    ServerRestarted,
    TextBegun,
    WeakLeg,
)
from server.ledger import NOT_WITH_CHILD, Evidence, Ledger, Parting, Span, Spell, Stay, lasting_s, ledger, together_s
from server.session import GUARDIAN_NOT_WITH_CHILD, REQUIRED_CONSENTS, Rules, new_session
from signaling.seats import Role
from tests.server.session_kit import ALL_CHECKS, INVITED, LIVE, PREPARED, REFERRED, UNTIL, VERIFYING, G, P, X

BOTH, SOUND, PICTURE, NEITHER = Evidence


def told(*later: tuple[float, Event], live_at: float = 100.0, begun: tuple[Event, ...] = LIVE, now: float = 1000.0) -> Ledger:
    """The ledger of a visit that was live at ``live_at``, and what came after."""
    journal = [(event, live_at) for event in begun] + [(event, at) for at, event in later]
    return ledger(new_session("s1", Rules(), until=UNTIL), journal, now)


def came(at: float) -> list[tuple[float, Event]]:
    """An interpreter is invited, agrees and takes the seat."""
    return [(at, event) for event in (*INVITED, SeatTaken(X, 1))]


def stays(book: Ledger, role: Role = G) -> list[tuple[float, float, Parting | None]]:
    return [(stay.since, stay.until, stay.parting) for stay in book.lines[role].stays]


def open_spans(book: Ledger) -> list[tuple[float, float]]:
    return [(span.since, span.until) for span in book.gate]


def spells(some: tuple[Spell, ...]) -> list[tuple[str, float, float]]:
    return [(spell.what, spell.since, spell.until) for spell in some]


# --- before anything, while it goes on, and at the end ---------------------------------------------


def test_of_a_visit_nobody_came_to_there_is_nothing_to_tell() -> None:
    empty = ledger(new_session("s1", Rules(), until=UNTIL), [], 70.0)
    assert (empty.since, empty.until, empty.closed, empty.gate, empty.admitted_at) == (70.0, 70.0, False, (), None)
    assert stays(empty) == stays(empty, P) == []
    assert empty.open_s == 0
    assert empty.guests == ()


def test_a_visit_that_goes_on_is_told_up_to_now() -> None:
    book = told(now=160.0)
    assert (book.since, book.until, book.closed) == (100.0, 160.0, False)
    assert book.gate == (Span(100.0, 160.0, goes_on=True),)
    assert book.lines[G].stays == (Stay(100.0, 160.0, goes_on=True),)
    assert (book.admitted_at, book.attested) == (100.0, (100.0,))


def test_the_end_closes_every_span_and_nothing_counts_after_it() -> None:
    book = told((400.0, REFERRED), (450.0, MediaSilent(G, 1)), (500.0, SeatLeft(P, 1)))
    assert book.closed
    assert book.until == 400.0
    assert stays(book) == stays(book, P) == [(100.0, 400.0, Parting.VISIT_ENDED)]
    assert open_spans(book) == [(100.0, 400.0)]
    assert not any(span.goes_on for span in (*book.gate, *book.lines[G].stays, *book.lines[G].evidence))


def test_a_visit_that_nobody_admitted_knows_who_waited() -> None:
    book = told((UNTIL, DeadlinePassed()), begun=(*PREPARED, MediaAlive(G, 1)))
    assert (book.closed, book.admitted_at, book.gate, book.attested) == (True, None, (), ())
    assert stays(book) == [(100.0, UNTIL, Parting.VISIT_ENDED)]
    assert stays(book, P) == []


def test_the_time_by_text_is_who_was_connected_and_no_presence() -> None:
    begun = (*PREPARED, TextBegun())
    left, back = (200.0, SeatLeft(G, 1)), (230.0, SeatTaken(G, 2))
    book = told(left, back, (300.0, Admitted()), (310.0, MediaAlive(G, 2)), (320.0, MediaAlive(P, 1)), (330.0, RecorderReady()),
                (400.0, REFERRED), begun=begun)  # fmt: skip
    assert book.lines[G].by_text == (Span(100.0, 200.0), Span(230.0, 330.0))
    assert book.lines[P].by_text == (Span(100.0, 330.0),)
    assert stays(book) == [(310.0, 400.0, Parting.VISIT_ENDED)]
    assert open_spans(book) == [(330.0, 400.0)]


def test_a_visit_that_goes_on_by_text_is_told_up_to_now() -> None:
    book = told(begun=(*PREPARED, TextBegun()), now=160.0)
    assert book.lines[G].by_text == book.lines[P].by_text == (Span(100.0, 160.0, goes_on=True),)
    assert (book.gate, book.lines[G].stays) == ((), ())


def test_a_clock_that_is_behind_the_journal_makes_no_span_run_backwards() -> None:
    assert told(now=50.0).until == 100.0
    assert stays(told((90.0, MediaSilent(G, 1)), now=50.0)) == []


# --- present and away ------------------------------------------------------------------------------


def test_whoever_falls_silent_is_away_until_heard_again_and_so_is_the_gate() -> None:
    book = told((200.0, MediaSilent(G, 1)), (210.0, MediaAlive(G, 1)), (300.0, REFERRED))
    assert stays(book) == [(100.0, 200.0, Parting.SILENT), (210.0, 300.0, Parting.VISIT_ENDED)]
    assert stays(book, P) == [(100.0, 300.0, Parting.VISIT_ENDED)]
    assert open_spans(book) == [(100.0, 200.0), (210.0, 300.0)]
    assert spells(book.holds) == [("guardian_silent", 200.0, 210.0)]


def test_the_gate_was_open_for_exactly_as_long_as_the_guardian_was_there_for_it() -> None:
    away = (200.0, MediaSilent(P, 1)), (230.0, MediaAlive(P, 1)), (250.0, MediaSilent(G, 1)), (255.0, MediaAlive(G, 1))
    book = told(*away, (300.0, REFERRED))
    assert book.open_s == 165.0
    assert together_s(book.lines[G].stays, book.gate) == together_s(book.lines[P].stays, book.gate) == book.open_s
    assert lasting_s(book.lines[G].stays) == 195.0
    assert book.heard_within_s == 3.0


def test_who_leaves_and_who_comes_back_on_a_new_connection_is_told_apart() -> None:
    back = (310.0, SeatTaken(G, 3)), (312.0, MediaAlive(G, 3))
    book = told((200.0, SeatTaken(G, 2)), (202.0, MediaAlive(G, 2)), (300.0, SeatLeft(G, 2)), *back, (400.0, REFERRED))
    assert stays(book) == [
        (100.0, 200.0, Parting.REPLACED),
        (202.0, 300.0, Parting.LEFT),
        (312.0, 400.0, Parting.VISIT_ENDED),
    ]


def test_a_third_seat_has_its_own_line_and_no_part_in_the_gate() -> None:
    book = told(*came(150.0), (151.0, MediaAlive(X, 1)), (180.0, MediaSilent(X, 1)), (300.0, REFERRED))
    (guest,) = book.guests
    assert (guest.role, guest.invited_at, guest.agreed_at, guest.over_at) == (X, 150.0, 150.0, None)
    assert [(stay.since, stay.until, stay.parting) for stay in guest.line.stays] == [(151.0, 180.0, Parting.SILENT)]
    assert open_spans(book) == [(100.0, 300.0)]
    assert set(book.lines) == {G, P}


def test_each_invitation_has_its_own_line_and_says_how_it_ended() -> None:
    again = (GuestInvited(X, "i2", "cc"), GuestAgreed("i2", "1", "zh", "bb"), SeatTaken(X, 2), MediaAlive(X, 2))
    book = told(
        *came(150.0),
        (151.0, MediaAlive(X, 1)),
        (160.0, Doubted(X, 1, (Doubt.CAMERA_OFF,))),
        (180.0, InvitationTakenBack("i1")),
        *((200.0, event) for event in again),
        (220.0, GuestDeclined("i2", "1")),
        (300.0, REFERRED),
    )
    first, second = book.guests
    assert [(stay.since, stay.until, stay.parting) for stay in first.line.stays] == [(151.0, 180.0, Parting.TAKEN_BACK)]
    assert [(stay.since, stay.until, stay.parting) for stay in second.line.stays] == [(200.0, 220.0, Parting.LEFT)]
    assert spells(first.line.doubts) == [("camera_off", 160.0, 180.0)]
    assert (first.over_at, second.over_at) == (180.0, 220.0)
    assert stays(book) == [(100.0, 300.0, Parting.VISIT_ENDED)]


def test_what_took_no_time_is_not_told() -> None:
    book = told((200.0, MediaSilent(G, 1)), (200.0, MediaAlive(G, 1)), (300.0, REFERRED))
    assert stays(book) == [(100.0, 200.0, Parting.SILENT), (200.0, 300.0, Parting.VISIT_ENDED)]
    assert book.holds == ()


# --- evidence and doubts -----------------------------------------------------------------------------


def test_a_doubt_lasts_until_it_is_taken_back_or_the_person_is_gone() -> None:
    hidden = (120.0, Doubted(G, 1, (Doubt.PAGE_HIDDEN,))), (140.0, Doubted(G, 1, ()))
    again = (150.0, Doubted(G, 1, (Doubt.PAGE_HIDDEN, Doubt.PICTURE_DARK))), (160.0, MediaSilent(G, 1))
    book = told(*hidden, *again, (300.0, REFERRED))
    assert spells(book.lines[G].doubts) == [
        ("page_hidden", 120.0, 140.0),
        ("page_hidden", 150.0, 160.0),
        ("picture_dark", 150.0, 160.0),
    ]
    assert book.lines[P].doubts == ()


@pytest.mark.parametrize(
    ("doubts", "evidence"),
    [
        ((), BOTH),
        ((Doubt.PAGE_HIDDEN, Doubt.PICTURE_DARK, Doubt.PICTURE_FROZEN), BOTH),
        ((Doubt.CAMERA_OFF,), SOUND),
        ((Doubt.SOUND_ONLY,), SOUND),
        ((Doubt.MICROPHONE_LOST,), PICTURE),
        ((Doubt.CAMERA_OFF, Doubt.MICROPHONE_LOST), NEITHER),
    ],
)
def test_a_doubt_says_which_kind_of_media_is_missing(doubts: tuple[Doubt, ...], evidence: Evidence) -> None:
    book = told((100.0, Doubted(G, 1, doubts)), (300.0, REFERRED))
    assert spells(book.lines[G].evidence) == [(evidence, 100.0, 300.0)]
    assert spells(book.lines[P].evidence) == [(BOTH, 100.0, 300.0)]


@pytest.mark.parametrize(
    ("rung", "evidence"),
    [(Rung.LOW, BOTH), (Rung.STILLS, BOTH), (Rung.SOUND, SOUND), (Rung.CHAT, NEITHER)],
)
def test_a_network_that_carries_no_picture_leaves_sound_as_evidence(rung: Rung, evidence: Evidence) -> None:
    book = told((100.0, RungChanged(G, P, rung, WeakLeg.UPLINK)), (300.0, REFERRED))
    assert spells(book.lines[G].evidence) == [(evidence, 100.0, 300.0)]
    assert spells(book.lines[P].evidence) == [(BOTH, 100.0, 300.0)]


def test_what_one_of_two_receives_is_evidence_enough() -> None:
    weak = (160.0, RungChanged(G, P, Rung.SOUND, WeakLeg.DOWNLINK)), (200.0, RungChanged(G, X, Rung.SOUND, WeakLeg.UPLINK))
    book = told(*came(150.0), *weak, (300.0, REFERRED))
    assert spells(book.lines[G].evidence) == [(BOTH, 100.0, 200.0), (SOUND, 200.0, 300.0)]


def test_the_physicians_word_that_the_guardian_is_not_with_the_child_is_a_doubt_about_the_guardian() -> None:
    held = (200.0, HoldPlaced(GUARDIAN_NOT_WITH_CHILD)), (260.0, HoldCleared())
    other = (270.0, HoldPlaced("technical")), (280.0, HoldCleared())
    book = told(*held, *other, (300.0, REFERRED))
    assert spells(book.lines[G].doubts) == [(NOT_WITH_CHILD, 200.0, 260.0)]
    assert [(hold.what, hold.why, hold.since) for hold in book.holds] == [
        ("physician_hold", "guardian_not_with_child", 200.0),
        ("physician_hold", "technical", 270.0),
    ]
    assert stays(book) == [(100.0, 300.0, Parting.VISIT_ENDED)]


def test_several_causes_of_a_hold_each_have_their_own_span() -> None:
    causes = (200.0, RecorderLost("disk_full")), (210.0, MediaSilent(P, 1)), (220.0, RecorderReady()), (230.0, MediaAlive(P, 1))
    book = told(*causes, (300.0, REFERRED))
    assert spells(book.holds) == [("recording_lost", 200.0, 220.0), ("physician_silent", 210.0, 230.0)]
    assert open_spans(book) == [(100.0, 200.0), (230.0, 300.0)]


def test_each_attestation_that_counted_is_a_moment() -> None:
    away = (200.0, MediaSilent(G, 1)), (230.0, MediaAlive(G, 1))  # longer than what may pass without a new look
    again = (240.0, Attested(ALL_CHECKS)), (250.0, Attested(ALL_CHECKS))
    assert told((110.0, Attested(ALL_CHECKS)), *away, *again, begun=VERIFYING).attested == (110.0, 240.0)


# --- the server's own absence ------------------------------------------------------------------------


def test_a_restart_counts_from_when_the_server_was_last_known_to_live() -> None:
    back = (230.0, SeatTaken(G, 2)), (230.0, SeatTaken(P, 2)), (231.0, MediaAlive(G, 2)), (231.0, MediaAlive(P, 2))
    book = told((220.0, ServerRestarted(20_000)), *back, (232.0, RecorderReady()), (300.0, REFERRED))
    assert book.server_away == (Span(200.0, 220.0),)
    assert stays(book) == [(100.0, 200.0, Parting.SERVER_AWAY), (231.0, 300.0, Parting.VISIT_ENDED)]
    assert open_spans(book) == [(100.0, 200.0), (232.0, 300.0)]
    assert spells(book.holds) == [
        ("guardian_silent", 200.0, 231.0),
        ("physician_silent", 200.0, 231.0),
        ("recording_lost", 200.0, 232.0),
    ]


def test_the_physicians_hold_outlasts_a_restart() -> None:
    book = told((200.0, HoldPlaced(GUARDIAN_NOT_WITH_CHILD)), (260.0, ServerRestarted(30_000)), now=300.0)
    assert spells(book.lines[G].doubts) == [(NOT_WITH_CHILD, 200.0, 300.0)]
    assert stays(book) == [(100.0, 230.0, Parting.SERVER_AWAY)]


def test_a_server_cannot_have_been_away_before_what_it_wrote_itself() -> None:
    book = told((200.0, Doubted(G, 1, (Doubt.PICTURE_DARK,))), (205.0, ServerRestarted(60_000)), now=300.0)
    assert book.server_away == (Span(200.0, 205.0),)


def test_a_restart_that_took_no_time_is_no_absence_of_the_server() -> None:
    book = told((200.0, ServerRestarted(0)), now=300.0)
    assert book.server_away == ()
    assert stays(book) == [(100.0, 200.0, Parting.SERVER_AWAY)]


def test_a_lapsed_gate_counts_as_open_and_is_told_as_a_moment() -> None:
    book = told((150.0, GateLapsed(1, "lease")), (160.0, GateLapsed(1, "lease")), (300.0, REFERRED))
    assert book.lapses == (150.0,)
    assert open_spans(book) == [(100.0, 300.0)]


def test_a_clock_that_was_set_is_noted_and_moves_nothing() -> None:
    book = told((150.0, ClockStepped(-60_000)), (300.0, REFERRED))
    assert book.clock_steps == ((150.0, -60_000),)
    assert stays(book) == [(100.0, 300.0, Parting.VISIT_ENDED)]


def test_being_admitted_twice_counts_once() -> None:
    assert told((130.0, Admitted())).admitted_at == 100.0


def test_each_guardian_who_held_the_seat_has_a_line_and_together_they_are_the_seats() -> None:
    """The mother takes over at 130, her media comes at 133; the father had been there since 100."""
    mother = "guardian-2"
    said = (ChildConfirmed(mother), *(ConsentGiven(kind, "1", "zh", "aa", mother) for kind in REQUIRED_CONSENTS))
    journal = [(event, 100.0) for event in (*LIVE, *said)] + [(SeatTaken(G, 2, mother), 130.0), (MediaAlive(G, 2), 133.0)]
    book = ledger(new_session("s1", Rules(), until=UNTIL), journal, 200.0)
    father, hers = book.guardians[""], book.guardians[mother]
    assert father.stays == (Stay(100.0, 130.0, parting=Parting.REPLACED),)
    assert hers.stays == (Stay(133.0, 200.0, goes_on=True),)
    assert book.lines[G].stays == father.stays + hers.stays
    assert book.open_s == together_s(book.lines[G].stays, book.gate) == 97.0
    alone = ledger(new_session("s1", Rules(), until=UNTIL), [], 70.0)
    assert list(alone.guardians) == [""]
