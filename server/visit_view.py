"""A visit as a page may know it: PROTOCOL.md's VisitView, masked; checklist and telephone number are the physician's only."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from server.referral import Checklist, Words
from server.referrals.pathway import Referring
from server.store.details import VisitDetail
from signaling.messages import DepartmentView, PhysicianCard, ReasonView, VisitView
from signaling.seats import Role


def visit_view(
    detail: VisitDetail, role: Role, language: str, checklist: Checklist, referring: Referring | None = None
) -> VisitView:
    """``referring`` says where the physician can refer to; without it, that is left out."""

    def said(words: Words) -> str:
        return words.zh if language == "zh" else words.en

    to = referring if role is Role.PHYSICIAN else None
    physician = detail.physician
    hospital = detail.hospital_name if language == "zh" else detail.hospital_name_en
    reasons = checklist.for_field(detail.field) if role is Role.PHYSICIAN else ()
    return VisitView(
        id=detail.id,
        field=detail.field,
        starts_at=moment(detail.starts_at),
        child=detail.child,
        guardian=detail.guardian,
        physician=PhysicianCard(physician.name, physician.title, hospital, physician.licence),
        call_back=detail.guardian_phone if role is Role.PHYSICIAN else "",
        reasons=tuple(
            ReasonView(r.code, said(r.text), r.urgency.value, to.proposed(r.code) if to is not None else ()) for r in reasons
        ),
        departments=() if to is None else tuple(DepartmentView(code, said(words)) for code, words in to.departments()),
    )


def before_confirmation(view: VisitView) -> VisitView:
    """What whoever holds the link sees before they said that the child is theirs: masked names, the hospital and the time. For
    what the child is seen, and by whom, is not a stranger's to know."""
    return replace(view, field="", physician=PhysicianCard("", "", view.physician.hospital, ""))


def moment(at: float) -> str:
    """RFC 3339, UTC, milliseconds."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
