"""When a referral is to be sent to its destination, so that those that are due are found whatever else waits.

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("referral", sa.Column("next_attempt_at", sa.Double(), nullable=True))
    op.create_index("ix_referral_next_attempt_at", "referral", ["next_attempt_at"])
    # One attempt more or less is no harm: what has been tried long enough says so after it.
    op.execute(
        "UPDATE referral SET next_attempt_at = issued_at WHERE endpoint IS NOT NULL AND state <> 'seen' AND NOT EXISTS "
        "(SELECT 1 FROM referral_event WHERE referral_event.referral = referral.id AND referral_event.fact = 'sent')"
    )


def downgrade() -> None:
    op.drop_index("ix_referral_next_attempt_at", "referral")
    op.drop_column("referral", "next_attempt_at")
