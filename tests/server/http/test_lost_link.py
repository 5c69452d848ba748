"""A lost link is found by the number, and whoever asks learns nothing."""

from __future__ import annotations

import pytest

from server.http.house import HOUSE
from server.http.lost_link import PER_NUMBER
from server.reminders.port import Addressee, Outcome
from server.reminders.service import MOST_ASKED
from server.reminders.words import Notice
from tests.server.http.conftest import Browser, House

KNOWN, UNKNOWN = "13800000000", "13999999999"


class Post:
    name = "post"

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    def reaches(self, to: Addressee) -> bool:
        return bool(to.email)

    async def send(self, to: Addressee, notice: Notice) -> Outcome:
        self.sent.append((to.phone, notice.values["link"]))
        return Outcome.DELIVERED


@pytest.fixture
def post(house: House, monkeypatch: pytest.MonkeyPatch) -> Post:
    """The server has a way to families."""
    post = Post()
    monkeypatch.setattr(house.server.reminders, "_messenger", post)
    return post


async def test_who_is_known_and_who_is_not_hear_the_same(stranger: Browser, post: Post) -> None:
    answers = [await stranger.post("/api/lost-link", {"phone": phone}) for phone in (KNOWN, UNKNOWN)]
    said = [(answer.status, await answer.text(), dict(answer.headers) | {"Date": ""}) for answer in answers]
    assert said[0] == said[1]
    assert said[0][0] == 202
    assert post.sent == []  # nobody has looked yet: the answer cannot depend on what will be found


async def test_the_link_goes_to_the_number_on_the_register_and_the_device_that_is_in_stays(
    house: House, guardian: Browser, stranger: Browser, post: Post
) -> None:
    await stranger.post("/api/lost-link", {"phone": "+86 138-0000-0000"})
    await house.server.reminders.look(post)
    phone, link = post.sent[-1]
    assert phone == KNOWN
    assert link.startswith(f"{house.server.config.origin}/j/")
    joined = await stranger.post("/api/join", {"token": link.rsplit("/", 1)[1]})
    assert joined.status == 200
    assert (await guardian.get(house.visit)).status == (await stranger.get(house.visit)).status == 200


async def test_an_unknown_number_is_sent_nothing(house: House, stranger: Browser, post: Post) -> None:
    await house.server.reminders.look(post)
    post.sent.clear()
    await stranger.post("/api/lost-link", {"phone": UNKNOWN})
    await house.server.reminders.look(post)
    assert post.sent == []


@pytest.mark.parametrize("phone", [KNOWN, UNKNOWN])
async def test_a_number_is_asked_for_ever_more_slowly_known_or_not_however_it_is_written(
    stranger: Browser, post: Post, phone: str
) -> None:
    for written in (phone, f"+86{phone}", f"{phone[:3]} {phone[3:]}"):
        assert (await stranger.post("/api/lost-link", {"phone": written})).status == 202
    refused = await stranger.post("/api/lost-link", {"phone": phone})
    assert (refused.status, await stranger.problem(refused)) == (429, "too_many_attempts")
    assert int(refused.headers["Retry-After"]) <= PER_NUMBER.first_s


async def test_an_address_that_tries_many_numbers_is_slowed_down(stranger: Browser, post: Post) -> None:
    statuses = [(await stranger.post("/api/lost-link", {"phone": f"139{n:08}"})).status for n in range(61)]
    assert statuses == [202] * 60 + [429]


@pytest.mark.parametrize("body", [{}, {"phone": 1}, {"phone": "12"}, {"phone": "not a number"}])
async def test_what_is_no_number_is_told(stranger: Browser, post: Post, body: object) -> None:
    answer = await stranger.post("/api/lost-link", body)
    assert answer.status in (400, 422)
    assert await stranger.problem(answer) in ("bad_request", "invalid")


async def test_a_server_without_a_way_to_families_says_so(stranger: Browser) -> None:
    answer = await stranger.post("/api/lost-link", {"phone": KNOWN})
    assert (answer.status, await stranger.problem(answer)) == (409, "recovery_off")


async def test_when_too_many_ask_it_is_said(house: House, stranger: Browser, post: Post) -> None:
    for _ in range(MOST_ASKED):
        house.server.app[HOUSE].reminders.ask_for_link(UNKNOWN)
    answer = await stranger.post("/api/lost-link", {"phone": KNOWN})
    assert (answer.status, await stranger.problem(answer)) == (503, "unavailable")
