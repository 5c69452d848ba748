"""Conditions say of answers what an oracle, written otherwise, says of the same JSON."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.questionnaires.conditions import ALWAYS, AllOf, AnyOf, Comparison, Condition, Operator, comparisons, holds
from tests.server.questionnaires import oracle

CODES = st.sampled_from("abc")
SAID = st.one_of(st.integers(0, 3), st.lists(st.integers(0, 3), max_size=3, unique=True))
COMPARED = st.builds(Comparison, CODES, st.sampled_from([o for o in Operator if o is not Operator.EXISTS]), st.integers(0, 3))
EXISTS = st.builds(Comparison, CODES, st.just(Operator.EXISTS), st.booleans())
CONDITIONS: st.SearchStrategy[Condition] = st.recursive(
    st.one_of(COMPARED, EXISTS),
    lambda inner: st.one_of(*(st.lists(inner, max_size=3).map(tuple).map(join) for join in (AllOf, AnyOf))),
)


def plain(condition: Condition) -> Any:
    match condition:
        case AllOf(of):
            return {"all": [plain(each) for each in of]}
        case AnyOf(of):
            return {"any": [plain(each) for each in of]}
        case Comparison(question, operator, answer):
            return {"question": question, "operator": operator.value, "answer": answer}


@given(CONDITIONS, st.dictionaries(CODES, SAID))
def test_a_condition_holds_where_the_oracle_says_so(condition: Condition, said: dict[str, Any]) -> None:
    typed = {link: tuple(value) if isinstance(value, list) else value for link, value in said.items()}
    assert holds(condition, typed) is oracle.true(plain(condition), said)


@pytest.mark.parametrize("operator", Operator)
def test_an_unanswered_question_fulfils_only_that_it_is_unanswered(operator: Operator) -> None:
    assert not holds(Comparison("q", operator, True), {})
    assert holds(Comparison("q", operator, False), {}) is (operator is Operator.EXISTS)


def test_different_from_means_that_none_of_several_answers_is_it() -> None:
    assert not holds(Comparison("q", Operator.NOT_EQUAL, "a"), {"q": ("a", "b")})
    assert holds(Comparison("q", Operator.NOT_EQUAL, "c"), {"q": ("a", "b")})


def test_nothing_demanded_is_fulfilled_and_no_way_offered_is_not() -> None:
    assert holds(ALWAYS, {})
    assert not holds(AnyOf(()), {})


def test_every_comparison_is_found_in_its_order() -> None:
    a, b, c = (Comparison(name, Operator.EQUAL, "x") for name in "abc")
    assert list(comparisons(AllOf((a, AnyOf((b, AllOf((c,)))))))) == [a, b, c]
