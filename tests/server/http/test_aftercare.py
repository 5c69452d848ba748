"""After the end a family reads what it was told and what to watch for, however the visit ended."""

from __future__ import annotations

from typing import Any

import pytest

from server import events as ev
from server.http.house import HOUSE
from server.store import bodies
from signaling import messages as wire
from signaling.seats import Role
from tests.server.consultation_kit import Visit, live, visit
from tests.server.http.conftest import ORIGIN, Browser, House

__all__ = ["live", "visit"]
NOTE = {"history": "一", "findings": "二", "impression": "三", "advice": "四"}


@pytest.fixture
async def guardian(guardian: Browser, house: House) -> Browser:
    """Who confirmed the child."""
    await guardian.post(f"{house.visit}/child", {"confirmed": True})
    return guardian


async def read(browser: Browser, path: str) -> Any:
    answer = await browser.get(f"{path}/summary")
    assert answer.status == 200
    return await answer.json()


async def sign(physician: Browser, path: str, seen: int, sections: dict[str, str], kind: str = "note") -> None:
    headers = {"Origin": ORIGIN, "If-Match": f'"{seen}"'}
    sent = {"kind": kind, "sections": sections}
    assert (await physician.client.put(f"{path}/note", json=sent, headers=headers)).status == 200
    answer = await physician.post(f"{path}/note/signature", headers={"If-Match": f'"{seen + 1}"'})
    assert answer.status == 200


async def test_before_the_end_there_is_nothing(house: House, guardian: Browser) -> None:
    assert await guardian.problem(await guardian.get(f"{house.visit}/summary")) == "not_found"


async def test_a_visit_that_came_to_nothing_says_so_and_keeps_its_safety_net(house: House, guardian: Browser) -> None:
    await house.server.consultations.from_outside(house.made.visit, ev.VisitCancelled("hospital"))
    said = await read(guardian, house.visit)
    assert (said["outcome"], said["told"]) == ("cancelled", [])
    assert "没有完成" in said["safety_net"][0]["zh"]
    assert "120" in said["safety_net"][-1]["zh"]


async def test_what_the_signed_note_tells_the_family_is_on_its_page_and_each_amendment_after_it(
    house: House, guardian: Browser, physician: Browser
) -> None:
    await house.server.consultations.from_outside(house.made.visit, ev.VisitCancelled("hospital"))
    await sign(physician, house.visit, 0, NOTE | {"family": "请到线下复查身高"})
    await sign(physician, house.visit, 2, {"reason": "漏写", "text": "带骨龄片", "family": "请带上骨龄片"}, "amendment")
    told = (await read(guardian, house.visit))["told"]
    assert [(each["source"], each["text"]) for each in told] == [("note", "请到线下复查身高"), ("amendment", "请带上骨龄片")]


@pytest.mark.parametrize("family", ["一切正常，半年后复查。", "请另外拍骨龄片。"])
async def test_a_completed_visits_words_are_said_once(live: Visit, family: str) -> None:
    await live.ask(Role.PHYSICIAN, wire.Complete("一切正常，半年后复查。", True))
    (words,) = await bodies.of_session(live.house.server.database, live.id, "summary")
    http = live.house.server.app[HOUSE]
    assert words.content["adequate"] is True
    assert words.content["aftercare"] == http.texts.aftercare.version
    physician = live.house.client()
    await physician.sign_in(live.house.made.physician_login, live.house.made.physician_password)
    path = f"/api/visits/{live.id}"
    await sign(physician, path, 0, NOTE | {"family": family})
    said = await read(physician, path)
    assert said["outcome"] == "completed"
    assert [each["text"] for each in said["told"]] == list(dict.fromkeys(["一切正常，半年后复查。", family]))
    net = http.texts.aftercare.safety_net("growth", completed=True)
    assert [each["zh"] for each in said["safety_net"]] == [each.zh for each in net]
    await physician.client.close()
