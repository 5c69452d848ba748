"""The physician's notes, complaints and incidents.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "note_draft",
        sa.Column("visit", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["visit"], ["visit.id"], name=op.f("fk_note_draft_visit")),
        sa.PrimaryKeyConstraint("visit", name=op.f("pk_note_draft")),
    )
    op.create_table(
        "note",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("visit", sa.String(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("signer", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["signer"], ["staff.id"], name=op.f("fk_note_signer")),
        sa.ForeignKeyConstraint(["visit"], ["visit.id"], name=op.f("fk_note_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
        sa.UniqueConstraint("visit", "turn", name=op.f("uq_note_visit")),
    )
    op.create_table(
        "concern",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("visit", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["visit"], ["visit.id"], name=op.f("fk_concern_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_concern")),
    )
    op.create_index("ix_concern_visit", "concern", ["visit"])
    op.create_index("ix_concern_state_at", "concern", ["state", "at"])
    op.create_table(
        "concern_event",
        sa.Column("concern", sa.String(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("fact", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=True),
        sa.Column("at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["concern"], ["concern.id"], name=op.f("fk_concern_event_concern")),
        sa.PrimaryKeyConstraint("concern", "turn", name=op.f("pk_concern_event")),
    )


def downgrade() -> None:
    op.drop_table("concern_event")
    op.drop_index("ix_concern_state_at", table_name="concern")
    op.drop_index("ix_concern_visit", table_name="concern")
    op.drop_table("concern")
    op.drop_table("note")
    op.drop_table("note_draft")
