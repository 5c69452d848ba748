"""Staff: the hospital's register, with what a physician needs to see children online and what is missing yet."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import StringConstraints

from server.calendar import day_in, day_of
from server.eligibility import Credentials, Ineligible, Rank, reasons_against
from server.http.problems import Fault, Invalid
from server.http.v1.cursors import page, position
from server.http.v1.models import Given, Id, Line, Page, Paged, Taken, left_out
from server.http.v1.operations import Answer, Call, Operation, there
from server.store import people
from server.store.database import Transaction
from server.store.visits import Staff as Row

PASSWORD_CHARACTERS: Final = 24  # hexadecimal: 96 random bits
_OF_PHYSICIANS: Final = ("licence", "rank", "practice_since", "trained_until", "whitelisted")

RoleOfStaff = Literal["physician", "operations", "administrator", "coordinator", "desk"]
Login = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{1,63}$")]


class NewMember(Taken):
    """The last five are for physicians only; without any of them one is enrolled, and sees nobody online yet."""

    login: Login
    role: RoleOfStaff
    name: Line
    title: Line
    licence: Line = left_out()
    rank: Rank = left_out()
    practice_since: date = left_out()
    trained_until: date = left_out()
    whitelisted: bool = False


class MemberChange(Taken):
    name: Line = left_out()
    title: Line = left_out()
    licence: Line = left_out()
    rank: Rank = left_out()
    practice_since: date = left_out()
    trained_until: date = left_out()
    whitelisted: bool = left_out()


class StaffQuery(Paged):
    role: RoleOfStaff = left_out()


class Member(Given):
    """``not_eligible`` is why a physician may not see children online today; empty for everybody else."""

    id: Id
    login: str
    role: str
    name: str
    title: str
    licence: str | None
    rank: Rank | None
    practice_since: date | None
    trained_until: date | None
    whitelisted: bool
    not_eligible: list[Ineligible]


class Enrolled(Member):
    """With the password, told once: null when the answer is given again."""

    password: str | None


class Staff(Page[Member]):
    pass


async def list_all(call: Call) -> Answer:
    asked: StaffQuery = call.query
    after = position(asked, str)
    first = after[0] if after else None
    rows = await call.read(lambda t: people.members(t, call.hospital, asked.role or None, first, asked.limit + 1))
    shown, next = page(rows, asked, lambda row: (row.id,))
    return Answer(Staff(items=[Member(**_values(row, call.now)) for row in shown], next=next))


async def add(call: Call) -> Answer:
    asked: NewMember = call.body
    changes = _columns(asked.model_dump(exclude_unset=True))
    _check(asked.role, changes, call.now)
    password = call.house.new_id()[:PASSWORD_CHARACTERS]
    hashed = await asyncio.to_thread(call.house.passwords.hash, password)
    new = replace(Row(call.house.new_id(), call.hospital, "", hashed, "", "", ""), **changes)

    async def work(transaction: Transaction) -> Answer:
        await people.add_member(transaction, new)
        return Answer(Enrolled(**_values(new, call.now), password=password), new.revision)

    return await call.create(work)


async def read(call: Call) -> Answer:
    found = there(await call.read(lambda transaction: people.member(transaction, call.hospital, call.path["member"])))
    return _answer(found, call.now)


async def change(call: Call) -> Answer:
    asked: MemberChange = call.body
    changes = _columns(asked.model_dump(exclude_unset=True))

    async def work(transaction: Transaction) -> Answer:
        found = there(await people.member(transaction, call.hospital, call.path["member"], to_change=True))
        call.match(found.revision)
        _check(found.role, changes, call.now)
        changed = replace(found, **changes, revision=found.revision + 1)
        await people.change_member(transaction, changed)
        return _answer(changed, call.now)

    return await call.write(work)


def _check(role: str, changes: dict[str, Any], now: float) -> None:
    """Raises ``Invalid``."""
    wrong = []
    if role != "physician":
        named = [name for name in _OF_PHYSICIANS if changes.get(name)]
        wrong = [Fault(f"#/{name}", "仅适用于医师", "is for physicians only") for name in named]
    elif changes.get("practice_since", "") > day_of(now).isoformat():
        wrong.append(Fault("#/practice_since", "不能晚于今天", "lies in the future"))
    if wrong:
        raise Invalid(*wrong)


def _columns(asked: dict[str, Any]) -> dict[str, Any]:
    """As the store has them: dates are ISO text, ranks are codes."""
    values = {name: value.isoformat() if isinstance(value, date) else value for name, value in asked.items()}
    return values | ({"rank": Rank(values["rank"]).value} if "rank" in values else {})


def _values(row: Row, now: float) -> dict[str, Any]:
    """Dates and ranks that the register has in another form count as missing, as the rules have it."""
    known = {name: getattr(row, name) for name in Member.model_fields if name != "not_eligible"}
    known |= {name: day_in(known[name]) for name in ("practice_since", "trained_until")}
    known["rank"] = known["rank"] if known["rank"] in set(Rank) else None
    credentials = Credentials(row.licence, row.rank, row.practice_since, row.trained_until, row.whitelisted)
    missing = reasons_against(credentials, day_of(now)) if row.role == "physician" else ()
    return known | {"not_eligible": list(missing)}


def _answer(row: Row, now: float) -> Answer:
    return Answer(Member(**_values(row, now)), row.revision)


_ONE = "/staff/{member}"
OPERATIONS = (
    Operation("list_staff", "GET", "/staff", "staff:read", "The hospital's staff", list_all, Staff, query=StaffQuery),
    Operation(
        "add_member", "POST", "/staff", "staff", "Enrol a member of staff; the password is told once", add, Enrolled, NewMember,
        status=201, problems=("login_taken",), creates=True, told_once=("password",),
    ),
    Operation("read_member", "GET", _ONE, "staff:read", "One member of staff", read, Member),
    Operation(
        "change_member", "PATCH", _ONE, "staff", "Change the register; what is left out stays", change, Member, MemberChange,
        conditional=True,
    ),
)  # fmt: skip
