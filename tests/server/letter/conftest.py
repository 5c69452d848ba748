"""A referral's records, as the store gives them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from server import checklists
from server.eligibility import Credentials
from server.letter.letter import Letter, compose
from server.referral import Urgency
from server.referrals.track import Track
from server.store.details import LetterRecord, Person, Physician
from server.store.referrals import Referral

ISSUED_AT = 1772357400.0  # 2026-03-01 09:30 UTC, 17:30 in Beijing
NEW = Track(Urgency.WITHIN_24H, ISSUED_AT)
TOLD = {
    "measurements": [
        {"kind": "height", "value": "121.5", "on": "2026-02-01", "method": "standing_home"},
        {"kind": "weight", "value": "24.5", "on": "2026-02-02", "method": "scale_clinic", "clothes": "light"},
    ]
}
"""What the family measured, as its body has it."""
TEXTS = {"note": "反复晨起头痛三个月。\n身高 121 cm。", "not_examined": "视力、眼底", "told_family": "今日就诊，不要自行用药。"}


def make_record(
    *,
    child: str = "张小明",
    guardian: str = "李雷",
    sex: str = "male",
    relation: str = "father",
    reason: str = "growth_pressure_or_vision",
    urgency: str = "within_24h",
    content: Any = TEXTS,
    state: str = "issued",
    journal_head: str = "a3f1" * 16,
    track: Track = NEW,
    phone: str = "13800000000",
    call_back: str = "",
    measurements: Any = None,
    documents: tuple[str, ...] = (),
    measured_by_further: bool = False,
) -> LetterRecord:
    version = checklists.DEFAULT
    filed = Referral(
        "0123456789abcdef0123456789abcdef",
        "v1",
        "260301-01234567",
        reason,
        urgency,
        version,
        "b1",
        ISSUED_AT,
        state,
        destination_hospital="示范儿童医院",
        destination_hospital_en="Demo Children's Hospital",
        department="内分泌遗传代谢科",
        department_en="Endocrinology",
    )
    return LetterRecord(
        referral=filed,
        content=content,
        hospital_name="示范儿童医院",
        hospital_name_en="Demo Children's Hospital",
        department="内分泌遗传代谢科",
        field="growth",
        physician=Physician(
            "p1", "王芳", "主任医师", "110110000000001", Credentials("110110000000001", None, None, None, True)
        ),
        child=Person(child, sex, "2018-01-01"),
        guardian_name=guardian,
        guardian_phone=phone,
        relation=relation,
        journal_head=journal_head,
        track=track,
        call_back=call_back,
        measurements=measurements,
        documents=documents,
        measured_by_further=measured_by_further,
    )


@pytest.fixture
def letter() -> Callable[..., Letter]:
    def make(*, receipt_link: str = "", **changes: Any) -> Letter:
        return compose(make_record(**changes), checklists.load(), receipt_link)

    return make
