"""Names and numbers are recognisable to their owners and to nobody else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.masking import mask_name, mask_phone


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("张小明", "张*明"),
        ("李雷", "李*"),
        ("欧阳小明", "欧**明"),
        ("王", "*"),
        ("", ""),
        ("阿依古丽·买买提", "阿***·**提"),
        ("John Smith", "J*** S****"),
        ("𠮷田明", "𠮷*明"),
        ("葛\U000e0100小明", "葛\U000e0100*明"),
        (" 张小明 ", "张*明"),
    ],
)
def test_a_name_shows_its_ends_only(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=12))
def test_a_name_always_hides_at_least_one_sign_and_keeps_its_length(name: str) -> None:
    masked = mask_name(name)
    assert len(masked) == len(name)
    assert "*" in masked
    assert sum(sign != "*" for sign in masked) <= 2


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("13812345678", "138****5678"),
        ("+86 138-1234-5678", "861******5678"),
        ("62345678", "******78"),
        ("7", "7"),
        ("", ""),
    ],
)
def test_a_number_shows_little(phone: str, masked: str) -> None:
    assert mask_phone(phone) == masked
