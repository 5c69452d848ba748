"""Webhooks: endpoints, what they subscribed to, deliveries; the outbox counts the messages of each visit.

Whether a message was delivered is now a matter of each endpoint. The messages that are there already get the names and the
data that hospitals are told.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_outbox = sa.table(
    "outbox",
    sa.column("id", sa.String),
    sa.column("session", sa.String),
    sa.column("n", sa.Integer),
    sa.column("kind", sa.String),
    sa.column("payload", sa.Text),
    sa.column("created_at", sa.Double),
)


def upgrade() -> None:
    op.drop_index("ix_outbox_delivered_at", "outbox")
    with op.batch_alter_table("outbox") as batch:
        batch.drop_column("delivered_at")
        batch.add_column(sa.Column("n", sa.Integer(), nullable=True))
    _number_the_messages()
    _rename("referral", "referral.issued")
    _rename("child_denied", "visit.child_denied")
    op.execute(_outbox.update().where(_outbox.c.kind == "visit.child_denied").values(payload="{}"))
    with op.batch_alter_table("outbox") as batch:
        batch.alter_column("n", existing_type=sa.Integer(), nullable=False)
        batch.create_unique_constraint("uq_outbox_session", ["session", "n"])
        batch.create_index("ix_outbox_created_at", ["created_at"])
    _create_tables()


def downgrade() -> None:
    op.drop_table("webhook_delivery")
    op.drop_table("webhook_subscription")
    op.drop_table("webhook_endpoint")
    _rename("referral.issued", "referral")
    _rename("visit.child_denied", "child_denied")
    with op.batch_alter_table("outbox") as batch:
        batch.drop_index("ix_outbox_created_at")
        batch.drop_constraint("uq_outbox_session", type_="unique")
        batch.drop_column("n")
        batch.add_column(sa.Column("delivered_at", sa.Double(), nullable=True))
    op.create_index("ix_outbox_delivered_at", "outbox", ["delivered_at"])


def _number_the_messages() -> None:
    """1, 2, 3 … within each visit, as they were written."""
    earlier = _outbox.alias("earlier")
    before = sa.or_(
        earlier.c.created_at < _outbox.c.created_at,
        sa.and_(earlier.c.created_at == _outbox.c.created_at, earlier.c.id <= _outbox.c.id),
    )
    count = sa.select(sa.func.count()).where(earlier.c.session == _outbox.c.session, before).scalar_subquery()
    op.execute(_outbox.update().values(n=count))


def _rename(former: str, name: str) -> None:
    op.execute(_outbox.update().where(_outbox.c.kind == former).values(kind=name))


def _create_tables() -> None:
    op.create_table(
        "webhook_endpoint",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("hospital", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("former_secret", sa.LargeBinary(), nullable=True),
        sa.Column("former_until_at", sa.Double(), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("removed_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["hospital"], ["hospital.id"], name=op.f("fk_webhook_endpoint_hospital")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoint")),
    )
    op.create_index(op.f("ix_webhook_endpoint_hospital"), "webhook_endpoint", ["hospital"])
    op.create_table(
        "webhook_subscription",
        sa.Column("endpoint", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["endpoint"], ["webhook_endpoint.id"], name=op.f("fk_webhook_subscription_endpoint")),
        sa.PrimaryKeyConstraint("endpoint", "kind", name=op.f("pk_webhook_subscription")),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("endpoint", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("session", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.Double(), nullable=True),
        sa.Column("next_at", sa.Double(), nullable=False),
        sa.Column("settled_at", sa.Double(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("fault", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["endpoint"], ["webhook_endpoint.id"], name=op.f("fk_webhook_delivery_endpoint")),
        sa.ForeignKeyConstraint(["message"], ["outbox.id"], name=op.f("fk_webhook_delivery_message")),
        sa.PrimaryKeyConstraint("endpoint", "message", name=op.f("pk_webhook_delivery")),
    )
    op.create_index("ix_webhook_delivery_order", "webhook_delivery", ["endpoint", "session", "n"])
    op.create_index("ix_webhook_delivery_state_next_at", "webhook_delivery", ["state", "next_at"])
