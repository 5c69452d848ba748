"""Refusals are counted by the place of refusal, too.

Revision ID: 0021
Revises: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("refusal_count") as table:
        table.add_column(sa.Column("place", sa.String(), nullable=False, server_default="unknown"))
        table.drop_constraint("pk_refusal_count", type_="primary")
        table.create_primary_key("pk_refusal_count", ["hospital", "day", "place", "code"])


def downgrade() -> None:
    op.execute(
        "CREATE TEMPORARY TABLE refusal_sum AS "
        "SELECT hospital, day, code, SUM(count) AS count FROM refusal_count GROUP BY hospital, day, code"
    )
    op.execute("DELETE FROM refusal_count")
    with op.batch_alter_table("refusal_count") as table:
        table.drop_constraint("pk_refusal_count", type_="primary")
        table.drop_column("place")
        table.create_primary_key("pk_refusal_count", ["hospital", "day", "code"])
    op.execute("INSERT INTO refusal_count (hospital, day, code, count) SELECT hospital, day, code, count FROM refusal_sum")
    op.execute("DROP TABLE refusal_sum")
