"""The command line. Every command has --help; those that report have --json and then print nothing else on stdout."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from media.coredump import forbid_core_dumps
from server import demo, descriptors, logs
from server.clock import Clock
from server.commands import doctor, key, keys, ready, reception, webhook
from server.commands.place import configuration
from server.config import Config
from server.recipients import lacks_a_key
from server.recordings import open_command as open_recording
from server.recordings import verify_command as verify_recording
from server.referrals.credentials import BadCredentials
from server.reminders.ways import messenger_of
from server.store.audit import verify_command as verify_journal
from server.store.errors import Unavailable
from server.vault import roll
from server.wiring import Chance, Server, chance

_BY_THE_DOOR = """\
by the door script, ./peitong:
    rehearse            a whole consultation, played by two synthetic people, with figures;
                        with --clinic the whole clinical visit, from its booking to the filed Bundle
    bench               what a consultation costs: CPU, delay, memory
    soak                whether it holds: churn, hostile datagrams, hours
    check               the fast checks: ruff, mypy, import rules, JavaScript types, unit tests
    test                everything: checks, unit tests, real processes, real browsers
"""


def main(arguments: list[str] | None = None) -> int:
    parser = _parser()
    options = parser.parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    return run(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="peitong",
        description="陪同 Peitong: video consultations for children's first visits",
        epilog=_BY_THE_DOOR,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("demo", help="a demo hospital with one visit; prints both links")
    command.add_argument("--lan", action="store_true", help="https on this machine's network address, so that a phone can join")
    command.add_argument("--port", type=int, help="HTTP port (default: the former one of --data, or 8480; 0: any free one)")
    command.add_argument("--data", type=Path, help="folder to keep everything in (default: a new one under ./data)")
    command.add_argument("--json", action="store_true", help="print the links as one JSON object")
    command.set_defaults(run=_demo)

    command = commands.add_parser("serve", help="the server, from a TOML file and/or PEITONG_* variables")
    command.add_argument("--config", type=Path, help="TOML file (see README.md)")
    command.set_defaults(run=_serve)

    ready.add_command(commands)
    doctor.add_command(commands)
    reception.add_commands(commands)
    key.add_commands(commands)
    keys.add_commands(commands)
    webhook.add_commands(commands)

    journal = commands.add_parser("journal", help="the journal").add_subparsers(required=True, metavar="COMMAND")
    command = journal.add_parser("verify", help="find altered, removed or reordered events and removed sessions")
    command.add_argument("--data", type=Path, help="data folder")
    command.add_argument("--config", type=Path, help="TOML file, instead of --data")
    command.add_argument("--pin", action="append", default=[], help="a journal head as printed on a letter; may be repeated")
    command.add_argument("--json", action="store_true")
    command.set_defaults(run=_journal_verify)

    recording = commands.add_parser("recording", help="sealed recordings").add_subparsers(required=True, metavar="COMMAND")
    command = recording.add_parser("verify", help="check a recording's folder; needs no key")
    command.add_argument("folder", type=Path, help="a recording; with --all, a folder of recordings")
    command.add_argument("--all", action="store_true", help="every recording under FOLDER, and those that should be there")
    command.add_argument("--heads", type=Path, help="with --all: what `recording heads` printed, kept elsewhere")
    command.add_argument("--signer", help="the pinned public key (hex, or a file that holds it)")
    command.add_argument("--head", metavar="LINE:SHA256", help="a head that was noted down: the manifest must reach it")
    command.add_argument("--data", type=Path, help="data folder: the manifest must reach the newest head its journal keeps")
    command.add_argument("--config", type=Path, help="TOML file, instead of --data")
    command.add_argument(
        "--rotator", action="append", help="a pinned public key of who rotates (hex, or a file); may be repeated"
    )
    command.add_argument("--rotated", action="store_true", help="session-key.age was sealed anew by hand")
    command.add_argument("--json", action="store_true")
    command.set_defaults(run=_recording_verify)
    command = recording.add_parser("heads", help="the heads that the journal keeps of every recording, to be kept elsewhere")
    command.add_argument("--data", type=Path, help="data folder")
    command.add_argument("--config", type=Path, help="TOML file, instead of --data")
    command.add_argument("--json", action="store_true")
    command.set_defaults(run=_recording_heads)
    command = recording.add_parser("open", help="make one playable file of a recording")
    command.add_argument("folder", type=Path)
    command.add_argument("--identity", type=Path, required=True, help="the hospital's age identity file")
    command.add_argument("--out", type=Path, required=True, help="the Matroska file to write")
    keys.add_passphrase_file(command)
    command.set_defaults(run=_recording_open)
    return parser


def _demo(options: argparse.Namespace) -> int:
    folder = (options.data or Path("data") / f"demo-{datetime.now():%Y%m%d-%H%M%S}").resolve()  # noqa: DTZ005  local time
    clock, luck = Clock(), chance()
    try:
        config = demo.configure(folder, options.port, options.lan)
        config = config if options.json else replace(config, reminders="console")  # whoever reads JSON reads nothing after it
        printed = asyncio.run(demo.seed(config, clock, luck.new_id, luck.new_secret))
    except demo.OtherDemo as error:
        print(f"peitong: {error}", file=sys.stderr)
        return 2

    def announce() -> None:
        print(json.dumps(asdict(printed), ensure_ascii=False) if options.json else demo.as_text(printed), flush=True)

    return _run(config, clock, luck, announce)


def _serve(options: argparse.Namespace) -> int:
    config = configuration(options.config)
    if config is None:
        return 2
    return _run(config, Clock(), chance(), lambda: print(f"Peitong {config.origin}", flush=True))


def _run(config: Config, clock: Clock, luck: Chance, announce: Callable[[], None]) -> int:
    logs.configure()
    forbid_core_dumps()  # this process holds the signing key
    descriptors.allow_most()
    config.data_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        asyncio.run(_serving(config, clock, luck, announce))
    except (OSError, Unavailable, BadCredentials) as error:
        logging.getLogger("server").exception("cannot start")
        print(f"peitong: cannot start: {error}", file=sys.stderr)
        return 1
    return 0


async def _serving(config: Config, clock: Clock, luck: Chance, announce: Callable[[], None]) -> None:
    server = Server(config, clock, luck, messenger=messenger_of(config, clock, partial(print, flush=True)))
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    try:
        await server.start()
        for hospital in await server.consultations.hospitals_without_key():
            print(f"peitong: {lacks_a_key(hospital)}", file=sys.stderr, flush=True)
        announce()
        await stopping.wait()
    finally:
        with contextlib.suppress(asyncio.CancelledError):
            await server.stop()


def _database_url(options: argparse.Namespace) -> str | None:
    """Of --data or --config (or the variables); None after every fault was told on stderr."""
    if options.data is not None:
        return f"sqlite+aiosqlite:///{options.data.resolve() / 'peitong.db'}"
    config = configuration(options.config)
    return None if config is None else config.database_url


def _journal_verify(options: argparse.Namespace) -> int:
    url = _database_url(options)
    if url is None:
        return 2
    try:
        return asyncio.run(verify_journal(url, options.json, print, options.pin))
    except Unavailable as error:
        print(f"peitong: the database does not answer: {error}", file=sys.stderr)
        return 2


def _recording_verify(options: argparse.Namespace) -> int:
    url = None
    if options.data is not None or options.config is not None:
        url = _database_url(options)
        if url is None:
            return 2
    if options.all and (options.head or options.rotated):
        print("peitong: --head and --rotated are of one recording: not with --all", file=sys.stderr)
        return 2
    if options.heads is not None and not options.all:
        print("peitong: --heads belongs to --all", file=sys.stderr)
        return 2
    if options.all:
        return roll.verify_all_command(
            options.folder, options.signer, options.json, heads=options.heads, database_url=url, rotators=options.rotator
        )
    return verify_recording(
        options.folder, options.signer, options.json, head=options.head, database_url=url, rotated=options.rotated,
        rotators=options.rotator,
    )  # fmt: skip


def _recording_heads(options: argparse.Namespace) -> int:
    url = _database_url(options)
    return 2 if url is None else roll.heads_command(url, options.json)


def _recording_open(options: argparse.Namespace) -> int:
    return open_recording(options.folder, options.identity, options.out, keys.asking(options.passphrase_file))


if __name__ == "__main__":
    sys.exit(main())
