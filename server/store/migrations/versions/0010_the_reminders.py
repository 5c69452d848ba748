"""What families were told of their visits; how, and in which language, a guardian is written to.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reminder",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("visit", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("occasion_us", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.Double(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("through", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.Double(), nullable=False),
        sa.Column("settled_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["visit"], ["visit.id"], name=op.f("fk_reminder_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder")),
        sa.UniqueConstraint("visit", "kind", "occasion_us", name=op.f("uq_reminder_visit")),
    )
    op.create_index("ix_reminder_state_next_at", "reminder", ["state", "next_at"])
    op.add_column("guardian", sa.Column("email", sa.String(), nullable=True))
    op.add_column("guardian", sa.Column("language", sa.String(), nullable=False, server_default="zh"))
    op.create_index("ix_guardian_phone", "guardian", ["phone"])


def downgrade() -> None:
    op.drop_index("ix_guardian_phone", table_name="guardian")
    op.drop_column("guardian", "language")
    op.drop_column("guardian", "email")
    op.drop_table("reminder")
