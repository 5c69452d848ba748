"""Each device of a family confirms the child for itself.

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("device", sa.Column("confirmed_at", sa.Double(), nullable=True))
    op.execute(
        "UPDATE device SET confirmed_at = (SELECT child_confirmed_at FROM visit WHERE visit.id = device.visit) "
        "WHERE role = 'guardian'"
    )


def downgrade() -> None:
    op.drop_column("device", "confirmed_at")
