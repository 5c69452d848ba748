"""Referrals to in-person care, and where they go."""

from __future__ import annotations

from sqlalchemy import Column, Double, ForeignKey, Integer, PrimaryKeyConstraint, String, Table, Text

from server.store.tables.base import metadata

referral = Table(
    "referral",
    metadata,
    Column("id", String, primary_key=True),
    Column("visit", ForeignKey("visit.id"), nullable=False, unique=True),
    Column("number", String, nullable=False, unique=True),
    Column("reason", String, nullable=False),
    Column("urgency", String, nullable=False),
    Column("checklist_version", String, nullable=False),
    Column("body", String, nullable=False),
    Column("issued_at", Double, nullable=False),
    # A snapshot for lists, written in the transaction of each fact; what was told (``referral_event``) is the truth.
    Column("state", String, nullable=False),  # issued | sent | received | booked | seen
    Column("next_alarm_at", Double, index=True),
    Column("next_attempt_at", Double, index=True),  # to send it; null where there is nowhere to send it to, or no more to try
    # Where it goes, as it was decided at the issue (server.referrals.pathway), and by when each step must be told.
    Column("destination", String, nullable=False),
    Column("pathway_version", String, nullable=False),
    Column("destination_hospital", String, nullable=False),
    Column("destination_hospital_en", String, nullable=False),
    Column("department", String, nullable=False),
    Column("department_en", String, nullable=False),
    Column("endpoint", String),
    Column("received_by_at", Double),
    Column("booked_by_at", Double),
    Column("seen_by_at", Double),
    Column("missed_s", Double, nullable=False),
    Column("receipt_sha256", String, unique=True),  # of the token in the letter's QR code
)

referral_event = Table(
    "referral_event",
    metadata,
    Column("referral", ForeignKey("referral.id"), nullable=False),
    Column("n", Integer, nullable=False),  # of the event ``referral_told`` in the session's chain
    Column("at", Double, nullable=False),
    Column("fact", String, nullable=False),  # server.referrals.track.Fact
    Column("source", String, nullable=False),  # server | api | qr | coordinator
    Column("appointment_at", Double),
    Column("body_sha256", String, nullable=False),  # of further words, a body of kind receipt; empty without
    PrimaryKeyConstraint("referral", "n"),
)

pathway = Table(
    "pathway",
    metadata,
    Column("hospital", ForeignKey("hospital.id"), nullable=False),
    Column("version", String, nullable=False),
    Column("document", Text, nullable=False),  # JSON, as server.referrals.pathway reads it
    Column("valid_from_at", Double, nullable=False),
    PrimaryKeyConstraint("hospital", "version"),
)
