"""What is booked: schedules and their slots, kinds and revisions of visits, the hospital's limits, counts of refusals.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_REVISED = ("staff", "child", "guardian", "relation", "visit")
_NOT_CANCELLED = sa.text("outcome IS NULL OR outcome != 'cancelled'")


def upgrade() -> None:
    _create_schedules()
    _create_counts()
    for table in _REVISED:
        op.add_column(table, sa.Column("revision", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("visit", sa.Column("kind", sa.String(), nullable=False, server_default="first"))
    of_a_slot = sa.ForeignKey("slot.id", name="fk_visit_slot")
    op.add_column("visit", sa.Column("slot", sa.String(), of_a_slot, nullable=True), inline_references=True)
    op.add_column("visit", sa.Column("booked_at", sa.Double(), nullable=True))
    op.create_index(
        "uq_visit_slot", "visit", ["slot"], unique=True, sqlite_where=_NOT_CANCELLED, postgresql_where=_NOT_CANCELLED
    )
    op.create_index("ix_visit_hospital_starts_at", "visit", ["hospital", "starts_at"])
    op.create_index("ix_visit_child", "visit", ["child"])


def _create_schedules() -> None:
    op.create_table(
        "schedule",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("hospital", sa.String(), nullable=False),
        sa.Column("physician", sa.String(), nullable=False),
        sa.Column("department", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("starts_at", sa.Double(), nullable=False),
        sa.Column("ends_at", sa.Double(), nullable=False),
        sa.Column("slot_minutes", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["hospital"], ["hospital.id"], name=op.f("fk_schedule_hospital")),
        sa.ForeignKeyConstraint(["physician"], ["staff.id"], name=op.f("fk_schedule_physician")),
        sa.ForeignKeyConstraint(["department"], ["department.id"], name=op.f("fk_schedule_department")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule")),
    )
    op.create_index("ix_schedule_hospital_starts_at", "schedule", ["hospital", "starts_at"])
    op.create_index("ix_schedule_physician_starts_at", "schedule", ["physician", "starts_at"])
    op.create_table(
        "slot",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("schedule", sa.String(), nullable=False),
        sa.Column("starts_at", sa.Double(), nullable=False),
        sa.Column("ends_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["schedule"], ["schedule.id"], name=op.f("fk_slot_schedule")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot")),
        sa.UniqueConstraint("schedule", "starts_at", name=op.f("uq_slot_schedule")),
    )
    op.create_index("ix_slot_starts_at", "slot", ["starts_at"])


def _create_counts() -> None:
    op.create_table(
        "hospital_limits",
        sa.Column("hospital", sa.String(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["hospital"], ["hospital.id"], name=op.f("fk_hospital_limits_hospital")),
        sa.PrimaryKeyConstraint("hospital", name=op.f("pk_hospital_limits")),
    )
    op.create_table(
        "refusal_count",
        sa.Column("hospital", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["hospital"], ["hospital.id"], name=op.f("fk_refusal_count_hospital")),
        sa.PrimaryKeyConstraint("hospital", "day", "code", name=op.f("pk_refusal_count")),
    )


def downgrade() -> None:
    op.drop_index("ix_visit_child", "visit")
    op.drop_index("ix_visit_hospital_starts_at", "visit")
    op.drop_index("uq_visit_slot", "visit")
    # in place: a table that others refer to cannot be put together anew under SQLite's foreign keys
    for column in ("booked_at", "slot", "kind"):
        op.drop_column("visit", column)
    for table in _REVISED:
        op.drop_column(table, "revision")
    for table in ("refusal_count", "hospital_limits", "slot", "schedule"):
        op.drop_table(table)
