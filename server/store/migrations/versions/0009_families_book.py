"""Visits that a family booked by itself, under the key that its page made.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "public_booking",
        sa.Column("key_sha256", sa.String(), nullable=False),
        sa.Column("visit", sa.String(), nullable=False),
        sa.Column("request_sha256", sa.String(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("key_sha256", name=op.f("pk_public_booking")),
    )
    op.create_index("ix_public_booking_created_at", "public_booking", ["created_at"])


def downgrade() -> None:
    op.drop_index("ix_public_booking_created_at", table_name="public_booking")
    op.drop_table("public_booking")
