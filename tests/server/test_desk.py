"""The reception: what it stores can be used at once, and what it was wrongly given it names, all of it, and stores nothing."""

from __future__ import annotations

import secrets
from datetime import datetime
from importlib.resources import files
from typing import Any

import pytest
from argon2 import PasswordHasher

from server.access import RECORDS_OPEN_S
from server.booking.limits import Limits
from server.calendar import day_of
from server.desk import Reception
from server.eligibility import Ineligible, reasons_against
from server.errors import Refused
from server.form import Faults, Given
from server.passwords import Passwords
from server.store import consents, details, families, limits, listings, pathways, people
from server.store.database import Database
from server.store.links import Links
from server.store.rehearsals import REHEARSAL_LOGIN
from server.store.staff import SignIn
from server.store.throttle import Throttle
from server.store.visits import Snapshot, Staff, snapshot
from tests.server.booking_kit import told

NOW = datetime.fromisoformat("2026-11-22T09:00:00+08:00").timestamp()
WEEK_S = 7 * 86_400.0
PASSWORDS = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))

HOSPITAL = {"name": "仁和儿童医院", "name-en": "Renhe Children's Hospital"}
PHYSICIAN = {
    "login": "wang", "role": "physician", "name": "王芳", "licence": "110-1", "rank": "chief",
    "practice-since": "2010-07-01", "trained-until": "2027-12-31", "whitelisted": "yes",
}  # fmt: skip
VISIT = {
    "physician": "wang", "child": "张小明", "sex": "male", "birth-date": "2018-03-05", "guardian": "李雷",
    "phone": "13800000000", "relation": "father", "proof": "household_register", "field": "growth", "department": "内分泌科",
}  # fmt: skip


def a_secret() -> str:
    return secrets.token_urlsafe(32)


@pytest.fixture
def reception(database: Database) -> Reception:
    return Reception(database, PASSWORDS, lambda: secrets.token_hex(16), a_secret, WEEK_S)


@pytest.fixture
async def open_reception(reception: Reception) -> Reception:
    """With a hospital and a physician."""
    await reception.open_hospital(HOSPITAL, NOW)
    await reception.enrol(PHYSICIAN, NOW)
    return reception


async def faults(doing: Any) -> list[str]:
    with pytest.raises(Faults) as found:
        await doing
    return [fault.split(":")[0] for fault in found.value.faults]


def without(given: Given, *names: str) -> dict[str, str]:
    return {name: value for name, value in given.items() if name not in names}


async def test_from_nothing_to_a_visit_that_both_can_enter(reception: Reception, database: Database) -> None:
    await reception.open_hospital(HOSPITAL, NOW)
    enrolled = await reception.enrol(PHYSICIAN, NOW)
    invited = await reception.book(VISIT, NOW)
    assert enrolled.not_eligible == ()
    assert (await Links(database, a_secret).redeem(invited.token, {}, NOW)).visit == invited.visit
    sign_in = SignIn(database, Throttle(database, b"k" * 32), PASSWORDS, a_secret, 600.0)
    member = (await sign_in.sign_in("wang", enrolled.password, "here", NOW)).member
    assert (member.hospital_name, member.role, member.title) == ("仁和儿童医院", "physician", "医师")
    assert [line.visit for line in await listings.worklist(database, member.id, NOW - 1, NOW + 1)] == [invited.visit]
    for language in ("zh", "en"):
        assert [t.kind for t in await consents.texts_for(database, invited.visit, language, NOW)] == [
            "consultation",
            "recording",
            "stills",
        ]
    detail = await details.visit_detail(database, invited.visit)
    assert detail is not None
    assert (detail.child, detail.age_years, detail.relation, detail.department) == ("张*明", 8, "father", "内分泌科")
    assert (detail.starts_at, detail.ends_at) == (NOW, NOW + 1800)
    assert reasons_against(detail.physician.credentials, day_of(NOW)) == ()


async def test_a_physician_who_may_not_admit_yet_hears_why(open_reception: Reception) -> None:
    enrolled = await open_reception.enrol({"login": "li", "role": "physician", "name": "李梅", "licence": "110-2"}, NOW)
    assert enrolled.not_eligible == (
        Ineligible.RANK_TOO_LOW, Ineligible.PRACTICE_TOO_SHORT, Ineligible.TRAINING_MISSING, Ineligible.NOT_WHITELISTED,
    )  # fmt: skip


async def test_others_need_no_licence(open_reception: Reception) -> None:
    enrolled = await open_reception.enrol({"login": "ops", "role": "operations", "name": "赵敏"}, NOW)
    assert enrolled.not_eligible == ()


async def test_a_visit_at_a_later_time_has_a_link_that_lasts_until_then(open_reception: Reception, database: Database) -> None:
    later = VISIT | {"starts-at": "2027-01-31T09:30:00+08:00", "minutes": "45"}
    invited = await open_reception.book(later, NOW)
    detail = await details.visit_detail(database, invited.visit)
    assert detail is not None
    assert detail.ends_at - detail.starts_at == 45 * 60
    assert invited.expires_at == detail.ends_at
    assert (await open_reception.book(VISIT, NOW)).expires_at == NOW + WEEK_S


async def test_a_new_link_shuts_the_former_one_out_and_its_device(open_reception: Reception, database: Database) -> None:
    links = Links(database, a_secret)
    first = await open_reception.book(VISIT, NOW)
    cookie = (await links.redeem(first.token, {}, NOW)).cookie
    assert cookie is not None
    second = await open_reception.reissue({"reissue": first.visit}, NOW + 60)
    assert await links.device(cookie) is None
    with pytest.raises(Refused):
        await links.redeem(first.token, {}, NOW + 60)
    assert (await links.redeem(second.token, {}, NOW + 60)).visit == first.visit == second.visit


async def test_a_visit_that_is_unknown_or_long_over_gets_no_new_link(open_reception: Reception, database: Database) -> None:
    assert await faults(open_reception.reissue({"reissue": "nobody's"}, NOW)) == ["reissue"]
    assert await faults(open_reception.reissue({}, NOW)) == ["reissue"]
    visit = (await open_reception.book(VISIT, NOW)).visit
    await database.write(snapshot(visit, Snapshot("ended", "completed", None, NOW)))
    assert (await open_reception.reissue({"reissue": visit}, NOW + 60)).expires_at == NOW + 60 + WEEK_S
    assert await faults(open_reception.reissue({"reissue": visit}, NOW + RECORDS_OPEN_S)) == ["reissue"]


async def test_every_fault_of_a_visit_is_named_at_once_and_nothing_is_stored(
    open_reception: Reception, database: Database
) -> None:
    wrong = dict.fromkeys(VISIT, "nonsense") | {"child": " ", "department": "x\ny", "starts-at": "soon", "minutes": "3"}
    found = await faults(open_reception.book(without(wrong, "guardian"), NOW))
    assert sorted(found) == sorted(wrong)
    assert await listings.overdue_waiting(database, float("inf")) == []


async def test_a_family_is_written_to_where_and_as_was_said(open_reception: Reception, database: Database) -> None:
    (hospital,) = await people.hospitals(database)
    await open_reception.book(VISIT | {"email": "li.lei@example.org", "language": "en"}, NOW)
    (guardian,) = await database.read(lambda transaction: families.some_guardians(transaction, hospital, None, 9))
    assert (guardian.email, guardian.language) == ("li.lei@example.org", "en")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("birth-date", "2026-12-01"),
        ("birth-date", "2008-11-22"),
        ("starts-at", "2026-11-22T08:00:00+08:00"),
        ("starts-at", "2026-11-22T10:00:00"),
        ("starts-at", ""),
        ("minutes", "241"),
        ("minutes", "²"),
        ("phone", "138-0000"),
        ("email", "li.lei"),
        ("language", "fr"),
        ("child", "名" * 101),
        ("physician", "\udc80"),
        ("physician", "ops"),
    ],
)
async def test_a_visit_that_cannot_be_is_refused(open_reception: Reception, name: str, value: str) -> None:
    await open_reception.enrol({"login": "ops", "role": "operations", "name": "赵敏"}, NOW)
    assert await faults(open_reception.book(VISIT | {name: value}, NOW)) == [name]


async def test_every_fault_of_staff_is_named_at_once(open_reception: Reception) -> None:
    wrong = {"login": "王", "role": "king", "name": "", "rank": "boss", "practice-since": "2030-01-01", "trained-until": "x"}
    assert sorted(await faults(open_reception.enrol(wrong, NOW))) == sorted(wrong)
    assert await faults(open_reception.enrol(PHYSICIAN | {"role": "operations"}, NOW)) == [
        "licence", "rank", "practice-since", "trained-until", "whitelisted", "login",
    ]  # fmt: skip
    assert await faults(open_reception.enrol(PHYSICIAN | {"login": REHEARSAL_LOGIN}, NOW)) == ["login"]


async def test_staff_belong_to_a_hospital(reception: Reception) -> None:
    assert await faults(reception.enrol(PHYSICIAN, NOW)) == ["hospital"]
    first = await reception.open_hospital(HOSPITAL, NOW)
    assert await faults(reception.enrol(PHYSICIAN | {"hospital": "none"}, NOW)) == ["hospital"]
    await reception.open_hospital({"name": "第二医院", "name-en": "Second Hospital"}, NOW)
    assert await faults(reception.enrol(PHYSICIAN, NOW)) == ["hospital"]
    assert (await reception.enrol(PHYSICIAN | {"hospital": first}, NOW)).login == "wang"


async def test_a_hospital_is_opened_once(reception: Reception) -> None:
    await reception.open_hospital(HOSPITAL, NOW)
    assert await faults(reception.open_hospital(without(HOSPITAL, "name-en"), NOW)) == ["name-en", "name"]


async def test_a_rehearsal_has_its_own_physician_with_a_new_password_each_time(
    open_reception: Reception, database: Database
) -> None:
    sign_in = SignIn(database, Throttle(database, b"k" * 32), PASSWORDS, a_secret, 600.0)
    first, _ = await open_reception.rehearsal({}, NOW)
    second, invited = await open_reception.rehearsal({}, NOW + 60)
    assert first.staff == second.staff
    assert first.not_eligible == second.not_eligible == ()
    member = (await sign_in.sign_in(REHEARSAL_LOGIN, second.password, "here", NOW + 60)).member
    with pytest.raises(Refused):
        await sign_in.sign_in(REHEARSAL_LOGIN, first.password, "here", NOW + 60)
    assert len(await listings.worklist(database, member.id, NOW, NOW + 61)) == 2
    detail = await details.visit_detail(database, invited.visit)
    assert detail is not None
    assert (detail.child, detail.guardian, detail.physician.name) == ("演*", "演*", "演练")


async def test_a_hospital_narrows_whom_it_sees(open_reception: Reception, database: Database) -> None:
    set_to = await open_reception.limit({"oldest-years": "7", "fields": "growth,skin"})
    assert set_to == Limits(oldest_years=7, fields=("growth", "skin"))
    assert await faults(open_reception.book(VISIT, NOW)) == ["birth-date"]
    assert await open_reception.limit({}) == Limits()
    assert (await open_reception.book(VISIT, NOW)).visit


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"oldest-years": "18"}, "oldest-years"),
        ({"oldest-years": "many"}, "oldest-years"),
        ({"youngest-years": "9", "oldest-years": "8"}, "youngest-years"),
        ({"proofs": "word"}, "proofs"),
        ({"hospital": "nobody's"}, "hospital"),
    ],
)
async def test_limits_beyond_the_pilots_are_refused(open_reception: Reception, given: Given, name: str) -> None:
    assert await faults(open_reception.limit(given)) == [name]


async def test_the_desk_asks_the_same_rules_counts_what_it_refuses_and_tells_what_it_books(
    open_reception: Reception, database: Database
) -> None:
    lapsed = VISIT | {"starts-at": "2027-12-01T09:00:00+08:00"}
    assert await faults(open_reception.book(lapsed, NOW)) == ["starts-at"]
    await open_reception.enrol(without(PHYSICIAN, "rank", "whitelisted") | {"login": "li"}, NOW)
    assert await faults(open_reception.book(VISIT | {"physician": "li"}, NOW)) == ["physician", "physician"]
    found = await people.by_login(database, "wang")
    assert found is not None
    counts = await database.read(lambda t: limits.counts_by_place(t, found.hospital, day_of(NOW), day_of(NOW)))
    assert {each.code for each in counts} == {"beyond_horizon", "rank_too_low", "not_whitelisted"}
    assert {each.place for each in counts} == {"reception"}
    made = await open_reception.book(VISIT, NOW)
    assert [kind for kind, _ in await told(database, made.visit)] == ["visit.booked"]
    assert len(await listings.overdue_waiting(database, float("inf"))) == 1


async def test_a_rehearsal_needs_a_hospital(reception: Reception) -> None:
    assert await faults(reception.rehearsal({}, NOW)) == ["hospital"]


async def test_a_login_that_was_taken_meanwhile_is_not_taken_again(open_reception: Reception, database: Database) -> None:
    found = await people.by_login(database, "wang")
    assert found is not None
    second = Staff("other", found.hospital, "wang", "-", "operations", "赵敏", "运行值班")
    assert await people.enrol(database, second) is False
    assert await people.by_login(database, "wang") == found


async def test_a_hospital_publishes_its_own_pathway_which_counts_from_then_on(
    open_reception: Reception, database: Database
) -> None:
    (hospital,) = await people.hospitals(database)
    document = files("server.referrals.pathways").joinpath("peitong-2026-1.json").read_text(encoding="utf-8")
    ours = document.replace('"version": "peitong-2026-1"', '"version": "ours-1"')
    assert await open_reception.publish_pathway({}, ours, NOW) == "ours-1"
    assert (await pathways.of_hospital(database, hospital, NOW - 1)).version == "peitong-2026-1"
    assert (await pathways.of_hospital(database, hospital, NOW)).version == "ours-1"
    assert (await pathways.of_hospital(database, "another", NOW)).version == "peitong-2026-1"
    assert await faults(open_reception.publish_pathway({}, ours, NOW + 1)) == ["file"]
    assert await faults(open_reception.publish_pathway({}, "{}", NOW)) == ["file"] * 5, "all that is missing, at once"
