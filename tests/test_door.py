"""The door script from wherever a person stands: their relative paths stay theirs, and their files are not our modules."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.process, pytest.mark.unhurried]

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture
def door(tmp_path: Path) -> Path:
    """The door of a repository whose environment is already built: this one's modules, this test's interpreter."""
    house = tmp_path / "house"
    environment = house / ".venv" / "bin"
    environment.mkdir(parents=True)
    for package in ("server", "signaling", "media", "rehearsal", "web_client", "tests"):
        (house / package).symlink_to(REPOSITORY / package)
    shutil.copy(REPOSITORY / "peitong", house)
    for lock in ("requirements.lock", "requirements-dev.lock"):
        shutil.copy(REPOSITORY / lock, house)
    _built_from(house, "requirements.lock")
    (environment / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', "utf-8")
    (environment / "python").chmod(0o755)
    return house / "peitong"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """Where the person stands; a folder named like one of our packages lies there too."""
    folder = tmp_path / "elsewhere"
    (folder / "server").mkdir(parents=True)
    (folder / "server" / "__init__.py").write_text("raise SystemExit('the wrong house')", "utf-8")
    return folder


def _built_from(house: Path, lock: str) -> None:
    stamp = subprocess.run(["cksum"], stdin=(house / lock).open("rb"), capture_output=True, text=True, check=True)
    (house / ".venv" / "stamp").write_text(f"{stamp.stdout.strip()} {lock}", "utf-8")


def through(door: Path, directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PEITONG_", "PYTHON"))}
    return subprocess.run(
        [door, *arguments], cwd=directory, env=inherited, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_relative_path_means_the_callers_directory(door: Path, elsewhere: Path) -> None:
    (elsewhere / "peitong.toml").write_text("[http]\nlisten = 'nowhere'\n", "utf-8")
    done = through(door, elsewhere, "serve", "--config", "peitong.toml")
    assert done.returncode == 2
    assert "configuration: http.listen: HOST:PORT belongs here, not 'nowhere'" in done.stderr.splitlines()


def test_a_link_to_the_door_leads_into_the_same_house(door: Path, elsewhere: Path) -> None:
    link = elsewhere / "peitong"
    link.symlink_to(door)
    done = through(link, elsewhere, "--help")
    assert done.returncode == 0, done.stderr
    assert "usage: peitong" in done.stdout


def test_the_rehearsal_and_the_benchmark_open_from_elsewhere_too(door: Path, elsewhere: Path) -> None:
    for command in ("rehearse", "bench", "soak"):
        done = through(door, elsewhere, command, "--help")
        assert done.returncode == 0, done.stderr
        assert f"usage: peitong {command}" in done.stdout


def test_the_scenes_of_a_network_are_a_bench_with_help_of_its_own(door: Path, elsewhere: Path) -> None:
    _built_from(door.parent, "requirements-dev.lock")
    done = through(door, elsewhere, "bench", "network", "--help")
    assert done.returncode == 0, done.stderr
    assert "usage: peitong bench network" in done.stdout
    assert "blackout10" in done.stdout
