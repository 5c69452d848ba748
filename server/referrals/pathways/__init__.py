"""The pathway that comes with the server, as data; a hospital publishes its own version (`./peitong hospital pathway`)."""

from __future__ import annotations

from importlib.resources import files

from server.referrals.pathway import Pathway, parse

DEFAULT = "peitong-2026-1"


def shipped() -> Pathway:
    return parse(files(__name__).joinpath(f"{DEFAULT}.json").read_text(encoding="utf-8"))
