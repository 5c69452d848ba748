"""The keys at the command line: made, shown, revoked; told once."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.__main__ import main
from tests.server.commands.test_reception import HOSPITAL, answer, faults

NEW = ["key", "new", "--name", "预约系统", "--scopes", "departments visits:read"]


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PEITONG_DATA_FOLDER", "PEITONG_HTTP_ORIGIN", "PEITONG_RECORDING_RECIPIENTS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """A server with one hospital."""
    place = ["--data", str(tmp_path / "data")]
    assert main([*HOSPITAL, *place]) == 0
    capsys.readouterr()
    return place


def test_a_key_is_made_shown_and_revoked(data: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    made = answer(capsys, *NEW, *data)
    assert made["token"].startswith("pk_")
    assert made["scopes"] == ["departments", "visits:read"]
    about = {name: made[name] for name in made.keys() - {"token"}}
    (listed,) = answer(capsys, "key", "list", *data)["keys"]
    assert listed == about | {"state": "good", "hospital_name": "仁和儿童医院"}
    assert answer(capsys, "key", "revoke", "--key", made["key"], *data) == {"key": made["key"], "state": "revoked"}
    (listed,) = answer(capsys, "key", "list", *data)["keys"]
    assert (listed["state"], listed["revoked_at"] is None) == ("revoked", False)


def test_a_person_is_told_the_token_once(data: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["key", "list", *data]) == 0
    assert "没有密钥" in capsys.readouterr().out
    assert main([*NEW, *data]) == 0
    told = capsys.readouterr().out
    token = next(word for word in told.split() if word.startswith("pk_"))
    assert "只显示一次" in told
    assert main(["key", "list", *data]) == 0
    shown = capsys.readouterr().out
    assert "有效 / good" in shown
    assert "预约系统" in shown
    assert token not in shown


def test_every_fault_comes_at_once(data: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert faults(capsys, "key", "new", "--scopes", "all", "--days", "never", *data) == ["--days", "--name", "--scopes"]
    assert faults(capsys, "key", "revoke", "--key", "x", *data) == ["--key"]
    nowhere = ["--data", str(tmp_path / "nowhere"), "--config", "x"]
    assert faults(capsys, "key", "new", *nowhere) == ["--data", "--name", "--scopes"]
    assert faults(capsys, "key", "list", *nowhere) == ["--data"]
    assert faults(capsys, "key", "list", "--data", str(tmp_path / "nowhere")) == ["--data"]
    assert faults(capsys, "key", "list", "--hospital", "x", *data) == ["--hospital"]
