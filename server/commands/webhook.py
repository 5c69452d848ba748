"""`webhook list`, `webhook replay`: where hospitals take their events (`server.webhooks.replays`) at the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from server.commands import reception
from server.commands.reception import Command, Told
from server.config import Config
from server.form import Given
from server.store.database import Database
from server.visit_view import moment
from server.webhooks.replays import Replays, Shown, read_replay


async def _list(replays: Replays, given: Given, config: Config, now: float) -> Told:
    shown = await replays.all(given)
    return Told({"webhooks": [_about(each) for each in shown]}, "\n".join(map(_line, shown)) or "没有回调地址 / no webhooks")


async def _replay(replays: Replays, given: Given, config: Config, now: float) -> Told:
    count = await replays.replay(given, now)
    return Told({"webhook": given["webhook"], "messages": count}, f"将重新发送 / to be sent again  {count}")


def _about(shown: Shown) -> dict[str, Any]:
    endpoint = shown.endpoint
    return {
        "webhook": endpoint.id,
        "hospital": endpoint.hospital,
        "hospital_name": shown.hospital_name,
        "url": endpoint.url,
        "events": list(endpoint.events),
        "created_at": moment(endpoint.created_at),
        "messages": dict(shown.messages),
    }


def _line(shown: Shown) -> str:
    count = shown.messages
    fares = f"待发 / waiting {count['waiting']}  已达 / delivered {count['delivered']}  失败 / dead {count['dead']}"
    endpoint = shown.endpoint
    return "  ".join((endpoint.id, shown.hospital_name, endpoint.url, " ".join(endpoint.events), fares))


def _replays(database: Database, config: Config) -> Replays:
    return Replays(database)


COMMANDS: Final[Mapping[tuple[str, str], Command[Replays]]] = {
    ("webhook", "list"): Command(
        "every webhook, its events, and how many of its messages wait, were delivered or are dead",
        {},
        {"hospital": "only those of this hospital (its id)"},
        lambda form, now: None,
        _replays,
        _list,
    ),
    ("webhook", "replay"): Command(
        "send messages again: those that are dead, or everything since a time",
        {"webhook": "its id, as `webhook list` shows it"},
        {"since": "RFC 3339: everything that was written since then, delivered or not"},
        read_replay,
        _replays,
        _replay,
    ),
}


def add_commands(commands: Any) -> None:
    reception.add(commands, COMMANDS, {"webhook": "where hospitals' systems take their events"})
