"""The lanes on a small house of tests: each runs once, a failure is told and tried again alone, a crash is not forgiven."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import lanes

pytestmark = [pytest.mark.process, pytest.mark.unhurried]

_HOUSE = """
import pathlib, pytest
HERE = pathlib.Path(__file__).parent
def came(name):
    with (HERE / "came").open("a") as file:
        file.write(name + "\\n")
def test_computes(): came("computes")
@pytest.mark.process
def test_plays(): came("plays")
@pytest.mark.browser
def test_shows(): came("shows"); assert not (HERE / "busy").exists()
@pytest.mark.process
@pytest.mark.unhurried
def test_starts(): came("starts"); assert not (HERE / "full").exists()
"""
_INI = "[pytest]\nmarkers =\n    process\n    browser\n    unhurried\n"


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "test_house.py").write_text(_HOUSE)
    (tmp_path / "pytest.ini").write_text(_INI)
    monkeypatch.setattr(lanes, "ROOT", tmp_path)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # of no use to so small a house
    return tmp_path


def came(house: Path) -> list[str]:
    """Which tests ran, by name; whoever is asked again begins with nobody."""
    names = sorted((house / "came").read_text().split())
    (house / "came").unlink()
    return names


def test_every_test_runs_once_and_what_fails_is_tried_again_alone(house: Path) -> None:
    (house / "busy").touch()
    (house / "full").touch()
    assert lanes.main([]) == 1
    assert came(house) == ["computes", "plays", "shows", "starts"]
    (house / "busy").unlink()
    assert lanes.main(["--again"]) == 1
    assert came(house) == ["shows", "starts"]
    (house / "full").unlink()
    assert lanes.main(["--again"]) == 0
    assert came(house) == ["starts"]
    assert lanes.main([]) == 0
    assert lanes.main(["--again"]) == 1, "nothing failed: there is nothing to forgive"


def test_what_is_no_failure_of_a_test_is_not_forgiven(house: Path) -> None:
    (house / "conftest.py").write_text("def pytest_configure(config): raise SystemError")
    assert lanes.main([]) > 1
    assert lanes.verdict([0, 1]) == lanes.verdict([5, 1]) == 1
    assert lanes.verdict([1, -9]) > 1
    assert lanes.verdict([0, 5]) == 0
