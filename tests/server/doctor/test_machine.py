"""What of the machine itself would keep a server from working."""

from __future__ import annotations

import stat
from importlib.metadata import version
from pathlib import Path

import pytest

from server.doctor import machine
from server.doctor.findings import Verdict
from server.recipients import Recipients
from tests.server.commands.doctor_rig import RECIPIENT
from tests.server.doctor.doctor_kit import NOW, config_of


def test_packages_are_those_of_the_lock_file_or_named(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    assert machine.packages(lock).code == "packages_unpinned"
    right = version("aiohttp")
    lock.write_text(f"aiohttp=={right} \\\n    --hash=sha256:00\nnot-here==1 ; sys_platform == 'win32' \\\n")
    assert machine.packages(lock).code == "packages_good"
    lock.write_text("aiohttp==0.1 ; python_full_version < '3.12' \\\n" + f"aiohttp=={right} ; python_full_version >= '3.12'\n")
    assert machine.packages(lock).code == "packages_good"
    lock.write_text("aiohttp==0.1\nnot-here==1\n")
    found = machine.packages(lock)
    assert (found.code, found.figures["names"]) == ("packages_differ", "aiohttp, not-here")


def test_the_data_folder_is_written_and_its_mode_seen(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    assert machine.data_folder(folder).code == "data_missing"
    folder.mkdir(mode=0o700)
    assert machine.data_folder(folder).code == "data_good"
    folder.chmod(0o755)
    assert machine.data_folder(folder).figures["mode"] == "0755"
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_a_fault(tmp_path: Path) -> None:
    found = machine.data_folder(Path("/proc"))
    assert (found.code, found.verdict) == ("data_unwritable", Verdict.FAULT)


@pytest.mark.parametrize(("free_gb", "code"), [(1.0, "disk_full"), (50.0, "disk_low"), (500.0, "disk_good")])
def test_free_space_is_told_in_hours_of_recording(tmp_path: Path, free_gb: float, code: str) -> None:
    found = machine.disk(tmp_path / "not" / "there", lambda path: int(free_gb * 1e9))
    assert found.code == code
    assert found.figures["hours"] == pytest.approx(free_gb / machine.GB_AN_HOUR, abs=0.1)


@pytest.mark.parametrize(
    ("now", "status", "code"),
    [(NOW, 0, "clock_good"), (NOW, 0x0040, "clock_free"), (NOW, -1, "clock_unknown"), (86400.0, 0, "clock_wrong")],
)
def test_the_clock_is_judged_by_the_kernel(now: float, status: int, code: str) -> None:
    assert machine.clock(now, lambda: (status, 12_000)).code == code


def test_the_kernels_own_word_on_its_clock_is_understood() -> None:
    assert machine.clock(NOW).code in {"clock_good", "clock_free", "clock_unknown"}


@pytest.mark.parametrize(("limit", "code"), [(None, "files_unknown"), (1024, "files_low"), (65_536, "files_good")])
def test_open_files_are_judged_by_what_the_server_says_of_itself(limit: int | None, code: str) -> None:
    assert machine.open_files(limit).code == code


def test_kernel_buffers_are_held_against_what_the_relay_asks_for(tmp_path: Path) -> None:
    assert machine.udp_buffers(tmp_path).code == "buffers_unknown"
    (tmp_path / "rmem_max").write_text("212992\n")
    (tmp_path / "wmem_max").write_text("4194304\n")
    found = machine.udp_buffers(tmp_path)
    assert (found.code, found.figures["receive_kib"]) == ("buffers_small", 208)
    (tmp_path / "rmem_max").write_text("4194304\n")
    assert machine.udp_buffers(tmp_path).code == "buffers_good"


def test_recipients_are_read_by_the_library_that_seals() -> None:
    assert machine.recipients((RECIPIENT,)).code == "recipients_good"
    assert machine.recipients((RECIPIENT, "age1" + "q" * 58)).figures["number"] == 2


def test_every_hospital_has_a_key_of_its_own_or_is_alone() -> None:
    keys = Recipients((RECIPIENT,), {"h1": (RECIPIENT,)}, ())

    def found(hospitals: dict[str, str]) -> list[tuple[str, object]]:
        return [(one.code, one.figures.get("hospital")) for one in machine.hospital_keys(keys, hospitals)]

    assert found({"h1": "仁和"}) == [("hospital_keys_good", None)]
    assert found({"h2": "另一家"}) == [("hospital_key_unknown", "h1"), ("hospital_keys_good", None)]
    assert found({"h1": "仁和", "h2": "另一家"}) == [("hospital_key_missing", "h2")]
    assert found({}) == [("hospital_key_unknown", "h1")]
    (missing,) = machine.hospital_keys(keys, {"h1": "仁和", "h2": "另一家"})
    for language in ("zh", "en"):
        what, change = missing.said(language)
        assert "另一家" in what
        assert 'hospitals.h2.recipients = ["age1…"]' in change


def test_the_least_privilege_of_the_folder_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    machine.examine(config_of(folder))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
