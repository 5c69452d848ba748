"""What the doctor sees of this machine: packages, folder, space, clock, limits of the kernel. Changes nothing."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Final

import pyrage

from server.config import Config
from server.doctor.findings import Finding
from server.doctor.words import finding
from server.recipients import Recipients

LOCK: Final = Path(__file__).resolve().parents[2] / "requirements.lock"
GB_AN_HOUR: Final = 2.5
"""Of one consultation at its best: two directions of 2.7 Mbit/s of picture and 48 kbit/s of sound."""

HOURS_ENOUGH: Final = 50.0
HOURS_LEAST: Final = 4.0
BUFFER_WANTED: Final = 4 << 20
"""As media/plane.py asks for."""

FILES_WANTED: Final = 65_536
FILES_ENOUGH: Final = 4_096
_RELEASED: Final = datetime(2026, 1, 1, tzinfo=UTC)
_PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)(\s*;)?", re.MULTILINE)
_STA_UNSYNC: Final = 0x0040
_EPERM: Final = -1


def packages(lock: Path = LOCK) -> Finding:
    python = ".".join(map(str, sys.version_info[:3]))
    if not lock.is_file():
        return finding("packages_unpinned", python=python)
    pinned: dict[str, list[tuple[str, bool]]] = {}
    for name, version, marker in _PINNED.findall(lock.read_text("utf-8")):
        pinned.setdefault(name, []).append((version, bool(marker)))
    differ = [name for name, versions in pinned.items() if not any(_is(name, *version) for version in versions)]
    if differ:
        shown = ", ".join(differ[:8]) + (" …" if len(differ) > 8 else "")
        return finding("packages_differ", python=python, count=len(differ), names=shown)
    return finding("packages_good", python=python, count=len(pinned))


def _is(name: str, version: str, conditional: bool) -> bool:
    try:
        return metadata.version(name) == version
    except metadata.PackageNotFoundError:
        return conditional  # for another system or Python


def data_folder(folder: Path) -> Finding:
    if not folder.is_dir():
        return finding("data_missing", folder=str(folder))
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as file:
            file.write(b"peitong")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return finding("data_unwritable", folder=str(folder), error=error.strerror or type(error).__name__)
    mode = folder.stat().st_mode & 0o777
    if mode & 0o077:
        return finding("data_open", folder=str(folder), mode=f"{mode:04o}")
    return finding("data_good", folder=str(folder))


def disk(folder: Path, free: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free) -> Finding:
    place = next(path for path in (folder, *folder.parents) if path.exists())
    free_gb = free(place) / 1e9
    hours = free_gb / GB_AN_HOUR
    code = "disk_full" if hours < HOURS_LEAST else "disk_low" if hours < HOURS_ENOUGH else "disk_good"
    return finding(code, free_gb=round(free_gb, 1), hours=round(hours, 1))


def clock(now: float, kernel: Callable[[], tuple[int, int]] | None = None) -> Finding:
    """``kernel()`` is (status bits, largest error in us) of adjtimex(2), status -1 where that is not told."""
    at = datetime.fromtimestamp(now, UTC)
    if at < _RELEASED:
        return finding("clock_wrong", now=at.isoformat(timespec="minutes"))
    status, error_us = (kernel or _adjtimex)()
    if status == _EPERM:
        return finding("clock_unknown")
    if status & _STA_UNSYNC:
        return finding("clock_free")
    return finding("clock_good", error_ms=round(error_us / 1000))


class _Timex(ctypes.Structure):
    """The head of Linux's struct timex; the rest is room that the kernel fills."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


def _adjtimex() -> tuple[int, int]:
    read = getattr(ctypes.CDLL(None, use_errno=True), "adjtimex", None)
    timex = _Timex()
    if read is None or read(ctypes.byref(timex)) < 0:
        return _EPERM, 0
    return timex.status, timex.maxerror


def open_files(limit: int | None) -> Finding:
    """``limit`` is what the running server tells of itself, None when it tells nothing: a shell's own would prove nothing."""
    if limit is None:
        return finding("files_unknown")
    if limit < FILES_ENOUGH:
        return finding("files_low", limit=limit, wanted=FILES_WANTED)
    return finding("files_good", limit=limit)


def udp_buffers(kernel: Path = Path("/proc/sys/net/core")) -> Finding:
    try:
        receive, send = (int(_read(kernel / name)) for name in ("rmem_max", "wmem_max"))
    except ValueError:
        return finding("buffers_unknown")
    figures = {"receive_kib": receive // 1024, "send_kib": send // 1024}
    if min(receive, send) < BUFFER_WANTED:
        return finding("buffers_small", **figures, wanted=BUFFER_WANTED, wanted_kib=BUFFER_WANTED // 1024)
    return finding("buffers_good", **figures)


def recipients(keys: tuple[str, ...]) -> Finding:
    for number, key in enumerate(keys, 1):
        try:
            pyrage.x25519.Recipient.from_str(key)
        except Exception:  # the library names its error only in its compiled part
            return finding("recipients_bad", number=number)
    return finding("recipients_good", count=len(keys))


def hospital_keys(keys: Recipients, hospitals: Mapping[str, str]) -> list[Finding]:
    """Whether each of the hospitals (names by id), all that there are, has a key, and whether each key's hospital is there."""
    lacking = keys.lacking(hospitals)
    found = [finding("hospital_key_missing", hospital=id, name=hospitals[id]) for id in lacking]
    found += [finding("hospital_key_unknown", hospital=id) for id in keys.unknown(hospitals)]
    return found if lacking or not hospitals else [*found, finding("hospital_keys_good", count=len(hospitals))]


def examine(config: Config) -> list[Finding]:
    """Everything that needs no network, no database and no running server."""
    return [
        packages(),
        data_folder(config.data_folder),
        disk(config.data_folder),
        clock(time.time()),
        udp_buffers(),
        recipients(config.sealing.everyone()),
    ]


def _read(path: Path) -> str:
    try:
        return path.read_text("ascii", "replace")
    except OSError:
        return ""
