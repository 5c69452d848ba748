"""What families tell before a visit: answers and measurements, and answers that are not completed.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "preparation",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("visit", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("questionnaire", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("shown_sha256", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["visit"], ["visit.id"], name=op.f("fk_preparation_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_preparation")),
        sa.UniqueConstraint("visit", "kind", "turn", name=op.f("uq_preparation_visit")),
    )
    op.create_table(
        "preparation_draft",
        sa.Column("visit", sa.String(), nullable=False),
        sa.Column("questionnaire", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["visit"], ["visit.id"], name=op.f("fk_preparation_draft_visit")),
        sa.PrimaryKeyConstraint("visit", name=op.f("pk_preparation_draft")),
    )


def downgrade() -> None:
    op.drop_table("preparation_draft")
    op.drop_table("preparation")
