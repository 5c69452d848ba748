"""`keys new`, `keys public`, `keys rotate`, `keys copied`: the age keys that recordings are sealed to (`server.vault`).

They run where an identity is kept, which is not the server: none of them reads a configuration or a database.
"""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from media.coredump import forbid_core_dumps
from server.vault import rotation
from server.vault.identity import Ask, BadIdentity, Identity, make, new_passphrase, nobody_to_ask, read
from server.vault.rotation import Outcome

_OUTCOMES = {
    "rotated": "已轮换 / rotated", "already": "已是如此 / already", "noted": "已记录 / noted", "failed": "失败 / failed",
}  # fmt: skip


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    keys = commands.add_parser("keys", help="the age keys that recordings are sealed to; run it off the server")
    of = keys.add_subparsers(required=True, metavar="COMMAND")

    command = of.add_parser("new", help="make an identity file, protected by a passphrase; prints the public key")
    command.add_argument("--out", type=Path, required=True, help="the identity file; must not exist yet")
    command.add_argument("--no-passphrase", action="store_true", help="leave it plain, as age-keygen does")
    add_passphrase_file(command)
    _json(command, _new)

    command = of.add_parser("public", help="the public halves of an identity file")
    command.add_argument("identity", type=Path)
    add_passphrase_file(command)
    _json(command, _public)

    command = of.add_parser("rotate", help="seal session-key.age anew to other recipients; may be run again when broken off")
    _folder(command)
    command.add_argument("--identity", type=Path, action="append", required=True, help="opens it now; may be repeated")
    command.add_argument("--to", action="append", required=True, metavar="AGE1…", help="every recipient from now on; repeat it")
    add_passphrase_file(command)
    _json(command, _rotate)

    command = of.add_parser("copied", help="write down that a copy of session-key.age lies elsewhere (a backup, a release)")
    _folder(command)
    command.add_argument("--where", required=True, help="the place, one line, no personal data")
    _json(command, _copied)


def _folder(command: argparse.ArgumentParser) -> None:
    command.add_argument("folder", type=Path, help="a recording; with --all, a folder of recordings")
    command.add_argument("--all", action="store_true", help="every recording right under FOLDER")


def add_passphrase_file(command: argparse.ArgumentParser) -> None:
    command.add_argument("--passphrase-file", type=Path, help="its first line is the passphrase (default: asked for)")


def _json(command: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int]) -> None:
    command.add_argument("--json", action="store_true")
    command.set_defaults(run=run)


def asking(file: Path | None) -> Ask:
    """How a protected identity's passphrase is had: from a file, or from the person at the terminal."""

    def from_file() -> str:
        assert file is not None
        return _first_line(file)

    def from_terminal() -> str:
        return getpass.getpass("口令 / passphrase: ") if sys.stdin.isatty() else nobody_to_ask()

    return from_terminal if file is None else from_file


def _first_line(file: Path) -> str:
    try:
        with file.open(encoding="utf-8") as opened:
            return opened.readline(1024).rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        raise BadIdentity(f"{file} cannot be read") from None


# --- new, public ------------------------------------------------------------------------------------


def _new(options: argparse.Namespace) -> int:
    forbid_core_dumps()
    try:
        passphrase, generated = _wanted_passphrase(options)
        identity = make(options.out, passphrase)
    except (BadIdentity, OSError) as error:
        print(f"peitong: no identity was made: {error}", file=sys.stderr)
        return 2
    if options.json:
        shown = {"passphrase": passphrase} if generated else {}
        protected = passphrase is not None
        print(json.dumps({"identity": str(options.out), "protected": protected, **_halves(identity), **shown}))
        return 0
    if generated:
        print(f"口令 / passphrase        {passphrase}    （只显示一次，请抄写 / shown only now: write it down）")
    print(
        f"私钥文件 / identity      {options.out}\n{_halves_text(identity)}\n\n"
        "请勿把私钥文件放在服务器上：离线保管，另备一份放在别处；丢失后，加密给它的录制无法打开。\n"
        "Keep the identity file off the server, and a second copy elsewhere: without it nothing sealed to it can be opened.\n"
        "公钥写入服务器配置 [recording] 的 recipients（医院）或 escrow（托管）。\n"
        "The public key goes into the server's configuration, [recording]: recipients (hospital) or escrow."
    )
    return 0


def _wanted_passphrase(options: argparse.Namespace) -> tuple[str | None, bool]:
    """(the passphrase, whether it was made here). Raises ``BadIdentity``."""
    if options.no_passphrase:
        if options.passphrase_file is not None:
            raise BadIdentity("either --no-passphrase or --passphrase-file")
        return None, False
    if options.passphrase_file is not None:
        return _first_line(options.passphrase_file), False
    if not sys.stdin.isatty():
        raise BadIdentity("nobody can be asked for a passphrase here: --passphrase-file, or --no-passphrase")
    typed = getpass.getpass("新口令（留空则自动生成）/ new passphrase (empty: one is made): ")
    if not typed:
        return new_passphrase(), True
    if getpass.getpass("再输一次 / once more: ") != typed:
        raise BadIdentity("the two passphrases differ")
    return typed, False


def _public(options: argparse.Namespace) -> int:
    forbid_core_dumps()
    try:
        identities = read(options.identity, asking(options.passphrase_file))
    except BadIdentity as error:
        print(f"peitong: {error}", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps({"identities": [_halves(identity) for identity in identities]}))
    else:
        print("\n".join(map(_halves_text, identities)))
    return 0


def _halves(identity: Identity) -> dict[str, str]:
    return {"recipient": identity.recipient, "rotator": identity.rotator_hex}


def _halves_text(identity: Identity) -> str:
    return f"公钥 / public key        {identity.recipient}\n轮换签名 / rotator       {identity.rotator_hex}"


# --- rotate, copied ---------------------------------------------------------------------------------


def _rotate(options: argparse.Namespace) -> int:
    forbid_core_dumps()
    try:
        rotation.readers(options.to)
        ask = asking(options.passphrase_file)
        identities = [identity for file in options.identity for identity in read(file, ask)]
    except (BadIdentity, ValueError) as error:
        print(f"peitong: nothing was rotated: {error}", file=sys.stderr)
        return 2
    return _each(options, lambda folder: rotation.rotate(folder, identities, options.to, _now()))


def _copied(options: argparse.Namespace) -> int:
    return _each(options, lambda folder: rotation.note_copy(folder, options.where, _now()))


def _each(options: argparse.Namespace, do: Callable[[Path], Outcome]) -> int:
    """Does it to one recording or to all, tells what came of each; 0: all well, 1: some failed, 2: there was none."""
    folders = rotation.recordings_in(options.folder) if options.all else [options.folder]
    if not folders or not options.folder.is_dir():
        print(f"peitong: no recording is in {options.folder}", file=sys.stderr)
        return 2
    done = list(_with_progress(map(do, folders), len(folders)))
    failed = sum(outcome.outcome == "failed" for outcome in done)
    if options.json:
        counts = {kind: sum(outcome.outcome == kind for outcome in done) for kind in _OUTCOMES}
        print(json.dumps({"ok": not failed, **counts, "recordings": list(map(asdict, done))}, ensure_ascii=False))
    else:
        for outcome in done:
            print(_text(outcome))
    return 1 if failed else 0


def _with_progress(outcomes: Iterable[Outcome], total: int) -> Iterable[Outcome]:
    for number, outcome in enumerate(outcomes, start=1):
        if sys.stderr.isatty():
            print(f"\r{number} / {total}", end="\n" if number == total else "", file=sys.stderr, flush=True)
        yield outcome


def _text(outcome: Outcome) -> str:
    first = f"{_OUTCOMES[outcome.outcome]}  {outcome.folder}" + (f": {outcome.why}" if outcome.why else "")
    earlier = [
        f"    旧副本仍可用旧密钥打开 / an earlier copy still opens with former keys: {sha256}"
        + (f" ({'; '.join(places)})" if places else "")
        for sha256, places in outcome.earlier.items()
    ]
    return "\n".join([first, *earlier])


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
