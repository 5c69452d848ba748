"""Where documents lie on the disk, and writing there so that a file is whole under its name or not there.

``sealed/VISIT/DOCUMENT`` is what the app reads until it is destroyed, ``sealed/VISIT/DOCUMENT.parts/OFFSET`` a part of an
upload; ``documents/VISIT/DOCUMENT.SUFFIX.age`` is the hospital's copy, which the app cannot read and keeps. No plaintext is
ever written. Everything here blocks.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path


class Files:
    """The two trees in the data folder. Names in them are our own ids. Everything may raise OSError."""

    def __init__(self, data_folder: Path) -> None:
        self._sealed = data_folder / "sealed"
        self._copies = data_folder / "documents"

    def write_part(self, visit: str, document: str, offset: int, sealed: bytes) -> None:
        """A part at this offset; one that is there already counts for nothing yet, and is replaced."""
        _durable(self._parts(visit, document) / f"{offset:010d}", sealed)

    def parts(self, visit: str, document: str) -> list[tuple[int, bytes]]:
        """(offset, sealed), in order."""
        folder = self._parts(visit, document)
        names = sorted(path.name for path in folder.iterdir() if path.name.isdigit()) if folder.exists() else []
        return [(int(name), (folder / name).read_bytes()) for name in names]

    def forget_parts(self, visit: str, document: str) -> None:
        shutil.rmtree(self._parts(visit, document), ignore_errors=True)

    def write(self, visit: str, document: str, sealed: bytes, copy: bytes, suffix: str) -> None:
        """The document as it is kept, for us and for the hospital."""
        _durable(self._copies / visit / f"{document}.{suffix}.age", copy)
        _durable(self._sealed / visit / document, sealed)

    def read(self, visit: str, document: str) -> bytes:
        return (self._sealed / visit / document).read_bytes()

    def remove(self, visit: str, document: str) -> None:
        """Everything of one document, the hospital's copy too."""
        self.forget_parts(visit, document)
        (self._sealed / visit / document).unlink(missing_ok=True)
        for copy in (self._copies / visit).glob(f"{document}.*.age"):
            copy.unlink()

    def destroy(self, visit: str) -> None:
        """Everything of a visit that the app could read; the hospital's copies stay."""
        shutil.rmtree(self._sealed / visit, ignore_errors=True)

    def visits(self) -> set[str]:
        """Those of which something sealed lies here."""
        return {path.name for path in self._sealed.iterdir()} if self._sealed.exists() else set()

    def _parts(self, visit: str, document: str) -> Path:
        return self._sealed / visit / f"{document}.parts"


def _make(folder: Path) -> None:
    """With all above it, each its owner's alone (``parents=True`` would make those with the process's usual mode)."""
    if not folder.exists():
        _make(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _durable(path: Path, data: bytes) -> None:
    """Writes (0600) and makes it last; whatever was there before is replaced at once."""
    _make(path.parent)
    temporary = path.with_name(f".{path.name}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
