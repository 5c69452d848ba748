"""The tables, as plain data: portable between SQLite and PostgreSQL.

Times are seconds since 1970 (``*_at``) except in the chains, where they are whole microseconds (``at_us``) because they are
hashed. Dates are ISO text. Secrets are kept as SHA-256 only. ``event`` and ``hospital_chain`` are only ever appended to;
personal words live in ``body``, which can be deleted without breaking a chain.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

# --- people and places ----------------------------------------------------------------------------

hospital = Table(
    "hospital",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("name_en", String, nullable=False),
)

department = Table(
    "department",
    metadata,
    Column("id", String, primary_key=True),
    Column("hospital", ForeignKey("hospital.id"), nullable=False),
    Column("name", String, nullable=False),
    Column("name_en", String, nullable=False),
    Column("fields", String, nullable=False),  # growth | nutrition | skin, those it sees, separated by spaces
    Column("active", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),  # 1, 2, 3 …: one more with every change
    UniqueConstraint("hospital", "name"),
)

staff = Table(
    "staff",
    metadata,
    Column("id", String, primary_key=True),
    Column("hospital", ForeignKey("hospital.id"), nullable=False),
    Column("login", String, nullable=False, unique=True),
    Column("password_hash", String, nullable=False),
    Column("role", String, nullable=False),  # physician | operations | administrator | records_officer | coordinator
    Column("name", String, nullable=False),
    Column("title", String, nullable=False),
    Column("licence", String),
    Column("rank", String),  # server.eligibility.Rank
    Column("practice_since", String),
    Column("trained_until", String),
    Column("whitelisted", Boolean, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),  # one more with every change
)

child = Table(
    "child",
    metadata,
    Column("id", String, primary_key=True),
    Column("hospital", ForeignKey("hospital.id"), nullable=False),
    Column("name", String, nullable=False),
    Column("sex", String, nullable=False),  # female | male | unknown
    Column("birth_date", String, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),  # one more with every change
)

guardian = Table(
    "guardian",
    metadata,
    Column("id", String, primary_key=True),
    Column("hospital", ForeignKey("hospital.id"), nullable=False),
    Column("name", String, nullable=False),
    Column("phone", String, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),  # one more with every change
)

relation = Table(
    "relation",
    metadata,
    Column("guardian", ForeignKey("guardian.id"), nullable=False),
    Column("child", ForeignKey("child.id"), nullable=False),
    Column("kind", String, nullable=False),  # mother | father | legal_guardian
    Column("proof", String, nullable=False),  # household_register | birth_certificate | court_order | other
    Column("revision", Integer, nullable=False, server_default="1"),  # one more with every change
    PrimaryKeyConstraint("guardian", "child"),
)

# --- when visits may be ---------------------------------------------------------------------------

schedule = Table(
    "schedule",
    metadata,
    Column("id", String, primary_key=True),
    Column("hospital", ForeignKey("hospital.id"), nullable=False),
    Column("physician", ForeignKey("staff.id"), nullable=False),
    Column("department", ForeignKey("department.id"), nullable=False),
    Column("field", String, nullable=False),
    Column("starts_at", Double, nullable=False),
    Column("ends_at", Double, nullable=False),
    Column("slot_minutes", Integer, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
    Index("ix_schedule_hospital_starts_at", "hospital", "starts_at"),
    Index("ix_schedule_physician_starts_at", "physician", "starts_at"),
)

slot = Table(
    "slot",
    metadata,
    Column("id", String, primary_key=True),
    Column("schedule", ForeignKey("schedule.id"), nullable=False),
    Column("starts_at", Double, nullable=False),
    Column("ends_at", Double, nullable=False),
    UniqueConstraint("schedule", "starts_at"),
    Index("ix_slot_starts_at", "starts_at"),
)

hospital_limits = Table(
    "hospital_limits",
    metadata,
    Column("hospital", ForeignKey("hospital.id"), primary_key=True),
    Column("record", Text, nullable=False),  # JSON, server.booking.limits
)

refusal_count = Table(
    "refusal_count",
    metadata,
    Column("hospital", ForeignKey("hospital.id"), nullable=False),
    Column("day", String, nullable=False),  # the hospital's, ISO
    Column("code", String, nullable=False),  # server.booking.refusals.Refusal
    Column("count", Integer, nullable=False),
    PrimaryKeyConstraint("hospital", "day", "code"),
)

# --- visits ---------------------------------------------------------------------------------------

visit = Table(
    "visit",
    metadata,
    Column("id", String, primary_key=True),  # also the session's id
    Column("hospital", ForeignKey("hospital.id"), nullable=False),
    Column("department", String, nullable=False),
    Column("field", String, nullable=False),  # growth | nutrition | skin
    Column("child", String, nullable=False),
    Column("guardian", String, nullable=False),
    Column("physician", ForeignKey("staff.id"), nullable=False),
    Column("starts_at", Double, nullable=False),
    Column("ends_at", Double, nullable=False),
    Column("kind", String, nullable=False, server_default="first"),  # first | follow_up | advice
    Column("slot", ForeignKey("slot.id")),  # None: booked outside slots, at the desk
    Column("booked_at", Double),  # None: before this was written down
    Column("revision", Integer, nullable=False, server_default="1"),  # one more with every change of time or state
    # A snapshot of the session for lists, written in the transaction of the event that changed it; the journal is the truth.
    Column("state", String, nullable=False),
    Column("outcome", String),
    Column("waiting_since_at", Double),
    Column("child_confirmed_at", Double),
    Column("ended_at", Double),
    ForeignKeyConstraint(["guardian", "child"], ["relation.guardian", "relation.child"]),
    Index("ix_visit_physician_starts_at", "physician", "starts_at"),
    Index("ix_visit_state", "state"),
    Index("ix_visit_hospital_starts_at", "hospital", "starts_at"),
    Index("ix_visit_child", "child"),
)

# A slot is one visit's, until that is cancelled.
Index(
    "uq_visit_slot",
    visit.c.slot,
    unique=True,
    sqlite_where=visit.c.outcome.is_(None) | (visit.c.outcome != "cancelled"),
    postgresql_where=visit.c.outcome.is_(None) | (visit.c.outcome != "cancelled"),
)

event = Table(
    "event",
    metadata,
    Column("session", ForeignKey("visit.id"), nullable=False),
    Column("n", Integer, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("type", String, nullable=False),
    Column("record", Text, nullable=False),
    Column("previous", String, nullable=False),
    Column("hash", String, nullable=False),
    PrimaryKeyConstraint("session", "n"),
)

hospital_chain = Table(
    "hospital_chain",
    metadata,
    Column("hospital", ForeignKey("hospital.id"), nullable=False),
    Column("n", Integer, nullable=False),
    Column("session", String, nullable=False),
    Column("session_n", Integer, nullable=False),
    Column("session_head", String, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("previous", String, nullable=False),
    Column("hash", String, nullable=False),
    PrimaryKeyConstraint("hospital", "n"),
    Index("ix_hospital_chain_session", "session"),
)

body = Table(
    "body",
    metadata,
    Column("id", String, primary_key=True),
    Column("session", ForeignKey("visit.id"), nullable=False),
    Column("kind", String, nullable=False),  # chat | summary | letter | note | receipt | questionnaire | measurements
    Column("at", Double, nullable=False),
    Column("nonce", LargeBinary, nullable=False),
    Column("text", Text, nullable=False),
    Column("sha256", String, nullable=False),
    Index("ix_body_session_kind", "session", "kind"),
)

consent_text = Table(
    "consent_text",
    metadata,
    Column("hospital", ForeignKey("hospital.id"), nullable=False),
    Column("kind", String, nullable=False),  # consultation | recording
    Column("version", String, nullable=False),
    Column("language", String, nullable=False),
    Column("title", String, nullable=False),
    Column("paragraphs", Text, nullable=False),
    Column("sha256", String, nullable=False),
    Column("valid_from_at", Double, nullable=False),
    PrimaryKeyConstraint("hospital", "kind", "version", "language"),
)

consent = Table(
    "consent",
    metadata,
    Column("id", String, primary_key=True),
    Column("visit", ForeignKey("visit.id"), nullable=False),
    Column("kind", String, nullable=False),
    Column("version", String, nullable=False),
    Column("language", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("answer", String, nullable=False),  # given | refused | withdrawn
    Column("at", Double, nullable=False),
    Column("turn", Integer, nullable=False),  # 1, 2, 3 … within the visit: which answer is the last one
    UniqueConstraint("visit", "turn"),
)

preparation = Table(
    "preparation",
    metadata,
    Column("id", String, primary_key=True),
    Column("visit", ForeignKey("visit.id"), nullable=False),
    Column("kind", String, nullable=False),  # questionnaire | measurements
    Column("turn", Integer, nullable=False),  # 1, 2, 3 … within visit and kind: the last one holds, the earlier are kept
    Column("questionnaire", String),  # its version; of measurements nothing, as the next three
    Column("language", String),
    Column("shown_sha256", String),
    Column("outcome", String),  # emergency | in_person | field
    Column("body", String, nullable=False),  # in table body, until it is deleted there
    Column("at", Double, nullable=False),
    UniqueConstraint("visit", "kind", "turn"),
)

preparation_draft = Table(
    "preparation_draft",
    metadata,
    Column("visit", ForeignKey("visit.id"), primary_key=True),
    Column("questionnaire", String, nullable=False),
    Column("text", Text, nullable=False),  # JSON: answers that are not completed, of which the journal knows nothing
    Column("at", Double, nullable=False),
)

referral = Table(
    "referral",
    metadata,
    Column("id", String, primary_key=True),
    Column("visit", ForeignKey("visit.id"), nullable=False, unique=True),
    Column("number", String, nullable=False, unique=True),
    Column("reason", String, nullable=False),
    Column("urgency", String, nullable=False),
    Column("checklist_version", String, nullable=False),
    Column("body", String, nullable=False),
    Column("issued_at", Double, nullable=False),
    # A snapshot for lists, written in the transaction of each fact; what was told (``referral_event``) is the truth.
    Column("state", String, nullable=False),  # issued | sent | received | booked | seen
    Column("next_alarm_at", Double, index=True),
    # Where it goes, as it was decided at the issue (server.referrals.pathway), and by when each step must be told.
    Column("destination", String, nullable=False),
    Column("pathway_version", String, nullable=False),
    Column("destination_hospital", String, nullable=False),
    Column("destination_hospital_en", String, nullable=False),
    Column("department", String, nullable=False),
    Column("department_en", String, nullable=False),
    Column("endpoint", String),
    Column("received_by_at", Double),
    Column("booked_by_at", Double),
    Column("seen_by_at", Double),
    Column("missed_s", Double, nullable=False),
    Column("receipt_sha256", String, unique=True),  # of the token in the letter's QR code
)

referral_event = Table(
    "referral_event",
    metadata,
    Column("referral", ForeignKey("referral.id"), nullable=False),
    Column("n", Integer, nullable=False),  # of the event ``referral_told`` in the session's chain
    Column("at", Double, nullable=False),
    Column("fact", String, nullable=False),  # server.referrals.track.Fact
    Column("source", String, nullable=False),  # server | api | qr | coordinator
    Column("appointment_at", Double),
    Column("body_sha256", String, nullable=False),  # of further words, a body of kind receipt; empty without
    PrimaryKeyConstraint("referral", "n"),
)

pathway = Table(
    "pathway",
    metadata,
    Column("hospital", ForeignKey("hospital.id"), nullable=False),
    Column("version", String, nullable=False),
    Column("document", Text, nullable=False),  # JSON, as server.referrals.pathway reads it
    Column("valid_from_at", Double, nullable=False),
    PrimaryKeyConstraint("hospital", "version"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", String, primary_key=True),
    Column("session", ForeignKey("visit.id"), nullable=False),
    Column("n", Integer, nullable=False),  # 1, 2, 3 … within the visit: the order in which it is told
    Column("kind", String, nullable=False),  # webhooks.events.Kind
    Column("payload", Text, nullable=False),  # the message's data, JSON
    Column("created_at", Double, nullable=False),
    UniqueConstraint("session", "n"),
    Index("ix_outbox_created_at", "created_at"),
)

recording = Table(
    "recording",
    metadata,
    Column("id", String, primary_key=True),
    Column("session", ForeignKey("visit.id"), nullable=False, unique=True),
    Column("folder", String, nullable=False),
    Column("public_key", String, nullable=False),
    Column("state", String, nullable=False),
    Column("origin_at", Double, nullable=False),
)

visit_key = Table(
    "visit_key",
    metadata,
    Column("visit", ForeignKey("visit.id"), primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),  # server.documents.sealed: under the app's key; destroyed with its row
    Column("created_at", Double, nullable=False),
)

document = Table(
    "document",
    metadata,
    Column("id", String, primary_key=True),
    Column("visit", ForeignKey("visit.id"), nullable=False),
    Column("n", Integer, nullable=False),  # 1, 2, 3 … within the visit
    Column("length", Integer, nullable=False),
    Column("received", Integer, nullable=False),
    Column("state", String, nullable=False),  # uploading | kept | removed | destroyed
    Column("began_at", Double, nullable=False),
    Column("touched_at", Double, nullable=False),
    Column("kind", String),  # server.documents.kinds.Kind
    Column("size", Integer),
    Column("width", Integer),
    Column("height", Integer),
    Column("pages", Integer),
    Column("body", String),
    UniqueConstraint("visit", "n"),
    Index("ix_document_state", "state"),
)

# --- who may come in ------------------------------------------------------------------------------

device = Table(
    "device",
    metadata,
    Column("cookie_sha256", String, primary_key=True),
    Column("visit", ForeignKey("visit.id"), nullable=False, index=True),
    Column("role", String, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("revoked_at", Double),
)

join_link = Table(
    "join_link",
    metadata,
    Column("token_sha256", String, primary_key=True),
    Column("visit", ForeignKey("visit.id"), nullable=False, index=True),
    Column("issued_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    Column("redeemed_at", Double),
    Column("revoked_at", Double),
)

staff_session = Table(
    "staff_session",
    metadata,
    Column("cookie_sha256", String, primary_key=True),
    Column("staff", ForeignKey("staff.id"), nullable=False),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
)

socket_token = Table(
    "socket_token",
    metadata,
    Column("token_sha256", String, primary_key=True),
    Column("session", ForeignKey("visit.id"), nullable=False),
    Column("role", String, nullable=False),
    Column("device", ForeignKey("device.cookie_sha256", ondelete="CASCADE")),
    Column("staff_session", ForeignKey("staff_session.cookie_sha256", ondelete="CASCADE")),
    Column("expires_at", Double, nullable=False),
    Column("used_at", Double),
)

attempt = Table(
    "attempt",
    metadata,
    Column("key", String, primary_key=True),  # a keyed hash of what is counted: a login, an address
    Column("failures", Integer, nullable=False),
    Column("last_at", Double, nullable=False),
    Column("locked_until_at", Double, nullable=False),
)

doctor_link = Table(
    "doctor_link",
    metadata,
    Column("token_sha256", String, primary_key=True),
    Column("issued_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    Column("uses", Integer, nullable=False),
)

doctor_report = Table(
    "doctor_report",
    metadata,
    Column("link", ForeignKey("doctor_link.token_sha256", ondelete="CASCADE"), nullable=False),
    Column("n", Integer, nullable=False),  # 1, 2, 3 … of the link
    Column("at", Double, nullable=False),
    Column("report", Text, nullable=False),  # JSON, as server.doctor.report writes it
    PrimaryKeyConstraint("link", "n"),
    Index("ix_doctor_report_at", "at"),
)

api_key = Table(
    "api_key",
    metadata,
    Column("id", String, primary_key=True),
    Column("hospital", ForeignKey("hospital.id"), nullable=False),
    Column("name", String, nullable=False),
    Column("token_sha256", String, nullable=False, unique=True),
    Column("scopes", String, nullable=False),  # server.scopes, separated by spaces
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double),
    Column("revoked_at", Double),
    Column("last_used_on", String),  # the day in UTC
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("api_key", ForeignKey("api_key.id"), nullable=False),
    Column("key", String, nullable=False),
    Column("request_sha256", String, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("answer", Text, nullable=False),  # JSON, without what is told only once
    Column("revision", Integer),
    PrimaryKeyConstraint("api_key", "key"),
    Index("ix_idempotency_created_at", "created_at"),
)

# --- webhooks -------------------------------------------------------------------------------------

webhook_endpoint = Table(
    "webhook_endpoint",
    metadata,
    Column("id", String, primary_key=True),
    Column("hospital", ForeignKey("hospital.id"), nullable=False, index=True),
    Column("url", String, nullable=False),
    Column("secret", LargeBinary, nullable=False),  # sealed (keys.SealedValues), to be read for signing
    Column("former_secret", LargeBinary),
    Column("former_until_at", Double),  # until then messages are signed with the former one, too
    Column("created_at", Double, nullable=False),
    Column("removed_at", Double),
)

webhook_subscription = Table(
    "webhook_subscription",
    metadata,
    Column("endpoint", ForeignKey("webhook_endpoint.id"), nullable=False),
    Column("kind", String, nullable=False),
    PrimaryKeyConstraint("endpoint", "kind"),
)

webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    Column("endpoint", ForeignKey("webhook_endpoint.id"), nullable=False),
    Column("message", ForeignKey("outbox.id"), nullable=False),
    Column("session", String, nullable=False),  # the message's, as is its number: what the order goes by
    Column("n", Integer, nullable=False),
    Column("state", String, nullable=False),  # waiting | delivered | dead
    Column("attempts", Integer, nullable=False),
    Column("first_at", Double),  # of the first attempt since it was written, or replayed
    Column("next_at", Double, nullable=False),
    Column("settled_at", Double),
    Column("status", Integer),  # of the last answer
    Column("fault", String),  # why the last attempt failed, a code
    PrimaryKeyConstraint("endpoint", "message"),
    Index("ix_webhook_delivery_order", "endpoint", "session", "n"),
    Index("ix_webhook_delivery_state_next_at", "state", "next_at"),
)

# --- the server itself ----------------------------------------------------------------------------

app_lease = Table(
    "app_lease",
    metadata,
    Column("name", String, primary_key=True),
    Column("beat_at", Double, nullable=False),
)
