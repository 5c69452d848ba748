"""Invitations of a local doctor or an interpreter into a visit.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "guest_invitation",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("visit", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("token_sha256", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=True),
        sa.Column("issued_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.Column("redeemed_at", sa.Double(), nullable=True),
        sa.Column("revoked_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["device"], ["device.cookie_sha256"], name=op.f("fk_guest_invitation_device")),
        sa.ForeignKeyConstraint(["visit"], ["visit.id"], name=op.f("fk_guest_invitation_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guest_invitation")),
        sa.UniqueConstraint("device", name=op.f("uq_guest_invitation_device")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_guest_invitation_token_sha256")),
    )
    op.create_index(op.f("ix_guest_invitation_visit"), "guest_invitation", ["visit"])


def downgrade() -> None:
    op.drop_index(op.f("ix_guest_invitation_visit"), table_name="guest_invitation")
    op.drop_table("guest_invitation")
