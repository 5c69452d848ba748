"""The booking API's keys, from the command line: makes them, shows what there is, revokes them. Works beside a running server.

What was typed comes as texts by their names; what is wrong with it comes back as `Faults`, all at once and before anything is
stored, as at the reception (`server.desk`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from server.desk import hospital_meant
from server.form import Form, Given, stop_at
from server.scopes import SCOPES, fits
from server.store import people
from server.store.api_keys import ApiKey, ApiKeys
from server.store.database import Database

DAYS: Final = range(1, 3651)
LASTS_DAYS: Final = 365


@dataclass(frozen=True, slots=True, repr=False)
class NewKey:
    """``token`` is told only this once."""

    key: ApiKey
    token: str


@dataclass(frozen=True, slots=True)
class Held:
    """A key, its hospital's name, and what it is good for now: ``good``, ``expired`` or ``revoked``."""

    key: ApiKey
    hospital_name: str
    state: str


@dataclass(frozen=True, slots=True)
class KeyForm:
    """A key as asked for."""

    name: str
    scopes: tuple[str, ...]
    lasts_s: float


def read_key(form: Form) -> KeyForm:
    days = form.whole("days", DAYS, "days", LASTS_DAYS)
    return KeyForm(form.text("name"), _scopes(form), days * 86_400.0)


class Keyring:
    """Ids and secrets as in `server.wiring.Chance`."""

    def __init__(self, database: Database, new_id: Callable[[], str], new_secret: Callable[[], str]) -> None:
        self._database = database
        self._keys = ApiKeys(database, new_id, new_secret)

    async def issue(self, given: Given, now: float) -> NewKey:
        """A new key. ``hospital`` (an id) is needed only where there are several."""
        form = Form(given)
        asked = read_key(form)
        hospital = await hospital_meant(self._database, form)
        stop_at(form)
        return NewKey(*await self._keys.issue(hospital, asked.name, asked.scopes, now, now + asked.lasts_s))

    async def all(self, given: Given, now: float) -> list[Held]:
        """Every key, or those of ``hospital``; the oldest first."""
        form, names = Form(given), await people.hospitals(self._database)
        of = form.choice("hospital", names) if form.has("hospital") else None
        stop_at(form)
        keys = await self._keys.all()
        return [Held(key, names[key.hospital], _state(key, now)) for key in keys if of in (None, key.hospital)]

    async def revoke(self, given: Given, now: float) -> str:
        """The key is worth nothing from now on; its id."""
        form = Form(given)
        id = form.text("key")
        if id and not await self._keys.revoke(id, now):
            form.fault("key", "there is no such key; `peitong key list` shows them")
        stop_at(form)
        return id


def _scopes(form: Form) -> tuple[str, ...]:
    """In the order of ``SCOPES``, each once; one that another includes is dropped."""
    asked = set(form.text("scopes").replace(",", " ").split())
    for unknown in sorted(asked - set(SCOPES)):
        form.fault("scopes", f"one or more of {', '.join(SCOPES)} belong here, not {unknown!r}")
    return tuple(scope for scope in SCOPES if scope in asked and not fits(asked - {scope}, scope))


def _state(key: ApiKey, now: float) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "good" if key.good(now) else "expired"
