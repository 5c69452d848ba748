"""The hospital's register by its own system: staff, families, schedules and their slots."""

from __future__ import annotations

from typing import Any

import pytest

from server.http.v1.api import OPERATIONS
from server.visit_view import moment
from tests.server.booking_kit import Clinic
from tests.server.http.v1.examples.clinic import clinic
from tests.server.http.v1.examples.schedules import said
from tests.server.http.v1.kit import Asked, Client, Place

BY_NAME = {operation.name: operation for operation in OPERATIONS}
NURSE = {"login": "zhao@renhe", "role": "operations", "name": "赵敏", "title": "运行值班"}


@pytest.fixture
async def there(place: Place) -> Clinic:
    return await clinic(place)


async def ask(system: Client, name: str, asked: Asked, status: int, **headers: str) -> Any:
    answer = await system.ask(BY_NAME[name], asked, headers=headers)
    document = await answer.json()
    assert answer.status == status, document
    return document


def pointers(document: Any) -> list[str]:
    return [error["pointer"] for error in document["errors"]]


async def test_who_is_enrolled_signs_in_with_the_password_that_is_told_once(place: Place, system: Client) -> None:
    key = {"Idempotency-Key": "zhao"}
    made = await ask(system, "add_member", Asked(body=NURSE), 201, **key)
    browser = place.house.client()
    assert (await browser.sign_in(NURSE["login"], made["password"])).status == 200
    again = await ask(system, "add_member", Asked(body=NURSE), 201, **key)
    assert (again["id"], again["password"]) == (made["id"], None)
    assert made["not_eligible"] == []
    assert (await ask(system, "add_member", Asked(body=NURSE), 409))["code"] == "login_taken"
    await browser.client.close()


@pytest.mark.parametrize(
    ("role", "own", "not_theirs"),
    [
        ("operations", "/api/ops/sessions", "/api/desk/offer"),
        ("coordinator", "/api/coordinator/referrals", "/api/ops/sessions"),
        ("desk", "/api/desk/offer", "/api/coordinator/referrals"),
    ],
)
async def test_each_kind_of_staff_works_on_its_own_page_and_no_other(
    place: Place, system: Client, role: str, own: str, not_theirs: str
) -> None:
    made = await ask(system, "add_member", Asked(body=NURSE | {"role": role}), 201)
    assert (made["role"], made["not_eligible"]) == (role, [])
    browser = place.house.client()
    assert (await (await browser.sign_in(NURSE["login"], made["password"])).json())["role"] == role
    assert [(await browser.get(page)).status for page in (own, not_theirs)] == [200, 403]
    assert [each["id"] for each in (await system.get("/staff", role=role))["items"]] == [made["id"]]
    await browser.client.close()


async def test_a_physician_hears_what_is_missing_until_it_is_there(there: Clinic, system: Client) -> None:
    new = NURSE | {"role": "physician", "licence": "110-3", "practice_since": "2015-07-01"}
    made = await ask(system, "add_member", Asked(body=new), 201)
    assert made["not_eligible"] == ["rank_too_low", "training_missing", "not_whitelisted"]
    rest = {"rank": "chief", "trained_until": "2099-12-31", "whitelisted": True}
    changed = await ask(system, "change_member", Asked({"member": made["id"]}, rest, revision=1), 200)
    assert changed["not_eligible"] == []
    assert (await system.get(f"/staff/{made['id']}")) == changed


async def test_only_physicians_have_a_licence(system: Client) -> None:
    wrong = NURSE | {"licence": "110-3", "trained_until": "2099-12-31", "whitelisted": True}
    assert pointers(await ask(system, "add_member", Asked(body=wrong), 422)) == [
        "#/licence",
        "#/trained_until",
        "#/whitelisted",
    ]
    physician = NURSE | {"role": "physician", "practice_since": "2099-01-01"}
    assert pointers(await ask(system, "add_member", Asked(body=physician), 422)) == ["#/practice_since"]


async def test_a_list_of_staff_is_of_the_role_that_is_asked_for(there: Clinic, system: Client) -> None:
    await ask(system, "add_member", Asked(body=NURSE), 201)
    assert [each["id"] for each in (await system.get("/staff", role="physician"))["items"]] == [there.physician]
    assert len((await system.get("/staff"))["items"]) == 2


@pytest.mark.parametrize("born", ["2100-01-01", "1990-01-01"])
async def test_a_child_is_born_and_is_a_child(there: Clinic, system: Client, born: str) -> None:
    body = {"name": "李小红", "sex": "female", "birth_date": born}
    assert pointers(await ask(system, "add_child", Asked(body=body), 422)) == ["#/birth_date"]
    change = Asked({"child": there.child}, {"birth_date": born}, revision=1)
    assert pointers(await ask(system, "change_child", change, 422)) == ["#/birth_date"]


async def test_a_guardian_is_related_once_and_the_proof_can_be_corrected(there: Clinic, system: Client) -> None:
    again = {"guardian": there.guardian, "kind": "father", "proof": "other"}
    refused = await ask(system, "add_relation", Asked({"child": there.child}, again), 409)
    assert refused["code"] == "relation_exists"
    path = {"child": there.child, "guardian": there.guardian}
    await ask(system, "change_relation", Asked(path, {"proof": "court_order"}, revision=1), 200)
    ((known,),) = [(await system.get(f"/children/{there.child}/guardians"))["items"]]
    assert (known["proof"], known["name"], known["phone"]) == ("court_order", "李雷", "13800000000")


async def test_another_hospitals_guardian_is_unknown(there: Clinic, elsewhere: Place, system: Client) -> None:
    theirs = await clinic(elsewhere)
    wrong = {"guardian": theirs.guardian, "kind": "mother", "proof": "other"}
    assert pointers(await ask(system, "add_relation", Asked({"child": there.child}, wrong), 422)) == ["#/guardian"]


def new_schedule(there: Clinic, starts_at: float, hours: float = 1, **changes: Any) -> Asked:
    times = {"starts_at": said(starts_at), "ends_at": said(starts_at + hours * 3600), "slot_minutes": 30}
    of = {"physician": there.physician, "department": there.department, "field": "growth"}
    return Asked(body=of | times | changes)


async def test_a_schedule_is_cut_into_slots_and_meets_no_other(there: Clinic, system: Client) -> None:
    after = there.opens_at + 3 * 3600
    made = await ask(system, "add_schedule", new_schedule(there, after, slot_minutes=25), 201)
    slots = [slot for slot in (await system.get("/slots"))["items"] if slot["schedule"] == made["id"]]
    assert [slot["starts_at"] for slot in slots] == [moment(after), moment(after + 1500)]
    assert (await ask(system, "add_schedule", new_schedule(there, after - 1), 409))["code"] == "schedule_overlaps"


async def test_a_schedule_is_of_this_hospital_and_of_a_field_that_is_offered(
    place: Place, there: Clinic, elsewhere: Place, system: Client
) -> None:
    theirs = await clinic(elsewhere)
    foreign = {"physician": theirs.physician, "department": theirs.department}
    asked = new_schedule(there, there.opens_at + 86_400, **foreign)
    assert pointers(await ask(system, "add_schedule", asked, 422)) == ["#/physician", "#/department"]
    asked = new_schedule(there, there.opens_at + 86_400, field="skin")
    assert pointers(await ask(system, "add_schedule", asked, 422)) == ["#/field"]


@pytest.mark.parametrize(
    ("ahead_s", "hours", "pointer"),
    [(-90_000, 1, "#/ends_at"), (401 * 86_400, 1, "#/ends_at"), (0, 25, "#/ends_at"), (0, 0.1, "#/ends_at")],
)
async def test_a_schedule_lies_ahead_and_holds_a_slot(
    there: Clinic, system: Client, ahead_s: float, hours: float, pointer: str
) -> None:
    asked = new_schedule(there, there.opens_at + ahead_s, hours)
    assert pointers(await ask(system, "add_schedule", asked, 422)) == [pointer]


async def test_a_closed_schedule_has_no_free_slots_and_comes_back_only_where_nothing_else_is(
    there: Clinic, system: Client
) -> None:
    path = {"schedule": there.schedule}
    await ask(system, "change_schedule", Asked(path, {"active": False}, revision=1), 200)
    assert (await system.get("/slots"))["items"] == []
    await ask(system, "add_schedule", new_schedule(there, there.opens_at), 201)
    refused = await ask(system, "change_schedule", Asked(path, {"active": True}, revision=2), 409)
    assert refused["code"] == "schedule_overlaps"


async def test_slots_are_those_from_now_on_page_by_page(there: Clinic, place: Place, system: Client) -> None:
    place.house.clock.ahead_s = 24 * 3600 + 1800
    seen: list[str] = []
    after = ""
    while True:
        found = await system.get("/slots", limit="2", **({"after": after} if after else {}))
        seen += [slot["id"] for slot in found["items"]]
        after = found["next"]
        if after is None:
            break
    assert seen == list(there.slots[2:])
