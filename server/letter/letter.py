"""What a referral's letter says: one value, composed from the referral and the visit's records, that page, paper and FHIR show.

The letter is for the family and for the hospital that receives the child, so it holds whole names and the whole numbers under
which the family is reached (of which a further guardian reads only their own, ``read_by``), and of the reason only the words
that the checklist has for letters. It is composed anew at each reading; what was decided (codes, words, time, the journal's
head) is in the records and never changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from server.calendar import CHINA
from server.masking import mask_phone
from server.questionnaires.measurements import Measurement, plain, read_back
from server.referral import Checklist, Urgency, Words
from server.referrals.track import Stage, Track
from server.store.details import LetterRecord
from server.telephone import read_phone

GONE = Words("（原因不在本院现行清单中）", "(not a reason of this hospital's checklist)")


@dataclass(frozen=True, slots=True)
class ReasonText:
    code: str
    text_zh: str
    text_en: str


@dataclass(frozen=True, slots=True)
class Signatory:
    name: str
    title: str
    licence: str


@dataclass(frozen=True, slots=True)
class Patient:
    """``sex`` is female, male or unknown; ``birth_date`` an ISO date."""

    name: str
    sex: str
    birth_date: str


@dataclass(frozen=True, slots=True)
class Accompanying:
    """Who comes with the child. ``relation`` is mother, father, legal_guardian or delegated; ``phone`` is the number that was
    booked with, ``call_back`` the one that the physician confirmed on camera, empty when it is the same or none was."""

    name: str
    relation: str
    phone: str = field(repr=False)
    call_back: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Documents:
    """How many pictures and other documents (PDF) the family handed in. The letter tells of them and brings none."""

    pictures: int = 0
    papers: int = 0

    @property
    def words(self) -> Words | None:
        """None when there are none."""
        counts = ((self.pictures, "图片", "张", "picture"), (self.papers, "PDF 文件", "份", "PDF document"))
        there = [(n, zh, unit, en if n == 1 else f"{en}s") for n, zh, unit, en in counts if n]
        if not there:
            return None
        zh = "，".join(f"{what} {n} {unit}" for n, what, unit, _ in there)
        en = ", ".join(f"{n} {what}" for n, _, _, what in there)
        return Words(
            f"{zh}（由转诊医院保存，未随本单发送）", f"{en} (kept by the referring hospital, not sent with this letter)"
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where the child is to go. The English of a department may be empty."""

    hospital: str
    hospital_en: str
    department: str
    department_en: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """A step that was told, and when; of a booking also the appointment, where its time is known."""

    state: str
    at: datetime
    appointment_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """LetterView of server/http/API.md, and what paper and FHIR need besides. ``hospital`` and ``department`` are the issuer's.

    ``receipt_link`` is what the QR code for the destination's desk holds; empty when there is none.
    ``measured_by_further``: not the guardian whom the letter names told the measurements, but another of the child's.
    """

    referral: str
    number: str
    issued_at: datetime
    urgency: Urgency
    reason: ReasonText
    physician: Signatory
    hospital: str
    hospital_en: str
    department: str
    child: Patient
    guardian: Accompanying
    history: str
    not_examined: str
    measurements: tuple[Measurement, ...]
    documents: Documents
    told_family: str
    safety_net: tuple[Words, ...]
    journal_head: str
    checklist_version: str
    state: str
    page: str
    pdf: str
    fhir: str
    destination: Place
    receipts: tuple[Receipt, ...]
    receipt_link: str
    reopened_at: datetime | None = None
    measured_by_further: bool = False

    @property
    def by(self) -> datetime | None:
        """The latest time to be seen, in the hospital's time; None for routine."""
        latest = self.urgency.by(self.issued_at)
        return latest and latest.astimezone(CHINA)

    @property
    def by_when(self) -> str:
        """By when, as a family reads it in either language: a day, for 24 hours with the time."""
        match self.urgency:
            case Urgency.EMERGENCY:
                return "立即 · now"
            case Urgency.ROUTINE:
                return "择期 · routine"
            case Urgency.WITHIN_24H:
                return f"{self.by:%Y-%m-%d %H:%M}"
            case _:
                return f"{self.by:%Y-%m-%d}"

    def view(self) -> dict[str, Any]:
        """LetterView, ready for JSON."""
        values = asdict(self)
        for further in ("checklist_version", "state", "receipt_link", "reopened_at", "measured_by_further"):
            del values[further]
        values["issued_at"] = _instant(self.issued_at)
        values["urgency"] = self.urgency.value
        values["receipt"] = self.state
        values["receipts"] = [_receipt(each) for each in self.receipts]
        values["receipt_qr"] = f"{self.fhir.removesuffix('.fhir.json')}.qr.svg" if self.receipt_link else None
        values["measurements"] = [plain(each) for each in self.measurements]
        return values | {"by_when": self.by_when, "safety_net": [asdict(words) for words in self.safety_net]}


def compose(record: LetterRecord, checklist: Checklist, receipt_link: str = "") -> Letter:
    """The letter of a filed referral. Its texts are empty when the body was deleted, its codes stay.

    ``checklist`` is that of the record's ``checklist_version``; of another one's unknown reason the letter says just that.
    """
    filed, content = record.referral, _texts(record.content)
    reason, urgency = checklist.reason(filed.reason), Urgency(filed.urgency)
    words = reason.letter if reason else GONE
    base = f"/api/visits/{filed.visit}/letter"
    return Letter(
        referral=filed.id,
        number=filed.number,
        issued_at=datetime.fromtimestamp(filed.issued_at, UTC),
        urgency=urgency,
        reason=ReasonText(filed.reason, words.zh, words.en),
        physician=Signatory(record.physician.name, record.physician.title, record.physician.licence),
        hospital=record.hospital_name,
        hospital_en=record.hospital_name_en,
        department=record.department,
        child=Patient(record.child.name, record.child.sex, record.child.birth_date),
        guardian=_accompanying(record),
        history=content.get("note", ""),
        not_examined=content.get("not_examined", ""),
        measurements=_measured(record.measurements),
        documents=_documents(record.documents),
        told_family=content.get("told_family", ""),
        safety_net=checklist.safety_net(reason, urgency) if reason else checklist.by_urgency[urgency] + checklist.always,
        journal_head=record.journal_head,
        checklist_version=filed.checklist_version,
        state=filed.state,
        page=f"/letter/?visit={filed.visit}",
        pdf=f"{base}.pdf",
        fhir=f"{base}.fhir.json",
        destination=Place(filed.destination_hospital, filed.destination_hospital_en, filed.department, filed.department_en),
        receipts=_receipts(record.track),
        reopened_at=_maybe(record.track.reopened_at),
        receipt_link=receipt_link,
        measured_by_further=record.measured_by_further,
    )


def read_by(letter: Letter, own: str) -> Letter:
    """As a further guardian reads it, who is reached under ``own``: every other number is masked."""

    def shown(phone: str) -> str:
        return phone if (read_phone(phone) or phone) == (read_phone(own) or own) else mask_phone(phone)

    guardian = letter.guardian
    return replace(letter, guardian=replace(guardian, phone=shown(guardian.phone), call_back=shown(guardian.call_back)))


def _accompanying(record: LetterRecord) -> Accompanying:
    phone, call_back = record.guardian_phone, record.call_back
    same = (read_phone(call_back) or call_back) == (read_phone(phone) or phone)
    return Accompanying(record.guardian_name, record.relation, phone, "" if same else call_back)


def _measured(content: object) -> tuple[Measurement, ...]:
    return read_back(content["measurements"]) if isinstance(content, Mapping) else ()


def _documents(kinds: Sequence[str]) -> Documents:
    pictures = sum(kind.startswith("image/") for kind in kinds)
    return Documents(pictures, len(kinds) - pictures)


def _receipts(track: Track) -> tuple[Receipt, ...]:
    times = (
        (Stage.SENT, track.sent_at),
        (Stage.RECEIVED, track.received_at),
        (Stage.BOOKED, track.booked_at),
        (Stage.SEEN, track.seen_at),
    )
    appointment = _maybe(track.appointment_at)
    return tuple(
        Receipt(stage.value, datetime.fromtimestamp(at, UTC), appointment if stage is Stage.BOOKED else None)
        for stage, at in times
        if at is not None
    )


def _maybe(at: float | None) -> datetime | None:
    return None if at is None else datetime.fromtimestamp(at, UTC)


def receipts(track: Track) -> list[dict[str, str | None]]:
    """The steps that were told, ready for JSON."""
    return [_receipt(each) for each in _receipts(track)]


def _receipt(receipt: Receipt) -> dict[str, str | None]:
    appointment = None if receipt.appointment_at is None else _instant(receipt.appointment_at)
    return {"state": receipt.state, "at": _instant(receipt.at), "appointment_at": appointment}


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _texts(content: object) -> Mapping[str, str]:
    if not isinstance(content, Mapping):
        return {}
    return {str(name): text for name, text in content.items() if isinstance(text, str)}
