"""The third seat over HTTP: who invites, what a link is good for, what a guest is told, and when all of that is over."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select

from server.errors import Refused
from server.http.guests import LINK_LASTS_S
from server.store.secrets import digest
from server.store.tables import guest_invitation
from signaling import messages as wire
from signaling.seats import Role
from tests.server.consultation_kit import Visit, bring_media, live, take_seat, visit
from tests.server.http.conftest import Browser, house, seeded

__all__ = ["house", "live", "seeded", "visit"]

X = Role.INTERPRETER
AS_GUEST = {"headers": {"Peitong-Role": "guest"}}


@pytest.fixture
async def physician(visit: Visit) -> AsyncIterator[Browser]:
    browser = visit.house.client()
    await browser.sign_in(visit.house.made.physician_login, visit.house.made.physician_password)
    yield browser
    await browser.client.close()


@pytest.fixture
async def guest(visit: Visit) -> AsyncIterator[Browser]:
    browser = visit.house.client()
    yield browser
    await browser.client.close()


async def invited(visit: Visit, physician: Browser, role: str = "interpreter", name: str = "阿依古丽") -> str:
    """The link's token."""
    answer = await physician.post(f"{visit.house.visit}/guest", {"role": role, "name": name})
    assert answer.status == 201
    return str((await answer.json())["link"]).rsplit("/", 1)[1]


async def agreed(visit: Visit, guest: Browser) -> None:
    text = (await (await guest.get(f"{visit.house.visit}/guest")).json())["text"]
    said = {name: text[name] for name in ("version", "language", "sha256")}
    assert (await guest.post(f"{visit.house.visit}/guest/consent", said | {"agreed": True})).status == 200


async def seated(visit: Visit, physician: Browser, guest: Browser) -> wire.Welcome:
    await guest.post("/api/guests/join", {"token": await invited(visit, physician)})
    await agreed(visit, guest)
    return await take_seat(visit, guest, X)


def views(visit: Visit, role: Role | None) -> list[wire.SessionView]:
    return [said.session for to, said in visit.gateway.said if isinstance(said, wire.SessionChanged) and to in (role, None)]


async def test_an_invitation_names_the_guest_to_all_and_makes_room_in_the_relay_and_on_the_pages(
    visit: Visit, physician: Browser
) -> None:
    await invited(visit, physician, name="  阿依古丽  ")
    for role in (Role.GUARDIAN, Role.PHYSICIAN):
        seat = views(visit, role)[-1].seats[-1]
        assert (seat.role, seat.name, seat.connected) == (X, "阿依古丽", False)
    assert visit.said(wire.Receive) == [wire.Receive(2)]
    assert visit.worker.diary[-1] == "room 3000 guardian+physician+interpreter"


async def test_the_link_is_hashed_and_good_once_on_one_device(visit: Visit, physician: Browser, guest: Browser) -> None:
    token = await invited(visit, physician)
    row = await visit.house.server.database.read(lambda c: c.execute(select(guest_invitation)))
    assert row.one().token_sha256 == digest(token)
    first = await guest.post("/api/guests/join", {"token": token})
    assert (await first.json())["next"] == f"/guest/?visit={visit.id}"
    assert (await guest.post("/api/guests/join", {"token": token})).status == 200
    other = visit.house.client()
    assert await other.problem(await other.post("/api/guests/join", {"token": token})) == "link_used"
    assert await other.problem(await other.post("/api/guests/join", {"token": "x" * 40})) == "link_unknown"
    assert await other.problem(await other.post("/api/guests/join", {"token": "x"})) == "link_unknown"
    await other.client.close()


async def test_a_link_nobody_used_expires(visit: Visit, physician: Browser, guest: Browser) -> None:
    token = await invited(visit, physician)
    visit.house.clock.ahead_s = LINK_LASTS_S + 1
    assert await guest.problem(await guest.post("/api/guests/join", {"token": token})) == "link_expired"


@pytest.mark.parametrize(
    "given",
    [{"role": "guardian", "name": "甲"}, {"role": "interpreter", "name": " "}, {"role": "interpreter", "name": "长" * 41}],
)
async def test_only_a_named_doctor_or_interpreter_can_be_invited(
    visit: Visit, physician: Browser, given: dict[str, str]
) -> None:
    assert await physician.problem(await physician.post(f"{visit.house.visit}/guest", given)) == "invalid"


async def test_one_at_a_time_and_only_by_the_visits_physician(visit: Visit, physician: Browser, guest: Browser) -> None:
    token = await invited(visit, physician)
    second = await physician.post(f"{visit.house.visit}/guest", {"role": "local_doctor", "name": "乙"})
    assert await physician.problem(second) == "guest_invited"
    here = await visit.house.server.consultations.session(visit.id)
    assert "乙" not in here.guest_names.values(), "whom nobody invited is nobody"
    await guest.post("/api/guests/join", {"token": token})
    for path in ("guest", "guest/take-back"):
        answer = await guest.post(f"{visit.house.visit}/{path}", {"role": "local_doctor", "name": "乙"})
        assert await guest.problem(answer) == "not_allowed"
    stranger = visit.house.client()
    assert await stranger.problem(await stranger.post(f"{visit.house.visit}/guest/take-back")) == "not_signed_in"
    await stranger.client.close()


async def test_a_guest_is_told_who_invites_and_nothing_of_child_or_family(
    visit: Visit, physician: Browser, guest: Browser
) -> None:
    await guest.post("/api/guests/join", {"token": await invited(visit, physician)})
    shown = await (await guest.get(f"{visit.house.visit}/guest")).json()
    assert (shown["role"], shown["name"], shown["agreed"]) == ("interpreter", "阿依古丽", False)
    assert shown["physician"]["licence"]
    assert set(shown) == {"visit", "role", "name", "physician", "state", "agreed", "text"}
    for rest in ("", "/letter", "/summary", "/documents", "/ledger", "/consent-texts", "/prepared"):
        answer = await guest.get(f"{visit.house.visit}{rest}")
        assert await guest.problem(answer) == "not_allowed"


async def test_nobody_comes_in_before_agreeing_to_what_is_shown(visit: Visit, physician: Browser, guest: Browser) -> None:
    await guest.post("/api/guests/join", {"token": await invited(visit, physician)})
    base = visit.house.visit
    assert await guest.problem(await guest.post(f"{base}/socket-token")) == "guest_not_agreed"
    changed = {"version": "0", "language": "zh", "sha256": "aa", "agreed": True}
    assert await guest.problem(await guest.post(f"{base}/guest/consent", changed)) == "consent_changed"
    await agreed(visit, guest)
    welcome = await take_seat(visit, guest, X)
    assert (welcome.role, welcome.receive_pairs) == (X, 2)
    assert views(visit, Role.GUARDIAN)[-1].seats[-1].connected


async def test_what_was_said_before_they_came_is_not_for_a_guest_and_a_reload_keeps_what_came_after(
    visit: Visit, physician: Browser, guest: Browser
) -> None:
    await visit.ask(Role.GUARDIAN, wire.SendChat("a", "之前"))
    assert (await seated(visit, physician, guest)).chat == ()
    await visit.ask(Role.PHYSICIAN, wire.SendChat("b", "之后"))
    again = await take_seat(visit, guest, X)
    assert [chat.text for chat in again.chat] == ["之后"]
    await visit.ask(X, wire.SendChat("c", "您好"))
    assert [said.message.role for said in visit.said(wire.ChatPosted)] == [Role.GUARDIAN, Role.PHYSICIAN, X]


async def test_who_is_taken_back_is_out_at_once_and_nothing_of_theirs_is_good_any_more(
    visit: Visit, physician: Browser, guest: Browser
) -> None:
    await seated(visit, physician, guest)
    await visit.ask(X, wire.Offer(1, 1, "v=0"))
    assert (await physician.post(f"{visit.house.visit}/guest/take-back")).status == 200
    assert visit.gateway.shown_out == [X]
    assert [message.leg for message in visit.worker.relay.sent if getattr(message, "t", "") == "leg_close"] == [1]
    with pytest.raises(Refused):
        await visit.ask(X, wire.Offer(1, 2, "v=0"))
    assert await guest.problem(await guest.get(f"{visit.house.visit}/guest")) == "not_found"
    assert await guest.problem(await guest.post(f"{visit.house.visit}/socket-token")) == "not_found"
    assert [seat.role for seat in views(visit, Role.GUARDIAN)[-1].seats] == [Role.GUARDIAN, Role.PHYSICIAN]
    assert (await physician.post(f"{visit.house.visit}/guest/take-back")).status == 200
    await invited(visit, physician, "local_doctor", "王医生")
    assert visit.said(wire.Receive)[-1] == wire.Receive(3)


async def test_a_guest_who_no_longer_agrees_is_out(visit: Visit, physician: Browser, guest: Browser) -> None:
    await seated(visit, physician, guest)
    text = (await (await guest.get(f"{visit.house.visit}/guest")).json())["text"]
    said = {name: text[name] for name in ("version", "language", "sha256")}
    assert (await guest.post(f"{visit.house.visit}/guest/consent", said | {"agreed": False})).status == 200
    assert visit.gateway.shown_out == [X]
    assert (await visit.session()).guest is None


async def test_a_guest_may_speak_and_send_but_command_nothing(visit: Visit, physician: Browser, guest: Browser) -> None:
    await seated(visit, physician, guest)
    for intent in (
        wire.Hold("other"),
        wire.Resume(),
        wire.WithdrawConsent("recording"),
        wire.Cancel(),
        wire.Complete("x", True),
    ):
        with pytest.raises(Refused, match="not_allowed"):
            await visit.ask(X, intent)


async def test_the_referral_is_no_guests_business_and_the_end_is_theirs_too(
    live: Visit, physician: Browser, guest: Browser
) -> None:
    await seated(live, physician, guest)
    await live.ask(Role.PHYSICIAN, wire.Refer("other", "routine", "x", "", ""))
    ended = {role: views(live, role)[-1] for role in (Role.GUARDIAN, X)}
    assert {role: view.state for role, view in ended.items()} == {Role.GUARDIAN: "ended", X: "ended"}
    assert ended[Role.GUARDIAN].referral is not None
    assert ended[X].referral is None
    assert live.worker.diary[-1] == "end"
    assert await guest.problem(await guest.post(f"{live.house.visit}/socket-token")) == "session_ended"
    answer = await physician.post(f"{live.house.visit}/guest", {"role": "interpreter", "name": "甲"})
    assert await physician.problem(answer) == "session_ended"


async def test_a_guest_neither_opens_the_gate_nor_is_asked_for_by_it(visit: Visit, physician: Browser, guest: Browser) -> None:
    await seated(visit, physician, guest)
    await bring_media(visit)
    opened = [line for line in visit.worker.diary if line.startswith("open")]
    assert opened == []
    assert (await visit.session()).gate_open is False


async def test_a_new_link_for_the_family_leaves_the_guest_alone(visit: Visit, physician: Browser, guest: Browser) -> None:
    await seated(visit, physician, guest)
    house: Any = visit.house
    from server.http.house import HOUSE

    await house.server.app[HOUSE].links.issue(visit.id, house.clock(), house.clock() + 60)
    assert (await guest.get(f"{visit.house.visit}/guest")).status == 200


async def test_the_ledger_names_the_guest(visit: Visit, physician: Browser, guest: Browser) -> None:
    await seated(visit, physician, guest)
    seats = (await (await physician.get(f"{visit.house.visit}/ledger")).json())["seats"]
    assert [seat["role"] for seat in seats] == ["guardian", "physician", "interpreter"]
    assert seats[2]["name"] == "阿依古丽"
    assert seats[2]["invited_at"] <= seats[2]["agreed_at"]
    assert seats[2]["over_at"] is None
