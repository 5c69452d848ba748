"""A questionnaire is read, or every fault in it is named with its place."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.questionnaires.conditions import ALWAYS, AllOf, Comparison, Operator
from server.questionnaires.questionnaire import Outcome, Type
from tests.server.questionnaires.kit import comparison, faults_of, option, raw, small, words

Spoil = Callable[[Any], object]


def question(document: Any, link_id: str) -> Any:
    return next(q for group in document["groups"] for q in group["questions"] if q["linkId"] == link_id)


def test_a_questionnaire_is_read_into_its_types() -> None:
    read = small(ratified_by="示范儿童医院")
    age = read.question("age")
    assert age is not None
    assert (age.type, age.min_value, age.max_value, age.required) == (Type.INTEGER, 0, 18, True)
    assert age.enable_when == AllOf((Comparison("puberty", Operator.EQUAL, "yes"),))
    assert [q.link_id for q in read.questions() if q.enable_when == ALWAYS] == [
        "signs", "puberty", "worried", "weight", "since", "note",
    ]  # fmt: skip
    weight = read.question("weight")
    assert weight is not None
    assert (weight.min_value, weight.max_value) == (Decimal("0.4"), Decimal(7))
    assert read.ratified_by == "示范儿童医院"
    assert [rule.outcome for rule in read.rules] == [Outcome.EMERGENCY, Outcome.IN_PERSON, Outcome.FIELD, Outcome.FIELD]
    assert read.question("nobody") is None


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda d: d.pop("title"), "title: is missing"),
        (lambda d: d.update(colour="red"), "colour: is not known"),
        (lambda d: d.update(version="Growth 1"), "version: does not match"),
        (lambda d: d.update(field="heart"), "field: one of growth, nutrition, skin, routing belongs here"),
        (lambda d: d.update(ratified_by=""), "ratified_by: a text belongs here"),
        (lambda d: d.update(title={"zh": "题"}), "title/en: is missing"),
        (lambda d: d.update(title={"zh": "题", "en": " "}), "title/en: a text belongs here"),
        (lambda d: d.update(title="title"), "title: an object belongs here"),
        (lambda d: d.update(groups=[]), "groups: a list with something in it belongs here"),
        (lambda d: d.update(groups=["g"]), "groups/0: an object belongs here"),
        (lambda d: d["groups"][1].update(linkId="signs"), "groups/1/linkId: signs is there twice"),
        (lambda d: question(d, "note").update(linkId="signs"), "linkId: signs is there twice"),
        (lambda d: question(d, "note").update(linkId="Note!"), "linkId: does not match"),
        (lambda d: question(d, "note").update(type="essay"), "type: one of choice, boolean"),
        (lambda d: question(d, "note").update(maxLength=0), "maxLength: a whole number from 1 to"),
        (lambda d: question(d, "note").update(options=[]), "options: has no place in a question of type text"),
        (lambda d: question(d, "note").update(help="help"), "help: an object belongs here"),
        (lambda d: question(d, "note").update(required="yes"), "required: true or false belongs here"),
        (lambda d: question(d, "age").pop("maxValue"), "maxValue: a number that is not below 0 belongs here"),
        (lambda d: question(d, "age").update(minValue=True), "minValue: a number that is not below 0 belongs here"),
        (lambda d: question(d, "age").update(minValue=-1), "minValue: a number that is not below 0 belongs here"),
        (lambda d: question(d, "age").update(minValue=19), "minValue is above maxValue"),
        (lambda d: question(d, "age").update(maxLength=5), "maxLength: has no place in a question of type integer"),
        (lambda d: question(d, "age").update(enableBehavior="some"), "enableBehavior: one of all, any belongs here"),
        (lambda d: question(d, "note").update(enableBehavior="all"), "enableBehavior: has no place without enableWhen"),
        (lambda d: question(d, "age").update(enableWhen=[comparison("note", True, "exists")]), "no question before this place"),
        (lambda d: question(d, "age").update(enableWhen=[comparison("age", 3)]), "no question before this place"),
        (lambda d: question(d, "age").update(enableWhen=[{**comparison("x", 3), "question": []}]), "no question before"),
        (lambda d: question(d, "age").update(enableWhen=[comparison("puberty", "maybe")]), "answer: one of yes, no"),
        (lambda d: question(d, "age").update(enableWhen=[comparison("puberty", "yes", ">")]), "> says nothing about"),
        (lambda d: question(d, "age").update(enableWhen=[comparison("puberty", "yes", "~")]), "operator: one of exists, ="),
        (lambda d: question(d, "age").update(enableWhen=[comparison("puberty", "yes", "exists")]), "true or false"),
        (lambda d: question(d, "signs").update(options=[option("one")]), "options: a choice has at least two"),
        (lambda d: question(d, "signs").update(options=[option("a"), option("a")]), "options: a is there twice"),
        (lambda d: question(d, "signs").update(options="abc"), "options: a list with something in it belongs here"),
        (lambda d: question(d, "signs").update(repeats=False), "exclusive means something only where several"),
        (lambda d: question(d, "puberty")["options"][0].update(code="A B"), "options/0/code: does not match"),
        (lambda d: d["rules"][0].update(outcome="home"), "rules/0/outcome: one of emergency, in_person, field"),
        (lambda d: d["rules"][0].update(field="growth"), "rules/0/field: belongs to the outcome field"),
        (lambda d: d["rules"][3].pop("field"), "rules/3/field: belongs to the outcome field"),
        (lambda d: d["rules"][3].update(field="skin"), "rules/3/field: a questionnaire of growth leads to growth"),
        (lambda d: d["rules"][0].pop("words"), "rules/0: care in person needs a reason and words"),
        (lambda d: d["rules"][0].pop("reason"), "rules/0: care in person needs a reason and words"),
        (lambda d: d["rules"][0].update(reason="flu"), "rules/0/reason: no reason of the checklist"),
        (lambda d: d["rules"][0].update(reason=["flu"]), "rules/0/reason: no reason of the checklist"),
        (lambda d: d["rules"][0].update(reason="skin_not_blanching"), "no reason of the checklist for this field"),
        (lambda d: d["rules"][1].update(reason="growth_seizure"), "the checklist calls this reason an emergency"),
        (lambda d: d["rules"][1].update(id="headache"), "rules: headache is there twice"),
        (lambda d: d["rules"][1].update(when={"some": []}), "rules/1/when/question: is missing"),
        (lambda d: d["rules"][1].update(when={"any": []}), "rules/1/when/any: a list with something in it belongs here"),
        (lambda d: d["rules"][3].update(when={"all": 5}), "rules/3/when/all: a list belongs here"),
        (lambda d: d["rules"][2].update(when=comparison("age", "8")), "a number of type integer belongs here"),
        (lambda d: d["rules"][2].update(when=comparison("age", True)), "a number of type integer belongs here"),
        (lambda d: d["rules"][2].update(when=comparison("weight", "3")), "a number of type decimal belongs here"),
        (lambda d: d["rules"][2].update(when=comparison("since", "March")), "a date belongs here, YYYY-MM-DD"),
        (lambda d: d["rules"][2].update(when=comparison("since", 5)), "a date belongs here, YYYY-MM-DD"),
        (lambda d: d["rules"][2].update(when=comparison("note", "x")), "= says nothing about a question of type text"),
        (lambda d: d["safety_net"].pop("field"), "safety_net/field: is missing"),
        (lambda d: d["safety_net"].update(field=[words("wait")]), "safety_net/field: does not say when to call 120"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_place(spoil: Spoil, fault: str) -> None:
    document = raw()
    spoil(document)
    assert any(fault in found for found in faults_of(document)), faults_of(document)


def test_conditions_of_every_type_are_read() -> None:
    document = raw()
    compared = [comparison("weight", 3), comparison("weight", 2.5, ">"), comparison("since", "2026-01-01", ">="),
                comparison("worried", True), comparison("age", 3), comparison("note", True, "exists")]  # fmt: skip
    document["rules"][2]["when"] = {"any": [{"all": compared}]}
    assert faults_of(document) == []


def test_all_faults_are_told_at_once() -> None:
    document = raw()
    document["version"] = ""
    document["title"] = {"zh": "题"}
    question(document, "age")["maxValue"] = "x"
    question(document, "note")["maxLength"] = 9999
    document["rules"][0]["reason"] = "flu"
    document["safety_net"]["field"] = []
    found = faults_of(document)
    places = ("version", "title/en", "maxValue", "maxLength", "rules/0/reason", "safety_net/field")
    assert all(any(place in fault for fault in found) for place in places), found


@pytest.mark.parametrize("text", ["", "[]", "null", "5", "{", '"x"', "[" * 100_000])
def test_what_is_no_questionnaire_at_all_is_named_so(text: str) -> None:
    assert len(faults_of(text)) == 1


LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


@given(st.data(), JSON)
def test_nothing_that_is_put_anywhere_breaks_the_reader(data: st.DataObject, junk: Any) -> None:
    """Only its own error leaves the reader: ``faults_of`` lets every other one through."""
    document = raw()
    place: Any = document
    while isinstance(place, dict | list) and place:
        key: Any = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else list(range(len(place)))))
        if data.draw(st.booleans()) or not isinstance(place[key], dict | list):
            place[key] = junk
            break
        place = place[key]
    assert isinstance(faults_of(document), list)
