"""The reception at the command line: from an empty folder to a link, beside nothing else than the database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyrage
import pytest

from server.__main__ import main

ORIGIN = "https://visit.hospital.example"
HOSPITAL = ["hospital", "new", "--name", "仁和儿童医院", "--name-en", "Renhe Children's Hospital"]
PHYSICIAN = [
    "staff", "new", "--login", "wang", "--role", "physician", "--name", "王芳", "--licence", "110-1", "--rank", "chief",
    "--practice-since", "2010-07-01", "--trained-until", "2099-12-31", "--whitelisted",
]  # fmt: skip
VISIT = [
    "visit", "new", "--physician", "wang", "--child", "张小明", "--sex", "male", "--birth-date", "2018-03-05",
    "--guardian", "李雷", "--phone", "13800000000", "--relation", "father", "--proof", "household_register",
    "--field", "growth", "--department", "内分泌科",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PEITONG_DATA_FOLDER", "PEITONG_HTTP_ORIGIN", "PEITONG_RECORDING_RECIPIENTS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def config(tmp_path: Path) -> list[str]:
    recipient = pyrage.x25519.Identity.generate().to_public()
    file = tmp_path / "peitong.toml"
    file.write_text(
        f'[http]\norigin = "{ORIGIN}"\n[data]\nfolder = "{tmp_path / "data"}"\n[recording]\nrecipients = ["{recipient}"]\n',
        "utf-8",
    )
    return ["--config", str(file)]


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main([*arguments, "--json"]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def faults(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """What the fault lines are about."""
    assert main([*arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    return [line.split(":")[1].strip() for line in err.splitlines()]


def test_from_an_empty_folder_to_a_link(config: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert answer(capsys, *HOSPITAL, *config).keys() == {"hospital", "hospitals_without_key"}
    assert (tmp_path / "data" / "peitong.db").stat().st_mode & 0o077 == 0
    enrolled = answer(capsys, *PHYSICIAN, *config)
    assert enrolled.keys() == {"staff", "login", "password", "not_eligible"}
    assert len(enrolled["password"]) == 16
    booked = answer(capsys, *VISIT, *config)
    assert booked["link"].startswith(f"{ORIGIN}/j/")
    again = answer(capsys, "visit", "link", "--reissue", booked["visit"], *config)
    assert again["visit"] == booked["visit"]
    assert again["link"] != booked["link"]


def test_with_a_data_folder_the_origin_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    data = ["--data", str(tmp_path / "data")]
    assert main([*HOSPITAL, *data]) == 0
    assert main([*PHYSICIAN, *data]) == 0
    capsys.readouterr()
    assert faults(capsys, *VISIT, *data) == ["--origin"]
    assert faults(capsys, *VISIT, *data, "--origin", "hospital") == ["--origin"]
    assert answer(capsys, *VISIT, *data, "--origin", ORIGIN + "/")["link"].startswith(f"{ORIGIN}/j/")


def test_a_person_sees_link_and_code(capsys: pytest.CaptureFixture[str], config: list[str]) -> None:
    answer(capsys, *HOSPITAL, *config)
    answer(capsys, *PHYSICIAN, *config)
    assert main([*VISIT, *config]) == 0
    told = capsys.readouterr().out
    assert told.count(f"{ORIGIN}/j/") == 1
    assert "█" in told


def test_what_is_missing_for_a_physician_is_told(capsys: pytest.CaptureFixture[str], config: list[str]) -> None:
    answer(capsys, *HOSPITAL, *config)
    assert main(["staff", "new", "--login", "li", "--role", "physician", "--name", "李梅", *config]) == 0
    assert "licence_missing, rank_too_low" in capsys.readouterr().out


def test_faults_of_the_place_and_of_what_was_given_come_together(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    both = ["--config", "x", "--data", str(tmp_path), "--origin", "x"]
    assert faults(capsys, *VISIT, "--sex", "boy", *both) == ["--data", "--origin", "--sex"]
    nowhere = faults(capsys, *VISIT, "--minutes", "0", "--origin", ORIGIN)
    assert nowhere == ["--origin"] + ["--configuration"] * 3 + ["--config", "--minutes"]
    assert faults(capsys, "hospital", "new", "--data", str(tmp_path)) == ["--name", "--name-en"]


def test_where_no_server_was_set_up_the_first_step_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main([*PHYSICIAN, "--data", str(tmp_path)]) == 2
    assert "peitong hospital new" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_does_not_answer_is_no_wrong_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "peitong.db").write_bytes(b"this is no database" * 100)
    assert main([*PHYSICIAN, "--data", str(tmp_path)]) == 1
    assert "does not answer" in capsys.readouterr().err


def test_whoever_opens_a_second_hospital_is_told_whose_visits_cannot_begin_now(
    config: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    first = answer(capsys, *HOSPITAL, *config)
    assert first["hospitals_without_key"] == []
    own = pyrage.x25519.Identity.generate().to_public()
    with Path(config[1]).open("a", encoding="utf-8") as file:
        file.write(f'[recording.hospitals.{first["hospital"]}]\nrecipients = ["{own}"]\n')
    second = answer(capsys, "hospital", "new", "--name", "另一家", "--name-en", "Another", *config)
    assert second["hospitals_without_key"] == [second["hospital"]]
    assert main(["hospital", "new", "--name", "第三家", "--name-en", "Third", *config]) == 0
    assert f'hospitals.{second["hospital"]}.recipients = ["age1…"]' in capsys.readouterr().out


def test_a_hospital_publishes_its_own_consent_texts(
    config: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    answer(capsys, *HOSPITAL, *config)
    text = {"kind": "stills", "version": "renhe-1", "language": "zh", "title": "本院", "paragraphs": ["一"]}
    file = tmp_path / "texts.json"
    file.write_text(json.dumps({"texts": [text, text | {"language": "en"}]}), "utf-8")
    published = answer(capsys, "hospital", "consents", "--file", str(file), *config)
    assert published == {"texts": [{"kind": "stills", "version": "renhe-1"}]}
    assert faults(capsys, "hospital", "consents", "--file", str(file), *config) == ["--file"]  # a version is published once
    file.write_text("{}", "utf-8")
    assert faults(capsys, "hospital", "consents", "--file", str(file), *config) == ["--file"]
