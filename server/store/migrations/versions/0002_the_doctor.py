"""The doctor's links and what browsers reported through them.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "doctor_link",
        sa.Column("token_sha256", sa.String(), nullable=False),
        sa.Column("issued_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_doctor_link")),
    )
    op.create_table(
        "doctor_report",
        sa.Column("link", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["link"], ["doctor_link.token_sha256"], name=op.f("fk_doctor_report_link"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("link", "n", name=op.f("pk_doctor_report")),
    )
    op.create_index("ix_doctor_report_at", "doctor_report", ["at"])


def downgrade() -> None:
    op.drop_index("ix_doctor_report_at", "doctor_report")
    op.drop_table("doctor_report")
    op.drop_table("doctor_link")
