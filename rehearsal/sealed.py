"""What a recording's folder says of itself, for whoever waits until it is whole (docs/recording-format.md)."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any


def manifest_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "manifest.jsonl").read_bytes().splitlines()]


async def sealed(folder: Path, within_s: float = 15.0) -> list[dict[str, Any]]:
    """The manifest, once its end line and the signature over it are there; raises ``TimeoutError``."""
    async with asyncio.timeout(within_s):
        while not _is_sealed(folder):  # noqa: ASYNC110  another process writes it
            await asyncio.sleep(0.05)
    return manifest_of(folder)


def _is_sealed(folder: Path) -> bool:
    manifest, signatures = folder / "manifest.jsonl", folder / "signatures.jsonl"
    if not (manifest.exists() and signatures.exists()):
        return False
    lines = manifest.read_bytes().splitlines()
    return bool(lines) and b'"type":"end"' in lines[-1] and f'"line":{len(lines)},' in signatures.read_text("ascii")
