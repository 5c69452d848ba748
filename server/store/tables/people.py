"""Hospitals, their people, and the families they see."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, PrimaryKeyConstraint, String, Table, UniqueConstraint

from server.store.tables.base import metadata

hospital = Table(
    "hospital",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("name_en", String, nullable=False),
    Column("phone", String),
)

department = Table(
    "department",
    metadata,
    Column("id", String, primary_key=True),
    Column("hospital", ForeignKey("hospital.id"), nullable=False),
    Column("name", String, nullable=False),
    Column("name_en", String, nullable=False),
    Column("fields", String, nullable=False),  # growth | nutrition | skin, those it sees, separated by spaces
    Column("active", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),  # 1, 2, 3 …: one more with every change
    UniqueConstraint("hospital", "name"),
)

staff = Table(
    "staff",
    metadata,
    Column("id", String, primary_key=True),
    Column("hospital", ForeignKey("hospital.id"), nullable=False),
    Column("login", String, nullable=False, unique=True),
    Column("password_hash", String, nullable=False),
    Column("role", String, nullable=False),  # physician | operations | administrator | records_officer | coordinator | desk
    Column("name", String, nullable=False),
    Column("title", String, nullable=False),
    Column("licence", String),
    Column("rank", String),  # server.eligibility.Rank
    Column("practice_since", String),
    Column("trained_until", String),
    Column("whitelisted", Boolean, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),  # one more with every change
)

child = Table(
    "child",
    metadata,
    Column("id", String, primary_key=True),
    Column("hospital", ForeignKey("hospital.id"), nullable=False),
    Column("name", String, nullable=False),
    Column("sex", String, nullable=False),  # female | male | unknown
    Column("birth_date", String, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),  # one more with every change
)

guardian = Table(
    "guardian",
    metadata,
    Column("id", String, primary_key=True),
    Column("hospital", ForeignKey("hospital.id"), nullable=False),
    Column("name", String, nullable=False),
    Column("phone", String, nullable=False),
    Column("email", String),
    Column("language", String, nullable=False, server_default="zh"),  # zh | en: in which the family is written to
    Column("revision", Integer, nullable=False, server_default="1"),  # one more with every change
    Index("ix_guardian_phone", "phone"),
)

relation = Table(
    "relation",
    metadata,
    Column("guardian", ForeignKey("guardian.id"), nullable=False),
    Column("child", ForeignKey("child.id"), nullable=False),
    Column("kind", String, nullable=False),  # mother | father | legal_guardian | delegated
    Column("proof", String, nullable=False),  # server.booking.limits.PROOFS, written_delegation, declared
    Column("revision", Integer, nullable=False, server_default="1"),  # one more with every change
    PrimaryKeyConstraint("guardian", "child"),
)
