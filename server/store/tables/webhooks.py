"""What hospital systems are told, and what came of it."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from server.store.tables.base import metadata

outbox = Table(
    "outbox",
    metadata,
    Column("id", String, primary_key=True),
    Column("session", ForeignKey("visit.id"), nullable=False),
    Column("n", Integer, nullable=False),  # 1, 2, 3 … within the visit: the order in which it is told
    Column("kind", String, nullable=False),  # webhooks.events.Kind
    Column("payload", Text, nullable=False),  # the message's data, JSON
    Column("created_at", Double, nullable=False),
    UniqueConstraint("session", "n"),
    Index("ix_outbox_created_at", "created_at"),
)

webhook_endpoint = Table(
    "webhook_endpoint",
    metadata,
    Column("id", String, primary_key=True),
    Column("hospital", ForeignKey("hospital.id"), nullable=False, index=True),
    Column("url", String, nullable=False),
    Column("secret", LargeBinary, nullable=False),  # sealed (keys.SealedValues), to be read for signing
    Column("former_secret", LargeBinary),
    Column("former_until_at", Double),  # until then messages are signed with the former one, too
    Column("created_at", Double, nullable=False),
    Column("removed_at", Double),
)

webhook_subscription = Table(
    "webhook_subscription",
    metadata,
    Column("endpoint", ForeignKey("webhook_endpoint.id"), nullable=False),
    Column("kind", String, nullable=False),
    PrimaryKeyConstraint("endpoint", "kind"),
)

webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    Column("endpoint", ForeignKey("webhook_endpoint.id"), nullable=False),
    Column("message", ForeignKey("outbox.id"), nullable=False),
    Column("session", String, nullable=False),  # the message's, as is its number: what the order goes by
    Column("n", Integer, nullable=False),
    Column("state", String, nullable=False),  # waiting | delivered | dead
    Column("attempts", Integer, nullable=False),
    Column("first_at", Double),  # of the first attempt since it was written, or replayed
    Column("next_at", Double, nullable=False),
    Column("settled_at", Double),
    Column("status", Integer),  # of the last answer
    Column("fault", String),  # why the last attempt failed, a code
    PrimaryKeyConstraint("endpoint", "message"),
    Index("ix_webhook_delivery_order", "endpoint", "session", "n"),
    Index("ix_webhook_delivery_state_next_at", "state", "next_at"),
)
