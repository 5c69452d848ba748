"""When a device's cookie was renewed last.

Revision ID: 0025
Revises: 0024
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("device", sa.Column("renewed_at", sa.Double(), nullable=True))


def downgrade() -> None:
    op.drop_column("device", "renewed_at")
