"""When visits may be, a hospital's own limits, and the refusals that were counted."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from server.store.tables.base import metadata

schedule = Table(
    "schedule",
    metadata,
    Column("id", String, primary_key=True),
    Column("hospital", ForeignKey("hospital.id"), nullable=False),
    Column("physician", ForeignKey("staff.id"), nullable=False),
    Column("department", ForeignKey("department.id"), nullable=False),
    Column("field", String, nullable=False),
    Column("starts_at", Double, nullable=False),
    Column("ends_at", Double, nullable=False),
    Column("slot_minutes", Integer, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
    Index("ix_schedule_hospital_starts_at", "hospital", "starts_at"),
    Index("ix_schedule_physician_starts_at", "physician", "starts_at"),
)

slot = Table(
    "slot",
    metadata,
    Column("id", String, primary_key=True),
    Column("schedule", ForeignKey("schedule.id"), nullable=False),
    Column("starts_at", Double, nullable=False),
    Column("ends_at", Double, nullable=False),
    UniqueConstraint("schedule", "starts_at"),
    Index("ix_slot_starts_at", "starts_at"),
)

hospital_limits = Table(
    "hospital_limits",
    metadata,
    Column("hospital", ForeignKey("hospital.id"), primary_key=True),
    Column("record", Text, nullable=False),  # JSON, server.booking.limits
)

public_booking = Table(
    "public_booking",
    metadata,
    Column("key_sha256", String, primary_key=True),  # of the key that the family's page made
    Column("visit", String, nullable=False),  # made in the same transaction, after it
    Column("request_sha256", String, nullable=False),
    Column("created_at", Double, nullable=False),
    Index("ix_public_booking_created_at", "created_at"),
)

refusal_count = Table(
    "refusal_count",
    metadata,
    Column("hospital", ForeignKey("hospital.id"), nullable=False),
    Column("day", String, nullable=False),  # the hospital's, ISO
    Column("place", String, nullable=False, server_default="unknown"),  # server.booking.refusals.Place
    Column("code", String, nullable=False),  # server.booking.refusals.Refusal
    Column("count", Integer, nullable=False),
    PrimaryKeyConstraint("hospital", "day", "place", "code"),
)
