"""What a key may be good for."""

import pytest

from server.scopes import GROUPS, SCOPES, fits


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_includes_reading_it_and_reading_includes_nothing_else(group: str) -> None:
    assert fits([group], group)
    assert fits([group], f"{group}:read")
    assert fits([f"{group}:read"], f"{group}:read")
    assert not fits([f"{group}:read"], group)


def test_a_scope_is_good_for_its_own_group_only() -> None:
    for held in SCOPES:
        for needed in SCOPES:
            if held.removesuffix(":read") != needed.removesuffix(":read"):
                assert not fits([held], needed)


def test_one_of_several_is_enough_and_none_is_not() -> None:
    assert fits(["visits:read", "departments"], "departments:read")
    assert not fits([], "hospital:read")


def test_a_visits_fhir_is_only_read() -> None:
    assert "fhir:read" in SCOPES
    assert "fhir" not in SCOPES
