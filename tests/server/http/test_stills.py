"""The optional consent: asked for on its own, refused without losing the visit, taken back while it goes on; and the
stills that the physician saves under it."""

from __future__ import annotations

from typing import Any

import pytest

from server import events as ev
from server.documents.kinds import MAX_STILL_BYTES
from server.documents.strip import strip
from server.errors import Refused
from server.http.house import HOUSE
from server.journal import Journal
from server.session import Consent
from server.store.documents import MAX_STILLS, STILL
from signaling import messages as wire
from signaling.seats import Role
from tests.server.consultation_kit import Visit, live, visit
from tests.server.documents import samples
from tests.server.http.conftest import Browser, House
from tests.server.http.test_documents import PICTURE, ask, handed_in, send

__all__ = ["live", "visit"]


async def answer(guardian: Browser, house: House, kind: str, agreed: bool) -> Any:
    texts = await (await guardian.get(f"{house.visit}/consent-texts?language=zh")).json()
    text = next(each for each in texts if each["kind"] == kind)
    shown = {name: text[name] for name in ("kind", "version", "language", "sha256")}
    return await guardian.post(f"{house.visit}/consents", shown | {"agreed": agreed})


async def test_it_is_asked_for_after_the_two_that_are_needed(house: House, guardian: Browser) -> None:
    texts = await (await guardian.get(f"{house.visit}/consent-texts?language=en")).json()
    assert [text["kind"] for text in texts] == ["consultation", "recording", "stills"]
    status = await (await guardian.get(house.visit)).json()
    assert status["consents"] == {"consultation": "open", "recording": "open", "stills": "open"}


async def test_who_declines_it_comes_into_the_room_all_the_same(house: House, guardian: Browser, physician: Browser) -> None:
    await guardian.post(f"{house.visit}/child", {"confirmed": True})
    for kind, agreed in (("consultation", True), ("recording", True), ("stills", False)):
        assert (await answer(guardian, house, kind, agreed)).status == 200
    assert (await guardian.post(f"{house.visit}/socket-token")).status == 200
    assert (await (await physician.get(f"{house.visit}/family")).json())["stills"] == "refused"
    texts = {text["kind"]: text for text in await (await guardian.get(f"{house.visit}/consent-texts")).json()}
    (refused,) = [
        event
        for event, _ in await Journal(house.server.database).replay(house.made.visit)
        if isinstance(event, ev.ConsentRefused)
    ]
    assert (refused.kind, refused.language, refused.text_sha256) == ("stills", "zh", texts["stills"]["sha256"])


async def test_taken_back_in_the_call_it_is_journaled_and_the_visit_goes_on(live: Visit) -> None:
    assert (await live.session()).stills_allowed
    await live.ask(Role.GUARDIAN, wire.WithdrawConsent("stills"))
    session = await live.session()
    assert (session.gate_open, session.stills_allowed, session.consents["stills"]) == (True, False, Consent.WITHDRAWN)
    events = [event for event, _ in await Journal(live.house.server.database).replay(live.id)]
    (given,) = [event for event in events if isinstance(event, ev.ConsentGiven) and event.kind == "stills"]
    assert ev.ConsentWithdrawn("stills", "", given.version, given.language, given.text_sha256) in events


async def begun(live: Visit, length: int = len(PICTURE)) -> Any:
    return await ask(live.browsers[Role.PHYSICIAN], "POST", f"{live.house.visit}/stills", Upload_Length=str(length))


async def saved(live: Visit, data: bytes = PICTURE) -> Any:
    """The answer to the piece that brings all of it."""
    begins = await begun(live, len(data))
    assert begins.status == 201
    return await send(live.browsers[Role.PHYSICIAN], begins.headers["Location"], data)


async def documents(browser: Browser, house: House) -> list[Any]:
    listed: list[Any] = (await (await browser.get(f"{house.visit}/documents")).json())["documents"]
    return listed


async def test_the_physician_saves_a_still_and_the_family_is_told(live: Visit) -> None:
    physician = live.browsers[Role.PHYSICIAN]
    assert (await saved(live)).status == 204
    assert live.said(wire.SessionChanged)[-1].session.stills == wire.StillsView(allowed=True, taken=1)
    line = (await documents(physician, live.house))[0]
    assert (line["purpose"], line["kind"], line["width"]) == ("still", "image/jpeg", 96)
    assert await (await physician.get(line["url"])).read() == strip(PICTURE).data
    events = [event for event, _ in await Journal(live.house.server.database).replay(live.id)]
    assert [event.document for event in events if isinstance(event, ev.StillTaken)] == [line["id"]]


async def test_a_still_is_the_records_and_no_document_of_the_familys(live: Visit) -> None:
    guardian, physician = live.browsers[Role.GUARDIAN], live.browsers[Role.PHYSICIAN]
    await saved(live)
    at = (await documents(physician, live.house))[0]["url"]
    assert await documents(guardian, live.house) == []
    assert await guardian.problem(await guardian.get(at)) == "not_found"
    assert await guardian.problem(await ask(guardian, "DELETE", at)) == "not_found"
    assert (await ask(guardian, "HEAD", at)).status == 404
    assert (await ask(guardian, "HEAD", at.replace("/documents/", "/stills/"))).status == 403
    theirs = (await handed_in(guardian, live.house)).replace("/documents/", "/stills/")
    assert (await ask(physician, "HEAD", theirs)).status == 404


async def test_an_interrupted_one_goes_on_where_it_stands(live: Visit) -> None:
    physician, at = live.browsers[Role.PHYSICIAN], (await begun(live)).headers["Location"]
    await send(physician, at, PICTURE[:1000])
    assert (await ask(physician, "HEAD", at)).headers["Upload-Offset"] == "1000"
    assert (await send(physician, at, PICTURE[1000:], 1000)).status == 204
    assert len(await documents(physician, live.house)) == 1


async def test_without_the_consent_none_is_kept_not_even_one_that_is_on_its_way(live: Visit) -> None:
    physician = live.browsers[Role.PHYSICIAN]
    coming = (await begun(live)).headers["Location"]
    await live.ask(Role.GUARDIAN, wire.WithdrawConsent("stills"))
    for answer in (await begun(live), await send(physician, coming, PICTURE)):
        assert answer.status == 409
        problem = await answer.json()
        assert (problem["code"], problem["detail"]) == ("consent_missing", "监护人没有同意留存照片。")
    assert await documents(physician, live.house) == []


async def test_a_withdrawal_counts_as_long_as_the_picture_is_not_kept(live: Visit) -> None:
    """The session has the last word."""
    server = live.house.server
    cabinet = server.app[HOUSE].cabinet
    item = await cabinet.begin(live.id, "sign-in", len(PICTURE), STILL)

    async def withdrawing() -> Any:
        yield PICTURE[:-1]
        await live.ask(Role.GUARDIAN, wire.WithdrawConsent("stills"))
        yield PICTURE[-1:]

    with pytest.raises(Refused) as refused:
        await cabinet.receive(live.id, "sign-in", item.id, 0, withdrawing())
    assert refused.value.code == "consent_missing"
    assert await cabinet.listed(live.id) == []
    assert not list(server.config.data_folder.glob(f"*/{live.id}/{item.id}*"))


async def test_not_before_the_people_were_attested(visit: Visit) -> None:
    assert await visit.browsers[Role.PHYSICIAN].problem(await begun(visit)) == "wrong_state"


async def test_a_still_is_a_jpeg_of_the_size_that_the_page_makes(live: Visit) -> None:
    physician = live.browsers[Role.PHYSICIAN]
    assert await physician.problem(await begun(live, MAX_STILL_BYTES + 1)) == "still_too_large"
    assert await physician.problem(await saved(live, samples.png())) == "document_kind"


async def test_a_visit_takes_so_many_stills_and_the_familys_documents_beside_them(live: Visit) -> None:
    for _ in range(MAX_STILLS):
        assert (await begun(live)).status == 201
    assert await live.browsers[Role.PHYSICIAN].problem(await begun(live)) == "too_many_stills"
    await handed_in(live.browsers[Role.GUARDIAN], live.house)
