"""Sealing: a recording's folder, its session key from a child process, and the app's signatures over its manifest.

The app never holds a session identity: the child writes it sealed to the hospital's recipients and prints only its
public half. The signing key lies in a file of mode 0600 that no other process is given.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from media import control
from media.recorder.manifest import message_to_sign

_KEY_WITHIN_S = 15.0


class SealingFailed(Exception):
    """No recording could be made ready; its message says why, without personal data."""


class Signer:
    """The app's Ed25519 key for manifest heads. ``public_hex`` is what the hospital pins."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public_hex = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    @classmethod
    def from_folder(cls, folder: Path) -> Signer:
        """Reads ``signer.key`` in ``folder``; makes it and ``signer.pub`` when there is none."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / "signer.key"
        if path.exists():
            return cls(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text("ascii").strip())))
        key = Ed25519PrivateKey.generate()
        secret = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()).hex()
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secret + "\n")
            file.flush()
            os.fsync(file.fileno())
        signer = cls(key)
        (folder / "signer.pub").write_text(signer.public_hex + "\n", "ascii")
        return signer

    def sign_head(self, recording: str, line: int, sha256: str) -> bytes:
        """The 64-byte signature over a manifest head (docs/recording-format.md)."""
        return self._key.sign(message_to_sign(recording, line, sha256))


class KeyMaker:
    """Makes session keys, each in a process that makes one and ends. The next one has started already and waits, as people
    wait for an admission; when it is gone another is started."""

    def __init__(self) -> None:
        self._next: asyncio.Task[asyncio.subprocess.Process] | None = None

    async def make(self, folder: Path, recipients: tuple[str, ...]) -> str:
        """Makes ``session-key.age`` in the recording's folder; returns the session's public key. Raises ``SealingFailed``."""
        if not recipients:
            raise SealingFailed("no recipient is configured")
        order = json.dumps({"out": str(folder / "session-key.age"), "recipients": recipients}).encode() + b"\n"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            child = await self._taken()
            try:
                out, _ = await asyncio.wait_for(child.communicate(order), _KEY_WITHIN_S)
            finally:
                if child.returncode is None:
                    child.kill()
        except (OSError, TimeoutError) as error:
            raise SealingFailed(type(error).__name__) from error
        finally:
            self.prepare()
        public = out.decode("ascii", "replace").strip()
        if child.returncode != 0 or not public.startswith("age1"):
            raise SealingFailed("the session key could not be made")
        return public

    def prepare(self) -> None:
        """Starts the process of the next key, unless it has been."""
        if self._next is None:
            self._next = asyncio.create_task(_key_process(), name="next session key")

    async def _taken(self) -> asyncio.subprocess.Process:
        waiting, self._next = self._next, None
        if waiting is not None:
            child = await waiting
            if child.returncode is None:
                return child
        return await _key_process()

    async def close(self) -> None:
        waiting, self._next = self._next, None
        if waiting is not None:
            with suppress(OSError):
                await (await waiting).communicate(b"")  # no order: it ends


async def _key_process() -> asyncio.subprocess.Process:
    arguments = (sys.executable, "-m", "media.recorder.sessionkey")
    return await asyncio.create_subprocess_exec(*arguments, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)


class Anchor(NamedTuple):
    """A manifest's head: the number of its newest line and that line's SHA-256."""

    line: int
    sha256: str


class SessionRecording:
    """One session's recording as the app sees it: made ready once, reopened after every loss, signed line by line."""

    def __init__(
        self,
        session: str,
        folder: Path,
        recipients: Callable[[], Awaitable[tuple[str, ...]]],
        signer: Signer,
        new_origin: Callable[[], Origin],
        keys: KeyMaker,
    ) -> None:
        """``recipients()`` are those of the hospital, as they are when the key is made; none, when it has no key."""
        self.session = session
        self.folder = folder
        self.head: Anchor | None = None
        self.seconds = 0
        self._recipients = recipients
        self._signer = signer
        self._new_origin = new_origin
        self._keys = keys
        self._origin: Origin | None = None
        self._public = ""

    @property
    def began_at(self) -> float:
        """The recording's time zero, in seconds since 1970; 0 before it was made ready."""
        return self._origin.at if self._origin is not None else 0.0

    @property
    def public(self) -> str:
        """The session's age public key; empty until `prepare` has made it."""
        return self._public

    def resume(self, public: str, origin: Origin) -> None:
        """A former run of the server has made it ready."""
        self._public, self._origin = public, origin

    async def prepare(self) -> None:
        """Makes the session key, unless that was done. Raises ``SealingFailed``, or what finding the recipients raised."""
        if not self._public:
            self._remove_orphan()
            self._origin = self._new_origin()
            self._public = await self._keys.make(self.folder, await self._recipients())

    def _remove_orphan(self) -> None:
        """A key that no manifest uses: a former run died before it had noted the public half; nothing is sealed to it."""
        key = self.folder / "session-key.age"
        if key.exists() and not (self.folder / "manifest.jsonl").exists():
            key.unlink()

    def opening(self) -> control.RecordingOpen:
        """What (re)opens it at a recorder; a recorder that has it open already answers with its state."""
        origin = self._origin or self._new_origin()
        return control.RecordingOpen(
            self.session, str(self.folder), self._public, origin.monotonic_us, origin.utc, self.session
        )

    def signed(self, head: control.Head) -> control.Signed:
        """Takes note of a manifest head and signs it."""
        self.head = Anchor(head.line, head.hash)
        self.seconds = head.seconds
        return control.Signed(self.session, head.line, self._signer.sign_head(self.session, head.line, head.hash))


@dataclass(frozen=True, slots=True)
class Origin:
    """A recording's time zero: seconds since 1970, CLOCK_MONOTONIC microseconds, and RFC 3339, all the same moment."""

    at: float
    monotonic_us: int
    utc: str
