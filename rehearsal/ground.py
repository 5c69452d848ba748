"""What a clinical rehearsal stands on: a physician and two keys of a hospital that is there, worth nothing afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from rehearsal.clinic import REHEARSAL, Ground
from server.clock import Clock
from server.commands.reception import opened
from server.config import Config
from server.desk import Reception
from server.keyring import Keyring
from server.passwords import Passwords
from server.store.audit import verify_journal
from server.wiring import chance

SYSTEM: Final = "departments schedules families visits fhir:read"
DESTINATION: Final = "referrals"


@asynccontextmanager
async def ground(config: Config, hospital: str | None) -> AsyncIterator[Ground]:
    """At the running server of this configuration. Raises ``Faults`` or ``Unavailable``."""
    now, luck = Clock()(), chance()
    async with opened(config) as database:
        reception = Reception(database, Passwords(), luck.new_id, luck.new_secret, config.link_valid_s)
        keyring = Keyring(database, luck.new_id, luck.new_secret)
        physician = await reception.rehearsing({"hospital": hospital} if hospital else {}, now)
        of_day = {"name": REHEARSAL, "days": "1", "hospital": physician.hospital}
        keys = [await keyring.issue(of_day | {"scopes": scopes}, now) for scopes in (SYSTEM, DESTINATION)]
        try:
            yield Ground(
                config.origin,
                physician.staff,
                physician.login,
                physician.password,
                keys[0].token,
                keys[1].token,
                verify=lambda pins: verify_journal(database, pins),
            )
        finally:
            for key in keys:
                await keyring.revoke({"key": key.key.id}, Clock()())
