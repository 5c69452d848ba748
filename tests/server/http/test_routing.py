"""The questionnaire before a booking: anybody is told where to go, and nothing is kept."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from server.http.routing import PACE
from server.store.tables import attempt, body, event, preparation, preparation_draft
from tests.server.http.conftest import Browser, House

WELL: dict[str, Any] = {"now": ["none"], "lately": ["none"], "intimate": False, "cannot_wait": False, "concern": "skin"}


async def ask(browser: Browser, answers: Any, *, complete: bool = True, **changes: Any) -> Any:
    shown = (await (await browser.get("/api/routing?language=zh")).json())["questionnaire"]
    said = {"version": shown["version"], "sha256": shown["sha256"], "language": "zh", "answers": answers, "complete": complete}
    return await browser.post("/api/routing", said | changes)


@pytest.mark.parametrize("concern", ["growth", "nutrition", "skin"])
async def test_without_a_sign_the_way_leads_to_the_field(stranger: Browser, concern: str) -> None:
    found = (await (await ask(stranger, WELL | {"concern": concern})).json())["route"]
    assert (found["outcome"], found["field"], found["why"]) == ("field", concern, [])


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ({"now": ["not_fading"]}, "emergency"),
        ({"lately": ["blisters"]}, "in_person"),
        ({"intimate": True}, "in_person"),
        ({"concern": "other"}, "in_person"),
        ({"now": ["dry"], "cannot_wait": True}, "emergency"),
    ],
)
async def test_a_sign_leads_away_from_the_screen_with_what_to_do(
    stranger: Browser, answers: dict[str, Any], outcome: str
) -> None:
    found = (await (await ask(stranger, WELL | answers)).json())["route"]
    assert (found["outcome"], found["field"]) == (outcome, None)
    assert found["why"]
    assert any("120" in words for words in found["safety_net"])


async def test_a_sign_need_not_wait_for_the_last_question(stranger: Browser) -> None:
    said = await (await ask(stranger, {"now": ["convulsing"]}, complete=False)).json()
    assert said["route"]["outcome"] == "emergency"
    assert await (await ask(stranger, {}, complete=False)).json() == {"route": None}


async def test_what_is_missing_or_old_is_said(stranger: Browser) -> None:
    answer = await ask(stranger, {"now": ["none"]})
    assert answer.status == 422
    assert {error["code"] for error in (await answer.json())["errors"]} == {"required"}
    assert await stranger.problem(await ask(stranger, WELL, version="routing-2025-1")) == "questionnaire_changed"
    assert await stranger.problem(await stranger.post("/api/routing", {}, origin="https://elsewhere.example")) == "bad_origin"


async def test_nothing_is_kept(house: House, stranger: Browser) -> None:
    async def rows(connection: Any) -> list[int]:
        tables = (body, event, preparation, preparation_draft)
        return [await connection.scalar(select(func.count()).select_from(table)) for table in tables]

    before = await house.server.database.read(rows)
    await ask(stranger, WELL | {"now": ["breathing"]})
    assert await house.server.database.read(rows) == before
    assert "Set-Cookie" not in (await ask(stranger, WELL)).headers


async def test_an_address_asks_and_answers_at_a_measured_pace(
    house: House, stranger: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    pace = house.server.app[PACE]
    monkeypatch.setattr(pace, "_burst", 3)
    monkeypatch.setattr(pace, "_per_s", 1e-3)
    assert (await ask(stranger, {}, complete=False)).status == 200
    assert (await stranger.get("/api/routing")).status == 200
    for answer in (await stranger.get("/api/routing"), await stranger.post("/api/routing", {})):
        assert (answer.status, await stranger.problem(answer)) == (429, "too_many_attempts")
        assert int(answer.headers["Retry-After"]) > 0
    assert await house.server.database.read(lambda t: t.scalar(select(func.count()).select_from(attempt))) == 0
