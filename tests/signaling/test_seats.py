"""Who holds a seat, and that whatever was said to it is heard."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from signaling.seats import Confirmed, Delivery, Holder, Outbox, Role, Seat, Seats

SEAT = Seat("session-1", Role.GUARDIAN)
OTHER = Seat("session-1", Role.PHYSICIAN)
WELCOME = {"type": "welcome"}


def holder(connection: str, instance: str = "page-1", device: str = "phone") -> Holder:
    return Holder(device, instance, connection)


def said(text: Any) -> dict[str, Any]:
    return {"text": text}


def taken(seats: Seats, connection: str, instance: str = "page-1", floor: int = 0) -> tuple[int, Confirmed]:
    epoch = seats.reserve(SEAT, holder(connection, instance), floor)
    confirmed = seats.confirm(SEAT, epoch, WELCOME)
    assert confirmed is not None
    return epoch, confirmed


def test_the_first_holder_gets_epoch_one_and_the_welcome_as_message_one() -> None:
    epoch, confirmed = taken(Seats(), "a")
    assert (epoch, confirmed) == (1, Confirmed((Delivery("a", 1, WELCOME),), None))


def test_an_epoch_is_above_the_journals_and_above_every_one_given() -> None:
    seats = Seats()
    assert [seats.reserve(SEAT, holder(c), floor) for c, floor in (("a", 7), ("b", 7), ("c", 2))] == [8, 9, 10]


def test_a_new_holder_supersedes_the_old_one() -> None:
    seats = Seats()
    taken(seats, "a")
    seats.post(SEAT, said("hello"))
    _, confirmed = taken(seats, "b", "page-2")
    assert confirmed.superseded == ("a", 3)
    assert (seats.voice(SEAT, "a"), seats.voice(SEAT, "b")) == (None, 2)


def test_nobody_is_superseded_before_the_new_holder_is_confirmed() -> None:
    seats = Seats()
    taken(seats, "a")
    epoch = seats.reserve(SEAT, holder("b", "page-2"), 0)
    assert seats.voice(SEAT, "a") == 1
    seats.abandon(SEAT, epoch)
    assert seats.confirm(SEAT, epoch, WELCOME) is None
    assert seats.voice(SEAT, "a") == 1


def test_of_two_who_take_a_seat_at_once_the_newer_wins() -> None:
    seats = Seats()
    first = seats.reserve(SEAT, holder("a", "page-1"), 0)
    second = seats.reserve(SEAT, holder("b", "page-2"), 0)
    assert seats.confirm(SEAT, second, WELCOME) is not None
    assert seats.confirm(SEAT, first, WELCOME) is None
    assert seats.connection(SEAT) == "b"


def test_a_superseded_page_that_was_away_is_not_told() -> None:
    seats = Seats()
    taken(seats, "a")
    seats.lost(SEAT, "a")
    _, confirmed = taken(seats, "b", "page-2")
    assert confirmed.superseded is None


def test_what_is_said_while_a_seat_is_being_taken_follows_the_welcome() -> None:
    seats = Seats()
    epoch = seats.reserve(SEAT, holder("a"), 0)
    assert seats.post(SEAT, said("meanwhile")) is None
    seats.post(OTHER, said("not for it"))
    seats.post(SEAT, said("an answer to an older page"), epoch=epoch)
    confirmed = seats.confirm(SEAT, epoch, WELCOME)
    assert confirmed == Confirmed((Delivery("a", 1, WELCOME), Delivery("a", 2, said("meanwhile"))), None)


def test_a_message_for_one_epoch_reaches_no_other() -> None:
    seats = Seats()
    taken(seats, "a")
    taken(seats, "b", "page-2")
    assert seats.post(SEAT, said("late"), epoch=1) is None
    assert seats.post(SEAT, said("now"), epoch=2) == Delivery("b", 2, said("now"))
    assert seats.post(SEAT, said("next")) == Delivery("b", 3, said("next"))


def test_a_seat_that_nobody_holds_hears_nothing() -> None:
    seats = Seats()
    assert seats.post(SEAT, said("hello")) is None
    assert seats.of("session-1") == ()


def test_a_page_that_comes_back_gets_what_it_missed() -> None:
    seats = Seats()
    taken(seats, "a")
    seats.post(SEAT, said("heard"))
    assert seats.lost(SEAT, "a") == 1
    assert seats.post(SEAT, said("missed")) is None
    resumed = seats.resume(SEAT, holder("b"), epoch=1, seq=2, floor=1)
    assert resumed is not None
    assert (resumed.missed, resumed.replaced) == ((Delivery("b", 3, said("missed")),), None)
    assert seats.voice(SEAT, "b") == 1


def test_a_page_that_comes_back_before_its_old_socket_ended_replaces_it() -> None:
    seats = Seats()
    taken(seats, "a")
    resumed = seats.resume(SEAT, holder("b"), 1, 1, 1)
    assert resumed is not None
    assert resumed.replaced == "a"
    assert seats.lost(SEAT, "a") is None
    assert seats.connection(SEAT) == "b"


def test_nobody_else_can_resume() -> None:
    seats = Seats(kept=4)
    taken(seats, "a")
    for n in range(6):
        seats.post(SEAT, said(n))
    refusals = {
        "another page": (holder("b", instance="page-2"), 1, 7, 1),
        "another device": (holder("b", device="tablet"), 1, 7, 1),
        "another epoch": (holder("b"), 2, 7, 1),
        "an epoch that the journal has left behind": (holder("b"), 1, 7, 2),
        "too long ago": (holder("b"), 1, 2, 1),
        "from the future": (holder("b"), 1, 8, 1),
    }
    assert {why: seats.resume(SEAT, *arguments) for why, arguments in refusals.items()} == dict.fromkeys(refusals)
    assert seats.resume(OTHER, holder("b"), 1, 1, 1) is None
    assert seats.resume(SEAT, holder("b"), 1, 3, 1) is not None


def test_a_seat_that_was_given_up_cannot_be_resumed() -> None:
    seats = Seats()
    taken(seats, "a")
    seats.release(SEAT, 2)
    assert seats.voice(SEAT, "a") == 1
    seats.release(SEAT, 1)
    assert seats.resume(SEAT, holder("b"), 1, 1, 1) is None
    assert taken(seats, "b")[0] == 2


def test_a_vacated_seat_goes_to_nobody_who_was_about_to_take_it() -> None:
    seats = Seats()
    taken(seats, "a")
    epoch = seats.reserve(SEAT, holder("b", "page-2"), 0)
    seats.vacate(SEAT)
    assert seats.connection(SEAT) is None
    assert seats.confirm(SEAT, epoch, WELCOME) is None


def test_a_forgotten_session_has_no_seats_and_another_keeps_its_own() -> None:
    seats = Seats()
    elsewhere = Seat("session-2", Role.GUARDIAN)
    taken(seats, "a")
    seats.confirm(elsewhere, seats.reserve(elsewhere, holder("x"), 0), WELCOME)
    pending = seats.reserve(OTHER, holder("p"), 0)
    assert seats.of("session-1") == (SEAT, OTHER)
    assert seats.forget("session-1") == ("a",)
    assert seats.of("session-1") == ()
    assert seats.confirm(OTHER, pending, WELCOME) is None
    assert seats.connection(elsewhere) == "x"


def test_an_outbox_knows_how_far_it_reaches() -> None:
    outbox = Outbox(kept=2)
    assert outbox.since(0) == ()
    assert outbox.since(1) is None
    for text in "abc":
        outbox.add(said(text))
    assert outbox.since(0) is None
    assert outbox.since(1) == ((2, said("b")), (3, said("c")))
    assert outbox.since(3) == ()
    assert outbox.since(4) is None


class OnePage(RuleBasedStateMachine):
    """A page that loses its connection at any moment against the oracle of a list of everything said in its epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.seats = Seats(kept=8)
        self.connection = ""
        self.connections = 0
        self.epoch = 0
        self.said: list[Any] = []
        self.heard: list[tuple[int, Any]] = []

    def receive(self, deliveries: tuple[Delivery, ...]) -> None:
        for delivery in deliveries:
            assert delivery.connection == self.connection
            if delivery.seq > (self.heard[-1][0] if self.heard else 0):
                self.heard.append((delivery.seq, delivery.message))

    def new_connection(self) -> Holder:
        self.connections += 1
        self.connection = f"c{self.connections}"
        return holder(self.connection)

    @precondition(lambda self: not self.connection)
    @rule(forget=st.integers(0, 3), reloaded=st.booleans())
    def connect(self, forget: int, reloaded: bool) -> None:
        """`forget`: so many messages were sent to a socket that was dead already."""
        del self.heard[len(self.heard) - min(forget, max(0, len(self.heard) - 1)) :]
        with_holder = self.new_connection()
        resumed = (
            self.seats.resume(SEAT, with_holder, self.epoch, self.heard[-1][0], 0) if self.heard and not reloaded else None
        )
        if resumed is not None:
            return self.receive(resumed.missed)
        self.epoch = self.seats.reserve(SEAT, with_holder, 0)
        self.seats.post(SEAT, said("while taking"))
        confirmed = self.seats.confirm(SEAT, self.epoch, WELCOME)
        assert confirmed is not None
        self.said, self.heard = [WELCOME, said("while taking")], []
        self.receive(confirmed.first)

    @precondition(lambda self: bool(self.connection))
    @rule()
    def lose(self) -> None:
        assert self.seats.lost(SEAT, self.connection) == self.epoch
        self.connection = ""

    @rule(times=st.integers(1, 6))
    def say(self, times: int) -> None:
        for _ in range(times):
            message = said(len(self.said))
            self.said.append(message)
            delivery = self.seats.post(SEAT, message)
            if delivery is not None:
                self.receive((delivery,))

    @precondition(lambda self: not self.connection and self.epoch)
    @rule()
    def give_up(self) -> None:
        self.seats.release(SEAT, self.epoch)

    @invariant()
    def a_connected_page_has_heard_everything_of_its_epoch_in_order(self) -> None:
        if self.connection:
            assert [message for _, message in self.heard] == self.said
            assert [seq for seq, _ in self.heard] == list(range(1, len(self.said) + 1))


OnePage.TestCase.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
TestOnePage = OnePage.TestCase
