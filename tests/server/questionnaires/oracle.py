"""The rules of a questionnaire a second time, straight from its JSON and written otherwise: what the tests believe."""

from __future__ import annotations

from typing import Any

SEVERITY = {"field": 0, "in_person": 1, "emergency": 2}
_ORDER = {">": (1,), "<": (-1,), ">=": (0, 1), "<=": (-1, 0)}


def questions(document: Any) -> list[Any]:
    return [question for group in document["groups"] for question in group["questions"]]


def visible(document: Any, answers: dict[str, Any]) -> list[str]:
    """The linkIds asked, by going over all of them until nothing changes any more."""
    shown = [question["linkId"] for question in questions(document)]
    while True:
        heard = {link: answer for link, answer in answers.items() if link in shown}
        after = [q["linkId"] for q in questions(document) if _enabled(q, heard)]
        if after == shown:
            return shown
        shown = after


def outcome(document: Any, answers: dict[str, Any]) -> str | None:
    """The most severe outcome of the rules that hold for the visible answers."""
    heard = {link: answer for link, answer in answers.items() if link in visible(document, answers)}
    found = {rule["outcome"] for rule in document["rules"] if true(rule["when"], heard)}
    return max(found, key=SEVERITY.__getitem__) if found else None


def complete(document: Any, answers: dict[str, Any]) -> bool:
    needed = {question["linkId"] for question in questions(document) if question.get("required")}
    return not (needed & set(visible(document, answers))) - answers.keys()


def true(condition: Any, answers: dict[str, Any]) -> bool:
    if "all" in condition:
        return False not in [true(each, answers) for each in condition["all"]]
    if "any" in condition:
        return True in [true(each, answers) for each in condition["any"]]
    said = answers.get(condition["question"])
    values = said if isinstance(said, list) else [] if said is None else [said]
    wanted = condition["answer"]
    if condition["operator"] == "exists":
        return (len(values) > 0) is wanted
    if condition["operator"] == "=":
        return values.count(wanted) > 0
    if condition["operator"] == "!=":
        return len(values) > 0 and values.count(wanted) == 0
    return any((value > wanted) - (value < wanted) in _ORDER[condition["operator"]] for value in values)


def _enabled(question: Any, answers: dict[str, Any]) -> bool:
    if "enableWhen" not in question:
        return True
    met = [true(each, answers) for each in question["enableWhen"]]
    return any(met) if question.get("enableBehavior") == "any" else all(met)
