"""Webhooks at the command line: shown, and sent again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from server.__main__ import main
from server.store import deliveries, outbox, webhooks
from server.store.database import Database, Transaction
from server.store.deliveries import Attempted
from server.store.outbox import Outgoing
from server.store.webhooks import Endpoint
from tests.server.commands.test_reception import HOSPITAL, ORIGIN, PHYSICIAN, VISIT, answer, faults

AT = 1_795_000_000.0


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PEITONG_DATA_FOLDER", "PEITONG_HTTP_ORIGIN", "PEITONG_RECORDING_RECIPIENTS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """A server with one hospital, its webhook, and two ends of visits of which it could not be told the first."""
    place = ["--data", str(tmp_path / "data")]
    hospital = answer(capsys, *HOSPITAL, *place)["hospital"]
    answer(capsys, *PHYSICIAN, *place)
    visits = [answer(capsys, *VISIT, *place, "--origin", ORIGIN)["visit"] for _ in range(2)]
    asyncio.run(_tell(tmp_path / "data" / "peitong.db", hospital, visits))
    return place


async def _tell(file: Path, hospital: str, visits: list[str]) -> None:
    database = Database(f"sqlite+aiosqlite:///{file}")

    async def work(transaction: Transaction) -> None:
        new = Endpoint("e1", hospital, "https://his.hospital.example/", ("visit.ended",), AT)
        await webhooks.add(transaction, new, b"sealed")
        for n, visit in enumerate(visits):
            await outbox.post(Outgoing(f"m{n}", visit, "visit.ended", "{}", AT + n))(transaction)
        (dead, _) = sorted(await deliveries.firsts(transaction, AT + 9, 9), key=lambda each: each.message)
        await deliveries.settle(transaction, dead, Attempted(AT + 9, AT, 404, "status"))

    await database.write(work)
    await database.close()


def test_webhooks_are_listed_with_how_they_fare(data: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    (listed,) = answer(capsys, "webhook", "list", *data)["webhooks"]
    assert (listed["webhook"], listed["hospital_name"], listed["events"]) == ("e1", "仁和儿童医院", ["visit.ended"])
    assert listed["url"] == "https://his.hospital.example/"
    assert listed["messages"] == {"waiting": 1, "delivered": 0, "dead": 1}
    assert answer(capsys, "webhook", "list", "--hospital", listed["hospital"], *data)["webhooks"] == [listed]
    assert main(["webhook", "list", *data]) == 0
    assert "失败 / dead 1" in capsys.readouterr().out


def test_what_is_dead_is_sent_again_and_then_nothing_is(data: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    replay = ["webhook", "replay", "--webhook", "e1", *data]
    assert answer(capsys, *replay) == {"webhook": "e1", "messages": 1}
    assert answer(capsys, "webhook", "list", *data)["webhooks"][0]["messages"] == {"waiting": 2, "delivered": 0, "dead": 0}
    assert main(replay) == 0
    assert capsys.readouterr().out.endswith("sent again  0\n")


def test_everything_since_a_time_is_sent_again(data: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    replay = ["webhook", "replay", "--webhook", "e1", *data, "--since"]
    assert answer(capsys, *replay, "2026-11-18T11:06:41Z")["messages"] == 1
    assert answer(capsys, *replay, "2026-11-18T19:06:40+08:00")["messages"] == 2


def test_where_there_is_no_webhook_that_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = ["--data", str(tmp_path / "data")]
    answer(capsys, *HOSPITAL, *place)
    assert main(["webhook", "list", *place]) == 0
    assert "没有回调地址" in capsys.readouterr().out


def test_every_fault_comes_at_once(data: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert faults(capsys, "webhook", "replay", "--since", "yesterday", *data) == ["--webhook", "--since"]
    assert faults(capsys, "webhook", "replay", "--webhook", "e2", *data) == ["--webhook"]
    assert faults(capsys, "webhook", "list", "--hospital", "x", *data) == ["--hospital"]
    nowhere = ["--data", str(tmp_path / "nowhere"), "--config", "x"]
    assert faults(capsys, "webhook", "replay", *nowhere) == ["--data", "--webhook"]
    assert faults(capsys, "webhook", "list", *nowhere) == ["--data"]
