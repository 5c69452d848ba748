"""A referral reaches a destination that has a system, through refusals, silence and restarts."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from server.referrals.credentials import Credentials, parse
from server.referrals.pathways import shipped
from server.referrals.register import Saying
from server.referrals.sending import Dispatch
from server.referrals.track import Fact, Source, Stage
from server.store import referrals
from server.store.referrals import Followed
from server.webhooks.client import Answer, Failed
from signaling import messages as wire
from signaling.seats import Role
from tests.server.consultation_kit import Visit, played_by_the_rehearsal

ENDPOINT = "https://hospital.example/fhir"
NONE = Credentials({})


@dataclass
class Destination:
    """A destination's server that answers as it is told to, the last answer for ever."""

    answers: list[int | str]
    taken: list[tuple[str, str, Any]] = field(default_factory=list)
    shown: list[str | None] = field(default_factory=list)

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Answer:
        self.shown.append(headers.get("Authorization"))
        self.taken.append((url, headers["Content-Type"], json.loads(body)))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, str):
            raise Failed(answer)
        return Answer(answer, 0.0)


async def issued(live: Visit, endpoint: str | None) -> str:
    here = live.house.server.consultations._open[live.id]
    ours = shipped()
    here.pathway = replace(ours, departments=tuple(replace(each, endpoint=endpoint) for each in ours.departments))
    refer = wire.Refer("growth_headache", "emergency", "夜间头痛", "眼底", "已告知")
    return str((await live.ask(Role.PHYSICIAN, refer))["referral"])


@pytest.fixture
def dispatch(live: Visit) -> Dispatch:
    server = live.house.server
    return Dispatch(server.database, server.register, server._letter, live.house.clock, NONE)


async def found(live: Visit, id: str) -> Followed:
    there = await referrals.followed(live.house.server.database, id)
    assert there is not None
    return there


async def test_it_is_sent_once_with_its_letter_and_is_sent(live: Visit, dispatch: Dispatch) -> None:
    id = await issued(live, ENDPOINT)
    there = Destination([201])
    assert [await dispatch.send_what_is_due(there) for _ in range(2)] == [1, 0]
    ((url, kind, bundle),) = there.taken
    assert (url, kind, bundle["type"]) == (ENDPOINT, "application/fhir+json", "transaction")
    assert bundle["entry"][0]["resource"]["identifier"][0]["value"] == (await found(live, id)).referral.number
    assert (await found(live, id)).referral.state == "sent"


async def test_what_is_refused_or_not_answered_is_tried_again_later_and_each_time_is_a_fact(
    live: Visit, dispatch: Dispatch
) -> None:
    id = await issued(live, ENDPOINT)
    there = Destination([503, "timeout", 200])
    assert await dispatch.send_what_is_due(there) == 1
    assert await dispatch.send_what_is_due(there) == 0, "not at once"
    server = live.house.server
    assert await referrals.to_send(server.database, live.house.clock(), 1) == [], "it takes no other's place meanwhile"
    live.house.clock.ahead_s = 31
    assert await dispatch.send_what_is_due(there) == 1
    live.house.clock.ahead_s = 31 + 61
    again = Dispatch(server.database, server.register, server._letter, live.house.clock, NONE)
    assert await again.send_what_is_due(there) == 1, "another process goes on where the first one was"
    told = [each.fact for each in (await found(live, id)).told]
    assert told == [Fact.NOT_SENT, Fact.NOT_SENT, Fact.SENT]
    assert len({json.dumps(bundle) for _, _, bundle in there.taken}) == 1, "the same letter each time"


async def test_a_destination_without_a_system_is_not_sent_to_and_stays_issued(live: Visit, dispatch: Dispatch) -> None:
    id = await issued(live, None)
    there = Destination([200])
    assert await dispatch.send_what_is_due(there) == 0
    assert (await found(live, id)).track.stage is Stage.ISSUED


async def test_a_rehearsal_is_never_sent(live: Visit, dispatch: Dispatch) -> None:
    id = await issued(live, ENDPOINT)
    await played_by_the_rehearsal(live)
    there = Destination([200])
    assert await dispatch.send_what_is_due(there) == 0
    assert there.taken == []
    received = await live.house.server.register.tell(id, Saying(Fact.RECEIVED, Source.API))
    assert received.track.stage is Stage.RECEIVED, "the rest of the way is played"


async def test_a_child_that_was_seen_meanwhile_is_not_sent(live: Visit, dispatch: Dispatch) -> None:
    id = await issued(live, ENDPOINT)
    await live.house.server.register.tell(id, Saying(Fact.SEEN, Source.QR))
    assert await dispatch.send_what_is_due(Destination([200])) == 0


async def test_after_the_last_attempt_it_is_left_to_people(live: Visit, dispatch: Dispatch) -> None:
    id = await issued(live, ENDPOINT)
    there = Destination(["connect"])
    for n in range(20):
        live.house.clock.ahead_s = n * 7 * 3600.0
        await dispatch.send_what_is_due(there)
    assert len(there.taken) == 16
    assert (await found(live, id)).track.failures == 16


@pytest.mark.parametrize(("named", "shown"), [(ENDPOINT, "Bearer its-token"), ("https://elsewhere.example/fhir", None)])
async def test_a_destination_is_shown_its_own_token_and_no_other(live: Visit, named: str, shown: str | None) -> None:
    await issued(live, ENDPOINT)
    there, server = Destination([201]), live.house.server
    held = parse(f'["{named}"]\nbearer = "its-token"')
    await Dispatch(server.database, server.register, server._letter, live.house.clock, held).send_what_is_due(there)
    assert there.shown == [shown]
