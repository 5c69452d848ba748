"""Links, cookies and consents over HTTP: what a guardian may do, and that everybody else learns nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from server import events as ev
from server.access import RECORDS_OPEN_S
from server.http.family import DEVICE_COOKIE_LASTS_S, RENEWED_EVERY_S
from server.http.house import HOUSE
from server.journal import Journal
from server.store import outbox
from server.store.links import Links
from tests.server.http.conftest import Browser, House


async def test_a_link_preview_redeems_nothing(house: House, stranger: Browser) -> None:
    page = await stranger.get(f"/j/{house.token}")
    assert page.status == 200
    assert "Set-Cookie" not in page.headers
    assert (await stranger.post("/api/join", {"token": house.token})).status == 200


async def test_the_join_page_is_the_same_whatever_the_token(house: House, stranger: Browser) -> None:
    right = await (await stranger.get(f"/j/{house.token}")).read()
    wrong = await (await stranger.get("/j/" + "x" * 43)).read()
    assert right == wrong


async def test_redeeming_sets_a_cookie_that_scripts_cannot_read(house: House, stranger: Browser) -> None:
    answer = await stranger.post("/api/join", {"token": house.token})
    assert (await answer.json()) == {"visit": house.made.visit, "next": f"/family/?visit={house.made.visit}"}
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


async def test_the_same_device_may_open_the_link_again(house: House, guardian: Browser) -> None:
    answer = await guardian.post("/api/join", {"token": house.token})
    assert answer.status == 200
    assert "Set-Cookie" not in answer.headers


async def test_another_device_is_told_that_the_link_was_used(house: House, guardian: Browser, stranger: Browser) -> None:
    answer = await stranger.post("/api/join", {"token": house.token}, headers={"Accept-Language": "en"})
    assert answer.status == 409
    assert await stranger.problem(answer) == "link_used"
    assert house.made.visit not in await answer.text()


async def test_of_two_devices_at_once_exactly_one_wins(house: House) -> None:
    browsers = [house.client() for _ in range(5)]
    answers = await asyncio.gather(*(browser.post("/api/join", {"token": house.token}) for browser in browsers))
    assert sorted(answer.status for answer in answers) == [200, 409, 409, 409, 409]
    for browser in browsers:
        await browser.client.close()


@pytest.mark.parametrize("token", ["", "short", "x" * 43, "x" * 200, "\u202e" * 20])
async def test_an_unknown_link_is_unknown(house: House, stranger: Browser, token: str) -> None:
    assert await stranger.problem(await stranger.post("/api/join", {"token": token})) == "link_unknown"


async def test_an_expired_link_is_gone(house: House, stranger: Browser) -> None:
    house.clock.ahead_s = 8 * 86400
    answer = await stranger.post("/api/join", {"token": house.token})
    assert answer.status == 410
    assert await stranger.problem(answer) == "link_expired"


async def test_a_newer_link_revokes_the_older_one_and_its_device(house: House, guardian: Browser) -> None:
    assert (await guardian.get(house.visit)).status == 200
    links = Links(house.server.database, lambda: "n" * 43)
    await links.issue(house.made.visit, house.clock(), house.clock() + 60)
    assert (await guardian.get(house.visit)).status == 404


async def test_guessing_links_is_slowed_down(house: House, stranger: Browser) -> None:
    codes = [await stranger.problem(await stranger.post("/api/join", {"token": f"{n:043d}"})) for n in range(40)]
    assert codes[0] == "link_unknown"
    assert codes[-1] == "too_many_attempts"


async def test_without_a_cookie_a_visit_is_not_shown(house: House, stranger: Browser) -> None:
    answer = await stranger.get(house.visit)
    assert answer.status == 401
    assert "张" not in await answer.text()


async def test_a_foreign_visit_looks_like_none(house: House, guardian: Browser) -> None:
    assert await guardian.problem(await guardian.get("/api/visits/" + "0" * 32)) == "not_found"


async def test_names_of_the_visit_are_masked(house: House, guardian: Browser) -> None:
    await guardian.post(f"{house.visit}/child", {"confirmed": True})
    text = await (await guardian.get(house.visit)).text()
    shown = (await (await guardian.get(house.visit)).json())["visit"]
    assert shown["child"] == "张*明"
    assert '"hospital_phone": "01000000000"' in text
    assert shown["physician"]["licence"]
    assert shown["reasons"] == []
    assert "张小明" not in text
    assert "13800000000" not in text


async def test_the_socket_needs_child_and_consents_first(house: House, guardian: Browser) -> None:
    ask = f"{house.visit}/socket-token"
    assert await guardian.problem(await guardian.post(ask)) == "child_not_confirmed"
    await guardian.post(f"{house.visit}/child", {"confirmed": True})
    assert await guardian.problem(await guardian.post(ask)) == "consent_missing"
    await guardian.consent_to_everything(house.visit)
    given = await (await guardian.post(ask)).json()
    assert len(given["token"]) >= 43


async def test_refusing_the_recording_keeps_the_door_shut(house: House, guardian: Browser) -> None:
    await guardian.consent_to_everything(house.visit)
    texts = await (await guardian.get(f"{house.visit}/consent-texts")).json()
    recording = next(text for text in texts if text["kind"] == "recording")
    shown = {name: recording[name] for name in ("kind", "version", "language", "sha256")}
    answer = await guardian.post(f"{house.visit}/consents", shown | {"agreed": False})
    assert (await answer.json())["consents"]["recording"] == "refused"
    assert await guardian.problem(await guardian.post(f"{house.visit}/socket-token")) == "consent_missing"


async def test_a_consent_names_exactly_the_text_that_was_shown(house: House, guardian: Browser) -> None:
    await guardian.post(f"{house.visit}/child", {"confirmed": True})
    (text, *_) = await (await guardian.get(f"{house.visit}/consent-texts?language=en")).json()
    shown = {name: text[name] for name in ("kind", "version", "language", "sha256")}
    changed = await guardian.post(f"{house.visit}/consents", shown | {"sha256": "0" * 64, "agreed": True})
    assert await guardian.problem(changed) == "consent_changed"


async def test_a_wrong_child_is_not_confirmed(house: House, guardian: Browser) -> None:
    answer = await guardian.post(f"{house.visit}/child", {"confirmed": False})
    assert (await answer.json()) == {"confirmed": False}


async def test_a_denied_child_is_word_for_the_hospital_written_once(
    house: House, guardian: Browser, physician: Browser
) -> None:
    for _ in range(2):
        await guardian.post(f"{house.visit}/child", {"confirmed": False})
    (word,) = await outbox.of_session(house.server.database, house.made.visit)
    assert (word.kind, word.payload) == ("visit.child_denied", "{}")
    said = [event for event, _ in await Journal(house.server.database).replay(house.made.visit)]
    assert said == [ev.ChildDenied()]
    assert (await (await guardian.get(house.visit)).json())["child_denied"] is True
    (line,) = (await (await physician.get("/api/staff/worklist")).json())["visits"]
    assert line["child_denied"] is True


async def test_a_child_denied_by_mistake_can_be_confirmed_and_denied_again(
    house: House, guardian: Browser, physician: Browser
) -> None:
    await guardian.post(f"{house.visit}/child", {"confirmed": False})
    await guardian.consent_to_everything(house.visit)
    assert (await guardian.post(f"{house.visit}/socket-token")).status == 200
    (line,) = (await (await physician.get("/api/staff/worklist")).json())["visits"]
    assert line["child_denied"] is False
    again = await guardian.post(f"{house.visit}/child", {"confirmed": False})
    assert (await again.json()) == {"confirmed": False}
    assert await guardian.problem(await guardian.post(f"{house.visit}/socket-token")) == "child_not_confirmed"
    assert len(await outbox.of_session(house.server.database, house.made.visit)) == 2


async def further_device(house: House) -> Browser:
    """Another device of the family, by a link that shuts nobody out, as a reminder's."""
    now = house.clock()
    token, written = house.server.app[HOUSE].links.drawn_further(house.made.visit, now, now + 7 * 86_400)
    await house.server.database.write(written)
    browser = house.client()
    assert (await browser.post("/api/join", {"token": token})).status == 200
    return browser


async def test_what_one_device_confirmed_opens_nothing_on_another(house: House, guardian: Browser) -> None:
    await guardian.consent_to_everything(house.visit)
    other = await further_device(house)
    shown = await (await other.get(house.visit)).json()
    assert (shown["child_confirmed"], shown["visit"]["field"], shown["visit"]["physician"]["name"]) == (False, "", "")
    for path in ("letter", "summary", "documents", "appointment", "questionnaire", "whereabouts", "complaints"):
        assert await other.problem(await other.get(f"{house.visit}/{path}")) == "child_not_confirmed"
    for path in ("socket-token", "appointment/cancel", "answers", "measurements", "consents"):
        assert await other.problem(await other.post(f"{house.visit}/{path}")) == "child_not_confirmed"
    await other.post(f"{house.visit}/child", {"confirmed": True})
    assert (await other.get(f"{house.visit}/documents")).status == 200
    assert (await other.post(f"{house.visit}/socket-token")).status == 200
    said = [event for event, _ in await Journal(house.server.database).replay(house.made.visit)]
    assert said.count(ev.ChildConfirmed()) == 1
    await other.client.close()


async def test_a_denial_in_the_waiting_room_has_every_device_asked_anew(house: House, guardian: Browser) -> None:
    await guardian.consent_to_everything(house.visit)
    other = await further_device(house)
    await other.post(f"{house.visit}/child", {"confirmed": False})
    for browser in (guardian, other):
        assert (await (await browser.get(house.visit)).json())["child_confirmed"] is False
    await guardian.post(f"{house.visit}/child", {"confirmed": True})
    assert (await guardian.post(f"{house.visit}/socket-token")).status == 200
    assert await other.problem(await other.get(f"{house.visit}/appointment")) == "child_not_confirmed"
    await other.client.close()


async def test_after_the_end_a_device_that_came_late_is_asked_before_it_reads_anything(house: House) -> None:
    other = await further_device(house)
    await house.server.consultations.from_outside(house.made.visit, ev.VisitCancelled("hospital"))
    assert await other.problem(await other.get(f"{house.visit}/summary")) == "child_not_confirmed"
    assert await other.problem(await other.post(f"{house.visit}/socket-token")) == "child_not_confirmed"
    await other.post(f"{house.visit}/child", {"confirmed": False})
    assert await other.problem(await other.get(f"{house.visit}/summary")) == "child_not_confirmed"
    await other.post(f"{house.visit}/child", {"confirmed": True})
    assert (await other.get(f"{house.visit}/summary")).status == 200
    await other.client.close()


async def test_at_the_end_a_link_that_nobody_used_is_over_and_the_familys_devices_are_not(
    house: House, guardian: Browser, stranger: Browser
) -> None:
    await guardian.post(f"{house.visit}/child", {"confirmed": True})
    now = house.clock()
    token, written = house.server.app[HOUSE].links.drawn_further(house.made.visit, now, now + 7 * 86_400)
    await house.server.database.write(written)
    await house.server.consultations.from_outside(house.made.visit, ev.VisitCancelled("hospital"))
    assert await stranger.problem(await stranger.post("/api/join", {"token": token})) == "link_expired"
    assert (await guardian.post("/api/join", {"token": token})).status == 200
    assert (await guardian.get(f"{house.visit}/summary")).status == 200


async def test_a_family_that_comes_keeps_its_cookie_which_is_renewed_once_a_day(house: House, guardian: Browser) -> None:
    given: list[str | None] = []
    for ahead_s in (0, RENEWED_EVERY_S - 60, RENEWED_EVERY_S + 60, RENEWED_EVERY_S + 120, 40 * RENEWED_EVERY_S):
        house.clock.ahead_s = ahead_s
        given.append((await guardian.get(house.visit)).headers.get("Set-Cookie"))
    assert [cookie is not None for cookie in given] == [False, False, True, False, True]
    (held,) = guardian.client.session.cookie_jar
    assert given[2] == given[4] == f"{held.key}={held.value}; HttpOnly; Max-Age={DEVICE_COOKIE_LASTS_S}; Path=/; SameSite=Lax"


async def test_on_the_day_after_its_records_close_a_visit_renews_no_cookie(house: House, guardian: Browser) -> None:
    await house.server.consultations.from_outside(house.made.visit, ev.VisitCancelled("hospital"))
    for ahead_s, renewed in ((RECORDS_OPEN_S - 60, True), (RECORDS_OPEN_S + 2 * RENEWED_EVERY_S, False)):
        house.clock.ahead_s = ahead_s
        answer = await guardian.get(house.visit)
        assert (answer.status, "Set-Cookie" in answer.headers) == (200, renewed)


async def test_a_physician_who_reads_the_visit_is_given_no_familys_cookie(house: House, physician: Browser) -> None:
    house.clock.ahead_s = 2 * 3600
    assert "Set-Cookie" not in (await physician.get(house.visit)).headers


async def test_a_device_that_comes_after_the_end_is_asked_whose_child_it_is_and_then_reads(
    house: House, guardian: Browser, stranger: Browser
) -> None:
    await guardian.post(f"{house.visit}/child", {"confirmed": True})
    await house.server.consultations.from_outside(house.made.visit, ev.VisitCancelled("hospital"))
    now = house.clock()
    token, written = house.server.app[HOUSE].links.drawn_further(house.made.visit, now, now + 3_600)
    await house.server.database.write(written)
    assert (await stranger.post("/api/join", {"token": token})).status == 200
    assert await stranger.problem(await stranger.get(f"{house.visit}/summary")) == "child_not_confirmed"
    await stranger.post(f"{house.visit}/child", {"confirmed": True})
    assert (await stranger.get(f"{house.visit}/summary")).status == 200


async def test_the_physician_may_not_consent_for_the_family(house: House, physician: Browser) -> None:
    assert await physician.problem(await physician.post(f"{house.visit}/child", {"confirmed": True})) == "not_allowed"


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", "http://localhost:8480.evil.example"])
async def test_a_post_from_elsewhere_is_refused(house: House, guardian: Browser, origin: str | None) -> None:
    answer = await guardian.post(f"{house.visit}/child", {"confirmed": True}, origin=origin)
    assert await guardian.problem(answer) == "bad_origin"


@pytest.mark.parametrize("body", [[], "x", 3, {"confirmed": 1}, {"confirmed": "true"}, {}])
async def test_a_wrong_body_is_a_bad_request(house: House, guardian: Browser, body: object) -> None:
    assert await guardian.problem(await guardian.post(f"{house.visit}/child", body)) == "bad_request"


async def test_a_body_over_the_limit_is_too_large(house: House, stranger: Browser) -> None:
    assert await stranger.problem(await stranger.post("/api/join", {"token": "x" * 70_000})) == "too_large"


async def test_there_is_no_letter_and_no_summary_before_the_end(house: House, guardian: Browser) -> None:
    await guardian.post(f"{house.visit}/child", {"confirmed": True})
    for path in ("letter", "letter.pdf", "letter.fhir.json", "summary"):
        assert await guardian.problem(await guardian.get(f"{house.visit}/{path}")) == "not_found"


async def test_who_came_into_a_wrong_room_learns_neither_for_what_nor_by_whom_the_child_is_seen(
    house: House, guardian: Browser
) -> None:
    async def shown() -> dict[str, Any]:
        view: dict[str, Any] = (await (await guardian.get(house.visit)).json())["visit"]
        return view

    before = await shown()
    assert (before["child"], before["guardian"], before["field"]) == ("张*明", "李*", "")
    assert (before["physician"]["name"], before["physician"]["title"], before["physician"]["licence"]) == ("", "", "")
    await guardian.post(f"{house.visit}/child", {"confirmed": True})
    assert ((await shown())["field"], (await shown())["physician"]["name"]) == ("growth", "王芳")
    await guardian.post(f"{house.visit}/child", {"confirmed": False})
    assert await shown() == before
