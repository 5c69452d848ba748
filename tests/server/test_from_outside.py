"""What the hospital does to a visit from outside the room: the same whether its session is open in memory or not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import update

from server.chain import check_events, microseconds
from server.errors import Refused
from server.events import NoShowMarked, VisitCancelled, VisitMoved
from server.journal import Journal
from server.session import Ended, Waiting
from server.store.details import visit_detail
from server.store.errors import Unavailable
from server.store.tables import event as event_table
from server.store.tables import visit as visit_table
from server.visit_view import moment
from signaling import messages as wire
from signaling.seats import Role
from tests.server.consultation_kit import FakeGateway, FakeWorker, Visit, bring_media, visit
from tests.server.http.conftest import House, house, seeded
from tests.server.test_consultations import restarted

__all__ = ["house", "seeded", "visit"]

CALLED_OFF = VisitCancelled("family")


@pytest.fixture
async def nobody(house: House) -> Visit:
    """A visit that nobody has come to, and that is not open in memory."""
    worker, gateway = FakeWorker(), FakeGateway()
    house.server.consultations.bind(gateway, [worker])  # type: ignore[arg-type,list-item]
    return Visit(house, worker, gateway)


async def moved(visit: Visit, by_s: float) -> Any:
    """The visit a while later, its row with it, as a booking does it."""
    detail = await visit_detail(visit.house.server.database, visit.id)
    assert detail is not None
    starts_at, ends_at = detail.starts_at + by_s, detail.ends_at + by_s
    event = VisitMoved(microseconds(starts_at), microseconds(ends_at), microseconds(detail.ends_at))

    async def row(connection: Any) -> None:
        await connection.execute(update(visit_table).values(starts_at=starts_at, ends_at=ends_at))

    return await visit.house.server.consultations.from_outside(visit.id, event, (row,))


async def test_a_move_is_told_at_once_to_those_in_the_waiting_room(visit: Visit) -> None:
    detail = await visit_detail(visit.house.server.database, visit.id)
    assert detail is not None
    await moved(visit, 600.0)
    await visit.settled()
    assert visit.said(wire.Moved) == [wire.Moved(moment(detail.starts_at + 600.0))]
    await visit.house.server.consultations.from_outside(visit.id, CALLED_OFF)
    assert len(visit.said(wire.Moved)) == 1


async def listed(visit: Visit) -> tuple[str, str | None, float]:
    detail = await visit_detail(visit.house.server.database, visit.id)
    assert detail is not None
    return detail.state, detail.outcome, detail.ends_at


async def test_a_visit_nobody_opened_is_called_off_without_being_opened(nobody: Visit) -> None:
    session = await nobody.house.server.consultations.from_outside(nobody.id, CALLED_OFF)
    assert session.state.outcome.value == "cancelled"  # type: ignore[union-attr]
    assert nobody.house.server.consultations.all() == []
    assert nobody.worker.diary == []
    assert (await listed(nobody))[:2] == ("ended", "cancelled")
    journal = Journal(nobody.house.server.database)
    assert [event for event, _ in await journal.replay(nobody.id)] == [CALLED_OFF]
    assert check_events(nobody.id, await journal.links(nobody.id)) == []


async def test_the_same_again_changes_nothing(nobody: Visit) -> None:
    written: list[str] = []

    async def write(connection: Any) -> None:
        written.append("once")

    for _ in range(2):
        await nobody.house.server.consultations.from_outside(nobody.id, CALLED_OFF, (write,))
    assert written == ["once"]
    assert (await Journal(nobody.house.server.database).head(nobody.id)).n == 1


async def test_who_waits_is_told_that_the_visit_was_called_off(visit: Visit) -> None:
    await visit.house.server.consultations.from_outside(visit.id, CALLED_OFF)
    shown = visit.said(wire.SessionChanged)[-1].session
    assert (shown.state, shown.outcome) == ("ended", "cancelled")
    assert visit.worker.diary[-1] == "end"
    assert (await listed(visit))[:2] == ("ended", "cancelled")


@pytest.mark.parametrize("open_in_memory", [True, False])
async def test_a_moved_visit_has_its_new_end_after_a_restart_too(open_in_memory: bool, nobody: Visit) -> None:
    if open_in_memory:
        await nobody.session()
    before = await nobody.house.server.consultations.session(nobody.id) if open_in_memory else None
    first_end = (await listed(nobody))[2]
    session = await moved(nobody, 86_400.0)
    session = await moved(nobody, -3_600.0)
    waits_until = microseconds(first_end + 82_800) / 1e6 + 1800
    assert session.state == Waiting(waits_until)
    assert (before is None) or before.session == session
    again = restarted(nobody)
    await again.recover(last_beat=None)
    assert again.all() == []  # nobody came: there is nothing to take up again
    assert (await again.session(nobody.id)).session == session
    await again.stop()


async def test_who_comes_after_a_move_is_shown_the_new_time(visit: Visit) -> None:
    before = (await visit.house.server.consultations.taken(visit.id, Role.GUARDIAN, 2, "zh")).visit.starts_at
    await moved(visit, 86_400.0)
    after = (await visit.house.server.consultations.taken(visit.id, Role.GUARDIAN, 3, "zh")).visit.starts_at
    assert after[:8] == before[:8]
    assert after != before
    assert visit.said(wire.SessionChanged)[-1].session.until_ms > 86_400_000


async def test_a_moved_waiting_room_closes_at_its_new_end(visit: Visit) -> None:
    consultation = await visit.house.server.consultations.session(visit.id)
    former = consultation.session.deadline
    await moved(visit, 86_400.0)
    assert former is not None
    assert consultation.session.deadline == pytest.approx(former + 86_400)
    visit.house.clock.ahead_s = 7200
    assert isinstance((await visit.settled()).state, Waiting)


async def test_a_move_to_the_same_end_is_journaled_too(nobody: Visit) -> None:
    await moved(nobody, 0.0)
    assert (await Journal(nobody.house.server.database).head(nobody.id)).n == 1


async def test_a_visit_under_way_is_the_physicians(visit: Visit) -> None:
    await bring_media(visit)
    await visit.ask(Role.PHYSICIAN, wire.Admit(names_match=True))
    for event in (CALLED_OFF, NoShowMarked(0), VisitMoved(1, 2, 3)):
        with pytest.raises(Refused, match="visit_under_way"):
            await visit.house.server.consultations.from_outside(visit.id, event)


@pytest.mark.parametrize("open_in_memory", [True, False])
async def test_what_fails_beside_the_event_undoes_it(open_in_memory: bool, nobody: Visit) -> None:
    async def taken(connection: Any) -> None:
        raise Refused("slot_taken")

    if open_in_memory:
        await nobody.session()
    with pytest.raises(Refused, match="slot_taken"):
        await nobody.house.server.consultations.from_outside(nobody.id, VisitMoved(1, 2, 3), (taken,))
    assert (await Journal(nobody.house.server.database).head(nobody.id)).n == 0
    assert isinstance((await nobody.session()).state, Waiting)


async def test_an_unknown_visit_is_not_found(nobody: Visit) -> None:
    with pytest.raises(Refused, match="not_found"):
        await nobody.house.server.consultations.from_outside("nobody's", CALLED_OFF)


async def test_a_tampered_session_is_left_as_it_is(nobody: Visit) -> None:
    await moved(nobody, 60.0)

    async def tamper(connection: Any) -> None:
        await connection.execute(update(event_table).values(record="{}"))

    await nobody.house.server.database.write(tamper)
    with pytest.raises(Refused, match="unavailable"):
        await nobody.house.server.consultations.from_outside(nobody.id, CALLED_OFF)


async def test_a_move_stands_though_the_records_cannot_be_read_again(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: Any) -> None:
        raise Unavailable("away")

    monkeypatch.setattr("server.consultations.visit_detail", away)
    session = await moved(visit, 3_600.0)
    assert session == (await visit.house.server.consultations.session(visit.id)).session


@pytest.mark.parametrize("first", ["opening", "ending"])
async def test_opened_and_ended_at_once_it_is_ended_for_whoever_opened_it(first: str, nobody: Visit) -> None:
    consultations = nobody.house.server.consultations
    both: dict[str, Any] = {
        "opening": lambda: consultations.session(nobody.id),
        "ending": lambda: consultations.from_outside(nobody.id, CALLED_OFF),
    }
    await asyncio.gather(both.pop(first)(), *(other() for other in both.values()))
    assert isinstance((await nobody.session()).state, Ended)
    assert (await Journal(nobody.house.server.database).head(nobody.id)).n == 1
