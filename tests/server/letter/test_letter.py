"""What a letter says, from the records of its referral."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.letter.letter import Letter, read_by
from server.referral import Urgency
from tests.server.letter.conftest import TOLD

MakeLetter = Callable[..., Letter]
API = Path(__file__).parents[3] / "server" / "http" / "API.md"


def test_the_view_has_exactly_the_fields_of_the_contract(letter: MakeLetter) -> None:
    text = API.read_text(encoding="utf-8").replace("\n", " ")
    contract = re.search(r"LetterView: `(\{.*?\})`\.", text)
    assert contract is not None
    flat = re.sub(r"\{[^{}]*\}", "", contract[1][1:-1])
    view = letter().view()
    assert set(re.findall(r'"(\w+)"', flat)) == set(view)
    assert set(view["reason"]) == {"code", "text_zh", "text_en"}
    assert set(view["child"]) == {"name", "sex", "birth_date"}
    assert set(view["guardian"]) == {"name", "relation", "phone", "call_back"}
    assert set(view["documents"]) == {"pictures", "papers"}
    assert json.loads(json.dumps(view)) == view


def test_it_says_who_why_where_and_by_when(letter: MakeLetter) -> None:
    view = letter().view()
    assert view["issued_at"] == "2026-03-01T09:30:00.000Z"
    assert view["number"] == "260301-01234567"
    assert view["physician"] == {"name": "王芳", "title": "主任医师", "licence": "110110000000001"}
    assert view["child"]["name"] == "张小明"
    assert view["guardian"] == {"name": "李雷", "relation": "father", "phone": "13800000000", "call_back": ""}
    assert view["reason"]["text_zh"] == "颅内压增高表现或视力下降"
    assert (view["history"], view["not_examined"]) == ("反复晨起头痛三个月。\n身高 121 cm。", "视力、眼底")
    assert view["told_family"] == "今日就诊，不要自行用药。"
    assert any("120" in words["zh"] for words in view["safety_net"])
    assert view["journal_head"] == "a3f1" * 16
    assert view["pdf"] == "/api/visits/v1/letter.pdf"


@pytest.mark.parametrize(
    ("confirmed", "shown"),
    [
        ("13911112222", "13911112222"),
        ("13800000000", ""),
        ("+8613800000000", ""),
        ("", ""),
        ("86138000000001", "86138000000001"),
    ],
)
def test_the_number_that_was_confirmed_is_told_where_it_is_another(letter: MakeLetter, confirmed: str, shown: str) -> None:
    guardian = letter(call_back=confirmed).guardian
    assert (guardian.phone, guardian.call_back) == ("13800000000", shown)
    assert "138000" not in repr(guardian)


@pytest.mark.parametrize(
    ("own", "phone", "call_back"),
    [
        ("13911112222", "138****0000", "13911112222"),
        ("+8613800000000", "13800000000", "139****2222"),
        ("13700000000", "138****0000", "139****2222"),
        ("", "138****0000", "139****2222"),
    ],
)
def test_a_further_guardian_reads_no_number_whole_but_their_own(
    letter: MakeLetter, own: str, phone: str, call_back: str
) -> None:
    whole = letter(call_back="13911112222")
    read = read_by(whole, own)
    assert (read.guardian.phone, read.guardian.call_back) == (phone, call_back)
    assert replace(read, guardian=whole.guardian) == whole
    assert read_by(letter(), own).guardian.call_back == ""


def test_it_has_the_measurements_with_how_they_were_taken(letter: MakeLetter) -> None:
    height, weight = letter(measurements=TOLD).view()["measurements"]
    assert (height["value"], height["on"], height["method"]) == ("121.5", "2026-02-01", "standing_home")
    assert (weight["value"], weight["method"], weight["clothes"]) == ("24.5", "scale_clinic", "light")


@pytest.mark.parametrize(
    ("kinds", "zh", "en"),
    [
        (("image/jpeg", "application/pdf", "image/heic"), "图片 2 张，PDF 文件 1 份", "2 pictures, 1 PDF document"),
        (("image/png",), "图片 1 张", "1 picture"),
        (("application/pdf",) * 2, "PDF 文件 2 份", "2 PDF documents"),
    ],
)
def test_it_says_which_documents_there_are_and_that_they_stay(
    letter: MakeLetter, kinds: tuple[str, ...], zh: str, en: str
) -> None:
    words = letter(documents=kinds).documents.words
    assert words is not None
    assert words.zh == f"{zh}（由转诊医院保存，未随本单发送）"
    assert words.en == f"{en} (kept by the referring hospital, not sent with this letter)"


def test_a_family_that_prepared_nothing_has_a_letter_without(letter: MakeLetter) -> None:
    made = letter()
    assert made.measurements == ()
    assert made.documents.words is None
    assert (made.view()["measurements"], made.view()["documents"]) == ([], {"pictures": 0, "papers": 0})


@pytest.mark.parametrize(
    ("urgency", "by_when"),
    [
        ("emergency", "立即 · now"),
        ("within_24h", "2026-03-02 17:30"),
        ("within_2w", "2026-03-15"),
        ("within_30d", "2026-03-31"),
        ("routine", "择期 · routine"),
    ],
)
def test_by_when_is_told_in_the_hospitals_time(letter: MakeLetter, urgency: str, by_when: str) -> None:
    made = letter(urgency=urgency)
    assert made.by_when == by_when
    assert (made.by is None) == (urgency == "routine")


def test_an_emergency_is_due_when_it_is_issued(letter: MakeLetter) -> None:
    made = letter(urgency="emergency")
    assert made.by == made.issued_at == datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    assert "现在" in made.safety_net[0].zh


def test_a_safeguarding_concern_is_not_told_to_the_family(letter: MakeLetter) -> None:
    view = json.dumps(letter(reason="in_person_review").view(), ensure_ascii=False).lower()
    assert "needs to be seen in person" in view
    assert "safeguarding" not in view
    assert "保护" not in view


def test_a_letter_whose_body_was_deleted_keeps_its_codes(letter: MakeLetter) -> None:
    for content in (None, [], {"note": 1}):
        made = letter(content=content)
        assert (made.history, made.not_examined, made.told_family) == ("", "", "")
        assert made.reason.code == "growth_pressure_or_vision"


def test_a_reason_of_another_checklist_is_said_to_be_unknown(letter: MakeLetter) -> None:
    made = letter(reason="retired_code", urgency="routine")
    assert "清单" in made.reason.text_zh
    assert made.urgency is Urgency.ROUTINE
    assert any("120" in words.zh for words in made.safety_net)
