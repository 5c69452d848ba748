"""What a family typed is taken as it was meant, or every fault in it is told at once."""

from __future__ import annotations

from datetime import date

import pytest

from server.booking.details import FIELDS, Details, Fault, InvalidDetails, Why, read

TODAY = date(2026, 11, 22)
GOOD = {
    "child_name": "陈小雨",
    "sex": "female",
    "birth_date": "2019-06-01",
    "guardian_name": "陈静",
    "relation": "mother",
    "phone": "13912345678",
    "email": "chen.jing@example.com",
}


def faults(**changes: str) -> list[tuple[str, Why]]:
    with pytest.raises(InvalidDetails) as invalid:
        read(GOOD | changes, TODAY)
    return [(fault.field, fault.why) for fault in invalid.value.faults]


def test_what_was_typed_is_kept_without_the_spaces_around_it() -> None:
    assert read(GOOD | {"child_name": "  陈小雨 "}, TODAY) == Details(*(GOOD[name] for name in FIELDS))


@pytest.mark.parametrize("typed", ["139 1234 5678", "139-1234-5678", " 13912345678 "])
def test_a_telephone_number_may_be_grouped(typed: str) -> None:
    assert read(GOOD | {"phone": typed}, TODAY).phone == "13912345678"


@pytest.mark.parametrize("typed", ["+8613912345678", "01059616161", "66668888", "+447700900123"])
def test_other_telephone_numbers_are_taken_too(typed: str) -> None:
    assert read(GOOD | {"phone": typed}, TODAY).phone == typed


@pytest.mark.parametrize("typed", ["12012345678", "1391234567890123", "12", "一三九", "+", "139123456x8"])
def test_what_is_no_telephone_number_is_told(typed: str) -> None:
    assert faults(phone=typed) == [("phone", Why.NOT_A_PHONE)]


@pytest.mark.parametrize(("typed", "kept"), [("", ""), ("  ", ""), (" 12345@qq.com ", "12345@qq.com")])
def test_an_address_may_be_left_out(typed: str, kept: str) -> None:
    assert read(GOOD | {"email": typed}, TODAY).email == kept


@pytest.mark.parametrize(
    "typed", ["chen", "chen@example", "chen jing@example.com", "陈@example.com", "a@b@c.com", "a@b.com\n,c@d.com"]
)
def test_what_is_no_address_is_told(typed: str) -> None:
    assert faults(email=typed) == [("email", Why.NOT_AN_EMAIL)]


def test_an_address_has_its_own_length() -> None:
    longest = f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 57}.com"
    assert read(GOOD | {"email": longest}, TODAY).email == longest
    assert faults(email="a" + longest) == [("email", Why.TOO_LONG)]


@pytest.mark.parametrize("name", ["阿依努尔·买买提", "Anne-Marie O'Neill", "李"])
def test_names_are_of_every_people(name: str) -> None:
    assert read(GOOD | {"guardian_name": name}, TODAY).guardian_name == name


@pytest.mark.parametrize("name", ["13912345678", "??", "陈\n静", "陈静1"])
def test_what_is_no_name_is_told(name: str) -> None:
    assert faults(guardian_name=name) == [("guardian_name", Why.NOT_A_NAME)]


def test_a_child_was_born_and_has_not_grown_up() -> None:
    assert read(GOOD | {"birth_date": "2026-11-22"}, TODAY).birth_date == "2026-11-22"
    assert read(GOOD | {"birth_date": "2008-11-23"}, TODAY).birth_date == "2008-11-23"
    assert faults(birth_date="2026-11-23") == [("birth_date", Why.IN_FUTURE)]
    assert faults(birth_date="2008-11-22") == [("birth_date", Why.GROWN_UP)]
    assert faults(birth_date="2019-02-30") == [("birth_date", Why.NOT_A_DAY)]


def test_a_day_is_kept_in_one_form() -> None:
    assert read(GOOD | {"birth_date": "20190601"}, TODAY).birth_date == "2019-06-01"


def test_every_fault_is_told_at_once_in_the_order_of_the_fields() -> None:
    assert faults(child_name="陈" * 61, sex="other", relation="aunt", phone="") == [
        ("child_name", Why.TOO_LONG),
        ("sex", Why.NOT_A_CHOICE),
        ("relation", Why.NOT_A_CHOICE),
        ("phone", Why.REQUIRED),
    ]


def test_what_is_missing_is_missing_like_what_is_empty() -> None:
    with pytest.raises(InvalidDetails) as invalid:
        read({}, TODAY)
    assert invalid.value.faults == tuple(Fault(name, Why.REQUIRED) for name in FIELDS if name != "email")
    assert "child_name required" in str(invalid.value)
