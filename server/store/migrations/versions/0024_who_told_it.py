"""Which guardian told it before the visit.

Revision ID: 0024
Revises: 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("preparation") as table:
        table.add_column(sa.Column("guardian", sa.String(), nullable=True))
        table.create_foreign_key(op.f("fk_preparation_guardian"), "guardian", ["guardian"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("preparation") as table:
        table.drop_constraint(op.f("fk_preparation_guardian"), type_="foreignkey")
        table.drop_column("guardian")
