"""Webhooks from the command line: shows what there is and how it fares, and has messages sent again. Works beside a running
server, whose delivery loop finds them.

What was typed comes as texts by their names; what is wrong with it comes back as `Faults`, all at once and before anything is
changed, as at the reception (`server.desk`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from server.form import Form, Given, stop_at
from server.store import deliveries, people, webhooks
from server.store.database import Database, Transaction
from server.store.webhooks import Endpoint


@dataclass(frozen=True, slots=True)
class Shown:
    """An endpoint, its hospital's name, and how many of its messages are in each state."""

    endpoint: Endpoint
    hospital_name: str
    messages: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ReplayForm:
    """``since`` is seconds since 1970; None for what is dead."""

    webhook: str
    since: float | None


def read_replay(form: Form, now: float) -> ReplayForm:
    return ReplayForm(form.text("webhook"), form.moment("since", now) if form.has("since") else None)


class Replays:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self, given: Given) -> list[Shown]:
        """Every endpoint, or those of ``hospital``."""
        form, names = Form(given), await people.hospitals(self._database)
        of = form.choice("hospital", names) if form.has("hospital") else None
        stop_at(form)

        async def work(transaction: Transaction) -> list[Shown]:
            there = [each for each in await webhooks.every(transaction) if of in (None, each.hospital)]
            return [Shown(each, names[each.hospital], await deliveries.counts(transaction, each.id)) for each in there]

        return await self._database.read_at_length(work)

    async def replay(self, given: Given, now: float) -> int:
        """What is dead, or everything ``since`` a time, is sent again to ``webhook``; how many messages."""
        form = Form(given)
        asked = read_replay(form, now)
        known = await self._database.read(webhooks.every)
        if asked.webhook and asked.webhook not in {each.id for each in known}:
            form.fault("webhook", "there is no such webhook; `peitong webhook list` shows them")
        stop_at(form)

        async def work(transaction: Transaction) -> int:
            if asked.since is None:
                return await deliveries.replay_dead(transaction, asked.webhook, now)
            return await deliveries.replay_since(transaction, asked.webhook, asked.since, now)

        return await self._database.write(work)
