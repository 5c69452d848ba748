"""Visits: what was booked, what happened (the journal), what was said, agreed and prepared, what was recorded."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from server.store.tables.base import metadata

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
    Column("state", String, nullable=False),  # waiting | text | verifying | live | held | ended
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
    Column("kind", String, nullable=False),  # what it is: see server.store.bodies
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
    Column("guardian", ForeignKey("guardian.id")),  # a further one's; null for the guardian of the visit
    UniqueConstraint("visit", "turn"),
)

visit_guardian = Table(
    "visit_guardian",  # who may come with the child besides the guardian whom the visit is booked with
    metadata,
    Column("visit", ForeignKey("visit.id"), nullable=False),
    Column("n", Integer, nullable=False),  # 1, 2, 3 … of the visit
    Column("guardian", ForeignKey("guardian.id"), nullable=False),
    Column("added_at", Double, nullable=False),
    Column("removed_at", Double),  # null for who may come; what the others said while they might stays theirs
    PrimaryKeyConstraint("visit", "n"),
    UniqueConstraint("visit", "guardian"),
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
    Column("guardian", ForeignKey("guardian.id")),  # a further one, whose telling it was; null for the guardian of the visit
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
    Column("purpose", String, nullable=False, server_default="examination"),  # examination | delegation
    Column("read_at", Double),  # when the physician first opened it
    Column("device", String),  # the hash of the cookie of the device that hands it in
    Column("idempotency_key", String),  # under which that device began it; null without one, and once it was taken back
    UniqueConstraint("visit", "n"),
    UniqueConstraint("device", "visit", "idempotency_key"),
    Index("ix_document_state", "state"),
)
