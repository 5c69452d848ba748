"""The optional consent: asked for on its own, refused without losing the visit, taken back while it goes on."""

from __future__ import annotations

from typing import Any

from server import events as ev
from server.journal import Journal
from server.session import Consent
from signaling import messages as wire
from signaling.seats import Role
from tests.server.consultation_kit import Visit, live, visit
from tests.server.http.conftest import Browser, House

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
