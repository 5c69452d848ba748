"""A real visit as FHIR, for the hospital's own system: while it goes on, after a referral, and to nobody else."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.operationoutcome import OperationOutcome
from sqlalchemy import insert, update

from server import events as ev
from server.consent_texts import KINDS
from server.fhir.bundle import TYPES
from server.http.v1.operations import BASE, FHIR
from server.referrals.register import Saying
from server.referrals.track import Fact, Source
from server.store import bodies, preparation
from server.store.details import visit_detail
from server.store.tables import document, event
from signaling import messages as wire
from signaling.seats import Role
from tests.server.consultation_kit import Visit, go_live, live, visit
from tests.server.fhir.kit import is_whole
from tests.server.http.conftest import ORIGIN, Browser, House, guardian, house, seeded
from tests.server.http.test_aftercare import NOTE, sign
from tests.server.http.test_documents import ask as tus
from tests.server.http.test_documents import handed_in
from tests.server.http.test_guardians import linked
from tests.server.http.test_preparation import WHOLE, height, measure, send
from tests.server.http.v1.kit import Client, Place, another_hospital, problem

__all__ = ["guardian", "house", "live", "seeded", "visit"]

AT = f"{ORIGIN}{BASE}/fhir"


@pytest.fixture
async def system(visit: Visit) -> AsyncIterator[Client]:
    """The system of the hospital whose visit it is, with no more than it needs."""
    house = visit.house
    record = await visit_detail(house.server.database, visit.id)
    assert record is not None
    async with TestClient(house.web) as client:
        yield Client(client, await Place(house, record.hospital).key("fhir:read"))


async def hand_in(visit: Visit) -> None:
    """A picture, as the cabinet leaves it in the store."""
    words = bodies.make("b1", visit.id, "document", 1.0, b"n" * 16, {"document": "d1", "sha256": "ef" * 32})
    row = {"id": "d1", "visit": visit.id, "n": 1, "length": 9, "received": 9, "began_at": 1.0, "touched_at": 2.0}
    kept = {"state": "kept", "kind": "image/png", "size": 9, "body": "b1"}

    async def work(connection: Any) -> None:
        await connection.execute(insert(document), row | kept)

    consultation = await visit.house.server.consultations.session(visit.id)
    await consultation.controller.post(ev.DocumentAdded("d1", words.sha256), (bodies.keep(words), work))


def kinds(bundle: dict[str, Any]) -> Counter[str]:
    return Counter(entry["resource"]["resourceType"] for entry in bundle["entry"])


def one(bundle: dict[str, Any], kind: str) -> dict[str, Any]:
    (found,) = [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind]
    return found


async def test_a_visit_that_goes_on_gives_what_is_there_so_far(live: Visit, system: Client) -> None:
    bundle = await system.get(f"/visits/{live.id}/bundle", _format="json")
    is_whole(bundle, AT)
    assert one(bundle, "Encounter")["status"] == "in-progress"
    assert one(bundle, "Appointment")["status"] == "fulfilled"
    agreed = [entry["resource"] for entry in bundle["entry"] if "provision" in entry["resource"]]
    assert {each["category"][1]["coding"][0]["code"] for each in agreed} == set(KINDS)
    assert not {"ServiceRequest", "Task", "Observation"} & kinds(bundle).keys()
    subtypes = [entry["resource"]["subtype"][0]["code"] for entry in bundle["entry"] if "subtype" in entry["resource"]]
    assert {"admitted", "attested", "consent_given", "child_confirmed"} <= set(subtypes)


async def test_a_referred_visit_is_whole_and_each_resource_of_it_is_read_on_its_own(visit: Visit, system: Client) -> None:
    house, guardian = visit.house, visit.browsers[Role.GUARDIAN]
    await send(guardian, house, WHOLE)
    await measure(guardian, house, height(house, "121"))
    await hand_in(visit)
    await go_live(visit)
    issued = await visit.ask(Role.PHYSICIAN, wire.Refer("growth_headache", "within_24h", "夜间头痛", "眼底", "已告知"))
    await house.server.register.tell(issued["referral"], Saying(Fact.RECEIVED, Source.QR))
    await sign(visit.browsers[Role.PHYSICIAN], f"/api/visits/{visit.id}", 0, NOTE)
    bundle = await system.get(f"/visits/{visit.id}/bundle")
    is_whole(bundle, AT)
    assert kinds(bundle).keys() == set(TYPES)
    assert (one(bundle, "Task")["status"], one(bundle, "Encounter")["status"]) == ("received", "finished")
    assert one(bundle, "Patient")["name"][0]["text"] == "张小明"
    assert "13800000000" not in json.dumps(bundle)
    assert {"d1"} == {one(bundle, "DocumentReference")["id"]}

    elsewhere = system.holding(await (await another_hospital(house)).key())
    for entry in bundle["entry"]:
        path = entry["fullUrl"].removeprefix(ORIGIN)
        assert await system.get(path.removeprefix(BASE)) == entry["resource"]
        foreign = await elsewhere.client.get(path, headers={"Authorization": f"Bearer {elsewhere.token}"})
        assert (foreign.status, foreign.content_type) == (404, FHIR)
        assert (await problem(foreign))["code"] == "not_found"


async def test_what_is_not_there_is_not_found_and_said_as_an_outcome(live: Visit, system: Client) -> None:
    for path in (
        "/visits/0000/bundle",
        "/fhir/Encounter/0000",
        "/fhir/Medication/0000",
        f"/fhir/Task/{live.id}",
        f"/fhir/AuditEvent/{live.id}-9999",
        "/fhir/Observation/nothing",
    ):
        answer = await system.client.get(BASE + path, headers={"Authorization": f"Bearer {system.token}"})
        assert (answer.status, answer.content_type) == (404, FHIR)
        (issue,) = OperationOutcome.model_validate(await answer.json()).issue
        assert issue.code == "not-found"


async def test_another_format_is_refused_and_it_is_said_which_there_is(live: Visit, system: Client) -> None:
    path = f"{BASE}/visits/{live.id}/bundle"
    answer = await system.client.get(path, params={"_format": "xml"}, headers={"Authorization": f"Bearer {system.token}"})
    assert (answer.status, (await problem(answer))["errors"]) == (422, [{"parameter": "_format"}])


async def test_a_damaged_journal_tells_nothing_for_now(live: Visit, system: Client) -> None:
    async def damage(connection: Any) -> None:
        await connection.execute(update(event).where(event.c.n == 1).values(at_us=1))

    await live.house.server.database.write(damage)
    path = f"{BASE}/visits/{live.id}/bundle"
    answer = await system.client.get(path, headers={"Authorization": f"Bearer {system.token}"})
    assert (await problem(answer))["code"] == "unavailable"


async def test_words_that_were_deleted_are_not_told(house: Any, guardian: Browser) -> None:
    database = house.server.database
    await guardian.consent_to_everything(house.visit)
    await send(guardian, house, WHOLE)
    await measure(guardian, house, height(house, "121"))
    record = await visit_detail(database, house.made.visit)
    assert record is not None
    async with TestClient(house.web) as client:
        system = Client(client, await Place(house, record.hospital).key("fhir:read"))
        bundle = await system.get(f"/visits/{house.made.visit}/bundle")
        is_whole(bundle, AT)
        assert (kinds(bundle)["QuestionnaireResponse"], kinds(bundle)["Observation"]) == (1, 1)
        told = await preparation.of_visit(database, house.made.visit)
        assert told is not None
        for last in (told.questionnaire, told.measurements):
            assert last is not None
            await bodies.forget(database, last.given.body)
        assert (
            not {"QuestionnaireResponse", "Observation"} & kinds(await system.get(f"/visits/{house.made.visit}/bundle")).keys()
        )


async def test_whoever_asks_is_told_what_can_be_read(house: Any) -> None:
    async with TestClient(house.web) as client:
        answer = await client.get(f"{BASE}/fhir/metadata")
        assert (answer.status, answer.content_type) == (200, FHIR)
        (rest,) = CapabilityStatement.model_validate(await answer.json()).rest
        assert [each.type for each in rest.resource] == list(TYPES)


async def told_by(mother: Browser, house: House) -> None:
    """All that a family tells before its visit; a picture handed in, and one taken back."""
    assert (await send(mother, house, WHOLE)).status == 200
    assert (await measure(mother, house, height(house, "121"))).status == 200
    place = {"call_back": "13800000002", "location": "江苏省苏州市姑苏区示范路1号"}
    assert (await mother.post(f"{house.visit}/whereabouts", place)).status == 200
    await handed_in(mother, house)
    assert (await tus(mother, "DELETE", await handed_in(mother, house))).status == 204


async def test_what_a_further_guardian_told_is_theirs_and_not_the_booked_one_s(visit: Visit, system: Client) -> None:
    mother = visit.house.client()
    await mother.post("/api/join", {"token": await linked(visit.house)})
    await mother.consent_to_everything(visit.house.visit)
    await told_by(mother, visit.house)
    bundle = await system.get(f"/visits/{visit.id}/bundle")
    is_whole(bundle, AT)
    hers = f"RelatedPerson/{visit.id}-guardian2"
    response = one(bundle, "QuestionnaireResponse")
    assert {response[who]["reference"] for who in ("author", "source")} == {hers}
    assert one(bundle, "Observation")["performer"][0]["reference"] == hers
    assert one(bundle, "DocumentReference")["author"][0]["reference"] == hers
    audits = [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == "AuditEvent"]
    by = {each["subtype"][0]["code"]: each["agent"][0]["who"]["reference"] for each in audits}
    told = ("questionnaire_answered", "measured", "whereabouts_told", "document_added", "document_removed")
    assert {by[each] for each in told} == {hers}
    await mother.client.close()
