"""A further guardian may be removed from a visit; the row stays, what they said stays theirs.

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("visit_guardian") as table:
        table.add_column(sa.Column("removed_at", sa.Double(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("visit_guardian") as table:
        table.drop_column("removed_at")
