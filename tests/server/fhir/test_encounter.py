"""A visit as an ``Encounter``: read back by the R4B model, and by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from fhir.resources.R4B.encounter import Encounter

from server.events import (
    Cancelled,
    ChildConfirmed,
    ConsentGiven,
    DeadlinePassed,
    GuestAgreed,
    GuestInvited,
    InvitationTakenBack,
    MediaAlive,
    MediaSilent,
    SeatTaken,
    TextBegun,
)
from server.fhir.encounter import MOST_PERIODS, encounter
from server.fhir.people import FurtherGuardian
from server.ledger import Ledger
from server.session import REQUIRED_CONSENTS
from tests.server.fhir.kit import HEAD, PEOPLE, VISIT, told
from tests.server.session_kit import AGREED, INVITED, LIVE, PREPARED, REFERRED, G, P, X

GUARDIAN, PHYSICIAN = f"RelatedPerson/{VISIT}-guardian", "Practitioner/physician-1"


def made(book: Ledger, head: str = HEAD, field: str = "growth", guests: Mapping[str, str] | None = None) -> dict[str, Any]:
    return encounter(VISIT, field, "内分泌遗传代谢科", PEOPLE, book, head, guests)


THIRD = (*((30.0, event) for event in (*INVITED, SeatTaken(X, 1))), (31.0, MediaAlive(X, 1)))


def of(resource: dict[str, Any], reference: str) -> list[dict[str, str] | None]:
    """The periods of one person."""
    return [one.get("period") for one in resource["participant"] if one.get("individual", {}).get("reference") == reference]


def minutes(start: str, end: str | None = None) -> dict[str, str]:
    times = {"start": start} | ({} if end is None else {"end": end})
    return {name: f"2026-03-01T09:{time}Z" for name, time in times.items()}


@pytest.mark.parametrize(
    "book",
    [
        told((60, MediaSilent(G, 1)), (90, MediaAlive(G, 1)), (300, REFERRED)),
        told(now=60),
        told(begun=()),
        told(*THIRD),
    ],
)
def test_it_is_read_by_the_model_and_loses_nothing(book: Ledger) -> None:
    resource = made(book)
    read = Encounter.model_validate_json(json.dumps(resource, ensure_ascii=False))
    assert json.loads(read.model_dump_json(by_alias=True)) == resource
    assert resource["class"]["code"] == "VR"
    assert "hospitalization" not in resource


def test_each_time_that_somebody_was_there_is_a_participant_with_its_period() -> None:
    resource = made(told((60, MediaSilent(G, 1)), (90, MediaAlive(G, 1)), (300, REFERRED)))
    assert of(resource, GUARDIAN) == [minutes("30:00", "31:00"), minutes("31:30", "35:00")]
    assert of(resource, PHYSICIAN) == [minutes("30:00", "35:00")]
    assert resource["period"] == minutes("30:00", "35:00")
    assert resource["length"] == {"value": 270.0, "unit": "s", "system": "http://unitsofmeasure.org", "code": "s"}
    assert resource["status"] == "finished"


def test_what_goes_on_has_no_end() -> None:
    resource = made(told(now=60))
    assert of(resource, GUARDIAN) == [minutes("30:00")]
    assert resource["period"] == minutes("30:00")
    assert resource["status"] == "in-progress"


def test_who_waited_did_not_take_part_yet() -> None:
    later = LIVE[len(PREPARED) :]
    waited = (MediaAlive(G, 1), MediaAlive(P, 1))
    resource = made(told(*((120, event) for event in later), begun=(*PREPARED, *waited), now=600))
    assert of(resource, GUARDIAN) == [minutes("32:00")]
    resource = made(told(*((120, event) for event in later), begun=PREPARED, now=600))
    assert of(resource, PHYSICIAN) == [minutes("32:00")]


def test_somebody_who_left_before_it_began_has_no_period_in_it() -> None:
    tried = (*INVITED, SeatTaken(X, 1), MediaAlive(X, 1))
    resource = made(told(begun=(*tried, MediaSilent(X, 1), *PREPARED), now=60))
    assert len(resource["participant"]) == 2
    assert told((10, MediaSilent(X, 1)), begun=tried).guests[0].line.stays


@pytest.mark.parametrize(
    ("book", "status"),
    [
        (told(begun=()), "planned"),
        (told(begun=(*AGREED, SeatTaken(G, 1))), "planned"),
        (told(begun=(*AGREED, SeatTaken(G, 1), MediaAlive(G, 1))), "arrived"),
        (told((5000, DeadlinePassed()), begun=(SeatTaken(G, 1), MediaAlive(G, 1))), "cancelled"),
        (told((10, Cancelled()), begun=PREPARED), "cancelled"),
        (told((10, MediaSilent(G, 1)), (200, DeadlinePassed())), "finished"),
        (told((10, MediaSilent(G, 1))), "in-progress"),
    ],
)
def test_a_visit_whose_gate_never_opened_did_not_take_place(book: Ledger, status: str) -> None:
    resource = made(book)
    assert resource["status"] == status
    assert ("period" in resource) == ("length" in resource) == (status in ("in-progress", "finished"))
    if status in ("planned", "arrived", "cancelled"):
        assert of(resource, GUARDIAN) == of(resource, PHYSICIAN) == [None]


def test_a_visit_by_text_alone_took_place_though_nobody_was_seen() -> None:
    by_text = made(told((300, REFERRED), begun=(*PREPARED, TextBegun())))
    assert (by_text["status"], by_text["period"], by_text["length"]["value"]) == ("finished", minutes("30:00", "35:00"), 0.0)
    assert of(by_text, GUARDIAN) == [None]
    assert made(told(now=60, begun=(*PREPARED, TextBegun())))["status"] == "in-progress"


def test_everybody_has_the_standards_type() -> None:
    resource = made(told(*THIRD), guests={"i1": "阿依古丽"})
    codes = [one["type"][0]["coding"][0]["code"] for one in resource["participant"]]
    assert codes == ["PART", "PPRF", "translator"]
    assert resource["participant"][2]["individual"] == {"display": "阿依古丽"}
    assert "individual" not in made(told(*THIRD))["participant"][2]


def test_two_who_were_invited_one_after_the_other_are_two_participants() -> None:
    second = (GuestInvited(X, "i2", "cc"), GuestAgreed("i2", "1", "zh", "bb"), SeatTaken(X, 2), MediaAlive(X, 2))
    book = told(*THIRD, (60, InvitationTakenBack("i1")), *((70, event) for event in second))
    guests = made(book, guests={"i1": "甲", "i2": "乙"})["participant"][2:]
    assert [(one["individual"]["display"], one["period"]) for one in guests] == [
        ("甲", minutes("30:31", "31:00")),
        ("乙", minutes("31:10")),
    ]


def test_it_says_of_which_booking_and_of_which_house_it_is() -> None:
    resource = made(told(begun=()), head="")
    assert resource["appointment"] == [{"reference": f"Appointment/{VISIT}"}]
    assert resource["serviceProvider"] == {"reference": "Organization/hospital-1", "display": "示范儿童医院 内分泌遗传代谢科"}
    assert "extension" not in resource


def test_a_field_without_words_here_keeps_its_code() -> None:
    assert made(told(begun=()), field="sleep")["serviceType"]["coding"][0]["display"] == "sleep"


def test_a_connection_that_came_and_went_without_end_is_bounded() -> None:
    flicker = [(1 + n, MediaAlive(X, 1) if n % 2 == 0 else MediaSilent(X, 1)) for n in range(2 * MOST_PERIODS + 10)]
    resource = made(told(*((0, event) for event in (*INVITED, SeatTaken(X, 1))), *flicker, now=3000))
    assert len(resource["participant"]) == MOST_PERIODS + 2


def test_each_guardian_is_a_participant_of_their_own() -> None:
    """The mother takes the seat over a minute into the visit."""
    mother = "guardian-2"
    said = (ChildConfirmed(mother), *(ConsentGiven(kind, "1", "zh", "aa", mother) for kind in REQUIRED_CONSENTS))
    book = told(*((50.0, event) for event in said), (60, SeatTaken(G, 2, mother)), (61, MediaAlive(G, 2)), (300, REFERRED))
    people = replace(PEOPLE, further=(FurtherGuardian(1, mother, "韩梅梅", "mother", "birth_certificate"),))
    resource = encounter(VISIT, "growth", "内分泌遗传代谢科", people, book, HEAD)
    assert of(resource, GUARDIAN) == [minutes("30:00", "31:00")]
    assert of(resource, f"{GUARDIAN}2") == [minutes("31:01", "35:00")]
    hers = people.resources()[-1]
    assert (hers["id"], hers["relationship"][0]["coding"][0]["code"]) == (f"{VISIT}-guardian2", "MTH")
