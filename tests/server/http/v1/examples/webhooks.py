"""Webhooks as they are asked for."""

from __future__ import annotations

from server.store import webhooks
from server.store.webhooks import Endpoint
from server.webhooks.events import Kind
from tests.server.http.v1.kit import Asked, Example, Place

URL = "https://his.hospital.example/peitong"


async def webhook(place: Place, *kinds: Kind) -> Endpoint:
    """One that is there already, for everything unless told otherwise."""
    new = Endpoint(place.new_id(), place.hospital, URL, tuple(sorted(kinds or Kind)), place.house.clock())
    await place.write(lambda transaction: webhooks.add(transaction, new, b"sealed"))
    return new


async def _list(place: Place) -> Asked:
    await webhook(place)
    return Asked()


async def _add(place: Place) -> Asked:
    return Asked(body={"url": URL, "events": ["visit.started", "visit.ended"]})


async def _one(place: Place) -> Asked:
    return Asked(path={"webhook": (await webhook(place)).id})


async def _deliveries(place: Place) -> Asked:
    return Asked(path={"webhook": (await webhook(place)).id}, query={"state": "dead"})


async def _replay(place: Place) -> Asked:
    return Asked(path={"webhook": (await webhook(place)).id}, body={"since": "2026-11-22T08:00:00+08:00"})


EXAMPLES: dict[str, Example] = {
    "list_webhooks": _list,
    "add_webhook": _add,
    "read_webhook": _one,
    "remove_webhook": _one,
    "rotate_webhook_secret": _one,
    "list_webhook_deliveries": _deliveries,
    "replay_webhook": _replay,
}
