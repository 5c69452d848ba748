"""The doctor's routes: a link opens probe rooms and nothing else; bounded, and told in problems that a page understands."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from media import control
from server.config import Secret
from server.doctor import rooms
from server.doctor.report import MOST_BYTES
from server.http.house import HOUSE
from server.store.doctor import LASTS_S, MOST_USES
from server.workers import OfferRefused
from tests.server.doctor.test_report import sent
from tests.server.http.conftest import Browser, House


class Relay:
    """Stands for a worker's relay: rooms that were opened and closed, and an answer to each offer."""

    def __init__(self, house: House) -> None:
        self.open: list[str] = []
        self.offered: list[tuple[str, str, int, str]] = []
        self.refuses = ""
        worker = house.server.workers[0]
        worker.open_room = lambda room, silent_after_ms, seats: self.open.append(room)  # type: ignore[method-assign]
        worker.close_room = self.open.remove  # type: ignore[method-assign]
        worker.offer = self.offer  # type: ignore[method-assign]

    async def offer(self, room: str, seat: str, leg: int, revision: int, sdp: str) -> control.LegAnswer:
        if self.refuses:
            raise OfferRefused(self.refuses)
        self.offered.append((room, seat, leg, sdp))
        return control.LegAnswer(1, f"answer to {sdp}", [])


@pytest.fixture
async def relay(house: House) -> AsyncIterator[Relay]:
    yield Relay(house)
    house.server.probes.stop()


async def link(house: House) -> str:
    return f"/api/doctor/{await house.web.app[HOUSE].doctor.issue(house.clock())}"


async def test_the_page_learns_which_workers_and_turn_servers_there_are(house: House, stranger: Browser) -> None:
    began = await (await stranger.post(f"{await link(house)}/begin")).json()
    assert began == {"workers": 1, "ice_policy": "all", "ice_servers": []}


async def test_it_gets_time_limited_credentials(house: House, stranger: Browser) -> None:
    own = house.web.app[HOUSE]
    config = replace(own.config, turn_urls=("turn:t.example:3478",), turn_secret=Secret("north"))
    object.__setattr__(own, "config", config)
    (server,) = (await (await stranger.post(f"{await link(house)}/begin")).json())["ice_servers"]
    expires, name = server["username"].split(":")
    assert name == "doctor"
    assert int(expires) > house.clock()
    assert server["urls"] == ["turn:t.example:3478"]


async def test_an_offer_is_answered_in_a_room_of_its_own_that_is_no_visits(
    house: House, stranger: Browser, relay: Relay
) -> None:
    at = await link(house)
    answer = await stranger.post(f"{at}/offer", {"worker": 0, "sdp": "offer"})
    assert await answer.json() == {"sdp": "answer to offer"}
    ((room, seat, leg, sdp),) = relay.offered
    assert room.startswith("doctor-")
    assert (seat, leg, sdp) == ("guardian", 1, "offer")
    assert relay.open == [room]
    await stranger.post(f"{at}/close")
    assert relay.open == []


async def test_a_links_next_offer_takes_the_place_of_its_former_one(house: House, stranger: Browser, relay: Relay) -> None:
    at = await link(house)
    for _ in range(5):
        assert (await stranger.post(f"{at}/offer", {"worker": 0, "sdp": "o"})).status == 200
        assert len(relay.open) == 1


async def test_a_third_room_at_once_is_refused(house: House, stranger: Browser, relay: Relay) -> None:
    for _ in range(rooms.MOST):
        await stranger.post(f"{await link(house)}/offer", {"worker": 0, "sdp": "o"})
    third = await stranger.post(f"{await link(house)}/offer", {"worker": 0, "sdp": "o"})
    assert (third.status, await stranger.problem(third)) == (503, "doctor_busy")
    assert len(relay.open) == rooms.MOST


async def test_a_room_is_closed_by_itself(
    house: House, stranger: Browser, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "LASTS_S", 0.0)
    await stranger.post(f"{await link(house)}/offer", {"worker": 0, "sdp": "o"})
    await stranger.get("/healthz")
    assert relay.open == []


@pytest.mark.parametrize(
    ("code", "told"), [("bad_sdp", "bad_sdp"), ("no_common_codec", "no_common_codec"), ("room_full", "media_unavailable")]
)
async def test_an_offer_that_the_relay_refuses_leaves_no_room(
    house: House, stranger: Browser, relay: Relay, code: str, told: str
) -> None:
    relay.refuses = code
    answer = await stranger.post(f"{await link(house)}/offer", {"worker": 0, "sdp": "o"})
    assert (answer.status, await stranger.problem(answer)) == (409, told)
    assert relay.open == []


@pytest.mark.parametrize("worker", [-1, 1, 10**9])
async def test_there_is_no_such_worker(house: House, stranger: Browser, relay: Relay, worker: int) -> None:
    answer = await stranger.post(f"{await link(house)}/offer", {"worker": worker, "sdp": "o"})
    assert await stranger.problem(answer) == "media_unavailable"


async def test_the_relays_count_is_that_of_the_links_own_room(house: House, stranger: Browser, relay: Relay) -> None:
    at, other = await link(house), await link(house)
    none = {"packets": 0, "lost": 0}
    assert await (await stranger.post(f"{at}/figures")).json() == none
    await stranger.post(f"{at}/offer", {"worker": 0, "sdp": "o"})
    counted = {"audio": {"up_packets": 10, "up_lost": 1}, "video": {"up_packets": 90, "up_lost": 4}}
    legs = [{"room": "visit-1", "audio": {"up_packets": 7}}, {"room": relay.open[0], **counted}]
    house.server._received(control.LegStatistics(legs))
    assert await (await stranger.post(f"{at}/figures")).json() == {"packets": 100, "lost": 5}
    assert await (await stranger.post(f"{other}/figures")).json() == none


async def test_a_report_is_kept_for_the_administrator_and_closes_the_room(
    house: House, stranger: Browser, relay: Relay
) -> None:
    at = await link(house)
    await stranger.post(f"{at}/offer", {"worker": 0, "sdp": "o"})
    assert await (await stranger.post(f"{at}/report", {"report": sent()})).json() == {"kept": True}
    last = await house.web.app[HOUSE].doctor.last()
    assert last is not None
    assert '"browser":"Chrome 156"' in last.report
    assert relay.open == []


@pytest.mark.parametrize("report", [{}, sent(browser="<b>"), sent(ways=[{}])])
async def test_a_report_of_another_shape_is_not_kept(house: House, stranger: Browser, report: dict[str, Any]) -> None:
    answer = await stranger.post(f"{await link(house)}/report", {"report": report})
    assert await stranger.problem(answer) == "bad_request"
    assert await house.web.app[HOUSE].doctor.last() is None


async def test_a_report_is_bounded(house: House, stranger: Browser) -> None:
    answer = await stranger.post(f"{await link(house)}/report", {"report": sent(note="x" * MOST_BYTES)})
    assert await stranger.problem(answer) == "too_large"


async def test_a_link_that_is_over_says_so(house: House, stranger: Browser) -> None:
    at = await link(house)
    house.clock.ahead_s = LASTS_S + 1
    answer = await stranger.post(f"{at}/begin")
    assert (answer.status, await stranger.problem(answer)) == (410, "link_expired")


async def test_a_link_that_was_used_too_often_says_so(house: House, stranger: Browser) -> None:
    token = await house.web.app[HOUSE].doctor.issue(house.clock())
    for _ in range(MOST_USES):
        await house.web.app[HOUSE].doctor.use(token, house.clock())
    answer = await stranger.post(f"/api/doctor/{token}/begin")
    assert (answer.status, await stranger.problem(answer)) == (429, "doctor_link_spent")


@pytest.mark.parametrize("act", ["begin", "offer", "report"])
async def test_guessing_is_slowed_down(house: House, stranger: Browser, relay: Relay, act: str) -> None:
    body = {"worker": 0, "sdp": "o", "report": sent()}
    codes = [await stranger.problem(await stranger.post(f"/api/doctor/{'g' * 43}/{act}", body)) for _ in range(7)]
    assert codes[0] == "link_unknown"
    assert codes[-1] == "too_many_attempts"
    assert relay.offered == []


async def test_what_is_no_token_is_unknown(house: House, stranger: Browser) -> None:
    for act in ("begin", "figures", "close"):
        assert await stranger.problem(await stranger.post(f"/api/doctor/short/{act}")) == "link_unknown"


async def test_it_opens_no_visit(house: House, stranger: Browser) -> None:
    token = (await link(house)).rsplit("/", 1)[1]
    assert await stranger.problem(await stranger.post("/api/join", {"token": token})) == "link_unknown"


async def test_a_foreign_page_may_not_ask(house: House, stranger: Browser) -> None:
    answer = await stranger.post(f"{await link(house)}/begin", origin="https://elsewhere.example")
    assert await stranger.problem(answer) == "bad_origin"
