"""What is told, once, over a real database; the way to families is a fake that keeps what it was given."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.access import RECORDS_OPEN_S
from server.calendar import CHINA
from server.errors import Refused
from server.reminders.plan import Kind
from server.reminders.port import Addressee, Outcome
from server.reminders.service import MOST_ASKED, MOST_HELD, MOST_VISITS, Busy, Reminders
from server.reminders.words import Notice
from server.store import guardians, outbox, visits
from server.store.database import Database
from server.store.errors import Unavailable
from server.store.links import Links
from server.store.referrals import Referral, file
from server.store.tables import guardian, referral, reminder, visit
from server.store.visits import Guardian, Relation, add
from server.wiring import chance
from tests.server.booking_kit import Clinic, ids, open_clinic

T = TypeVar("T")
ORIGIN = "https://visit.hospital.example"
WEEK_S = 7 * 86_400.0
NOON = datetime(2026, 11, 10, 12, tzinfo=CHINA).timestamp()


@dataclass
class Post:
    """A way to families that does as it is told."""

    name: str = "post"
    outcome: Outcome = Outcome.DELIVERED
    sent: list[tuple[Addressee, Notice]] = field(default_factory=list)
    fails: Exception | None = None
    then: Callable[[], None] | None = None

    def reaches(self, to: Addressee) -> bool:
        return bool(to.email)

    async def send(self, to: Addressee, notice: Notice) -> Outcome:
        self.sent.append((to, notice))
        if self.then is not None:
            self.then()
        if self.fails is not None:
            raise self.fails
        return self.outcome

    @property
    def kinds(self) -> list[Kind]:
        return [notice.kind for _, notice in self.sent]

    @property
    def tokens(self) -> list[str]:
        return [notice.values["link"].rsplit("/", 1)[1] for _, notice in self.sent]


@dataclass
class Rig:
    database: Database
    clinic: Clinic
    post: Post
    links: Links
    reminders: Reminders
    clock: list[float]

    @property
    def now(self) -> float:
        return self.clock[0]

    async def at(self, now: float) -> Rig:
        """A look at this time."""
        self.clock[0] = now
        await self.reminders.look(self.post)
        return self

    async def states(self) -> list[tuple[str, str, int]]:
        query = select(reminder.c.kind, reminder.c.state, reminder.c.attempts).order_by(reminder.c.at)

        async def work(transaction: object) -> list[tuple[str, str, int]]:
            return [tuple(row) for row in await transaction.execute(query)]  # type: ignore[attr-defined]

        return await self.database.read(work)


def again(rig: Rig) -> Reminders:
    """As a new process: nothing remembered."""
    return Reminders(rig.database, rig.links, rig.post, ORIGIN, lambda: rig.clock[0], chance().new_id, lambda: 0.5, WEEK_S)


@pytest.fixture
async def rig(database: Database) -> Rig:
    """A visit tomorrow at noon, booked at noon."""
    clinic = await open_clinic(database, NOON)
    await database.write(add(clinic.visit("visit-1", booked_at=NOON)))
    clock, post, links = [NOON], Post(), Links(database, chance().new_secret)
    new_id: Callable[[], str] = ids("r")
    own = Reminders(database, links, post, ORIGIN, lambda: clock[0], new_id, lambda: 0.5, WEEK_S)
    return Rig(database, clinic, post, links, own, clock)


async def ended(rig: Rig, visit: str, outcome: str, at: float) -> None:
    await rig.database.write(visits.snapshot(visit, visits.Snapshot("ended", outcome, ended_at=at)))


async def test_from_booking_to_visit_a_family_hears_what_it_needs_once(rig: Rig) -> None:
    for minutes in range(0, 24 * 60, 10):
        await rig.at(NOON + minutes * 60)
    assert rig.post.kinds == [Kind.BOOKED, Kind.HOUR_BEFORE]
    to, notice = rig.post.sent[0]
    assert (to.phone, to.email, notice.language) == ("13800000000", None, "zh")
    assert "11月11日（周三）12:00" in notice.text
    assert notice.values["link"].startswith(f"{ORIGIN}/j/")


async def test_a_new_process_tells_nothing_again(rig: Rig) -> None:
    await rig.at(NOON)
    await again(rig).look(rig.post)
    assert rig.post.kinds == [Kind.BOOKED]


async def test_the_link_of_a_reminder_opens_the_visit_and_shuts_nobody_out(rig: Rig) -> None:
    first = await rig.links.issue("visit-1", NOON, NOON + 7 * 86400)
    here = await rig.links.redeem(first, {}, NOON)
    await rig.at(NOON)
    other = await rig.links.redeem(rig.post.tokens[0], {}, NOON + 1)
    assert other.visit == "visit-1"
    assert other.cookie is not None
    assert here.cookie is not None
    assert await rig.links.device(here.cookie) is not None
    assert await rig.links.device(other.cookie) is not None
    same = await rig.links.redeem(rig.post.tokens[0], {other.visit: other.cookie or ""}, NOON + 2)
    assert same.cookie is None


async def test_what_cannot_be_handed_in_is_tried_again_with_patience(rig: Rig) -> None:
    rig.post.outcome = Outcome.TRY_AGAIN
    await rig.at(NOON)
    await rig.at(NOON + 5)
    assert len(rig.post.sent) == 1
    await rig.at(NOON + 31)
    assert len(rig.post.sent) == 2
    assert {notice.id for _, notice in rig.post.sent} == {rig.post.sent[0][1].id}
    rig.post.outcome = Outcome.DELIVERED
    await rig.at(NOON + 200)
    assert await rig.states() == [("booked", "delivered", 3)]


async def test_a_way_that_breaks_is_no_end_of_the_rounds(rig: Rig) -> None:
    rig.post.fails = ZeroDivisionError()
    await rig.at(NOON)
    rig.post.fails = None
    await rig.at(NOON + 60)
    assert await rig.states() == [("booked", "delivered", 2)]


class Away:
    """A database that takes none of the next ``fails`` writes, or takes them without saying so."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.read = database.read
        self.fails: Exception | None = None
        self.takes = False

    async def write(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        if self.fails is None or self.takes:
            done = await self._database.write(work)
        if self.fails is not None:
            raise self.fails
        return done


@pytest.fixture
def away(rig: Rig) -> Away:
    away, new_id = Away(rig.database), ids("r")
    rig.reminders = Reminders(away, rig.links, rig.post, ORIGIN, lambda: rig.clock[0], new_id, lambda: 0.5, WEEK_S)  # type: ignore[arg-type]
    return away


@pytest.mark.parametrize(
    ("outcome", "noted"), [(Outcome.DELIVERED, ("booked", "delivered", 1)), (Outcome.TRY_AGAIN, ("booked", "delivered", 2))]
)
async def test_what_came_of_it_is_noted_once_the_database_is_back(
    rig: Rig, away: Away, outcome: Outcome, noted: tuple[str, str, int]
) -> None:
    rig.post.outcome, rig.post.then = outcome, lambda: setattr(away, "fails", Unavailable("gone"))
    await rig.at(NOON)
    assert await rig.states() == [("booked", "sending", 1)]
    with pytest.raises(Unavailable):
        await rig.at(NOON + 5)
    away.fails, rig.post.then, rig.post.outcome = None, None, Outcome.DELIVERED
    await rig.at(NOON + 300)
    assert await rig.states() == [noted]


async def test_an_attempt_that_may_have_been_noted_but_was_not_made_is_made(rig: Rig, away: Away) -> None:
    rig.post.outcome = Outcome.TRY_AGAIN
    await rig.at(NOON)
    away.fails, away.takes = Unavailable("no answer in time"), True
    with pytest.raises(Unavailable):
        await rig.at(NOON + 31)
    assert await rig.states() == [("booked", "sending", 2)]
    away.fails, rig.post.outcome = None, Outcome.DELIVERED
    await rig.at(NOON + 40)
    assert await rig.states() == [("booked", "delivered", 3)]


async def test_a_search_for_a_lost_link_that_breaks_is_told_and_no_end_of_the_rounds(
    rig: Rig, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = again(rig)

    async def breaks(phone: str) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(broken, "_find", breaks)
    running = asyncio.create_task(broken.run())
    while not rig.post.sent:
        await asyncio.sleep(0.01)
    broken.ask_for_link("13800000000")
    while "looking for reminders failed" not in caplog.text:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0)
    assert not running.done()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize(("outcome", "state"), [(Outcome.REFUSED, "refused"), (Outcome.NO_ADDRESS, "no_address")])
async def test_what_is_refused_is_not_tried_again(rig: Rig, outcome: Outcome, state: str) -> None:
    rig.post.outcome = outcome
    await rig.at(NOON)
    await rig.at(NOON + 3600)
    assert await rig.states() == [("booked", state, 1)]


async def test_a_reminder_that_was_never_taken_ends_with_its_use(rig: Rig) -> None:
    rig.post.outcome = Outcome.TRY_AGAIN
    for hours in range(26):
        await rig.at(NOON + hours * 3600)
    assert [state for _, state, _ in await rig.states()] == ["overtaken", "overtaken"]


async def test_what_was_being_sent_when_the_server_stopped_is_not_sent_again(rig: Rig) -> None:
    stuck = asyncio.Event()

    async def never(to: Addressee, notice: Notice) -> Outcome:
        await stuck.wait()
        return Outcome.DELIVERED

    rig.post.send = never  # type: ignore[method-assign]
    going = asyncio.create_task(rig.reminders.look(rig.post))
    while ("booked", "sending", 1) not in await rig.states():
        await asyncio.sleep(0)
    going.cancel()
    await asyncio.gather(going, return_exceptions=True)
    rig.post = Post()
    fresh = again(rig)
    await fresh.begin()
    await fresh.look(rig.post)
    assert rig.post.sent == []
    assert await rig.states() == [("booked", "unknown", 1)]


async def test_a_move_before_the_word_went_out_is_told_as_it_is_now(rig: Rig) -> None:
    rig.post.outcome = Outcome.TRY_AGAIN
    await rig.at(NOON)
    later = rig.clinic.opens_at + 1800
    message = outbox.Outgoing("m1", "visit-1", "visit.moved", "{}", NOON + 10)
    await rig.database.write(outbox.post(message))
    await rig.database.write(lambda t: t.execute(update(visit).values(starts_at=later, ends_at=later + 1800)))
    rig.post.outcome = Outcome.DELIVERED
    await rig.at(NOON + 60)
    assert sorted(rig.post.kinds[1:]) == [Kind.BOOKED, Kind.MOVED]
    assert all("12:30" in notice.text for _, notice in rig.post.sent[1:])


async def test_a_visit_that_is_called_off_is_told_without_a_link(rig: Rig) -> None:
    await rig.at(NOON)
    await rig.database.write(visits.snapshot("visit-1", visits.Snapshot("ended", "cancelled", ended_at=NOON + 60)))
    await rig.at(NOON + 120)
    assert rig.post.kinds == [Kind.BOOKED, Kind.CANCELLED]
    assert rig.post.sent[1][1].values["link"] == ""


async def test_a_family_is_written_to_in_its_language_and_at_its_address(rig: Rig) -> None:
    await rig.database.write(lambda t: t.execute(update(guardian).values(language="en", email="a@example.org")))
    await rig.at(NOON)
    to, notice = rig.post.sent[0]
    assert (to.email, notice.language) == ("a@example.org", "en")
    assert "Wed 11 Nov 12:00" in notice.text


async def test_who_lost_the_link_gets_one_for_each_coming_visit(rig: Rig) -> None:
    await rig.database.write(add(rig.clinic.visit("visit-2", 1, booked_at=NOON - 90_000)))
    await rig.at(NOON + 60)
    rig.post.sent.clear()
    rig.reminders.ask_for_link("13800000000")
    await rig.at(NOON + 120)
    assert rig.post.kinds == [Kind.LINK, Kind.LINK]
    assert {(await rig.links.redeem(token, {}, rig.now)).visit for token in rig.post.tokens} == {"visit-1", "visit-2"}
    rig.reminders.ask_for_link("13800000000")
    await rig.at(NOON + 180)
    assert len(rig.post.sent) == 4


async def test_after_the_visit_who_lost_everything_gets_a_link_to_what_is_left_of_it(rig: Rig) -> None:
    await mother_comes(rig)
    await rig.at(NOON)
    await ended(rig, "visit-1", "referred", NOON + 3600)
    for phone in ("13800000000", "13900000002"):
        rig.post.sent.clear()
        rig.reminders.ask_for_link(phone)
        await rig.at(rig.now + 30 * 86_400)
        assert rig.post.kinds == [Kind.LINK]
        with pytest.raises(Refused, match="link_expired"):
            await rig.links.redeem(rig.post.tokens[0], {}, rig.now + WEEK_S)
        assert (await rig.links.redeem(rig.post.tokens[0], {}, rig.now + WEEK_S - 1)).visit == "visit-1"


async def test_a_visit_that_never_took_place_or_whose_records_are_closed_has_no_link(rig: Rig) -> None:
    await rig.at(NOON)
    rig.post.sent.clear()
    for outcome in ("cancelled", "no_show"):
        await ended(rig, "visit-1", outcome, NOON - 5 * 86_400)
        rig.reminders.ask_for_link("13800000000")
        await rig.at(rig.now + 60)
    await ended(rig, "visit-1", "completed", rig.now - RECORDS_OPEN_S)
    rig.reminders.ask_for_link("13800000000")
    await rig.at(rig.now + 60)
    assert rig.post.sent == []


async def test_a_link_is_found_as_long_as_the_referral_is_open(rig: Rig) -> None:
    await ended(rig, "visit-1", "referred", NOON - 2 * RECORDS_OPEN_S)
    await rig.database.write(file(Referral("r1", "visit-1", "R-1", "growth_other", "routine", "1", "b", NOON)))
    rig.reminders.ask_for_link("13800000000")
    await rig.at(NOON + 60)
    assert rig.post.kinds == [Kind.LINK]
    await rig.database.write(lambda transaction: transaction.execute(update(referral).values(state="seen")))
    rig.reminders.ask_for_link("13800000000")
    await rig.at(NOON + 120)
    assert rig.post.kinds == [Kind.LINK]


async def test_visits_that_are_over_leave_room_for_those_to_come_and_the_last_are_found(rig: Rig) -> None:
    held = [rig.clinic.visit(f"held-{n}", slot=None, starts_at=NOON - 86_400 * n) for n in range(1, 6)]
    await rig.database.write(add(*held))
    for each in held:
        await ended(rig, each.id, "completed", each.ends_at)
    await rig.at(NOON)
    rig.post.sent.clear()
    rig.reminders.ask_for_link("13800000000")
    await rig.at(NOON + 120)
    found = {(await rig.links.redeem(token, {}, rig.now)).visit for token in rig.post.tokens}
    assert found == {"visit-1", *(f"held-{n}" for n in range(1, MOST_HELD + 1))}


async def test_visits_that_anybody_booked_with_a_familys_number_do_not_crowd_its_own_out(rig: Rig) -> None:
    strangers = (Guardian("g-stranger", rig.clinic.hospital, "某人", "13800000000"),)
    await rig.database.write(add(*strangers, Relation("g-stranger", rig.clinic.child, "mother", "declared")))
    made = [
        rig.clinic.visit(f"said-{n}", n % 6, guardian="g-stranger", slot=None, starts_at=NOON + 600 * n) for n in range(1, 8)
    ]
    await rig.database.write(add(*made))
    await rig.at(NOON + 60)
    rig.post.sent.clear()
    rig.reminders.ask_for_link("13800000000")
    await rig.at(NOON + 120)
    assert len(rig.post.sent) == MOST_VISITS
    assert "visit-1" in {(await rig.links.redeem(token, {}, rig.now)).visit for token in rig.post.tokens}


async def test_an_unknown_number_gets_nothing_nor_does_one_whose_visits_are_over(rig: Rig) -> None:
    await rig.at(NOON)
    rig.post.sent.clear()
    rig.reminders.ask_for_link("13999999999")
    await rig.at(NOON + 60)
    rig.reminders.ask_for_link("13800000000")
    await rig.at(rig.clinic.opens_at + 1800)
    assert rig.post.sent == []


async def test_more_than_can_be_looked_after_are_sent_away(rig: Rig) -> None:
    for _ in range(MOST_ASKED):
        rig.reminders.ask_for_link("13800000000")
    with pytest.raises(Busy):
        rig.reminders.ask_for_link("13800000000")


async def test_links_that_nobody_used_do_not_pile_up(rig: Rig) -> None:
    tokens = []
    for n in range(10):
        token, write = rig.links.drawn_further("visit-1", NOON + n, NOON + 86_400)
        await rig.database.write(write)
        tokens.append(token)
    for token in tokens[:2]:
        with pytest.raises(Exception, match="link_expired"):
            await rig.links.redeem(token, {}, NOON + 20)
    assert (await rig.links.redeem(tokens[2], {}, NOON + 20)).visit == "visit-1"


async def test_visits_beyond_a_page_are_looked_at_too(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.reminders.service.PAGE", 2)
    more = [rig.clinic.visit(f"visit-{n}", n, booked_at=NOON) for n in range(2, 6)]
    await rig.database.write(add(*more))
    await rig.at(NOON)
    assert len(rig.post.sent) == 5


async def test_it_runs_wakes_for_who_asks_and_says_that_nothing_is_set(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "server")
    running = asyncio.create_task(again(rig).run())
    own = again(rig)
    other = asyncio.create_task(own.run())
    while len(rig.post.sent) < 1:
        await asyncio.sleep(0.01)
    own.ask_for_link("13800000000")
    while len(rig.post.sent) < 2:
        await asyncio.sleep(0.01)
    assert rig.post.kinds == [Kind.BOOKED, Kind.LINK]
    for task in (running, other):
        task.cancel()
    await asyncio.gather(running, other, return_exceptions=True)
    unset = Reminders(rig.database, rig.links, None, ORIGIN, lambda: NOON, chance().new_id, lambda: 0.5, WEEK_S)
    assert not unset.on
    await unset.run()
    assert "no way to families is set" in caplog.text


MOTHER = "guardian-2"


async def mother_comes(rig: Rig, at: float = NOON, phone: str = "13900000002") -> None:
    """The child's mother may come to the visit, too."""
    mother = Guardian(MOTHER, rig.clinic.hospital, "韩梅梅", phone, email="han@example.com", language="en")
    await rig.database.write(add(mother, Relation(MOTHER, rig.clinic.child, "mother", "birth_certificate")))
    await rig.database.write(lambda transaction: guardians.add(transaction, "visit-1", MOTHER, at))


async def test_each_guardian_is_reminded_with_a_link_of_their_own(rig: Rig) -> None:
    await mother_comes(rig)
    for minutes in range(0, 24 * 60, 30):
        await rig.at(NOON + minutes * 60)
    told = [(to.phone, notice.kind, notice.language) for to, notice in rig.post.sent]
    assert sorted(told) == sorted(
        (phone, kind, language)
        for phone, language in (("13800000000", "zh"), ("13900000002", "en"))
        for kind in (Kind.BOOKED, Kind.HOUR_BEFORE)
    )
    whose = {to.phone: token for (to, _), token in zip(rig.post.sent, rig.post.tokens, strict=True)}
    for phone, whose_it_is in (("13800000000", ""), ("13900000002", MOTHER)):
        cookie = (await rig.links.redeem(whose[phone], {}, rig.now)).cookie
        device = await rig.links.device(cookie or "")
        assert device is not None
        assert device.guardian == whose_it_is


async def test_who_is_added_later_is_told_and_nobody_again(rig: Rig) -> None:
    await rig.at(NOON)
    await mother_comes(rig, NOON + 3600)
    await rig.at(NOON + 3600)
    assert [to.phone for to, _ in rig.post.sent] == ["13800000000", "13900000002"]


async def test_who_was_removed_is_told_no_more_and_a_link_on_its_way_opens_nothing(rig: Rig) -> None:
    await mother_comes(rig)
    await rig.at(NOON)
    late = rig.post.tokens[[to.phone for to, _ in rig.post.sent].index("13900000002")]
    rig.post.outcome = Outcome.TRY_AGAIN
    rig.reminders.ask_for_link("13900000002")
    await rig.at(NOON + 60)
    await rig.database.write(guardians.remove("visit-1", MOTHER, NOON + 61))
    with pytest.raises(Refused, match="link_expired"):
        await rig.links.redeem(late, {}, NOON + 62)
    before = len(rig.post.sent)
    await rig.at(NOON + 3600)
    assert len(rig.post.sent) == before
    assert (Kind.LINK, "overtaken", 1) in await rig.states()


async def test_a_further_guardians_number_finds_their_own_link_and_never_the_booked_ones(rig: Rig) -> None:
    await mother_comes(rig)
    await rig.at(NOON)
    for phone, whose_it_is in (("13900000002", MOTHER), ("13800000000", "")):
        rig.post.sent.clear()
        rig.reminders.ask_for_link(phone)
        await rig.at(rig.now + 60)
        assert rig.post.kinds == [Kind.LINK]
        cookie = (await rig.links.redeem(rig.post.tokens[0], {}, rig.now)).cookie
        device = await rig.links.device(cookie or "")
        assert device is not None
        assert device.guardian == whose_it_is


async def test_a_visit_that_is_called_off_is_told_to_each_guardian(rig: Rig) -> None:
    await mother_comes(rig)
    await rig.at(NOON)
    await rig.database.write(visits.snapshot("visit-1", visits.Snapshot("ended", "cancelled", ended_at=NOON + 60)))
    rig.post.sent.clear()
    await rig.at(NOON + 120)
    assert sorted(to.phone for to, _ in rig.post.sent) == ["13800000000", "13900000002"]
