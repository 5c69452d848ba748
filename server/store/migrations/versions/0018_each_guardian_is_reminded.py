"""Each guardian of a visit is reminded, once for each occasion.

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("reminder") as table:
        table.add_column(sa.Column("guardian", sa.String(), nullable=False, server_default=""))
        table.drop_constraint(op.f("uq_reminder_visit"), type_="unique")
        table.create_unique_constraint(op.f("uq_reminder_visit"), ["visit", "guardian", "kind", "occasion_us"])


def downgrade() -> None:
    op.execute("DELETE FROM reminder WHERE guardian <> ''")
    with op.batch_alter_table("reminder") as table:
        table.drop_constraint(op.f("uq_reminder_visit"), type_="unique")
        table.create_unique_constraint(op.f("uq_reminder_visit"), ["visit", "kind", "occasion_us"])
        table.drop_column("guardian")
