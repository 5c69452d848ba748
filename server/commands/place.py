"""Which server a command is about: that of a configuration (a file and/or PEITONG_* variables), or of a data folder."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from server.config import Config, ConfigFaults, load, parse_origin


def configuration(file: Path | None) -> Config | None:
    """The configuration, or None after every fault was told on stderr."""
    try:
        return _load(file)
    except ConfigFaults as faults:
        for fault in faults.faults:
            print(f"configuration: {fault}", file=sys.stderr)
    return None


def place(options: argparse.Namespace, faults: list[str], *, needs_origin: bool) -> Config | None:
    """What ``--config``, or ``--data`` with ``--origin`` (else empty), points to; None after adding to the faults."""
    origin: str = options.origin or ""
    if options.data is None:
        if origin:
            faults.append("origin: belongs to --data; a configuration has its own")
        try:
            return _load(options.config)
        except ConfigFaults as found:
            faults += [f"configuration: {fault}" for fault in found.faults]
            faults += [] if options.config else ["config: name the server with --config FILE or --data DIR, or by PEITONG_*"]
            return None
    if options.config is not None:
        faults.append("data: either --data or --config")
    if needs_origin and not origin:
        faults.append("origin: is missing: with --data, what browsers show, such as https://visit.hospital.example")
    try:
        origin = parse_origin(origin) if origin else ""
    except ValueError as error:
        faults.append(f"origin: {error}")
    return Config(data_folder=options.data.resolve(), recipients=(), origin=origin)


def _load(file: Path | None) -> Config:
    try:
        return load(file.read_text("utf-8") if file is not None else "", os.environ)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigFaults([f"{file}: {error}"]) from error
