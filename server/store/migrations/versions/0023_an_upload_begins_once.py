"""An upload that is begun again under its key is the same one.

Revision ID: 0023
Revises: 0022
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("document") as table:
        table.add_column(sa.Column("idempotency_key", sa.String(), nullable=True))
        table.create_unique_constraint(op.f("uq_document_device"), ["device", "visit", "idempotency_key"])


def downgrade() -> None:
    with op.batch_alter_table("document") as table:
        table.drop_constraint(op.f("uq_document_device"), type_="unique")
        table.drop_column("idempotency_key")
