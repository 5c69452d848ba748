"""The house under soak: a demo server of its own with the probe in all its processes, and the reception that books visits."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from media.recorder.manifest import Level
from rehearsal.person import RehearsalFailed
from rehearsal.sealed import sealed
from server import demo, recordings
from server.clock import Clock
from server.commands.reception import reception
from server.desk import Reception
from server.store.errors import Unavailable

START_WITHIN_S: Final = 60.0
_PROBE: Final = Path(__file__).parent / "probe"
_EXPECTED: Final = ("relay", "recorder")


@dataclass(frozen=True, slots=True)
class Booked:
    visit: str
    token: str


class House:
    """``made`` is what the demo printed; ``probe`` where its processes answer; ``log`` what they wrote to stderr."""

    def __init__(self, folder: Path, made: dict[str, Any], child: asyncio.subprocess.Process, reception: Reception) -> None:
        self.probe, self.log = folder / "probe", folder / "server.log"
        self.data = Path(made["data"])
        self.origin: str = made["origin"]
        self.login: tuple[str, str] = made["physician_login"], made["physician_password"]
        self.recordings_verified = 0
        self._child, self._reception, self._clock = child, reception, Clock()
        self._signer = (self.data / "keys" / "signer.pub").read_text("ascii").strip()

    def processes(self) -> dict[str, int]:
        """The process ids of app, relay and recorder."""
        found = {"app": self._child.pid}
        for pid in _children(self._child.pid):
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            found |= {name: pid for name in _EXPECTED if f"-m media.{name} " in command}
        return found

    async def book(self) -> Booked:
        """Raises ``RehearsalFailed``."""
        given = {
            "physician": self.login[0], "child": "演练", "sex": "unknown", "birth-date": "2018-01-01", "guardian": "演练",
            "phone": "00000", "relation": "legal_guardian", "proof": "other", "field": "growth", "department": "演练",
        }  # fmt: skip
        try:
            invited = await self._reception.book(given, self._clock())
        except Unavailable:
            raise RehearsalFailed("unavailable: the database was busy") from None
        return Booked(invited.visit, invited.token)

    async def look_at_recording(self, visit: str) -> None:
        """Waits until it is sealed, verifies it and takes it off the disk. Raises ``RehearsalFailed``."""
        folder = self.data / "recordings" / visit
        try:
            await sealed(folder)
        except (TimeoutError, OSError) as error:
            raise RehearsalFailed(f"a recording was not sealed ({type(error).__name__})") from None
        findings = await asyncio.to_thread(recordings.verify, folder, self._signer)
        damage = [finding.kind for finding in findings if finding.level is Level.DAMAGE]
        if damage or not list(folder.glob("part-*/seg-*.age")):
            raise RehearsalFailed(f"a recording does not verify: {damage[:3]}")
        self.recordings_verified += 1
        await asyncio.to_thread(shutil.rmtree, folder)

    def faults_logged(self) -> list[str]:
        """Every line at warning or above, or that is no line of a log, such as a traceback's."""
        return [line[:300] for line in self.log.read_text("utf-8", "replace").splitlines() if not _is_quiet(line)]

    def drops_told(self) -> dict[str, int]:
        """The relay's last word on datagrams that it did not take."""
        told: dict[str, int] = {}
        for line in self.log.read_text("utf-8", "replace").splitlines():
            if '"drops"' in line:
                told = json.loads(line)["drops"]
        return told

    def relay_lines_logged(self) -> int:
        return self.log.read_text("utf-8", "replace").count('"logger": "media.')

    def udp_ports(self) -> list[int]:
        """Those that the relay has open."""
        return sorted({_port(fields) for fields in _sockets(self.processes()["relay"], "udp")})

    def tcp_ports(self) -> list[int]:
        """Where the relay listens."""
        return sorted({_port(fields) for fields in _sockets(self.processes()["relay"], "tcp") if fields[3] == _LISTEN})

    def dropped_by_kernel(self) -> int:
        """Datagrams that did not fit into the relay's sockets."""
        return sum(int(fields[12]) for fields in _sockets(self.processes()["relay"], "udp"))


_LISTEN: Final = "0A"
"""In proc(5), net/tcp."""


def _sockets(pid: int, protocol: str) -> list[list[str]]:
    """The line of each IPv4 socket that a process has open, in fields (proc(5), net/udp and net/tcp)."""
    open_ones = {str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir()}
    lines = [line.split() for line in Path(f"/proc/{pid}/net/{protocol}").read_text().splitlines()[1:]]
    return [fields for fields in lines if f"socket:[{fields[9]}]" in open_ones]


def _port(fields: list[str]) -> int:
    return int(fields[1].rpartition(":")[2], 16)


def _is_quiet(line: str) -> bool:
    with suppress(ValueError):
        said = json.loads(line)
        return isinstance(said, dict) and str(said.get("level", "info")).lower() in ("debug", "info") and "error" not in said
    return not line.strip()


@asynccontextmanager
async def running(folder: Path, *, forget_after_s: float | None) -> AsyncIterator[House]:
    """A started server. ``forget_after_s``: in place of the minutes for which ended consultations are kept."""
    (folder / "probe").mkdir()
    if forget_after_s is not None:
        (folder / "probe" / "forget").write_text(str(forget_after_s))
    probe = str(folder / "probe")
    path = os.pathsep.join(each for each in (str(_PROBE), os.environ.get("PYTHONPATH", "")) if each)
    with (folder / "server.log").open("ab") as log:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "server", "demo", "--json", "--port", "0", "--data", str(folder / "data"),
            stdout=asyncio.subprocess.PIPE, stderr=log, env=os.environ | {"PYTHONPATH": path, "PEITONG_PROBE": probe},
        )  # fmt: skip
    try:
        assert child.stdout is not None
        made = json.loads(await asyncio.wait_for(child.stdout.readline(), START_WITHIN_S))
        async with reception(demo.configure(Path(made["data"]), None, lan=False)) as desk:
            yield House(folder, made, child, desk)
    finally:
        if child.returncode is None:
            child.terminate()
        await child.wait()


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
