"""Makes a session's key in a process of its own: ``python -m media.recorder.sessionkey --out FILE --recipient age1...``.

Without ``--out`` it waits for its order, one line of JSON on stdin: ``{"out": FILE, "recipients": [age1...]}``; so a visit need
not wait until a process has started. It makes one key and ends; at the end of stdin it ends without.

Promises: the secret half exists only in this process's memory and, sealed to the hospital's recipients, in the file; stdout
gets the public half. An existing file is never overwritten: that would make the recording before it unreadable.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pyrage

from media.coredump import forbid_core_dumps


def make(out: Path, recipients: Sequence[str]) -> str:
    """Writes the sealed identity durably to ``out`` (0600) and returns its public key. Raises ValueError, OSError."""
    try:
        readers = [pyrage.x25519.Recipient.from_str(text) for text in recipients]
    except pyrage.RecipientError as error:
        raise ValueError("not an age recipient (age1...)") from error
    if not readers:
        raise ValueError("at least one recipient is needed")
    identity = pyrage.x25519.Identity.generate()
    sealed = pyrage.encrypt(f"{identity}\n".encode(), readers)
    temporary = out.with_name(f".{out.name}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, out)  # unlike a rename, fails where one is already
    finally:
        temporary.unlink()
    folder = os.open(out.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return str(identity.to_public())


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m media.recorder.sessionkey", description="Make a session's sealed key.")
    parser.add_argument("--out", type=Path, help="where the sealed key goes; must not exist yet")
    parser.add_argument("--recipient", action="append", default=[], help="an age recipient of the hospital; may be repeated")
    options = parser.parse_args(arguments)
    forbid_core_dumps()
    os.umask(0o077)
    out, recipients = options.out, options.recipient
    if out is None:
        order = sys.stdin.readline()
        if not order:
            return 0
        asked = json.loads(order)
        out, recipients = Path(asked["out"]), asked["recipients"]
    try:
        public = make(out, recipients)
    except (ValueError, OSError) as error:
        sys.stderr.write(f"no session key was made: {error}\n")
        return 1
    sys.stdout.write(public + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
