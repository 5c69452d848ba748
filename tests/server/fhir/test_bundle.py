"""A visit's Bundle: whatever is known of the visit, it is read by the models and every reference leads to an entry of it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import given as for_any
from hypothesis import settings
from hypothesis import strategies as st

from server.events import Cancelled, DeadlinePassed, MediaAlive, MediaSilent, SeatTaken
from server.fhir.audit_event import AUDITED
from server.fhir.bundle import TYPES, Facts, of_visit, transaction
from server.fhir.composition import Written
from tests.server.fhir.kit import (
    BASE,
    BEGAN,
    HEIGHT,
    LENGTH,
    PEOPLE,
    VISIT,
    WEIGHT,
    answer,
    answered,
    deed,
    facts,
    is_whole,
    letter,
    measured,
    paper,
    told,
)
from tests.server.fhir.test_composition import AMENDMENT, FORMS, NOTE
from tests.server.session_kit import INVITED, LIVE, PREPARED, REFERRED, G, X

NOW = BEGAN + 7200
LEDGERS = (
    told(begun=()),
    told(begun=(SeatTaken(G, 1), MediaAlive(G, 1))),
    told(),
    told(*((30, event) for event in (*INVITED, SeatTaken(X, 1))), (31, MediaAlive(X, 1))),
    told((60, MediaSilent(G, 1)), (90, MediaAlive(G, 1)), (300, REFERRED)),
    told((10, Cancelled()), begun=PREPARED),
    told((5000, DeadlinePassed()), begun=()),
)
WHOLE = facts(
    ledger=LEDGERS[4],
    booked=replace(facts().booked, state="ended", outcome="referred", ended_at=BEGAN + 300),
    consents=(answer("consultation", "given"), answer("recording", "given")),
    answered=answered(),
    measured=measured(HEIGHT, LENGTH, WEIGHT),
    documents=(paper(1), paper(2, "application/pdf")),
    letter=letter(),
    written=Written((NOTE, AMENDMENT), FORMS),
    deeds=(deed(7, "attested", checks=["guardian_seen"]), deed(9, "document_read", role="physician", document="paper-2")),
)


def kinds(bundle: dict[str, Any]) -> Counter[str]:
    return Counter(entry["resource"]["resourceType"] for entry in bundle["entry"])


def test_everything_that_is_known_of_a_visit_is_in_it() -> None:
    bundle = of_visit(WHOLE, BASE, NOW)
    is_whole(bundle)
    assert (bundle["type"], bundle["id"], bundle["timestamp"]) == ("collection", VISIT, "2026-03-01T11:30:00Z")
    assert kinds(bundle) == {
        "Patient": 1, "RelatedPerson": 1, "Practitioner": 1, "Organization": 1, "Appointment": 1, "Encounter": 1, "Consent": 2,
        "QuestionnaireResponse": 1, "Observation": 3, "DocumentReference": 2, "ServiceRequest": 1, "Task": 1, "AuditEvent": 2,
        "Composition": 2,
    }  # fmt: skip
    assert kinds(bundle).keys() == set(TYPES)


def test_a_visit_that_nobody_came_to_yet_is_its_people_its_booking_and_a_planned_encounter() -> None:
    bundle = of_visit(facts(ledger=told(begun=()), head=""), BASE, NOW)
    is_whole(bundle)
    assert list(kinds(bundle)) == ["Patient", "RelatedPerson", "Practitioner", "Organization", "Appointment", "Encounter"]


def test_it_holds_no_telephone_number_and_nobody_s_words_but_those_of_the_record() -> None:
    text = json.dumps(of_visit(WHOLE, BASE, NOW))
    assert "telecom" not in text
    assert "138" not in text


def deeds(draw: st.DrawFn) -> tuple[Any, ...]:
    types = draw(st.lists(st.sampled_from(sorted(AUDITED)), max_size=4))
    document = draw(st.sampled_from(["paper-1", "taken-back"]))
    return tuple(deed(n, type, document=document, kind="recording", staff="s1") for n, type in enumerate(types, 1))


@st.composite
def any_facts(draw: st.DrawFn) -> Facts:
    answers = st.builds(
        answer,
        st.sampled_from(["consultation", "recording", "stills", "delegation"]),
        st.sampled_from(["given", "refused", "withdrawn"]),
        st.floats(BEGAN - 1000, BEGAN),
        st.sampled_from(["zh", "en"]),
    )
    rows = draw(st.lists(st.sampled_from([HEIGHT, LENGTH, WEIGHT]), max_size=3))
    letters = st.builds(
        letter,
        urgency=st.sampled_from(["emergency", "within_24h", "within_2w", "within_30d", "routine"]),
        state=st.sampled_from(["issued", "sent", "received", "booked", "seen"]),
        content=st.sampled_from([None, {"note": "头痛"}]),
        relation=st.sampled_from(["mother", "other"]),
    )
    outcome = draw(st.sampled_from([None, "completed", "referred", "no_show", "cancelled", "guardian_absent"]))
    return facts(
        booked=replace(facts().booked, outcome=outcome, kind=draw(st.sampled_from(["first", "follow_up", "advice"]))),
        people=replace(PEOPLE, licence=draw(st.sampled_from(["", "110"])), child=draw(st.sampled_from(["张小明", "<𠮷>"]))),
        ledger=draw(st.sampled_from(LEDGERS)),
        consents=tuple(draw(st.lists(answers, max_size=4, unique_by=lambda each: each.id))),
        answered=draw(st.sampled_from([None, answered()])),
        measured=measured(*rows) if rows else None,
        documents=draw(st.sampled_from([(), (paper(1),), (paper(1), paper(2, "application/pdf", ""))])),
        letter=draw(st.none() | letters),
        deeds=deeds(draw),
    )


@settings(max_examples=60, deadline=None)
@for_any(any_facts())
def test_no_reference_dangles_whatever_is_known(known: Facts) -> None:
    is_whole(of_visit(known, BASE, NOW))


def test_what_is_sent_twice_is_created_once() -> None:
    for entry in transaction(letter())["entry"]:
        assert entry["request"]["ifNoneExist"] == "identifier=urn:peitong:referral-number|260301-01234567"
        assert entry["resource"]["identifier"][0]["value"] == "260301-01234567"


def test_a_visit_s_referral_leads_to_its_measurements() -> None:
    whole = of_visit(facts(letter=letter(), measured=measured(HEIGHT, WEIGHT)), BASE, NOW)
    is_whole(whole)
    (request,) = [e["resource"] for e in whole["entry"] if e["resource"]["resourceType"] == "ServiceRequest"]
    assert [each["reference"] for each in request["supportingInfo"][1:]] == ["Observation/g2-1", "Observation/g2-2"]
    assert "contained" not in request


def test_the_transaction_says_how_to_reach_the_family() -> None:
    (request, _) = transaction(letter())["entry"]
    (guardian,) = [each for each in request["resource"]["contained"] if each["resourceType"] == "RelatedPerson"]
    assert guardian["telecom"][0]["value"] == "13800000000"


def test_the_transaction_s_task_is_about_its_request() -> None:
    request, task = transaction(letter())["entry"]
    assert request["resource"]["resourceType"] == "ServiceRequest"
    assert request["fullUrl"] == "urn:uuid:01234567-89ab-cdef-0123-456789abcdef" == task["resource"]["focus"]["reference"]


def test_the_encounter_is_of_the_live_visit() -> None:
    assert LIVE
    (encounter,) = [
        e["resource"] for e in of_visit(facts(), BASE, NOW)["entry"] if e["resource"]["resourceType"] == "Encounter"
    ]
    assert encounter["status"] == "in-progress"
