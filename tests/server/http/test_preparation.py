"""Preparing a visit over HTTP: drafts come back, what is completed is journaled, the physician reads it and nobody else."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from server import events as ev
from server.calendar import day_of
from server.http.preparation import MOST_TURNS
from server.journal import Journal
from server.store import bodies, preparation
from server.store.audit import verify_journal
from signaling.seats import Role
from tests.server.http.conftest import Browser, House

WHOLE: dict[str, Any] = {"signs": ["none"], "concern": "short", "outgrown": "yes", "proportion": "no", "puberty": "no"}


@pytest.fixture
async def guardian(guardian: Browser, house: House) -> Browser:
    """Who confirmed the child and agreed."""
    await guardian.consent_to_everything(house.visit)
    return guardian


async def form(guardian: Browser, house: House, language: str = "zh") -> Any:
    answer = await guardian.get(f"{house.visit}/questionnaire?language={language}")
    assert answer.status == 200
    return await answer.json()


async def send(guardian: Browser, house: House, answers: Any, *, complete: bool = True, **changes: Any) -> Any:
    shown = (await form(guardian, house, changes.get("language", "zh")))["questionnaire"]
    said = {"version": shown["version"], "sha256": shown["sha256"], "language": "zh", "answers": answers, "complete": complete}
    return await guardian.post(f"{house.visit}/answers", said | changes)


def day(house: House, ago: int = 10) -> str:
    return (day_of(house.clock()) - timedelta(days=ago)).isoformat()


def height(house: House, value: str, ago: int = 10, **more: Any) -> dict[str, Any]:
    return {"kind": "height", "value": value, "on": day(house, ago), "method": "standing_home", **more}


async def measure(guardian: Browser, house: House, *rows: Any) -> Any:
    return await guardian.post(f"{house.visit}/measurements", {"measurements": list(rows)})


async def events(house: House, kind: type[ev.Event]) -> list[ev.Event]:
    return [event for event, _ in await Journal(house.server.database).replay(house.made.visit) if isinstance(event, kind)]


# --- the questionnaire ---


async def test_the_form_is_of_the_visits_field_in_the_readers_language(house: House, guardian: Browser) -> None:
    shown = await form(guardian, house, "en")
    assert shown["questionnaire"]["field"] == "growth"
    assert shown["questionnaire"]["title"] == "Questions about growth"
    assert (shown["state"], shown["answers"], shown["route"], shown["measurements"], shown["open"]) == (
        "open",
        {},
        None,
        [],
        True,
    )
    assert "rules" not in json.dumps(shown)


async def test_before_the_consents_nothing_is_taken_in(house: House, guardian: Browser) -> None:
    for text in await (await guardian.get(f"{house.visit}/consent-texts?language=zh")).json():
        if text["kind"] == "consultation":
            shown = {name: text[name] for name in ("kind", "version", "language", "sha256")}
            await guardian.post(f"{house.visit}/consents", shown | {"agreed": False})
    for complete in (False, True):
        answer = await send(guardian, house, WHOLE, complete=complete)
        assert await guardian.problem(answer) == "consent_missing"
    assert await guardian.problem(await measure(guardian, house, height(house, "120"))) == "consent_missing"
    shown = await form(guardian, house)
    assert (shown["state"], shown["measurements"]) == ("open", [])


async def test_a_draft_comes_back_after_a_reload_and_only_to_the_family(
    house: House, guardian: Browser, physician: Browser
) -> None:
    answer = await send(guardian, house, {"concern": "short"}, complete=False)
    assert await answer.json() == {"state": "draft", "route": _plain_way(await answer.json())}
    shown = await form(guardian, house)
    assert (shown["state"], shown["answers"]) == ("draft", {"concern": "short"})
    assert await events(house, ev.QuestionnaireAnswered) == []
    seen = await (await physician.get(f"{house.visit}/prepared")).json()
    assert (seen["questionnaire"], seen["begun"]) == (None, True)
    assert "short" not in json.dumps(seen)


def _plain_way(said: Any) -> Any:
    assert said["route"]["outcome"] == "field"
    return said["route"]


async def test_a_sign_in_a_draft_is_answered_with_what_to_do_at_once(house: House, guardian: Browser) -> None:
    said = await (await send(guardian, house, {"signs": ["seizure"]}, complete=False)).json()
    assert said["route"]["outcome"] == "emergency"
    assert "120" in " ".join(said["route"]["safety_net"])
    assert (await form(guardian, house, "en"))["route"]["why"] == ["A seizure needs emergency care."]


async def test_what_is_completed_is_journaled_by_hash_only(house: House, guardian: Browser) -> None:
    answer = await send(guardian, house, WHOLE | {"signs": ["head_night"], "medicines": "维生素D，每天"})
    assert (await answer.json())["state"] == "given"
    (event,) = await events(house, ev.QuestionnaireAnswered)
    assert isinstance(event, ev.QuestionnaireAnswered)
    assert (event.questionnaire, event.outcome) == ("growth-2026-1", "emergency")
    assert event.shown_sha256 == (await form(guardian, house))["questionnaire"]["sha256"]
    links = await Journal(house.server.database).links(house.made.visit)
    assert not any("维生素" in link.record or "head_night" in link.record for link in links)
    assert (await verify_journal(house.server.database)).ok
    shown = await form(guardian, house)
    assert (shown["state"], shown["answers"]["medicines"]) == ("given", "维生素D，每天")


async def test_the_words_can_be_deleted_and_the_chain_stays_whole(house: House, guardian: Browser, physician: Browser) -> None:
    await send(guardian, house, WHOLE | {"medicines": "维生素D"})
    await measure(guardian, house, height(house, "121"))
    for event in await events(house, ev.QuestionnaireAnswered) + await events(house, ev.Measured):
        assert isinstance(event, ev.QuestionnaireAnswered | ev.Measured)
        await bodies.forget(house.server.database, event.body)
    assert (await verify_journal(house.server.database)).ok
    seen = await (await physician.get(f"{house.visit}/prepared")).json()
    assert seen["questionnaire"]["outcome"] == "field"
    assert (seen["questionnaire"]["answers"], seen["questionnaire"]["flags"], seen["measurements"]["items"]) == ([], [], [])
    assert (await form(guardian, house))["state"] == "open"


async def test_the_last_word_holds_and_the_earlier_are_kept(house: House, guardian: Browser, physician: Browser) -> None:
    await send(guardian, house, WHOLE)
    await send(guardian, house, WHOLE | {"concern": "fast"}, complete=False)
    await send(guardian, house, WHOLE | {"concern": "slowing"})
    seen = (await (await physician.get(f"{house.visit}/prepared", headers={"Accept-Language": "en"})).json())["questionnaire"]
    assert seen["turn"] == 2
    assert next(row for row in seen["answers"] if row["link_id"] == "concern")["answer"] == "Growing more slowly than before"
    assert len(await bodies.of_session(house.server.database, house.made.visit, "questionnaire")) == 2
    assert (await preparation.of_visit(house.server.database, house.made.visit)).draft is None  # type: ignore[union-attr]


async def test_the_very_same_again_is_one_giving(house: House, guardian: Browser) -> None:
    for _ in range(2):
        assert (await send(guardian, house, WHOLE)).status == 200
        assert (await measure(guardian, house, height(house, "121"))).status == 200
    assert len(await events(house, ev.QuestionnaireAnswered)) == 1
    assert len(await events(house, ev.Measured)) == 1


async def test_there_is_an_end_to_changing_ones_mind(house: House, guardian: Browser) -> None:
    turns = [await measure(guardian, house, height(house, f"12{n % 2}.{n // 2 % 10}")) for n in range(MOST_TURNS + 1)]
    assert {answer.status for answer in turns[:-1]} == {200}
    assert await guardian.problem(turns[-1]) == "too_many_attempts"


async def test_every_fault_is_told_with_its_place(house: House, guardian: Browser) -> None:
    answer = await send(guardian, house, {"signs": ["none", "seizure"], "puberty_age": 3, "colour\ud800": 1})
    assert answer.status == 422
    said = await answer.json()
    assert said["code"] == "invalid"
    assert [(error["pointer"], error["code"]) for error in said["errors"]] == [
        ("#/answers/signs", "contradiction"),
        ("#/answers/concern", "required"),
        ("#/answers/outgrown", "required"),
        ("#/answers/proportion", "required"),
        ("#/answers/puberty", "required"),
        ("#/answers/puberty_age", "not_asked"),
        ("#/answers", "unknown_question"),
    ]
    assert all(error["detail"] and error["asks"] is False for error in said["errors"])


async def test_a_heap_of_unknown_questions_gets_a_bounded_answer(house: House, guardian: Browser) -> None:
    answer = await send(guardian, house, {f"q{n}": 1 for n in range(3000)})
    assert answer.status == 422
    assert len(await answer.read()) < 20_000


@pytest.mark.parametrize(
    "changes", [{"version": "growth-2025-1"}, {"sha256": "0" * 64}, {"language": "en", "sha256": "1" * 64}]
)
async def test_answers_to_other_words_than_those_shown_now_are_not_taken(
    house: House, guardian: Browser, changes: dict[str, Any]
) -> None:
    answer = await send(guardian, house, WHOLE, **changes)
    assert answer.status == 409
    assert await guardian.problem(answer) == "questionnaire_changed"


async def test_a_draft_to_an_older_version_is_not_filled_into_the_new_one(house: House, guardian: Browser) -> None:
    older = preparation.Draft("growth-2025-1", {"colour": "red"}, house.clock())
    await preparation.save_draft(house.server.database, house.made.visit, older)
    assert (await form(guardian, house))["state"] == "open"


@pytest.mark.parametrize(
    "body", [{}, {"version": 1}, {"version": "v", "sha256": "s", "language": "zh", "answers": [], "complete": True}]
)
async def test_nonsense_is_a_bad_request(house: House, guardian: Browser, body: Any) -> None:
    assert await guardian.problem(await guardian.post(f"{house.visit}/answers", body)) == "bad_request"
    assert await guardian.problem(await guardian.post(f"{house.visit}/measurements", body)) == "bad_request"


# --- measurements ---


async def test_heights_make_a_velocity_for_the_physician(house: House, guardian: Browser, physician: Browser) -> None:
    answer = await measure(guardian, house, height(house, "121"), height(house, "115.5", ago=375, method="standing_clinic"))
    assert [row["value"] for row in (await answer.json())["measurements"]] == ["115.5", "121"]
    assert len((await form(guardian, house))["measurements"]) == 2
    seen = (await (await physician.get(f"{house.visit}/prepared")).json())["measurements"]
    assert seen["velocity"]["cm_per_year"] == "5.5"
    assert seen["velocity"]["at_home"] is True


async def test_an_unlikely_height_is_asked_about_and_taken_when_sure(house: House, guardian: Browser) -> None:
    answer = await measure(guardian, house, height(house, "99"))
    assert answer.status == 422
    (error,) = (await answer.json())["errors"]
    assert (error["pointer"], error["code"], error["asks"]) == ("#/measurements/0", "unlikely", True)
    assert (await measure(guardian, house, height(house, "99", sure=True))).status == 200


async def test_an_impossible_one_is_refused_however_sure(house: House, guardian: Browser) -> None:
    answer = await measure(guardian, house, height(house, "1.21", sure=True))
    (error,) = (await answer.json())["errors"]
    assert (error["code"], error["asks"]) == ("impossible", False)
    assert await events(house, ev.Measured) == []


# --- who and when ---

ROUTES = [
    ("get", "questionnaire"),
    ("post", "answers"),
    ("post", "measurements"),
    ("get", "prepared"),
]


async def ask(browser: Browser, house: House, method: str, path: str) -> Any:
    return await (browser.get if method == "get" else browser.post)(f"{house.visit}/{path}")


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_strangers_and_foreign_visits_are_shut_out(
    house: House, stranger: Browser, guardian: Browser, method: str, path: str
) -> None:
    assert await stranger.problem(await ask(stranger, house, method, path)) == "not_signed_in"
    foreign = "/api/visits/" + "0" * 32
    answer = await (guardian.get if method == "get" else guardian.post)(f"{foreign}/{path}")
    assert await guardian.problem(answer) == "not_found"


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_each_side_has_its_own_part(house: House, guardian: Browser, physician: Browser, method: str, path: str) -> None:
    other = guardian if path.startswith("prepared") else physician
    assert await other.problem(await ask(other, house, method, path)) == "not_allowed"


async def test_once_admitted_nothing_more_is_taken(house: House, guardian: Browser) -> None:
    await guardian.consent_to_everything(house.visit)
    await send(guardian, house, WHOLE, complete=False)
    consultation = await house.server.consultations.session(house.made.visit)
    for event in (ev.SeatTaken(Role.GUARDIAN, 1), ev.SeatTaken(Role.PHYSICIAN, 1), ev.Admitted(), ev.RecorderReady(),
                  ev.MediaAlive(Role.GUARDIAN, 1), ev.MediaAlive(Role.PHYSICIAN, 1)):  # fmt: skip
        await consultation.controller.post(event)
    for complete in (True, False):
        assert await guardian.problem(await send(guardian, house, WHOLE, complete=complete)) == "wrong_state"
    assert await guardian.problem(await measure(guardian, house, height(house, "121"))) == "wrong_state"
    shown = await form(guardian, house)
    assert (shown["open"], shown["state"]) == (False, "draft")


async def test_after_the_end_it_is_too_late_and_still_read(house: House, guardian: Browser, physician: Browser) -> None:
    await send(guardian, house, WHOLE)
    await send(guardian, house, WHOLE | {"concern": "fast"}, complete=False)
    consultation = await house.server.consultations.session(house.made.visit)
    await consultation.controller.post(ev.Cancelled())
    assert await guardian.problem(await send(guardian, house, WHOLE)) == "session_ended"
    assert await guardian.problem(await measure(guardian, house, height(house, "121"))) == "session_ended"
    seen = await (await physician.get(f"{house.visit}/prepared")).json()
    assert (seen["questionnaire"]["turn"], seen["begun"]) == (1, False)  # the draft is gone


# --- what the physician reads ---


async def test_the_physician_reads_signs_first_in_the_checklists_words(
    house: House, guardian: Browser, physician: Browser
) -> None:
    await send(guardian, house, WHOLE | {"signs": ["vision", "seizure"], "outgrown": "no"})
    seen = (await (await physician.get(f"{house.visit}/prepared")).json())["questionnaire"]
    assert [(flag["outcome"], flag["text"]) for flag in seen["flags"]] == [
        ("emergency", "新发抽搐"), ("in_person", "颅内压增高表现或视力下降"), ("field", "生长速率过低"),
    ]  # fmt: skip
    first = seen["answers"][0]
    assert (first["link_id"], first["text"], first["flag"]) == ("signs", "孩子最近有下面的情况吗？", True)
    assert first["answer"] == "最近第一次抽搐；看东西重影，或视力下降"
    assert not any(row["flag"] for row in seen["answers"][1:])


async def test_before_anything_was_told_there_is_nothing_to_read(house: House, physician: Browser) -> None:
    seen = await (await physician.get(f"{house.visit}/prepared")).json()
    assert seen == {"questionnaire": None, "begun": False, "measurements": None}
