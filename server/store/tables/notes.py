"""The physician's notes; complaints and incidents."""

from __future__ import annotations

from sqlalchemy import Column, Double, ForeignKey, Index, Integer, PrimaryKeyConstraint, String, Table, Text, UniqueConstraint

from server.store.tables.base import metadata

note_draft = Table(
    "note_draft",
    metadata,
    Column("visit", ForeignKey("visit.id"), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("text", Text, nullable=False),  # JSON: the words by section, of which the journal knows nothing yet
    Column("at", Double, nullable=False),
)

note = Table(
    "note",
    metadata,
    Column("id", String, primary_key=True),
    Column("visit", ForeignKey("visit.id"), nullable=False),
    Column("turn", Integer, nullable=False),  # 1: the note; 2, 3, 4 …: its amendments
    Column("revision", Integer, nullable=False),  # of the draft that was signed
    Column("signer", ForeignKey("staff.id"), nullable=False),
    Column("body", String, nullable=False),  # in table body, until it is deleted there
    Column("at", Double, nullable=False),
    UniqueConstraint("visit", "turn"),
)

concern = Table(
    "concern",
    metadata,
    Column("id", String, primary_key=True),
    Column("visit", ForeignKey("visit.id"), nullable=False),
    Column("kind", String, nullable=False),  # complaint | incident
    Column("category", String, nullable=False),  # server.concerns.concern.Category
    Column("source", String, nullable=False),  # guardian | physician | operations
    Column("number", String, nullable=False),
    Column("at", Double, nullable=False),
    Column("state", String, nullable=False),  # open | answered | withdrawn: a snapshot of what was told
    Index("ix_concern_visit", "visit"),
    Index("ix_concern_state_at", "state", "at"),
)

concern_event = Table(
    "concern_event",
    metadata,
    Column("concern", ForeignKey("concern.id"), nullable=False),
    Column("turn", Integer, nullable=False),  # 1, 2, 3 …
    Column("fact", String, nullable=False),  # server.concerns.concern.Fact
    Column("source", String, nullable=False),
    Column("body", String),  # in table body, until it is deleted there
    Column("at", Double, nullable=False),
    PrimaryKeyConstraint("concern", "turn"),
)
