"""Webhooks: where the hospital's system takes its events, and what became of each message (docs/webhooks.md)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field
from pydantic.config import JsonDict

from server.http.problems import Fault, Invalid, Problem
from server.http.v1.cursors import page, position
from server.http.v1.models import Given, Id, Moment, Page, Paged, Taken, left_out, moment
from server.http.v1.operations import Answer, Call, Operation, there
from server.store import deliveries, webhooks
from server.store.database import Transaction
from server.webhooks.events import Kind
from server.webhooks.secrets import NewSecret
from server.webhooks.target import LONGEST_URL, BadTarget, check_url

MOST: Final = 10
"""How many a hospital may have."""

_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
_DESCRIBED: JsonDict = {"format": "uri", "pattern": rf'^https://{_HOST}(?::[1-9][0-9]{{0,3}})?(?:[/?][!"$-\[\]-~]*)?$'}
_URL_FAULTS: Final = {
    "bad_url": ("不是可用的网址", "is not an address that can be used"),
    "not_https": ("必须以 https:// 开头", "must be https"),
    "forbidden_address": ("不允许发往这个地址，见 webhooks.allow_networks", "may not be sent to; see webhooks.allow_networks"),
}


def _each_once(events: list[Kind]) -> list[Kind]:
    if len(set(events)) < len(events):
        raise ValueError("每种事件只能出现一次", "may name each event once only")
    return events


class NewWebhook(Taken):
    url: str = Field(min_length=1, max_length=LONGEST_URL, json_schema_extra=_DESCRIBED)
    events: Annotated[
        list[Kind],
        Field(min_length=1, max_length=len(Kind), json_schema_extra={"uniqueItems": True}),
        AfterValidator(_each_once),
    ]


class Webhook(Given):
    id: Id
    url: str
    events: list[Kind]
    created_at: Moment
    former_secret_until: Moment | None = Field(description="Until then messages bear the former secret's signature, too.")


class WebhookWithSecret(Webhook):
    secret: str | None = Field(description="To verify signatures with; told this once, null when the answer is given again.")


class Webhooks(Page[Webhook]):
    pass


State = Literal["waiting", "delivered", "dead"]


class DeliveriesAsked(Paged):
    state: State = left_out()


class Delivery(Given):
    message: Id = Field(description="The `webhook-id`.")
    visit: Id
    n: int = Field(description="The message's number within its visit: the order in which they are sent.")
    type: Kind
    at: Moment
    state: State
    attempts: int = Field(description="Since it was written, or asked for again.")
    next_attempt_at: Moment | None
    settled_at: Moment | None
    status: int | None = Field(description="Of the last answer.")
    fault: str | None = Field(description="Why the last attempt failed, a code of docs/webhooks.md.")


class Deliveries(Page[Delivery]):
    pass


class ReplayAsked(Taken):
    since: Moment = left_out()


class Replay(Given):
    messages: int = Field(description="How many are sent again.")


async def list_all(call: Call) -> Answer:
    asked: Paged = call.query
    after = position(asked, str)
    rows = await call.read(lambda t: webhooks.some(t, call.hospital, after[0] if after else None, asked.limit + 1))
    shown, next = page(rows, asked, lambda row: (row.id,))
    return Answer(Webhooks(items=[_given(row, call.now) for row in shown], next=next))


async def add(call: Call) -> Answer:
    asked: NewWebhook = call.body
    config = call.house.config
    try:
        check_url(asked.url, config.webhook_networks, loopback=config.webhook_loopback)
    except BadTarget as bad:
        raise Invalid(Fault("#/url", *_URL_FAULTS[bad.code])) from None
    id = call.house.new_id()
    secret = call.house.webhook_secrets.make(id)
    new = webhooks.Endpoint(id, call.hospital, asked.url, tuple(sorted(asked.events)), call.now)

    async def work(transaction: Transaction) -> Answer:
        if await webhooks.count(transaction, call.hospital) >= MOST:
            raise Problem("too_many_webhooks")
        await webhooks.add(transaction, new, secret.sealed)
        return _with_secret(new, secret, call.now)

    return await call.create(work)


async def read(call: Call) -> Answer:
    return Answer(_given(await call.read(lambda transaction: _mine(transaction, call)), call.now))


async def remove(call: Call) -> Answer:
    async def work(transaction: Transaction) -> Answer:
        found = await _mine(transaction, call)
        await webhooks.remove(transaction, found.id, call.now)
        return Answer(_given(found, call.now))

    return await call.write(work)


async def rotate(call: Call) -> Answer:
    secret = call.house.webhook_secrets.make(call.path["webhook"])

    async def work(transaction: Transaction) -> Answer:
        found = await _mine(transaction, call)
        await webhooks.rotate(transaction, found.id, secret.sealed, call.now + webhooks.OVERLAP_S)
        return _with_secret(await _mine(transaction, call), secret, call.now)

    return await call.create(work)


async def list_deliveries(call: Call) -> Answer:
    asked: DeliveriesAsked = call.query
    after = position(asked, float, str)

    async def work(transaction: Transaction) -> list[deliveries.Delivery]:
        found = await _mine(transaction, call)
        return await deliveries.some(transaction, found.id, asked.state, after, asked.limit + 1)

    shown, next = page(await call.read(work), asked, lambda row: (row.created_at, row.message))
    return Answer(Deliveries(items=[_delivery(row) for row in shown], next=next))


async def replay(call: Call) -> Answer:
    asked: ReplayAsked = call.body
    since: datetime | None = asked.since

    async def work(transaction: Transaction) -> Answer:
        found = await _mine(transaction, call)
        if since is None:
            count = await deliveries.replay_dead(transaction, found.id, call.now)
        else:
            count = await deliveries.replay_since(transaction, found.id, since.timestamp(), call.now)
        return Answer(Replay(messages=count))

    return await call.create(work)


async def _mine(transaction: Transaction, call: Call) -> webhooks.Endpoint:
    """The hospital's webhook that is asked for. Raises ``Problem``."""
    return there(await webhooks.one(transaction, call.hospital, call.path["webhook"]))


def _given(row: webhooks.Endpoint, now: float) -> Webhook:
    return Webhook.model_validate(_members(row, now))


def _with_secret(row: webhooks.Endpoint, secret: NewSecret, now: float) -> Answer:
    return Answer(WebhookWithSecret.model_validate({**_members(row, now), "secret": secret.told}))


def _members(row: webhooks.Endpoint, now: float) -> dict[str, object]:
    until = row.former_until_at
    return {
        "id": row.id,
        "url": row.url,
        "events": row.events,
        "created_at": moment(row.created_at),
        "former_secret_until": moment(until) if until is not None and until > now else None,
    }


def _delivery(row: deliveries.Delivery) -> Delivery:
    return Delivery(
        message=row.message,
        visit=row.visit,
        n=row.n,
        type=Kind(row.kind),
        at=moment(row.created_at),
        state=row.state,  # type: ignore[arg-type]
        attempts=row.attempts,
        next_attempt_at=moment(row.next_at) if row.next_at is not None else None,
        settled_at=moment(row.settled_at) if row.settled_at is not None else None,
        status=row.status,
        fault=row.fault,
    )


_ONE = "/webhooks/{webhook}"
OPERATIONS = (
    Operation("list_webhooks", "GET", "/webhooks", "webhooks:read", "The hospital's webhooks", list_all, Webhooks, query=Paged),
    Operation(
        "add_webhook", "POST", "/webhooks", "webhooks", "Add a webhook; its secret is told once", add, WebhookWithSecret,
        NewWebhook, status=201, problems=("too_many_webhooks",), creates=True, told_once=("secret",),
        description="It gets what happens from now on; replay what happened before.",
    ),
    Operation("read_webhook", "GET", _ONE, "webhooks:read", "One webhook", read, Webhook),
    Operation(
        "remove_webhook", "DELETE", _ONE, "webhooks", "Remove a webhook", remove, Webhook,
        description="Nothing more is sent to it; what still waited is dead.",
    ),
    Operation(
        "rotate_webhook_secret", "POST", f"{_ONE}/rotate", "webhooks", "A new secret, told once", rotate, WebhookWithSecret,
        status=201, creates=True, told_once=("secret",),
        description="For 24 hours messages bear a signature by each of the two.",
    ),
    Operation(
        "list_webhook_deliveries", "GET", f"{_ONE}/deliveries", "webhooks:read", "What became of its messages, newest first",
        list_deliveries, Deliveries, query=DeliveriesAsked,
    ),
    Operation(
        "replay_webhook", "POST", f"{_ONE}/replay", "webhooks", "Send messages again", replay, Replay, ReplayAsked,
        creates=True,
        description="Those that are dead; with `since`, everything that was written since then, delivered or not.",
    ),
)  # fmt: skip
