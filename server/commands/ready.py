"""`ready`: asks the server of this configuration, on this machine, whether it is; for a container's health check.

Light on purpose (``python -m server.commands.ready`` loads little of the server), since it is asked every few seconds.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

from server.commands.place import configuration
from server.config import Config
from server.local import local_connection
from server.recipients import lacks_a_key


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("ready", help="ask the running server whether it is ready; exit 0 when it is")
    _arguments(parser)


def run(options: argparse.Namespace) -> int:
    config = configuration(options.config)
    if config is None:
        return 2
    told = ask(config)
    missing = told.missing
    if options.json:
        print(json.dumps({"ok": not missing, "missing": missing, "hospitals_without_key": told.hospitals_without_key}))
        return 1 if missing else 0
    if missing:
        print(f"peitong: not ready: {', '.join(missing)}", file=sys.stderr)
    for hospital in told.hospitals_without_key:  # the others' visits are not held up
        print(f"peitong: {lacks_a_key(hospital)}", file=sys.stderr)
    return 1 if missing else 0


@dataclass(frozen=True, slots=True)
class Told:
    """Of ``/readyz``. ``missing``: ``server`` when nobody answers; ``open_files``: how many the server may, None if untold;
    ``hospitals_without_key``: ids of those whose visits cannot begin."""

    missing: list[str]
    open_files: int | None = None
    hospitals_without_key: list[str] = field(default_factory=list)


def ask(config: Config) -> Told:
    connection = local_connection(config)
    try:
        connection.request("GET", "/readyz")
        document = json.loads(connection.getresponse().read())
        missing = [str(name) for name in document["missing"]]
        open_files = document.get("open_files")
        without_key = [str(id) for id in document.get("hospitals_without_key", ())]
        return Told(missing, open_files if type(open_files) is int else None, without_key)
    except (OSError, HTTPException, ValueError, KeyError, TypeError):
        return Told(["server"])
    finally:
        connection.close()


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, help="TOML file (default: the PEITONG_* variables)")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.set_defaults(run=run)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="peitong ready")
    _arguments(parser)
    return run(parser.parse_args(arguments))


if __name__ == "__main__":
    sys.exit(main())
