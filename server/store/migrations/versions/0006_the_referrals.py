"""Referrals are followed to their end: where each goes, what was told of it, by when each step is due.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_WORDS = ("destination", "pathway_version", "destination_hospital", "destination_hospital_en", "department", "department_en")
_TIMES = ("next_alarm_at", "received_by_at", "booked_by_at", "seen_by_at")


def upgrade() -> None:
    """What was issued before goes to the visit's own department, has no QR code, and is not waited for."""
    with op.batch_alter_table("referral") as batch:
        for name in _WORDS:
            batch.add_column(sa.Column(name, sa.String(), nullable=False, server_default=""))
        for name in _TIMES:
            batch.add_column(sa.Column(name, sa.Double(), nullable=True))
        batch.add_column(sa.Column("missed_s", sa.Double(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("endpoint", sa.String(), nullable=True))
        batch.add_column(sa.Column("receipt_sha256", sa.String(), nullable=True))
        batch.create_unique_constraint(op.f("uq_referral_receipt_sha256"), ["receipt_sha256"])
        batch.create_index(op.f("ix_referral_next_alarm_at"), ["next_alarm_at"])
    op.execute(
        "UPDATE referral SET destination = 'own',"
        " department = (SELECT visit.department FROM visit WHERE visit.id = referral.visit),"
        " destination_hospital = (SELECT hospital.name FROM visit JOIN hospital ON hospital.id = visit.hospital"
        "  WHERE visit.id = referral.visit),"
        " destination_hospital_en = (SELECT hospital.name_en FROM visit JOIN hospital ON hospital.id = visit.hospital"
        "  WHERE visit.id = referral.visit)"
    )
    with op.batch_alter_table("referral") as batch:
        for name in (*_WORDS, "missed_s"):
            batch.alter_column(name, server_default=None)
    op.create_table(
        "referral_event",
        sa.Column("referral", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("fact", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("appointment_at", sa.Double(), nullable=True),
        sa.Column("body_sha256", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["referral"], ["referral.id"], name=op.f("fk_referral_event_referral")),
        sa.PrimaryKeyConstraint("referral", "n", name=op.f("pk_referral_event")),
    )
    op.create_table(
        "pathway",
        sa.Column("hospital", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("valid_from_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["hospital"], ["hospital.id"], name=op.f("fk_pathway_hospital")),
        sa.PrimaryKeyConstraint("hospital", "version", name=op.f("pk_pathway")),
    )


def downgrade() -> None:
    op.drop_table("pathway")
    op.drop_table("referral_event")
    with op.batch_alter_table("referral") as batch:
        batch.drop_index(op.f("ix_referral_next_alarm_at"))
        batch.drop_constraint(op.f("uq_referral_receipt_sha256"), type_="unique")
        for name in (*_WORDS, *_TIMES, "missed_s", "endpoint", "receipt_sha256"):
            batch.drop_column(name)
