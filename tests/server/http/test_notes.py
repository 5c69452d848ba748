"""The physician's note over HTTP: on the disk before it is answered, never overwritten unseen, signed once, amended beside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from server import events as ev
from server.event_records import to_record
from server.journal import Journal
from server.store import bodies, notes, outbox
from server.store.audit import verify_journal
from signaling.seats import Role
from tests.server.http.conftest import ORIGIN, Browser, House, opened

WHOLE = {
    "history": "近一年长了 3 厘米",
    "not_examined": "骨龄",
    "impression": "生长缓慢待查",
    "advice": "拍骨龄片",
    "family": "请带孩子拍片",
}
AMENDED = {"reason": "笔误", "text": "应为 4 厘米", "family": "更正：半年后复查"}


async def put(browser: Browser, house: House, sections: Any, seen: int | str | None, kind: str = "note", **headers: str) -> Any:
    sent = {"Origin": ORIGIN, **headers} | ({} if seen is None else {"If-Match": f'"{seen}"'})
    return await browser.client.put(f"{house.visit}/note", json={"kind": kind, "sections": sections}, headers=sent)


async def sign(browser: Browser, house: House, seen: int) -> Any:
    return await browser.post(f"{house.visit}/note/signature", headers={"If-Match": f'"{seen}"'})


async def read(browser: Browser, house: House) -> Any:
    answer = await browser.get(f"{house.visit}/note")
    assert answer.status == 200
    return await answer.json()


async def end(house: House) -> None:
    """The visit ends after the family was admitted, as by a deadline."""
    await house.server.consultations.from_outside(house.made.visit, ev.VisitCancelled("physician"))


async def events(house: House) -> list[ev.Event]:
    return [event for event, _ in await Journal(house.server.database).replay(house.made.visit)]


# --- the draft ---


async def test_a_note_is_saved_as_it_is_typed_and_comes_back_after_a_reload(house: House, physician: Browser) -> None:
    before = await read(physician, house)
    assert (before["kind"], before["draft"]["revision"], before["signed"], before["can_sign"]) == ("note", 0, [], False)
    assert [section["title"]["zh"] for section in before["form"]["sections"]][:3] == ["病史", "所见", "未能检查"]
    answer = await put(physician, house, {"history": "近一年长了 3 厘米 "}, 0)
    assert (answer.status, answer.headers["ETag"]) == (200, '"1"')
    draft = (await read(physician, house))["draft"]
    assert (draft["revision"], draft["sections"]) == (1, {"history": "近一年长了 3 厘米 "})
    assert not any("厘米" in json.dumps(to_record(event), ensure_ascii=False) for event in await events(house))


async def test_an_answered_save_outlives_a_server_that_is_killed(seeded: Path, tmp_path: Path) -> None:
    async with opened(seeded, tmp_path) as house:
        browser = house.client()
        await browser.sign_in(house.made.physician_login, house.made.physician_password)
        assert (await put(browser, house, {"history": "写到一半"}, 0)).status == 200
        killed = {name: (tmp_path / name).read_bytes() for name in ("peitong.db", "peitong.db-wal")}
        visit = house.made.visit
        await browser.client.close()
    for name, content in killed.items():
        (tmp_path / name).write_bytes(content)
    async with opened(seeded, tmp_path) as house:
        found = await notes.of_visit(house.server.database, visit)
        assert found.draft.sections == {"history": "写到一半"}


async def test_of_two_windows_the_later_one_is_told_and_given_the_others_words(house: House, physician: Browser) -> None:
    await put(physician, house, {"history": "窗口一"}, 0)
    answer = await put(physician, house, {"history": "窗口二"}, 0)
    assert answer.status == 412
    said = await answer.json()
    assert (said["code"], said["note"]["draft"]) == ("note_changed", (await read(physician, house))["draft"])
    assert (await put(physician, house, {"history": "窗口一\n窗口二"}, 1)).status == 200


async def test_a_save_whose_answer_was_lost_is_one_save(house: House, physician: Browser) -> None:
    for _ in range(2):
        answer = await put(physician, house, WHOLE, 0)
        assert (answer.status, answer.headers["ETag"]) == (200, '"1"')


async def test_what_is_no_note_is_refused(house: House, physician: Browser) -> None:
    for sections, seen, kind, code in (
        ({"history": 3}, 0, "note", "bad_request"),
        ({"recipe": "药"}, 0, "note", "bad_request"),
        ({}, 0, "recipe", "bad_request"),
        ({}, "x", "note", "bad_request"),
        ({}, None, "note", "precondition_required"),
        ({"history": "长" * 4001}, 0, "note", "too_large"),
        ({"reason": "笔误"}, 0, "amendment", "note_changed"),
    ):
        answer = await put(physician, house, sections, seen, kind)
        assert await physician.problem(answer) == code
    assert (await put(physician, house, {}, 0, Origin="http://elsewhere.example")).status == 403
    assert (await read(physician, house))["draft"]["revision"] == 0


# --- the signature ---


async def test_a_note_is_signed_after_the_end_with_name_licence_and_time(house: House, physician: Browser) -> None:
    await put(physician, house, WHOLE, 0)
    assert await physician.problem(await sign(physician, house, 1)) == "note_too_early"
    await end(house)
    answer = await sign(physician, house, 1)
    assert answer.status == 200
    said = await answer.json()
    (entry,) = said["signed"]
    assert entry["by"] == {"name": "王芳", "title": entry["by"]["title"], "licence": entry["by"]["licence"]}
    assert entry["by"]["licence"]
    assert {section["code"]: section["text"] for section in entry["sections"]} == WHOLE
    assert (said["kind"], said["draft"]["sections"]) == ("amendment", {})
    (event,) = [event for event in await events(house) if isinstance(event, ev.NoteSigned)]
    words = await bodies.find(house.server.database, event.body)
    assert words is not None
    assert (words.sha256, words.content["sections"]) == (event.body_sha256, WHOLE)
    assert (await verify_journal(house.server.database)).ok
    told = await outbox.of_session(house.server.database, house.made.visit)
    assert [(each.kind, json.loads(each.payload)) for each in told if each.kind == "note.signed"] == [
        ("note.signed", {"note": event.note})
    ]


async def test_signing_twice_signs_once(house: House, physician: Browser) -> None:
    await put(physician, house, WHOLE, 0)
    await end(house)
    first, second = [await (await sign(physician, house, 1)).json() for _ in range(2)]
    assert first == second
    assert len(first["signed"]) == 1


async def test_an_incomplete_note_says_what_is_missing(house: House, physician: Browser) -> None:
    await put(physician, house, {"history": "有"}, 0)
    await end(house)
    answer = await sign(physician, house, 1)
    assert (answer.status, (await answer.json())["missing"]) == (
        422,
        [["findings", "not_examined"], ["impression"], ["advice"]],
    )


async def test_nobody_signs_what_another_window_wrote_meanwhile(house: House, physician: Browser) -> None:
    await put(physician, house, WHOLE, 0)
    await put(physician, house, WHOLE | {"advice": "别的"}, 1)
    await end(house)
    answer = await sign(physician, house, 1)
    assert await physician.problem(answer) == "note_changed"
    assert not any(isinstance(event, ev.NoteSigned) for event in await events(house))


async def test_an_amendment_is_added_and_everything_earlier_stays(house: House, physician: Browser) -> None:
    await put(physician, house, WHOLE, 0)
    await end(house)
    signed = await (await sign(physician, house, 1)).json()
    assert (await put(physician, house, AMENDED, signed["draft"]["revision"], "amendment")).status == 200
    said = await (await sign(physician, house, 3)).json()
    assert said["signed"][0] == signed["signed"][0]
    assert [entry["kind"] for entry in said["signed"]] == ["note", "amendment"]
    assert {section["code"]: section["text"] for section in said["signed"][1]["sections"]} == AMENDED
    assert [type(event) for event in await events(house)][-2:] == [ev.NoteSigned, ev.NoteAmended]
    late = await put(physician, house, WHOLE | {"history": "旧窗口"}, 1)
    assert (await late.json())["code"] == "note_changed"
    assert (await verify_journal(house.server.database)).ok


async def test_the_words_can_be_deleted_and_the_chain_stays_whole(house: House, physician: Browser) -> None:
    await put(physician, house, WHOLE, 0)
    await end(house)
    await sign(physician, house, 1)
    (event,) = [event for event in await events(house) if isinstance(event, ev.NoteSigned)]
    await bodies.forget(house.server.database, event.body)
    (entry,) = (await read(physician, house))["signed"]
    assert (entry["by"], entry["sections"]) == (None, [])
    assert (await verify_journal(house.server.database)).ok


# --- who ---


async def test_nobody_but_the_visits_physician_reads_or_writes_it(house: House, guardian: Browser, stranger: Browser) -> None:
    for browser, code in ((guardian, "not_allowed"), (stranger, "not_signed_in")):
        assert await browser.problem(await browser.get(f"{house.visit}/note")) == code
        assert await browser.problem(await put(browser, house, WHOLE, 0)) == code
        assert await browser.problem(await sign(browser, house, 0)) == code
        assert await browser.problem(await browser.get("/api/staff/unsigned")) == "not_signed_in"


# --- the worklist of what is not signed ---


async def test_an_unsigned_note_stays_on_its_physicians_list_until_it_is_signed(house: House, physician: Browser) -> None:
    async def listed() -> Any:
        return await (await physician.get("/api/staff/unsigned")).json()

    assert await listed() == {"visits": [], "more": False}
    await put(physician, house, WHOLE, 0)
    assert (await listed())["visits"] == []
    await end(house)
    house.clock.ahead_s = 11 * 3600
    (line,) = (await listed())["visits"]
    assert (line["visit"], line["outcome"], line["begun"]) == (house.made.visit, "cancelled", True)
    assert line["kind"] == "note"
    await sign(physician, house, 1)
    assert (await listed())["visits"] == []
    await put(physician, house, AMENDED, 2, "amendment")
    (line,) = (await listed())["visits"]
    assert (line["visit"], line["begun"], line["kind"]) == (house.made.visit, True, "amendment")
    await sign(physician, house, 3)
    assert (await listed())["visits"] == []


async def test_a_draft_that_nobody_signs_is_kept_as_long_as_the_record_and_signed_by_nobody_else(
    house: House, physician: Browser, guardian: Browser
) -> None:
    await put(physician, house, WHOLE, 0)
    await end(house)
    house.clock.ahead_s = 14.9 * 365.25 * 86_400
    await house.server.cabinet.tend(house.clock())
    await physician.sign_in(house.made.physician_login, house.made.physician_password)
    (line,) = (await (await physician.get("/api/staff/unsigned")).json())["visits"]
    assert (line["visit"], line["begun"]) == (house.made.visit, True)
    note = await read(physician, house)
    assert (note["draft"]["sections"], note["signed"], note["can_sign"]) == (WHOLE, [], True)
    assert not any(isinstance(event, ev.NoteSigned) for event in await events(house))
    assert (await sign(physician, house, 1)).status == 200


async def test_a_visit_that_somebody_was_admitted_to_waits_for_a_note_though_none_was_begun(
    house: House, guardian: Browser, physician: Browser
) -> None:
    await guardian.consent_to_everything(house.visit)
    controller = (await house.server.consultations.session(house.made.visit)).controller
    await controller.post(ev.SeatTaken(Role.GUARDIAN, 1))
    await controller.post(ev.Admitted())
    await controller.post(ev.ConsentWithdrawn("recording"))
    (line,) = (await (await physician.get("/api/staff/unsigned")).json())["visits"]
    assert (line["outcome"], line["begun"]) == ("consent_withdrawn", False)
