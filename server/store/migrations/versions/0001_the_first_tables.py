"""The first tables.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "app_lease",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("beat_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_app_lease")),
    )
    op.create_table(
        "attempt",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.Double(), nullable=False),
        sa.Column("locked_until_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_attempt")),
    )
    op.create_table(
        "hospital",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hospital")),
    )
    op.create_table(
        "child",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("hospital", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sex", sa.String(), nullable=False),
        sa.Column("birth_date", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["hospital"], ["hospital.id"], name=op.f("fk_child_hospital")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_child")),
    )
    op.create_table(
        "consent_text",
        sa.Column("hospital", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("paragraphs", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("valid_from_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["hospital"], ["hospital.id"], name=op.f("fk_consent_text_hospital")),
        sa.PrimaryKeyConstraint("hospital", "kind", "version", "language", name=op.f("pk_consent_text")),
    )
    op.create_table(
        "guardian",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("hospital", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["hospital"], ["hospital.id"], name=op.f("fk_guardian_hospital")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guardian")),
    )
    op.create_table(
        "hospital_chain",
        sa.Column("hospital", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("session", sa.String(), nullable=False),
        sa.Column("session_n", sa.Integer(), nullable=False),
        sa.Column("session_head", sa.String(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["hospital"], ["hospital.id"], name=op.f("fk_hospital_chain_hospital")),
        sa.PrimaryKeyConstraint("hospital", "n", name=op.f("pk_hospital_chain")),
    )
    with op.batch_alter_table("hospital_chain", schema=None) as batch_op:
        batch_op.create_index("ix_hospital_chain_session", ["session"], unique=False)

    op.create_table(
        "staff",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("hospital", sa.String(), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("licence", sa.String(), nullable=True),
        sa.Column("rank", sa.String(), nullable=True),
        sa.Column("practice_since", sa.String(), nullable=True),
        sa.Column("trained_until", sa.String(), nullable=True),
        sa.Column("whitelisted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["hospital"], ["hospital.id"], name=op.f("fk_staff_hospital")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("login", name=op.f("uq_staff_login")),
    )
    op.create_table(
        "relation",
        sa.Column("guardian", sa.String(), nullable=False),
        sa.Column("child", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("proof", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["child"], ["child.id"], name=op.f("fk_relation_child")),
        sa.ForeignKeyConstraint(["guardian"], ["guardian.id"], name=op.f("fk_relation_guardian")),
        sa.PrimaryKeyConstraint("guardian", "child", name=op.f("pk_relation")),
    )
    op.create_table(
        "staff_session",
        sa.Column("cookie_sha256", sa.String(), nullable=False),
        sa.Column("staff", sa.String(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["staff"], ["staff.id"], name=op.f("fk_staff_session_staff")),
        sa.PrimaryKeyConstraint("cookie_sha256", name=op.f("pk_staff_session")),
    )
    op.create_table(
        "visit",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("hospital", sa.String(), nullable=False),
        sa.Column("department", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("child", sa.String(), nullable=False),
        sa.Column("guardian", sa.String(), nullable=False),
        sa.Column("physician", sa.String(), nullable=False),
        sa.Column("starts_at", sa.Double(), nullable=False),
        sa.Column("ends_at", sa.Double(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("waiting_since_at", sa.Double(), nullable=True),
        sa.Column("child_confirmed_at", sa.Double(), nullable=True),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["guardian", "child"], ["relation.guardian", "relation.child"], name=op.f("fk_visit_guardian")),
        sa.ForeignKeyConstraint(["hospital"], ["hospital.id"], name=op.f("fk_visit_hospital")),
        sa.ForeignKeyConstraint(["physician"], ["staff.id"], name=op.f("fk_visit_physician")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
    )
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.create_index("ix_visit_physician_starts_at", ["physician", "starts_at"], unique=False)
        batch_op.create_index("ix_visit_state", ["state"], unique=False)

    op.create_table(
        "body",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("session", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["session"], ["visit.id"], name=op.f("fk_body_session")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_body")),
    )
    with op.batch_alter_table("body", schema=None) as batch_op:
        batch_op.create_index("ix_body_session_kind", ["session", "kind"], unique=False)

    op.create_table(
        "consent",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("visit", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["visit"], ["visit.id"], name=op.f("fk_consent_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        sa.UniqueConstraint("visit", "turn", name=op.f("uq_consent_visit")),
    )
    op.create_table(
        "device",
        sa.Column("cookie_sha256", sa.String(), nullable=False),
        sa.Column("visit", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("revoked_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["visit"], ["visit.id"], name=op.f("fk_device_visit")),
        sa.PrimaryKeyConstraint("cookie_sha256", name=op.f("pk_device")),
    )
    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_device_visit"), ["visit"], unique=False)

    op.create_table(
        "event",
        sa.Column("session", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["session"], ["visit.id"], name=op.f("fk_event_session")),
        sa.PrimaryKeyConstraint("session", "n", name=op.f("pk_event")),
    )
    op.create_table(
        "join_link",
        sa.Column("token_sha256", sa.String(), nullable=False),
        sa.Column("visit", sa.String(), nullable=False),
        sa.Column("issued_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.Column("redeemed_at", sa.Double(), nullable=True),
        sa.Column("revoked_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["visit"], ["visit.id"], name=op.f("fk_join_link_visit")),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_join_link")),
    )
    with op.batch_alter_table("join_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_join_link_visit"), ["visit"], unique=False)

    op.create_table(
        "outbox",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("session", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("delivered_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["session"], ["visit.id"], name=op.f("fk_outbox_session")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index("ix_outbox_delivered_at", ["delivered_at"], unique=False)

    op.create_table(
        "recording",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("session", sa.String(), nullable=False),
        sa.Column("folder", sa.String(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("origin_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["session"], ["visit.id"], name=op.f("fk_recording_session")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording")),
        sa.UniqueConstraint("session", name=op.f("uq_recording_session")),
    )
    op.create_table(
        "referral",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("visit", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("urgency", sa.String(), nullable=False),
        sa.Column("checklist_version", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("issued_at", sa.Double(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["visit"], ["visit.id"], name=op.f("fk_referral_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral")),
        sa.UniqueConstraint("number", name=op.f("uq_referral_number")),
        sa.UniqueConstraint("visit", name=op.f("uq_referral_visit")),
    )
    op.create_table(
        "socket_token",
        sa.Column("token_sha256", sa.String(), nullable=False),
        sa.Column("session", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=True),
        sa.Column("staff_session", sa.String(), nullable=True),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.Column("used_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["device"], ["device.cookie_sha256"], name=op.f("fk_socket_token_device"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["session"], ["visit.id"], name=op.f("fk_socket_token_session")),
        sa.ForeignKeyConstraint(
            ["staff_session"], ["staff_session.cookie_sha256"], name=op.f("fk_socket_token_staff_session"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_socket_token")),
    )


def downgrade() -> None:
    op.drop_table("socket_token")
    op.drop_table("referral")
    op.drop_table("recording")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index("ix_outbox_delivered_at")

    op.drop_table("outbox")
    with op.batch_alter_table("join_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_join_link_visit"))

    op.drop_table("join_link")
    op.drop_table("event")
    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_device_visit"))

    op.drop_table("device")
    op.drop_table("consent")
    with op.batch_alter_table("body", schema=None) as batch_op:
        batch_op.drop_index("ix_body_session_kind")

    op.drop_table("body")
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.drop_index("ix_visit_state")
        batch_op.drop_index("ix_visit_physician_starts_at")

    op.drop_table("visit")
    op.drop_table("staff_session")
    op.drop_table("relation")
    op.drop_table("staff")
    with op.batch_alter_table("hospital_chain", schema=None) as batch_op:
        batch_op.drop_index("ix_hospital_chain_session")

    op.drop_table("hospital_chain")
    op.drop_table("guardian")
    op.drop_table("consent_text")
    op.drop_table("child")
    op.drop_table("hospital")
    op.drop_table("attempt")
    op.drop_table("app_lease")
