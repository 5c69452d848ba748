"""Who may come in: devices, links, sessions, tokens, keys, and the attempts that are counted."""

from __future__ import annotations

from sqlalchemy import Column, Double, ForeignKey, Index, Integer, PrimaryKeyConstraint, String, Table, Text

from server.store.tables.base import metadata

device = Table(
    "device",
    metadata,
    Column("cookie_sha256", String, primary_key=True),
    Column("visit", ForeignKey("visit.id"), nullable=False, index=True),
    Column("role", String, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("revoked_at", Double),
    Column("confirmed_at", Double),  # of a guardian's: when the child was confirmed on it
    Column("guardian", ForeignKey("guardian.id")),  # a further one's; null for the guardian of the visit, and for a guest
    Column("renewed_at", Double),  # when its cookie was given anew, to last as long again; null: not since it was made
)

join_link = Table(
    "join_link",
    metadata,
    Column("token_sha256", String, primary_key=True),
    Column("visit", ForeignKey("visit.id"), nullable=False, index=True),
    Column("issued_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    Column("redeemed_at", Double),
    Column("revoked_at", Double),
    Column("guardian", ForeignKey("guardian.id")),  # of a further one; null for the guardian of the visit
)

guest_invitation = Table(
    "guest_invitation",
    metadata,
    Column("id", String, primary_key=True),  # also the body's with the name
    Column("visit", ForeignKey("visit.id"), nullable=False, index=True),
    Column("role", String, nullable=False),  # local_doctor | interpreter
    Column("token_sha256", String, nullable=False, unique=True),
    Column("device", ForeignKey("device.cookie_sha256"), unique=True),
    Column("issued_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    Column("redeemed_at", Double),
    Column("revoked_at", Double),
)

staff_session = Table(
    "staff_session",
    metadata,
    Column("cookie_sha256", String, primary_key=True),
    Column("staff", ForeignKey("staff.id"), nullable=False),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
)

socket_token = Table(
    "socket_token",
    metadata,
    Column("token_sha256", String, primary_key=True),
    Column("session", ForeignKey("visit.id"), nullable=False),
    Column("role", String, nullable=False),
    Column("device", ForeignKey("device.cookie_sha256", ondelete="CASCADE")),
    Column("staff_session", ForeignKey("staff_session.cookie_sha256", ondelete="CASCADE")),
    Column("expires_at", Double, nullable=False),
    Column("used_at", Double),
)

attempt = Table(
    "attempt",
    metadata,
    Column("key", String, primary_key=True),  # a keyed hash of what is counted: a login, an address
    Column("failures", Integer, nullable=False),
    Column("last_at", Double, nullable=False),
    Column("locked_until_at", Double, nullable=False),
)

doctor_link = Table(
    "doctor_link",
    metadata,
    Column("token_sha256", String, primary_key=True),
    Column("issued_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    Column("uses", Integer, nullable=False),
)

doctor_report = Table(
    "doctor_report",
    metadata,
    Column("link", ForeignKey("doctor_link.token_sha256", ondelete="CASCADE"), nullable=False),
    Column("n", Integer, nullable=False),  # 1, 2, 3 … of the link
    Column("at", Double, nullable=False),
    Column("report", Text, nullable=False),  # JSON, as server.doctor.report writes it
    PrimaryKeyConstraint("link", "n"),
    Index("ix_doctor_report_at", "at"),
)

api_key = Table(
    "api_key",
    metadata,
    Column("id", String, primary_key=True),
    Column("hospital", ForeignKey("hospital.id"), nullable=False),
    Column("name", String, nullable=False),
    Column("token_sha256", String, nullable=False, unique=True),
    Column("scopes", String, nullable=False),  # server.scopes, separated by spaces
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double),
    Column("revoked_at", Double),
    Column("last_used_on", String),  # the day in UTC
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("sender", String, nullable=False),  # the id of an API key, or of a member of staff
    Column("key", String, nullable=False),
    Column("request_sha256", String, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("answer", Text, nullable=False),  # JSON, without what is told only once
    Column("revision", Integer),
    PrimaryKeyConstraint("sender", "key"),
    Index("ix_idempotency_created_at", "created_at"),
)
