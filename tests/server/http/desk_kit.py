"""A front desk in tests: two hospitals that can book, and somebody signed in at the desk of the first."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any

from aiohttp import ClientResponse

from server.http.desk import BASE
from server.passwords import Passwords
from server.store import people
from server.store.visits import Guardian, Relation, Staff, add
from tests.server.booking_kit import Clinic, open_clinic
from tests.server.http.conftest import Browser, House

PASSWORD = "a-long-enough-password"
NEW_CHILD = {"name": "赵小雨", "sex": "female", "birth_date": "2020-02-29"}
NEW_GUARDIAN = {"name": "钱多", "phone": "13911112222"}
RELATION = {"kind": "mother", "proof": "birth_certificate"}
MOTHER = "mother-1"
"""The id of the registered child's other guardian (``mother_comes``)."""
_KEYS = count()


def new_key() -> dict[str, str]:
    """The header of a booking like no other."""
    return {"Idempotency-Key": f"key-{next(_KEYS)}"}


@cache
def hashed() -> str:
    return Passwords().hash(PASSWORD)


def login_of(hospital: str, role: str) -> str:
    return f"{role}-of-{hospital}".replace("_", "-")


async def staff_of(house: House, hospital: str, role: str) -> Browser:
    """Somebody in that role, signed in."""
    login = login_of(hospital, role)
    assert await people.enrol(house.server.database, Staff(f"staff-{login}", hospital, login, hashed(), role, "孙静", "预约台"))
    browser = house.client()
    assert (await browser.sign_in(login, PASSWORD)).status == 200
    return browser


@dataclass
class Desk:
    """The desk of ``clinic``'s hospital; ``other`` is another hospital's clinic on the same server."""

    house: House
    clinic: Clinic
    other: Clinic
    page: Browser

    async def sign_in(self) -> None:
        """Again, where a day has passed."""
        assert (await self.page.sign_in(login_of(self.clinic.hospital, "desk"), PASSWORD)).status == 200

    async def get(self, path: str, **query: str) -> Any:
        answer = await self.page.get(BASE + path, params=query)
        assert answer.status == 200, await answer.text()
        return await answer.json()

    async def post(self, path: str, body: object = None, **options: Any) -> ClientResponse:
        if path == "/visits":
            options.setdefault("headers", new_key())
        return await self.page.post(BASE + path, body, **options)

    async def problem(self, path: str, body: object = None, **options: Any) -> str:
        return await self.page.problem(await self.post(path, body, **options))

    async def book(self, nth: int = 0, **changes: Any) -> Any:
        """The link that was told; for the family that is registered unless told otherwise."""
        answer = await self.post("/visits", self.booking(nth, **changes))
        assert answer.status == 201, await answer.text()
        return await answer.json()

    def booking(self, nth: int = 0, **changes: Any) -> dict[str, Any]:
        known = {"child": self.clinic.child, "guardian": self.clinic.guardian}
        asked = {"slot": self.clinic.slots[nth], "kind": "first"} | known | changes
        return {name: value for name, value in asked.items() if value is not None}

    async def move(self, visit: str, slot: str, revision: int | None) -> ClientResponse:
        headers = {} if revision is None else {"If-Match": f'"{revision}"'}
        return await self.post(f"/visits/{visit}/move", {"slot": slot}, headers=headers)


async def mother_known(desk: Desk, proof: str = "birth_certificate") -> None:
    """The registered child's mother is on the register, too."""
    mother = Guardian(MOTHER, desk.clinic.hospital, "韩梅梅", "13800000002")
    await desk.house.server.database.write(add(mother, Relation(MOTHER, desk.clinic.child, "mother", proof)))


async def mother_comes(desk: Desk, visit: str) -> Any:
    """She is added to the visit of the registered child; what was told."""
    await mother_known(desk)
    answer = await desk.post(f"/visits/{visit}/guardians", {"guardian": MOTHER}, headers=new_key())
    assert answer.status == 201, await answer.text()
    return await answer.json()


async def open_desk(house: House) -> Desk:
    clinic = await open_clinic(house.server.database, house.clock())
    other = await open_clinic(house.server.database, house.clock(), "2")
    return Desk(house, clinic, other, await staff_of(house, clinic.hospital, "desk"))
