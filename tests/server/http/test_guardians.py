"""A second guardian of the child over HTTP: an own link, an own word, an own name in the seat and in the ledger."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select

from media import control
from server.errors import Refused
from server.http.house import HOUSE
from server.session import Verifying
from server.store import families, guardians
from server.store.database import Transaction
from server.store.tables import consent
from server.store.tables import visit as visit_table
from server.store.visits import Guardian, Relation
from signaling import messages as wire
from signaling.seats import Role
from tests.server.consultation_kit import ATTEST, Visit, live, take_seat, visit
from tests.server.http.conftest import Browser, House, house, seeded

__all__ = ["house", "live", "seeded", "visit"]

G = Role.GUARDIAN
MOTHER = "guardian-2"


async def linked(house: House) -> str:
    """The mother's link's token; her relation was proven, and she may come."""
    now = house.clock()
    token, issued = house.server.app[HOUSE].links.drawn(house.made.visit, now, now + 3600, MOTHER)

    async def write(transaction: Transaction) -> None:
        of_it = select(visit_table.c.hospital, visit_table.c.child).where(visit_table.c.id == house.made.visit)
        row = (await transaction.execute(of_it)).one()
        if await families.guardian_of(transaction, row.hospital, MOTHER) is None:
            await families.add_guardian(transaction, Guardian(MOTHER, row.hospital, "韩梅梅", "13800000002"))
            await families.relate(transaction, Relation(MOTHER, row.child, "mother", "birth_certificate"))
        await guardians.add(transaction, house.made.visit, MOTHER, now)
        await issued(transaction)

    await house.server.database.write(write)
    return token


@pytest.fixture
async def mother(house: House) -> AsyncIterator[Browser]:
    browser = house.client()
    assert (await browser.post("/api/join", {"token": await linked(house)})).status == 200
    yield browser
    await browser.client.close()


async def read(browser: Browser, house: House) -> Any:
    return await (await browser.get(house.visit)).json()


async def test_each_guardian_is_asked_for_themselves_under_their_own_name(
    house: House, guardian: Browser, mother: Browser
) -> None:
    await guardian.consent_to_everything(house.visit)
    father, hers = await read(guardian, house), await read(mother, house)
    assert (father["visit"]["guardian"], father["child_confirmed"]) == ("李*", True)
    assert (hers["visit"]["guardian"], hers["child_confirmed"]) == ("韩*梅", False)
    assert set(hers["consents"].values()) == {"open"}
    assert await mother.problem(await mother.post(f"{house.visit}/socket-token")) == "child_not_confirmed"
    await mother.post(f"{house.visit}/child", {"confirmed": True})
    assert await mother.problem(await mother.post(f"{house.visit}/socket-token")) == "consent_missing"
    await mother.consent_to_everything(house.visit)
    assert (await mother.post(f"{house.visit}/socket-token")).status == 200
    assert (await (await mother.get(f"{house.visit}/whereabouts")).json())["call_back"] == "138****0002", "her own"


async def test_who_agreed_is_kept_with_each_agreement(house: House, guardian: Browser, mother: Browser) -> None:
    await guardian.consent_to_everything(house.visit)
    await mother.consent_to_everything(house.visit)
    rows = await house.server.database.read(lambda t: t.execute(select(consent.c.kind, consent.c.guardian)))
    given = {(row.kind, row.guardian) for row in rows}
    assert {("recording", None), ("recording", MOTHER), ("consultation", None), ("consultation", MOTHER)} <= given


async def test_a_new_link_of_one_guardian_shuts_out_that_guardian_and_nobody_else(
    house: House, guardian: Browser, mother: Browser
) -> None:
    again = await linked(house)
    assert (await mother.get(house.visit)).status == 404
    assert (await guardian.get(house.visit)).status == 200
    assert (await mother.post("/api/join", {"token": again})).status == 200
    await house.server.app[HOUSE].links.issue(house.made.visit, house.clock(), house.clock() + 60)
    assert (await guardian.get(house.visit)).status == 404
    assert (await mother.get(house.visit)).status == 200


async def test_a_takeover_is_named_to_everybody_and_has_a_line_of_its_own(live: Visit) -> None:
    visit, house, browser = live, live.house, live.house.client()
    await browser.post("/api/join", {"token": await linked(house)})
    await browser.consent_to_everything(house.visit)
    welcome = await take_seat(visit, browser, G)
    assert welcome.visit.guardian == "韩*梅"
    assert {seat.role: seat.name for seat in welcome.session.seats}[G] == "韩*梅"
    await visit.ask(G, wire.Offer(1, 1, "v=0"))
    await visit.report(control.SeatMedia(visit.id, G.value, 3, True, 0))
    session = (await house.server.consultations.session(house.made.visit)).session
    assert (session.guardian, session.state) == (MOTHER, Verifying())
    physician = house.client()
    await physician.sign_in(house.made.physician_login, house.made.physician_password)
    lines = (await (await physician.get(f"{house.visit}/ledger")).json())["seats"]
    assert [(line["role"], line["name"]) for line in lines][:2] == [("guardian", "李*"), ("guardian", "韩*梅")]
    assert lines[0]["stays"][-1]["parting"] == "replaced"
    assert lines[1]["stays"][-1]["until"] is None  # and so it goes on
    father = house.client()
    fathers = await house.server.app[HOUSE].links.issue(house.made.visit, house.clock(), house.clock() + 60)
    await father.post("/api/join", {"token": fathers})
    assert (await read(father, house))["with_child"] is None, "whose child it is was not confirmed there"
    await father.post(f"{house.visit}/child", {"confirmed": True})
    assert (await read(father, house))["with_child"] == "韩*梅"
    assert [(await read(one, house))["with_child"] for one in (browser, physician)] == [None, None]
    family = await (await physician.get(f"{house.visit}/family")).json()
    assert [(each["name"], each["relation"], each["seated"]) for each in family["guardians"]] == [
        ("李*", "father", False),
        ("韩*梅", "mother", True),
    ]
    for one in (browser, father, physician):
        await one.client.close()


async def test_a_further_guardian_reads_the_letter_with_the_booked_ones_number_masked(live: Visit) -> None:
    house = live.house
    await live.ask(Role.PHYSICIAN, wire.Refer("growth_headache", "emergency", "夜间头痛", "眼底", "已告知"))
    phones, browsers = {}, []
    fathers = await house.server.app[HOUSE].links.issue(house.made.visit, house.clock(), house.clock() + 60)
    for name, token in (("mother", await linked(house)), ("father", fathers)):
        browsers.append(browser := house.client())
        await browser.post("/api/join", {"token": token})
        await browser.post(f"{house.visit}/child", {"confirmed": True})
        read = await (await browser.get(f"{house.visit}/letter")).json()
        fhir = await (await browser.get(f"{house.visit}/letter.fhir.json")).text()
        phones[name] = (read["guardian"]["phone"], "13800000000" in fhir)
    assert phones == {"mother": ("138****0000", False), "father": ("13800000000", True)}
    for browser in browsers:
        await browser.client.close()


async def unprove(house: House) -> None:
    async def write(transaction: Transaction) -> None:
        of_it = select(visit_table.c.child).where(visit_table.c.id == house.made.visit)
        await families.prove(str(await transaction.scalar(of_it)), MOTHER, "declared")(transaction)

    await house.server.database.write(write)


async def test_a_further_guardian_whose_proof_does_not_hold_any_more_is_not_admitted(visit: Visit, mother: Browser) -> None:
    await mother.consent_to_everything(visit.house.visit)
    await take_seat(visit, mother, G)
    await unprove(visit.house)
    for asked in (wire.Admit(names_match=True), wire.BeginText(names_match=True)):
        with pytest.raises(Refused, match="relation_unverified"):
            await visit.ask(Role.PHYSICIAN, asked)
    assert not (await visit.session()).under_way


async def test_nor_attested_after_taking_the_seat_over(live: Visit, mother: Browser) -> None:
    await mother.consent_to_everything(live.house.visit)
    await take_seat(live, mother, G)
    await unprove(live.house)
    with pytest.raises(Refused, match="relation_unverified"):
        await live.ask(Role.PHYSICIAN, ATTEST)
