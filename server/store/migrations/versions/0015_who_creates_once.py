"""What is created once is a member of staff's, too, not only an API key's.

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("idempotency") as table:
        table.drop_constraint("fk_idempotency_api_key", type_="foreignkey")
        table.alter_column("api_key", new_column_name="sender", existing_type=sa.String(), existing_nullable=False)


def downgrade() -> None:
    op.execute("DELETE FROM idempotency WHERE sender NOT IN (SELECT id FROM api_key)")
    with op.batch_alter_table("idempotency") as table:
        table.alter_column("sender", new_column_name="api_key", existing_type=sa.String(), existing_nullable=False)
        table.create_foreign_key("fk_idempotency_api_key", "api_key", ["api_key"], ["id"])
