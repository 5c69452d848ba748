"""The tables, as plain data: portable between SQLite and PostgreSQL.

Times are seconds since 1970 (``*_at``) except in the chains, where they are whole microseconds (``at_us``) because they are
hashed. Dates are ISO text. Secrets are kept as SHA-256 only. ``event`` and ``hospital_chain`` are only ever appended to;
personal words live in ``body``, which can be deleted without breaking a chain.
"""

from __future__ import annotations

from server.store.tables.base import metadata
from server.store.tables.entry import (
    api_key,
    attempt,
    device,
    doctor_link,
    doctor_report,
    guest_invitation,
    idempotency,
    join_link,
    socket_token,
    staff_session,
)
from server.store.tables.machine import app_lease
from server.store.tables.notes import concern, concern_event, note, note_draft
from server.store.tables.people import child, department, guardian, hospital, relation, staff
from server.store.tables.referrals import pathway, referral, referral_event
from server.store.tables.reminders import reminder
from server.store.tables.schedules import hospital_limits, public_booking, refusal_count, schedule, slot
from server.store.tables.visits import (
    body,
    consent,
    consent_text,
    document,
    event,
    hospital_chain,
    preparation,
    preparation_draft,
    recording,
    visit,
    visit_guardian,
    visit_key,
)
from server.store.tables.webhooks import outbox, webhook_delivery, webhook_endpoint, webhook_subscription

__all__ = [
    "api_key",
    "app_lease",
    "attempt",
    "body",
    "child",
    "concern",
    "concern_event",
    "consent",
    "consent_text",
    "department",
    "device",
    "doctor_link",
    "doctor_report",
    "document",
    "event",
    "guardian",
    "guest_invitation",
    "hospital",
    "hospital_chain",
    "hospital_limits",
    "idempotency",
    "join_link",
    "metadata",
    "note",
    "note_draft",
    "outbox",
    "pathway",
    "preparation",
    "preparation_draft",
    "public_booking",
    "recording",
    "referral",
    "referral_event",
    "refusal_count",
    "relation",
    "reminder",
    "schedule",
    "slot",
    "socket_token",
    "staff",
    "staff_session",
    "visit",
    "visit_guardian",
    "visit_key",
    "webhook_delivery",
    "webhook_endpoint",
    "webhook_subscription",
]
