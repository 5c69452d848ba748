"""What families were told of their visits, and when."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from server.store.tables.base import metadata

reminder = Table(
    "reminder",
    metadata,
    Column("id", String, primary_key=True),
    Column("visit", ForeignKey("visit.id"), nullable=False),
    Column("guardian", String, nullable=False, server_default=""),  # a further one's id; empty for the guardian of the visit
    Column("kind", String, nullable=False),  # server.reminders.plan.Kind
    Column("occasion_us", BigInteger, nullable=False),  # what it is told once for, a moment
    Column("starts_at", Double, nullable=False),  # of the appointment when it was decided on
    Column("at", Double, nullable=False),  # when that was
    Column("state", String, nullable=False),  # server.store.reminders.State
    Column("through", String),  # the adapter's name
    Column("attempts", Integer, nullable=False),
    Column("next_at", Double, nullable=False),
    Column("settled_at", Double),
    UniqueConstraint("visit", "guardian", "kind", "occasion_us"),
    Index("ix_reminder_state_next_at", "state", "next_at"),
)
