"""This installation's own secrets: files of mode 0600 in the data folder, made when they are not there."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def secret_file(path: Path) -> bytes:
    """The 32 secret bytes of this installation that lie in ``path``; made, with mode 0600, when there are none."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
    return path.read_bytes()
