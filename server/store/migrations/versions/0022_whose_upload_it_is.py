"""An upload is its device's until it is kept.

Revision ID: 0022
Revises: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("document", sa.Column("device", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("document", "device")
