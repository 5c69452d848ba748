"""A pathway leads every referral somewhere, or is no pathway."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from server import checklists
from server.errors import Refused
from server.referral import FIELDS, Urgency, Words
from server.referrals.pathway import MOST, Issuer, MalformedPathway, Pathway, Referring, parse
from server.referrals.pathways import shipped
from server.strict import MOST_BYTES

TWO = {"zh": "皮肤科", "en": "Dermatology"}


def document() -> dict[str, Any]:
    return {
        "version": "suzhou-3",
        "missed_appointment_h": 24,
        "limits": {urgency.value: {"received_h": 1, "booked_h": None, "seen_h": 6.5} for urgency in Urgency},
        "departments": [
            {
                "code": "skin",
                "hospital": {"zh": "苏州", "en": "Suzhou"},
                "department": TWO,
                "endpoint": "https://a.example/fhir/",
            },
            {"code": "own", "hospital": None, "department": None, "endpoint": None},
        ],
        "rules": [{"fields": ["skin"], "urgencies": ["routine"], "to": "skin"}, {"to": "own"}],
    }


def read(change: Callable[[dict[str, Any]], Any] = lambda data: None) -> Pathway:
    data = document()
    change(data)
    return parse(json.dumps(data))


def test_the_first_rule_that_takes_it_decides() -> None:
    pathway = read()
    assert pathway.proposed("skin", "other", Urgency.ROUTINE).code == "skin"
    assert pathway.proposed("skin", "other", Urgency.EMERGENCY).code == "own"
    assert pathway.proposed("growth", "other", Urgency.ROUTINE).code == "own"


def test_a_department_is_read_with_its_endpoint_and_hours_are_seconds() -> None:
    pathway = read()
    skin = pathway.department("skin")
    assert skin is not None
    assert (skin.hospital, skin.words, skin.endpoint) == (Words("苏州", "Suzhou"), Words(**TWO), "https://a.example/fhir")
    assert pathway.department("heart") is None
    limits = pathway.limits[Urgency.ROUTINE]
    assert (limits.received_s, limits.booked_s, limits.seen_s, limits.missed_s) == (3600.0, None, 23400.0, 86400.0)


def test_a_destination_says_in_words_what_the_pathway_leaves_to_the_visit() -> None:
    issuer = Issuer("skin", Words("示范", "Demo"), "儿童保健科")
    referring = Referring(read(), issuer)
    far = referring.destination("other", Urgency.ROUTINE, 100.0)
    assert (far.code, far.pathway_version, far.endpoint) == ("skin", "suzhou-3", "https://a.example/fhir")
    assert (far.hospital, far.department) == (Words("苏州", "Suzhou"), Words(**TWO))
    assert (far.by.received_at, far.by.booked_at, far.by.seen_at) == (3700.0, None, 23500.0)
    own = referring.destination("other", Urgency.EMERGENCY, 100.0)
    assert (own.hospital, own.department, own.endpoint) == (Words("示范", "Demo"), Words("儿童保健科", ""), None)


def test_the_physician_sees_where_each_urgency_leads_and_may_choose_another_department() -> None:
    referring = Referring(read(), Issuer("skin", Words("示范", "Demo"), "儿童保健科"))
    assert referring.proposed("other") == ("own", "own", "own", "own", "skin")
    assert referring.departments() == (
        ("skin", Words("苏州 皮肤科", "Suzhou Dermatology")),
        ("own", Words("示范 儿童保健科", "Demo 儿童保健科")),
    )
    chosen = referring.destination("other", Urgency.EMERGENCY, 100.0, "skin")
    assert (chosen.code, chosen.endpoint, chosen.by.seen_at) == ("skin", "https://a.example/fhir", 23500.0)
    with pytest.raises(Refused, match="unknown_department"):
        referring.destination("other", Urgency.EMERGENCY, 100.0, "heart")


def test_the_shipped_pathway_takes_every_reason_of_the_shipped_checklist() -> None:
    pathway, checklist = shipped(), checklists.load()
    for field in FIELDS:
        for reason in checklist.for_field(field):
            for urgency in Urgency:
                pathway.proposed(field, reason.code, urgency)
    assert pathway.proposed("skin", "skin_not_blanching", Urgency.EMERGENCY).code == "emergency"
    assert pathway.proposed("growth", "growth_seizure", Urgency.WITHIN_24H).code == "neurology"


def test_the_shipped_rules_name_reasons_that_there_are() -> None:
    known = {reason.code for reason in checklists.load().reasons}
    assert {reason for rule in shipped().rules for reason in rule.reasons} <= known


def test_the_shipped_limits_are_the_sooner_the_more_urgent() -> None:
    limits = shipped().limits
    seen = [limits[urgency].seen_s for urgency in Urgency]
    received = [limits[urgency].received_s or 0 for urgency in Urgency]
    assert seen == sorted(seen)
    assert received == sorted(received)
    assert received[0] == 3600.0


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.pop("version"),
        lambda d: d.update(version=" "),
        lambda d: d.update(version=3),
        lambda d: d.update(version="x" * 201),
        lambda d: d.update(version="a\nb"),
        lambda d: d.update(missed_appointment_h=None),
        lambda d: d["limits"].pop("routine"),
        lambda d: d["limits"]["routine"].update(seen_h=None),
        lambda d: d["limits"]["routine"].update(seen_h=0),
        lambda d: d["limits"]["routine"].update(seen_h=True),
        lambda d: d["limits"]["routine"].update(seen_h=10**9),
        lambda d: d.update(departments={}),
        lambda d: d.update(departments=d["departments"] * MOST),
        lambda d: d["departments"].append(d["departments"][0]),
        lambda d: d["departments"][0].update(department={"zh": "皮肤科"}),
        lambda d: d["departments"][0].update(endpoint="http://a.example"),
        lambda d: d["departments"][0].update(endpoint="https://user@a.example"),
        lambda d: d["departments"][0].update(endpoint="https://a.example/?x=1"),
        lambda d: d["departments"][0].update(endpoint="https:///fhir"),
        lambda d: d.update(rules=[]),
        lambda d: d["rules"].pop(),
        lambda d: d["rules"].append({"to": "heart"}),
        lambda d: d["rules"][0].update(fields=["heart"]),
        lambda d: d["rules"][0].update(urgencies=["soon"]),
        lambda d: d["rules"][0].update(reasons="other"),
        lambda d: d.update(rules=[[]]),
    ],
)
def test_what_is_not_whole_is_no_pathway(change: Callable[[dict[str, Any]], Any]) -> None:
    with pytest.raises(MalformedPathway):
        read(change)


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "[" * 100_000, " " * MOST_BYTES + "{}"])
def test_what_is_no_document_is_no_pathway(text: str) -> None:
    with pytest.raises(MalformedPathway):
        parse(text)
