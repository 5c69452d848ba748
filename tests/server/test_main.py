"""The command line as a person meets it: help everywhere, every fault at once, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from server import demo
from server.__main__ import main
from server.clock import Clock
from server.config import Config
from server.wiring import chance

pytestmark = [pytest.mark.process, pytest.mark.unhurried]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PEITONG_")}
    return subprocess.run(
        [sys.executable, "-m", "server", *arguments],
        capture_output=True, text=True, timeout=60, check=False, env=inherited | environment,
    )  # fmt: skip


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["demo"],
        ["serve"],
        ["ready"],
        ["hospital", "new"],
        ["hospital", "limits"],
        ["staff", "new"],
        ["visit", "new"],
        ["visit", "link"],
        ["key", "new"],
        ["key", "list"],
        ["key", "revoke"],
        ["keys", "new"],
        ["keys", "public"],
        ["keys", "rotate"],
        ["keys", "copied"],
        ["journal", "verify"],
        ["recording", "verify"],
        ["recording", "heads"],
        ["recording", "open"],
    ],
)
def test_every_command_explains_itself(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        main([*command, "--help"])
    assert done.value.code == 0
    assert "usage: peitong" in capsys.readouterr().out


def test_the_help_names_what_the_door_does_besides(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    told = capsys.readouterr().out
    assert [command for command in ("rehearse", "bench", "check", "test") if f"\n    {command} " not in told] == []


_LIMITS = """
import ctypes, resource, sys
from pathlib import Path
from server import __main__
from server.clock import Clock
from server.config import Config
from server.wiring import chance

def instead_of_serving(work):
    work.close()
    print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))  # PR_GET_DUMPABLE
    print(*resource.getrlimit(resource.RLIMIT_CORE))
    print(*resource.getrlimit(resource.RLIMIT_NOFILE))

hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (128, hard))
print(hard)
__main__.asyncio.run = instead_of_serving
__main__._run(Config(Path(sys.argv[1]), (), "http://localhost:1"), Clock(), chance(), print)
"""


def test_a_server_leaves_no_core_and_may_open_as_many_files_as_it_is_let(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _LIMITS, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    hard, dumpable, core, files = done.stdout.splitlines()
    assert (dumpable, core, files) == ("0", "0 0", f"{hard} {hard}")


def test_a_faulty_configuration_lists_every_fault_and_exits_2(tmp_path: Path) -> None:
    file = tmp_path / "peitong.toml"
    file.write_text("[http]\nlisten = 'nowhere'\n[media]\nrelays = 0\n", "utf-8")
    done = run("serve", "--config", str(file), PEITONG_LIMITS_GUARDIAN_S="never")
    assert done.returncode == 2
    assert done.stdout == ""
    faults = [line for line in done.stderr.splitlines() if line.startswith("configuration: ")]
    assert len(faults) == 6


def test_a_configuration_that_is_not_there_exits_2(tmp_path: Path) -> None:
    assert run("serve", "--config", str(tmp_path / "none.toml")).returncode == 2


async def seed(folder: Path) -> None:
    config = Config(data_folder=folder, recipients=(demo.hospital_recipient(folder),), origin="http://localhost:1")
    luck = chance()
    await demo.seed(config, Clock(), luck.new_id, luck.new_secret)


async def test_the_journal_of_a_new_hospital_is_whole(tmp_path: Path) -> None:
    await seed(tmp_path)
    done = run("journal", "verify", "--data", str(tmp_path), "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["ok"] is True


async def test_a_printed_head_that_the_journal_does_not_have_is_found(tmp_path: Path) -> None:
    await seed(tmp_path)
    done = run("journal", "verify", "--data", str(tmp_path), "--pin", "0" * 64)
    assert done.returncode == 1


def test_a_journal_that_is_not_there_exits_2(tmp_path: Path) -> None:
    assert run("journal", "verify", "--data", str(tmp_path / "nowhere")).returncode == 2


def test_a_recording_that_is_not_there_exits_2(tmp_path: Path) -> None:
    assert run("recording", "verify", str(tmp_path / "none")).returncode == 2


async def test_a_recording_is_compared_with_the_journal_that_is_named(tmp_path: Path) -> None:
    sample = Path(__file__).resolve().parents[1] / "corpus" / "recordings" / "whole"
    away = run("recording", "verify", str(sample), "--data", str(tmp_path / "nowhere"))
    assert (away.returncode, away.stdout) == (2, "")
    assert "the database does not answer" in away.stderr
    await seed(tmp_path)
    foreign = run("recording", "verify", str(sample), "--data", str(tmp_path))
    assert (foreign.returncode, foreign.stdout) == (2, "")
    assert "the journal anchors nothing of the recording visit-7" in foreign.stderr
    beyond = run("recording", "verify", str(sample), "--rotated", "--head", f"999:{'0' * 64}", "--json")
    assert beyond.returncode == 1
    assert "truncated_manifest" in {finding["kind"] for finding in json.loads(beyond.stdout)["findings"]}
