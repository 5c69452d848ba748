"""`./peitong rehearse`: a whole consultation against a server, over real WebRTC, with the figures that operations watch."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from media.recorder.manifest import Level
from rehearsal.clinic import LOOK, NEXT, Clinic, Ground
from rehearsal.ground import ground
from rehearsal.play import Access, Figures, Play, Step, Steps
from rehearsal.sealed import sealed
from server import recordings
from server.clock import Clock
from server.commands.place import place
from server.commands.reception import reception
from server.config import Config
from server.form import Faults
from server.store.errors import Unavailable

START_WITHIN_S = 60.0
SEAL_WITHIN_S = 10.0
_NOT_LOOKED_AT: Final = {"verified": None, "seconds": None}


class NotStarted(Exception):
    """The rehearsal's own server did not come up."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A server to rehearse on; ``data`` is its folder where we may look into it."""

    access: Access
    data: Path | None


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="peitong rehearse", description="plays a whole consultation and says whether it held")
    parser.add_argument("--clinic", action="store_true", help="the whole clinical visit, from its booking to the filed Bundle")
    at = parser.add_argument_group("where (default: on a server of its own, in a temporary folder)")
    at.add_argument("--config", type=Path, metavar="FILE", help="on the running server of this TOML file; books its own visit")
    at.add_argument("--data", type=Path, metavar="DIR", help="on the running server of this data folder; books its own visit")
    at.add_argument("--origin", help="with --data: what browsers show, such as https://visit.hospital.example")
    at.add_argument("--hospital", help="with --config or --data: its id, where there are several")
    at.add_argument("--server", help="origin of a running server elsewhere")
    at.add_argument("--link", help="with --server: a guardian's join link of a visit made for the rehearsal")
    at.add_argument("--login", help="with --server: the visit's physician")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    options = parser.parse_args(arguments)
    password = os.environ.get("PEITONG_REHEARSAL_PASSWORD", "")
    if options.server and not (options.link and options.login and password):
        parser.error("--server needs --link, --login and the password in PEITONG_REHEARSAL_PASSWORD")
    here = options.config is not None or options.data is not None
    if here and options.server:
        parser.error("either --server, or --config or --data")
    if options.clinic and options.server:
        parser.error("--clinic needs a server of this machine: --config, --data, or without either one of its own")
    if not here and (options.origin or options.hospital):
        parser.error("--origin and --hospital belong to --data or --config")
    told = (lambda step: None) if options.json else _print_step
    if options.clinic:
        return _said(options, _clinic(_grounds(options, here), told), clinic_as_text)
    stage: AbstractAsyncContextManager[Stage] = _own()
    if options.server:
        stage = nullcontext(Stage(Access(options.server.rstrip("/"), options.link, options.login, password), None))
    elif here:
        stage = _booked(options)
    return _said(options, _rehearse(stage, told), _as_text)


def _said(options: argparse.Namespace, rehearsal: Coroutine[Any, Any, dict[str, Any]], as_text: Callable[[Any], str]) -> int:
    """Plays it and prints what became of it; the exit code."""
    try:
        report = asyncio.run(rehearsal)
    except Faults as found:
        for fault in found.faults:
            print(f"peitong: --{fault}", file=sys.stderr)
        return 2
    except Unavailable as error:
        report = _not_begun(options, Step("book", False, 0, f"the database does not answer: {error}"))
    except NotStarted as error:
        report = _not_begun(options, Step("start", False, 0, str(error)))
    print(json.dumps(report, ensure_ascii=False) if options.json else as_text(report))
    return 0 if report["ok"] else 1


def _not_begun(options: argparse.Namespace, step: Step) -> dict[str, Any]:
    return clinic_report([step], None) if options.clinic else _report(Figures([step]), _NOT_LOOKED_AT)


async def _clinic(on: AbstractAsyncContextManager[Ground], told: Callable[[Step], None]) -> dict[str, Any]:
    async with on as at:
        clinic = Clinic(at, told)
        await clinic.perform()
    return clinic_report(clinic.steps.done, clinic.resources)


async def _rehearse(on: AbstractAsyncContextManager[Stage], told: Any) -> dict[str, Any]:
    async with on as stage:
        play = Play(stage.access, Steps(told))
        await play.perform()
        recording: Mapping[str, Any] = _NOT_LOOKED_AT
        if stage.data is not None and all(step.ok for step in play.figures.steps):
            recording = await _look_at_recording(play, stage.data, told)
    return _report(play.figures, recording)


async def _look_at_recording(play: Play, data: Path, told: Any) -> dict[str, Any]:
    """The sealed recording, verified with the pinned signer, once its end is on the disk."""
    folder = data / "recordings" / play.figures.visit
    found: dict[str, Any] = {"verified": False, "seconds": 0}
    try:
        async with play.step("recording verified"):
            lines = await sealed(folder, SEAL_WITHIN_S)
            signer = (data / "keys" / "signer.pub").read_text("ascii").strip()
            findings = await asyncio.to_thread(recordings.verify, folder, signer)
            found["seconds"] = int(lines[-1]["seconds"])
            found["verified"] = all(finding.level is not Level.DAMAGE for finding in findings) and found["seconds"] > 0
            if not found["verified"]:
                raise TimeoutError("the recording does not verify")
    except Exception:  # the step has told it
        found["verified"] = False
    return found


@asynccontextmanager
async def _booked(options: argparse.Namespace) -> AsyncIterator[Stage]:
    """A running server on this machine, on a visit booked for this rehearsal. Raises ``Faults`` or ``Unavailable``."""
    config = _placed(options)
    async with reception(config) as at:
        given = {"hospital": options.hospital} if options.hospital else {}
        enrolled, invited = await at.rehearsal(given, Clock()())
    link = f"{config.origin}/j/{invited.token}"
    yield Stage(Access(config.origin, link, enrolled.login, enrolled.password), config.data_folder)


def _placed(options: argparse.Namespace) -> Config:
    """Raises ``Faults``."""
    faults: list[str] = []
    config = place(options, faults, needs_origin=True)
    if config is None or faults:
        raise Faults(faults)
    return config


@asynccontextmanager
async def _grounds(options: argparse.Namespace, here: bool) -> AsyncIterator[Ground]:
    """On a running server of this machine, or on one of the rehearsal's own. Raises ``Faults`` or ``Unavailable``."""
    if here:
        async with ground(_placed(options), options.hospital) as at:
            yield at
        return
    async with _own() as stage:
        assert stage.data is not None
        async with ground(Config(data_folder=stage.data, recipients=(), origin=stage.access.server), None) as at:
            yield at


@asynccontextmanager
async def _own() -> AsyncIterator[Stage]:
    """A server of the rehearsal's own, gone at the end. Raises ``NotStarted``."""
    with tempfile.TemporaryDirectory(prefix="peitong-rehearsal-") as folder:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "server", "demo", "--json", "--port", "0", "--data", folder,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        assert child.stdout is not None
        try:
            yield Stage(await _started(child.stdout), Path(folder))
        finally:
            if child.returncode is None:
                child.terminate()
            await child.wait()


async def _started(stdout: asyncio.StreamReader) -> Access:
    try:
        line = await asyncio.wait_for(stdout.readline(), START_WITHIN_S)
    except TimeoutError:
        raise NotStarted(f"the server was not up within {START_WITHIN_S:g} s") from None
    if not line:
        raise NotStarted("the server ended at once; `./peitong demo` says why")
    made = json.loads(line)
    return Access(made["origin"], made["guardian_link"], made["physician_login"], made["physician_password"])


def _report(figures: Figures, recording: Mapping[str, Any]) -> dict[str, Any]:
    steps = [_step(step) for step in figures.steps]
    return {
        "ok": bool(steps) and all(step["ok"] for step in steps) and recording["verified"] is not False,
        "steps": steps,
        "hold_after_silence_ms": figures.hold_after_silence_ms,
        "resume_to_first_frame_ms": figures.resume_to_first_frame_ms,
        "end_to_silence_ms": figures.end_to_silence_ms,
        "recording": recording,
    }


def clinic_report(done: list[Step], resources: int | None) -> dict[str, Any]:
    steps = [_step(step) | ({} if step.ok else {"next": NEXT.get(step.name, LOOK)}) for step in done]
    return {"ok": bool(steps) and all(step.ok for step in done), "steps": steps, "bundle_resources": resources}


def _step(step: Step) -> dict[str, Any]:
    return {"name": step.name, "ok": step.ok, "ms": step.ms} | ({"why": step.why} if step.why else {})


def clinic_as_text(report: dict[str, Any]) -> str:
    lines = [f"  {step['name']}: {step['next']}" for step in report["steps"] if not step["ok"]]
    return "\n".join([*lines, f"  bundle_resources: {report['bundle_resources']}", _verdict(report)])


def _verdict(report: dict[str, Any]) -> str:
    return "演练通过 / the rehearsal held" if report["ok"] else "演练未通过 / the rehearsal FAILED"


def _print_step(step: Step) -> None:
    print(f"{'✓' if step.ok else '✗'} {step.name:<22} {step.ms:>6} ms  {step.why}", flush=True)


def _as_text(report: dict[str, Any]) -> str:
    names = ("hold_after_silence_ms", "resume_to_first_frame_ms", "end_to_silence_ms", "recording")
    lines = [f"  {name}: {report[name]}" for name in names]
    return "\n".join([*lines, _verdict(report)])


if __name__ == "__main__":
    sys.exit(main())
