"""Operations see how often, where and why visits of their own hospital were refused, and of whom nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.booking.refusals import Place, Refusal
from server.calendar import day_of
from server.store import limits, people
from tests.server.booking_kit import open_clinic
from tests.server.http.conftest import Browser, House


@pytest.fixture
async def operator(house: House, stranger: Browser) -> Browser:
    await stranger.sign_in(house.made.operations_login, house.made.operations_password)
    return stranger


async def test_each_place_is_counted_for_itself_and_no_other_hospital_is_told_of(house: House, operator: Browser) -> None:
    (own,) = await people.hospitals(house.server.database)
    other = await open_clinic(house.server.database, house.clock(), "2")
    today = day_of(house.clock())
    for hospital, place, days_ago in (
        (own, Place.FAMILY, 0),
        (own, Place.FAMILY, 0),
        (own, Place.ADMISSION, 0),
        (own, Place.API, 7),
        (other.hospital, Place.DESK, 0),
    ):
        day = today - timedelta(days=days_ago)
        await house.server.database.write(limits.count(hospital, day, place, [Refusal.CHILD_TOO_OLD]))
    told = await (await operator.get("/api/ops/refusals")).json()
    assert (told["since"], told["until"]) == ((today - timedelta(days=6)).isoformat(), today.isoformat())
    assert told["counts"] == [
        {"day": today.isoformat(), "place": "admission", "code": "child_too_old", "count": 1},
        {"day": today.isoformat(), "place": "family", "code": "child_too_old", "count": 2},
    ]
    week = today - timedelta(days=7)
    before = await (await operator.get(f"/api/ops/refusals?since={week}&until={week}")).json()
    assert [(each["place"], each["count"]) for each in before["counts"]] == [("api", 1)]


@pytest.mark.parametrize(
    "asked",
    [
        "since=soon",
        "until=9999-12-31",
        "since=0001-01-01&until=0001-01-02",
        "since=2026-11-23&until=2026-11-22",
        "since=2026-10-01&until=2026-11-22",
    ],
)
async def test_what_is_no_span_of_31_days_is_no_request(operator: Browser, asked: str) -> None:
    answer = await operator.get(f"/api/ops/refusals?{asked}")
    assert (answer.status, await operator.problem(answer)) == (400, "bad_request")


async def test_a_physician_is_not_told(physician: Browser) -> None:
    assert (await physician.get("/api/ops/refusals")).status == 403
