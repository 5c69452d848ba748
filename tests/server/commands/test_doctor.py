"""`./peitong doctor` against a real server process and a real coturn, and without one."""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from server.commands import doctor
from server.doctor.report import read, write
from server.store.database import Database
from server.store.doctor import DoctorLinks
from server.store.migrate import migrate
from tests.server.commands.doctor_rig import ROOT, SECRET, WITH_SECRET, coturn, running_server
from tests.server.doctor.doctor_kit import NOW, TRUSTING_NOBODY, codes, config_of
from tests.server.doctor.test_report import a_way, sent


@pytest.fixture
async def serving(tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    """`peitong serve` in a process of its own; the environment that commands need to find it."""
    async with running_server(tmp_path) as environment:
        yield environment


async def command(environment: dict[str, str], *arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server", "doctor", *arguments,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=environment,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


def by_check(said: str) -> dict[str, list[str]]:
    report = json.loads(said)
    found: dict[str, list[str]] = {}
    for finding in report["findings"]:
        found.setdefault(finding["check"], []).append(finding["code"])
    return found


@pytest.mark.process
@pytest.mark.unhurried
async def test_a_running_server_is_examined_down_to_its_ports_and_through_coturn(
    serving: dict[str, str], tmp_path: Path
) -> None:
    with coturn(tmp_path, *WITH_SECRET, "--allow-loopback-peers") as (port, _):
        urls = f"turn:127.0.0.1:{port},turn:127.0.0.1:{port}?transport=tcp"
        code, out, err = await command(serving | {"PEITONG_TURN_URLS": urls, "PEITONG_TURN_SECRET": SECRET}, "--json")
    found = by_check(out)
    assert code == 0
    assert (found["server"], found["origin"], found["database"]) == (["server_good"], ["origin_plain"], ["database_good"])
    assert found["files"] in (["files_good"], ["files_low"])
    assert (found["udp"], found["tcp"]) == (["udp_loopback"], ["tcp_good"])
    assert found["turn"] == ["turn_good", "turn_good"]
    link = json.loads(out)["link"]
    assert link.startswith(f"{serving['PEITONG_HTTP_ORIGIN']}/doctor/")
    assert "TURN" in err
    log = (tmp_path / "server.log").read_text()
    assert link.rsplit("/", 1)[1] not in log


@pytest.mark.process
@pytest.mark.unhurried
async def test_coturn_that_denies_the_relays_address_is_a_fault(serving: dict[str, str], tmp_path: Path) -> None:
    with coturn(tmp_path, *WITH_SECRET) as (port, _):
        code, out, _ = await command(serving | {"PEITONG_TURN_URLS": f"turn:127.0.0.1:{port}", "PEITONG_TURN_SECRET": SECRET})
    assert code == 1
    lines = out.splitlines()
    assert lines[0].startswith("故障")
    assert "Add allowed-peer-ip=127.0.0.1 to coturn." in out
    assert "https" not in lines[1]


@pytest.mark.process
@pytest.mark.unhurried
async def test_a_link_is_made_and_what_a_browser_found_is_shown(serving: dict[str, str], tmp_path: Path) -> None:
    assert (await command(serving, "--last"))[0] == 1
    code, out, _ = await command(serving, "--link", "--json")
    made = json.loads(out)
    assert (code, made["good_for_s"]) == (0, 3600)
    token = made["link"].rsplit("/", 1)[1]
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'data' / 'peitong.db'}")
    await DoctorLinks(database, lambda: "").report(token, write(read(sent(ways=[a_way(loss=0.125)]))), NOW)
    await database.close()
    code, out, _ = await command(serving, "--last")
    assert code == 0
    assert "Chrome 156 (phone)  可以通话 / works" in out
    assert "✓ UDP          203.0.113.5:40000  90 ms  rtt 20 ms  loss 12.5%  up 2.0 Mbit/s" in out
    assert json.loads((await command(serving, "--last", "--json"))[1])["report"]["browser"] == "Chrome 156"


# --- stopped, or not even configured ------------------------------------------------------------------


async def test_a_stopped_server_is_said_to_be_and_the_rest_is_examined(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = config_of(tmp_path)
    database = Database(config.database_url)
    await migrate(database)
    await database.close()
    found, link = await doctor.examine(config, lambda what: None, TRUSTING_NOBODY)
    assert link == ""
    assert {"server_stopped", "files_unknown", "database_good", "recipients_good", "turn_off"} <= set(codes(found))
    assert not any(finding.check == "origin" for finding in found)


async def test_a_database_that_does_not_answer_is_a_fault(tmp_path: Path) -> None:
    config = config_of(tmp_path)
    database = Database(config.database_url)
    await migrate(database)
    await database.close()
    with closing(sqlite3.connect(tmp_path / "peitong.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        found, link = await doctor.examine(config, lambda what: None, TRUSTING_NOBODY)
    assert "database_away" in codes(found)
    assert link == ""


def options(**given: Any) -> argparse.Namespace:
    return argparse.Namespace(
        **({"config": None, "data": None, "origin": None, "json": True, "link": False, "last": False} | given)
    )


def test_a_configuration_with_faults_is_the_whole_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "peitong.toml"
    file.write_text("[http]\norigin = 'nonsense'\n")
    assert doctor.run(options(config=file)) == 1
    report = json.loads(capsys.readouterr().out)
    assert {finding["code"] for finding in report["findings"]} == {"config_fault"}
    assert any("http.origin" in finding["found"]["en"] for finding in report["findings"])


def test_a_data_folder_alone_gives_links_but_no_examination(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.run(options(data=tmp_path)) == 2
    assert doctor.run(options(data=tmp_path, link=True)) == 2
    assert "origin" in capsys.readouterr().err
    assert doctor.run(options(data=tmp_path, link=True, origin="http://localhost:8480")) == 1
    assert not (tmp_path / "peitong.db").exists()
