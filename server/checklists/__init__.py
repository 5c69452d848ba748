"""The checklists that come with the server, as data: coded reasons for in-person care. A hospital ratifies its own version."""

from __future__ import annotations

from importlib.resources import files

from server.checklists.reading import parse_checklist
from server.referral import Checklist

DEFAULT = "peitong-2026-1"


def load(version: str = DEFAULT) -> Checklist:
    """The checklist of that version that lies in this folder; raises ``KeyError`` when there is none."""
    for file in files(__name__).iterdir():
        if file.name == f"{version}.json":
            return parse_checklist(file.read_text(encoding="utf-8"))
    raise KeyError(version)
