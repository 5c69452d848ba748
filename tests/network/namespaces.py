"""Network namespaces of this machine: made, entered, and removed again, also those that a crash left behind.

A bed's namespaces share a mark; a locked file stands for each bed that lives, so that a leftover is told from a neighbour.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import secrets
import shlex
import shutil
import signal
import struct
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_MARKS = Path("/run/peitong-bed")
_NAMED = Path("/run/netns")
_CLONE_NEWNET = 0x40000000
_TUNSETIFF = 0x400454CA
_IFF_TUN, _IFF_NO_PI = 0x0001, 0x1000


class NoNetworkBed(RuntimeError):
    """This machine cannot make a bed; the text says what is missing."""


def check_machine() -> None:
    """Raises ``NoNetworkBed``."""
    if os.geteuid() != 0:
        raise NoNetworkBed("the network test-bed makes network namespaces and TUN devices: run it as root")
    if shutil.which("ip") is None:
        raise NoNetworkBed("the network test-bed needs the command `ip`: apt-get install -y iproute2")
    if not Path("/dev/net/tun").exists():
        raise NoNetworkBed("the network test-bed needs /dev/net/tun (in a container: --device /dev/net/tun --privileged)")


@contextmanager
def namespaces(*roles: str) -> Iterator[dict[str, str]]:
    """A new namespace for each role: the names by which ``ip netns`` knows them. What runs in them at the end is killed."""
    check_machine()
    _MARKS.mkdir(mode=0o700, exist_ok=True)
    remove_leftovers()
    mark = f"peitong-{secrets.token_hex(4)}"
    with (_MARKS / mark).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            for role in roles:
                ip(f"netns add {mark}-{role}")
                ip("link set lo up", f"{mark}-{role}")
            yield {role: f"{mark}-{role}" for role in roles}
        finally:
            _remove(mark)


def remove_leftovers() -> None:
    """The namespaces, and what still runs in them, of beds whose process is gone."""
    for path in _MARKS.iterdir():
        with suppress(FileNotFoundError, BlockingIOError), path.open("r") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.stat().st_ino == os.fstat(file.fileno()).st_ino:
                _remove(path.name)


def _remove(mark: str) -> None:
    for name in [path.name for path in _NAMED.glob(f"{mark}-*")]:
        for process in processes_in(name):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        ip(f"netns delete {name}")
    (_MARKS / mark).unlink(missing_ok=True)


def processes_in(name: str) -> list[int]:
    return [int(line) for line in ip(f"netns pids {name}").split()]


def ip(command: str, name: str | None = None) -> str:
    """`ip` with these words, in that namespace. Raises ``NoNetworkBed`` with what it said."""
    inside = ["-n", name] if name else []
    done = subprocess.run(["ip", *inside, *shlex.split(command)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NoNetworkBed(f"ip {command}: {done.stderr.strip()}")
    return done.stdout


def ip_batch(commands: Iterable[str], name: str) -> None:
    """Several commands in one process, so that nothing happens between them."""
    text = "\n".join(commands) + "\n"
    done = subprocess.run(["ip", "-n", name, "-batch", "-"], input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NoNetworkBed(f"ip -batch: {done.stderr.strip()} in:\n{text}")


@contextmanager
def inside(name: str) -> Iterator[None]:
    """The calling thread stands in that namespace: sockets and devices made meanwhile belong there."""
    home, there = os.open("/proc/thread-self/ns/net", os.O_RDONLY), os.open(_NAMED / name, os.O_RDONLY)
    try:
        _enter(there)
        yield
    finally:
        _enter(home)
        os.close(there)
        os.close(home)


def tun(name: str, device: str) -> int:
    """The file of a new TUN device in that namespace: one read or write is one IP packet. It does not block."""
    with inside(name):
        file = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(file, _TUNSETIFF, struct.pack("16sH22x", device.encode("ascii"), _IFF_TUN | _IFF_NO_PI))
    return file


def _enter(namespace: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(namespace, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
