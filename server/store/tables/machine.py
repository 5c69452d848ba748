"""The server itself."""

from __future__ import annotations

from sqlalchemy import Column, Double, String, Table

from server.store.tables.base import metadata

app_lease = Table(
    "app_lease",
    metadata,
    Column("name", String, primary_key=True),
    Column("beat_at", Double, nullable=False),
)
