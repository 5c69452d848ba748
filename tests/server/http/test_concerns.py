"""Complaints and incidents over HTTP: one tap, a number, an answer; and nobody reads what is not theirs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from server import events as ev
from server.concerns.concern import MOST_A_VISIT
from server.journal import Journal
from server.passwords import Passwords
from server.store import bodies, outbox, people
from server.store.audit import verify_journal
from server.store.visits import Hospital, Staff, add
from tests.server.http.conftest import Browser, House

PASSWORD = "a-long-enough-password"
LIST = "/api/coordinator/concerns"


async def enrolled(house: House, role: str, login: str, hospital: str = "") -> Browser:
    """A member of staff, signed in: of the demo's hospital, or of a new one of that id."""
    if hospital:
        await house.server.database.write(add(Hospital(hospital, "外院", "Another")))
    (ours, *_) = [id for id in await people.hospitals(house.server.database) if id != hospital]
    staff = Staff(f"staff-{login}", hospital or ours, login, Passwords().hash(PASSWORD), role, "周琳", "")
    assert await people.enrol(house.server.database, staff)
    browser = house.client()
    assert (await browser.sign_in(login, PASSWORD)).status == 200
    return browser


@pytest.fixture
async def guardian(guardian: Browser, house: House) -> Browser:
    """Who confirmed the child."""
    await guardian.post(f"{house.visit}/child", {"confirmed": True})
    return guardian


async def complain(guardian: Browser, house: House, text: str = "", client_id: str = "c1") -> Any:
    answer = await guardian.post(f"{house.visit}/complaints", {"client_id": client_id, "text": text})
    assert answer.status == 200
    return await answer.json()


async def record(physician: Browser, house: House, category: str = "privacy", text: str = "") -> Any:
    answer = await physician.post(f"{house.visit}/incidents", {"client_id": "c1", "category": category, "text": text})
    assert answer.status == 200
    return await answer.json()


async def events(house: House) -> list[ev.Event]:
    told = [event for event, _ in await Journal(house.server.database).replay(house.made.visit)]
    return [event for event in told if not isinstance(event, ev.ChildConfirmed)]


async def test_one_tap_files_a_complaint_with_a_number_and_no_words(house: House, guardian: Browser) -> None:
    filed = await complain(guardian, house)
    assert (filed["number"][:3], filed["state"], filed["words"]) == ("TS-", "open", [])
    (event,) = await events(house)
    assert isinstance(event, ev.ComplaintFiled)
    assert event.concern == filed["id"]
    told = [(each.kind, json.loads(each.payload)) for each in await outbox.of_session(house.server.database, house.made.visit)]
    assert told == [("complaint.filed", {"complaint": filed["id"], "number": filed["number"]})]


async def test_what_is_sent_twice_is_one_complaint(house: House, guardian: Browser) -> None:
    first, second = [await complain(guardian, house, "等了一小时") for _ in range(2)]
    assert first == second
    assert len(await events(house)) == 1
    other = await complain(guardian, house, client_id="c2")
    assert other["id"] != first["id"]


async def test_words_may_follow_and_are_in_the_journal_by_hash_only(house: House, guardian: Browser) -> None:
    filed = await complain(guardian, house)
    path = f"{house.visit}/complaints/{filed['id']}"
    for _ in range(2):  # the second time brings nothing new
        said = await (await guardian.post(path, {"fact": "added", "text": "医师没有开摄像头"})).json()
    assert [words["text"] for words in said["words"]] == ["医师没有开摄像头"]
    assert [type(event) for event in await events(house)] == [ev.ComplaintFiled, ev.ConcernTold]
    links = await Journal(house.server.database).links(house.made.visit)
    assert not any("摄像头" in link.record for link in links)
    assert (await verify_journal(house.server.database)).ok
    for body in await bodies.of_session(house.server.database, house.made.visit, "concern"):
        await bodies.forget(house.server.database, body.id)
    listed = await (await guardian.get(f"{house.visit}/complaints")).json()
    assert [(each["number"], each["words"]) for each in listed["complaints"]] == [(filed["number"], [])]
    assert (await verify_journal(house.server.database)).ok


async def test_a_tap_by_mistake_can_be_taken_back_while_it_is_open(house: House, guardian: Browser) -> None:
    filed = await complain(guardian, house)
    path = f"{house.visit}/complaints/{filed['id']}"
    for _ in range(2):
        assert (await (await guardian.post(path, {"fact": "withdrawn", "text": ""})).json())["state"] == "withdrawn"
    assert len(await events(house)) == 2


async def test_the_coordinator_reads_it_and_the_family_reads_the_answer(house: House, guardian: Browser) -> None:
    filed = await complain(guardian, house, "等了一小时")
    coordinator = await enrolled(house, "coordinator", "zhou")
    (line,) = (await (await coordinator.get(LIST)).json())["concerns"]
    assert (line["number"], line["kind"], line["state"], line["source"]) == (filed["number"], "complaint", "open", "guardian")
    assert "*" in line["child"]
    answer = await coordinator.post(f"{LIST}/{filed['id']}/answer", {"text": "已与您电话沟通，抱歉让您久等。"})
    assert (await answer.json())["state"] == "answered"
    (own,) = (await (await guardian.get(f"{house.visit}/complaints")).json())["complaints"]
    assert (own["state"], [words["source"] for words in own["words"]]) == ("answered", ["guardian", "coordinator"])
    assert await coordinator.problem(await coordinator.post(f"{LIST}/{filed['id']}/answer", {"text": " "})) == "bad_request"
    reopened = await guardian.post(f"{house.visit}/complaints/{filed['id']}", {"fact": "added", "text": "还没有接到电话"})
    assert (await reopened.json())["state"] == "open"
    house.clock.ahead_s = 31 * 86_400
    await coordinator.client.close()


async def test_the_family_behind_a_complaint_is_masked_and_its_number_told_once_that_was_written(
    house: House, guardian: Browser
) -> None:
    filed = await complain(guardian, house)
    coordinator = await enrolled(house, "coordinator", "zhou")
    (line,) = (await (await coordinator.get(LIST)).json())["concerns"]
    assert (line["child"], line["guardian"], line["phone"]) == ("张*明", "李*", "138****0000")
    assert await (await coordinator.post(f"{LIST}/{filed['id']}/phone")).json() == {"phone": "13800000000"}
    assert (await events(house))[-1] == ev.PhoneRevealed(referral="", staff="staff-zhou", concern=filed["id"])
    assert await coordinator.problem(await coordinator.post(f"{LIST}/{'0' * 32}/phone")) == "not_found"
    await coordinator.client.close()


async def test_answered_ones_leave_the_list_after_a_month_and_open_ones_stay(house: House, guardian: Browser) -> None:
    filed = await complain(guardian, house, "一")
    await complain(guardian, house, "二", "c2")
    coordinator = await enrolled(house, "coordinator", "zhou")
    await coordinator.post(f"{LIST}/{filed['id']}/answer", {"text": "已处理"})
    assert [line["state"] for line in (await (await coordinator.get(LIST)).json())["concerns"]] == ["open", "answered"]
    house.clock.ahead_s = 31 * 86_400
    await coordinator.sign_in("zhou", PASSWORD)
    assert [line["state"] for line in (await (await coordinator.get(LIST)).json())["concerns"]] == ["open"]
    await coordinator.client.close()


async def test_an_incident_is_recorded_with_one_tap_by_the_physician(house: House, physician: Browser) -> None:
    filed = await record(physician, house)
    assert filed["number"].startswith("SJ-")
    (event,) = await events(house)
    assert isinstance(event, ev.IncidentRecorded)
    assert (event.category, event.source) == ("privacy", "physician")
    path = f"{house.visit}/incidents/{filed['id']}"
    said = await (await physician.post(path, {"fact": "added", "text": "画面里出现了另一位患儿"})).json()
    assert [words["source"] for words in said["words"]] == ["physician"]
    assert (await (await physician.get(f"{house.visit}/incidents")).json())["incidents"] == [said]


async def test_operations_record_one_of_a_session_they_see_and_of_no_other_hospitals(house: House) -> None:
    sent = {"session": house.made.visit[:8], "client_id": "c1", "category": "technical", "text": "录制中断"}
    operations = await enrolled(house, "operations", "zhao")
    answer = await operations.post("/api/ops/incidents", sent)
    assert (await answer.json())["number"].startswith("SJ-")
    for session in ("", house.made.visit[:7], "________", "%%%%%%%%"):
        assert await operations.problem(await operations.post("/api/ops/incidents", sent | {"session": session})) == "not_found"
    foreign = await enrolled(house, "operations", "qian", "h-other")
    assert await foreign.problem(await foreign.post("/api/ops/incidents", sent)) == "not_found"
    for browser in (operations, foreign):
        await browser.client.close()


async def test_the_visits_physician_sees_no_complaint_and_the_family_no_incident(
    house: House, guardian: Browser, physician: Browser
) -> None:
    complaint, incident = await complain(guardian, house, "医师"), await record(physician, house)
    assert await physician.problem(await physician.get(f"{house.visit}/complaints")) == "not_allowed"
    assert await guardian.problem(await guardian.get(f"{house.visit}/incidents")) == "not_allowed"
    adding = {"fact": "added", "text": "x"}
    assert await physician.problem(await physician.post(f"{house.visit}/incidents/{complaint['id']}", adding)) == "not_found"
    assert await guardian.problem(await guardian.post(f"{house.visit}/complaints/{incident['id']}", adding)) == "not_found"
    shown = await (await physician.get(f"{house.visit}/incidents")).text()
    assert complaint["number"] not in shown
    for browser in (guardian, physician):
        code = await browser.problem(await browser.get(LIST))
        assert code == ("not_signed_in" if browser is guardian else "not_allowed")


async def test_another_hospitals_coordinator_finds_nothing(house: House, guardian: Browser) -> None:
    filed = await complain(guardian, house, "等了一小时")
    foreign = await enrolled(house, "coordinator", "qian", "h-other")
    assert (await (await foreign.get(LIST)).json()) == {"concerns": [], "more": False}
    for path, body in (("answer", {"text": "?"}), ("phone", {})):
        assert await foreign.problem(await foreign.post(f"{LIST}/{filed['id']}/{path}", body)) == "not_found"
    await foreign.client.close()


async def test_what_is_no_complaint_and_no_incident_is_refused(house: House, guardian: Browser, physician: Browser) -> None:
    for sent, code in (
        ({"client_id": "", "text": ""}, "bad_request"),
        ({"client_id": "c" * 65, "text": ""}, "bad_request"),
        ({"client_id": "c1", "text": "长" * 2001}, "too_large"),
        ({"client_id": "c1"}, "bad_request"),
    ):
        assert await guardian.problem(await guardian.post(f"{house.visit}/complaints", sent)) == code
    for category in ("none", "weather"):
        sent = {"client_id": "c1", "category": category, "text": ""}
        assert await physician.problem(await physician.post(f"{house.visit}/incidents", sent)) == "bad_request"
    filed = await complain(guardian, house)
    path = f"{house.visit}/complaints/{filed['id']}"
    for sent, code in (
        ({"fact": "seen", "text": ""}, "bad_request"),
        ({"fact": "added", "text": " "}, "bad_request"),
        ({"fact": "answered", "text": "好"}, "not_allowed"),
    ):
        assert await guardian.problem(await guardian.post(path, sent)) == code


async def test_there_is_an_end_to_new_ones_not_to_adding(house: House, guardian: Browser) -> None:
    for n in range(MOST_A_VISIT):
        filed = await complain(guardian, house, client_id=f"c{n}")
    one_more = await guardian.post(f"{house.visit}/complaints", {"client_id": "more", "text": ""})
    assert await guardian.problem(one_more) == "too_many_attempts"
    added = await guardian.post(f"{house.visit}/complaints/{filed['id']}", {"fact": "added", "text": "还有"})
    assert added.status == 200


async def test_a_complaint_is_filed_after_the_end_too(house: House, guardian: Browser) -> None:
    await house.server.consultations.from_outside(house.made.visit, ev.VisitCancelled("hospital"))
    assert (await complain(guardian, house))["number"]
