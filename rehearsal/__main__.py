"""`./peitong rehearse`: a whole consultation against a server, over real WebRTC, with the figures that operations watch."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from media.manifest import Level
from rehearsal.play import Access, Figures, Play, Step
from server import recordings

START_WITHIN_S = 60.0
SEAL_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Stage:
    """A server to rehearse on; ``data`` is its folder where we may look into it."""

    access: Access
    data: Path | None


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="peitong rehearse", description="plays a whole consultation and says whether it held")
    parser.add_argument("--server", help="origin of a running server (default: one of its own, in a temporary folder)")
    parser.add_argument("--link", help="with --server: a guardian's join link of a visit made for the rehearsal")
    parser.add_argument("--login", help="with --server: the visit's physician")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    options = parser.parse_args(arguments)
    password = os.environ.get("PEITONG_REHEARSAL_PASSWORD", "")
    if options.server and not (options.link and options.login and password):
        parser.error("--server needs --link, --login and the password in PEITONG_REHEARSAL_PASSWORD")
    told = (lambda step: None) if options.json else _print_step
    given = Access(options.server.rstrip("/"), options.link, options.login, password) if options.server else None
    report = asyncio.run(_rehearse(given, told))
    print(json.dumps(report, ensure_ascii=False) if options.json else _as_text(report))
    return 0 if report["ok"] else 1


async def _rehearse(given: Access | None, told: Any) -> dict[str, Any]:
    async with _stage(given) as stage:
        play = Play(stage.access, told)
        await play.perform()
        recording = {"verified": None, "seconds": None}
        if stage.data is not None and all(step.ok for step in play.figures.steps):
            recording = await _look_at_recording(play, stage.data, told)
    return _report(play.figures, recording)


async def _look_at_recording(play: Play, data: Path, told: Any) -> dict[str, Any]:
    """The sealed recording, verified with the pinned signer, once its end is on the disk."""
    folder = data / "recordings" / play.figures.visit
    found: dict[str, Any] = {"verified": False, "seconds": 0}
    try:
        async with play.step("recording verified"):
            await _until_sealed(folder)
            signer = (data / "keys" / "signer.pub").read_text("ascii").strip()
            findings = await asyncio.to_thread(recordings.verify, folder, signer)
            found["seconds"] = _seconds(folder)
            found["verified"] = all(finding.level is not Level.DAMAGE for finding in findings) and found["seconds"] > 0
            if not found["verified"]:
                raise TimeoutError("the recording does not verify")
    except Exception:  # the step has told it
        found["verified"] = False
    return found


async def _until_sealed(folder: Path) -> None:
    async with asyncio.timeout(SEAL_WITHIN_S):
        while b'"type":"end"' not in (folder / "manifest.jsonl").read_bytes():  # noqa: ASYNC110  another process writes it
            await asyncio.sleep(0.1)


def _seconds(folder: Path) -> int:
    """How much media the manifest's `end` line declares."""
    return int(json.loads((folder / "manifest.jsonl").read_text("utf-8").splitlines()[-1])["seconds"])


@asynccontextmanager
async def _stage(given: Access | None) -> AsyncIterator[Stage]:
    if given is not None:
        yield Stage(given, None)
        return
    with tempfile.TemporaryDirectory(prefix="peitong-rehearsal-") as folder:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "server", "demo", "--json", "--port", "0", "--data", folder,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        assert child.stdout is not None
        try:
            line = await asyncio.wait_for(child.stdout.readline(), START_WITHIN_S)
            made = json.loads(line)
            access = Access(made["origin"], made["guardian_link"], made["physician_login"], made["physician_password"])
            yield Stage(access, Path(folder))
        finally:
            if child.returncode is None:
                child.terminate()
            await child.wait()


def _report(figures: Figures, recording: dict[str, Any]) -> dict[str, Any]:
    steps = [{"name": s.name, "ok": s.ok, "ms": s.ms} | ({"why": s.why} if s.why else {}) for s in figures.steps]
    return {
        "ok": bool(steps) and all(step["ok"] for step in steps) and recording["verified"] is not False,
        "steps": steps,
        "hold_after_silence_ms": figures.hold_after_silence_ms,
        "resume_to_first_frame_ms": figures.resume_to_first_frame_ms,
        "end_to_silence_ms": figures.end_to_silence_ms,
        "recording": recording,
    }


def _print_step(step: Step) -> None:
    print(f"{'✓' if step.ok else '✗'} {step.name:<20} {step.ms:>6} ms  {step.why}", flush=True)


def _as_text(report: dict[str, Any]) -> str:
    names = ("hold_after_silence_ms", "resume_to_first_frame_ms", "end_to_silence_ms", "recording")
    lines = [f"  {name}: {report[name]}" for name in names]
    return "\n".join([*lines, "演练通过 / the rehearsal held" if report["ok"] else "演练未通过 / the rehearsal FAILED"])


if __name__ == "__main__":
    sys.exit(main())
