"""Routes: what the oracle says, always somewhere, and a sign more never makes one milder."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from server.questionnaires.answers import validate
from server.questionnaires.questionnaire import Outcome
from server.questionnaires.reading import MalformedQuestionnaire, parse_questionnaire
from server.questionnaires.routing import Route, route
from tests.server.questionnaires import oracle
from tests.server.questionnaires.kit import CHECKLIST, TODAY, WHOLE, documents, given_to, small

SMALL = small()


def routed(**answers: Any) -> Route:
    found = route(SMALL, validate(SMALL, WHOLE | answers, today=TODAY).values)
    assert found is not None
    return found


def test_the_most_severe_sign_decides_and_the_others_are_kept() -> None:
    found = routed(signs=["vision", "headache"], puberty="yes", age=7)
    assert found.outcome is Outcome.EMERGENCY
    assert found.field is None
    assert found.reasons == ("growth_headache", "growth_pressure_or_vision", "growth_puberty_timing")
    assert [words.en for words in found.words] == ["headache"]
    assert [words.en for words in found.safety_net] == ["120"]


def test_without_a_sign_the_way_leads_to_the_field() -> None:
    found = routed()
    assert (found.outcome, found.field, found.reasons, found.words) == (Outcome.FIELD, "growth", (), ())


def test_a_hint_for_the_physician_changes_no_way() -> None:
    assert routed(puberty="yes", age=8).outcome is Outcome.FIELD
    assert routed(puberty="yes", age=8).reasons == ("growth_puberty_timing",)


def test_before_anything_is_decided_there_is_no_route() -> None:
    either = {
        "id": "yes",
        "when": {"question": "puberty", "operator": "=", "answer": "yes"},
        "outcome": "field",
        "field": "growth",
    }
    no = {**either, "id": "no", "when": {**either["when"], "answer": "no"}}  # type: ignore[dict-item]
    assert route(small(rules=[either, no]), {}) is None


@given(st.data(), st.one_of(documents(), documents(tame=True)))
@settings(max_examples=60, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
def test_any_sound_questionnaire_routes_as_the_oracle_says(data: st.DataObject, document: Any) -> None:
    try:
        questionnaire = parse_questionnaire(json.dumps(document), CHECKLIST)
    except MalformedQuestionnaire:
        assume(False)
        return
    said = {q.link_id: data.draw(given_to(q)) for q in questionnaire.questions() if data.draw(st.booleans())}
    heard = {link: answer for link, answer in said.items() if link in oracle.visible(document, said)}
    found = route(questionnaire, validate(questionnaire, heard, today=TODAY, draft=True).values)
    expected = oracle.outcome(document, heard)
    assert (None if found is None else found.outcome.value) == expected
    assert expected is not None or not oracle.complete(document, heard)  # total
    if found is not None:
        assert found.safety_net == questionnaire.safety_net[found.outcome]
        _one_sign_more(data, document, heard, found)


def _one_sign_more(data: st.DataObject, document: Any, heard: dict[str, Any], before: Route) -> None:
    """Say a sign that was not said: tick one more, or answer what was open."""
    shown = set(oracle.visible(document, heard))
    more: list[dict[str, Any]] = []
    for question in oracle.questions(document):
        link = question["linkId"]
        if link not in shown or not question.get("repeats"):
            continue
        ticked = [code for code in heard.get(link, []) if code != "none"]
        more += [heard | {link: [*ticked, code]} for code in ("a", "b", "c") if code not in ticked]
    if not more:
        return
    after = data.draw(st.sampled_from(more))
    assert oracle.SEVERITY[oracle.outcome(document, after) or "field"] >= before.outcome.severity
