"""What a clinical rehearsal stands on: a physician and two keys of a hospital that is there, worth nothing afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Final, TypeVar

from rehearsal.clinic import REHEARSAL, Ground
from server.clock import Clock
from server.commands.reception import opened
from server.config import Config
from server.desk import Reception
from server.keyring import Keyring
from server.passwords import Passwords
from server.store.audit import verify_journal
from server.store.errors import Unavailable
from server.wiring import chance

T = TypeVar("T")
TRIES: Final = 4
PAUSE_S: Final = 0.5
SYSTEM: Final = "departments schedules families visits fhir:read"
DESTINATION: Final = "referrals"


@asynccontextmanager
async def ground(config: Config, hospital: str | None) -> AsyncIterator[Ground]:
    """At the running server of this configuration. Raises ``Faults`` or ``Unavailable``."""
    now, luck = Clock()(), chance()
    async with opened(config) as database:
        reception = Reception(database, Passwords(), luck.new_id, luck.new_secret, config.link_valid_s)
        keyring = Keyring(database, luck.new_id, luck.new_secret)
        physician = await patiently(lambda: reception.rehearsing({"hospital": hospital} if hospital else {}, now))
        of_day = {"name": REHEARSAL, "days": "1", "hospital": physician.hospital}
        async with (
            _key(keyring, of_day | {"scopes": SYSTEM}) as system,
            _key(keyring, of_day | {"scopes": DESTINATION}) as other,
        ):
            yield Ground(
                config.origin,
                physician.staff,
                physician.login,
                physician.password,
                system,
                other,
                verify=lambda pins: verify_journal(database, pins),
            )


@asynccontextmanager
async def _key(keyring: Keyring, given: dict[str, str]) -> AsyncIterator[str]:
    """A key's token, revoked afterwards. Raises ``Unavailable``."""
    made = await patiently(partial(keyring.issue, given, Clock()()))
    try:
        yield made.token
    finally:
        await patiently(partial(keyring.revoke, {"key": made.key.id}, Clock()()))


async def patiently(work: Callable[[], Awaitable[T]]) -> T:
    """The server writes to the same database, and comes first. Raises ``Unavailable`` when there is no turn in ``TRIES``."""
    for _ in range(TRIES - 1):
        with suppress(Unavailable):
            return await work()
        await asyncio.sleep(PAUSE_S)
    return await work()
