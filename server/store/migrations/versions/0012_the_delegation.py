"""What a document is for, and when the physician first opened it: a written delegation is seen before anybody is admitted.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("document") as table:
        table.add_column(sa.Column("purpose", sa.String(), nullable=False, server_default="examination"))
        table.add_column(sa.Column("read_at", sa.Double(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("document") as table:
        table.drop_column("read_at")
        table.drop_column("purpose")
