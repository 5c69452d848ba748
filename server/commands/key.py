"""`key new`, `key list`, `key revoke`: the booking API's keys (`server.keyring`) at the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from server.commands import reception
from server.commands.reception import Command, Told
from server.config import Config
from server.form import Form, Given
from server.keyring import LASTS_DAYS, Held, Keyring, read_key
from server.scopes import SCOPES
from server.store.api_keys import ApiKey
from server.store.database import Database
from server.visit_view import moment
from server.wiring import chance

_STATES: Final = {"good": "有效 / good", "expired": "已过期 / expired", "revoked": "已撤销 / revoked"}


async def _new(keyring: Keyring, given: Given, config: Config, now: float) -> Told:
    made = await keyring.issue(given, now)
    fields = {"key": made.key.id, "token": made.token, **_about(made.key)}
    text = (
        f"密钥 / key    {made.token}    （只显示一次 / shown only now）\n"
        f"编号 / id     {made.key.id}\n"
        f"范围 / scopes {' '.join(made.key.scopes)}\n"
        f"有效至 / until {fields['expires_at']}"
    )
    return Told(fields, text)


async def _list(keyring: Keyring, given: Given, config: Config, now: float) -> Told:
    held = await keyring.all(given, now)
    listed = [
        {"key": each.key.id, "state": each.state, "hospital_name": each.hospital_name, **_about(each.key)} for each in held
    ]
    return Told({"keys": listed}, "\n".join(map(_line, held)) or "没有密钥 / no keys")


async def _revoke(keyring: Keyring, given: Given, config: Config, now: float) -> Told:
    id = await keyring.revoke(given, now)
    return Told({"key": id, "state": "revoked"}, f"已撤销 / revoked  {id}")


def _about(key: ApiKey) -> dict[str, Any]:
    return {
        "hospital": key.hospital,
        "name": key.name,
        "scopes": list(key.scopes),
        "created_at": moment(key.created_at),
        "expires_at": None if key.expires_at is None else moment(key.expires_at),
        "revoked_at": None if key.revoked_at is None else moment(key.revoked_at),
        "last_used_on": key.last_used_on,
    }


def _line(held: Held) -> str:
    key = held.key
    used = f"最近使用 / last used {key.last_used_on or '—'}"
    return "  ".join((key.id, _STATES[held.state], held.hospital_name, key.name, " ".join(key.scopes), used))


def _keyring(database: Database, config: Config) -> Keyring:
    luck = chance()
    return Keyring(database, luck.new_id, luck.new_secret)


def _read_key(form: Form, now: float) -> object:
    return read_key(form)


COMMANDS: Final[Mapping[tuple[str, str], Command[Keyring]]] = {
    ("key", "new"): Command(
        "a key for a hospital's own system; prints its token, once",
        {"name": "what the key is for, such as 预约系统", "scopes": f"one or more of {' '.join(SCOPES)}"},
        {"days": f"how long it is good (default {LASTS_DAYS})", "hospital": "its id, where there are several"},
        _read_key,
        _keyring,
        _new,
    ),
    ("key", "list"): Command(
        "every key, what it may do and when it was last used",
        {},
        {"hospital": "only those of this hospital (its id)"},
        lambda form, now: None,
        _keyring,
        _list,
    ),
    ("key", "revoke"): Command(
        "a key that is worth nothing from now on",
        {"key": "its id, as `key list` shows it"},
        {},
        lambda form, now: form.text("key"),
        _keyring,
        _revoke,
    ),
}


def add_commands(commands: Any) -> None:
    reception.add(commands, COMMANDS, {"key": "keys of the booking API"})
