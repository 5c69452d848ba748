"""Several guardians of a visit: who they are, whose link and device it is, and who of them answered.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_THEIRS = ("device", "join_link", "consent")


def upgrade() -> None:
    op.create_table(
        "visit_guardian",
        sa.Column("visit", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("guardian", sa.String(), nullable=False),
        sa.Column("added_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["guardian"], ["guardian.id"], name=op.f("fk_visit_guardian_guardian")),
        sa.ForeignKeyConstraint(["visit"], ["visit.id"], name=op.f("fk_visit_guardian_visit")),
        sa.PrimaryKeyConstraint("visit", "n", name=op.f("pk_visit_guardian")),
        sa.UniqueConstraint("visit", "guardian", name=op.f("uq_visit_guardian_visit")),
    )
    for name in _THEIRS:
        with op.batch_alter_table(name) as table:
            table.add_column(sa.Column("guardian", sa.String(), nullable=True))
            table.create_foreign_key(op.f(f"fk_{name}_guardian"), "guardian", ["guardian"], ["id"])


def downgrade() -> None:
    for name in _THEIRS:
        with op.batch_alter_table(name) as table:
            table.drop_constraint(op.f(f"fk_{name}_guardian"), type_="foreignkey")
            table.drop_column("guardian")
    op.drop_table("visit_guardian")
