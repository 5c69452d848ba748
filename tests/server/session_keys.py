"""Session keys for tests that are about something else: the same keys and files, without a process for each."""

from __future__ import annotations

import asyncio
from pathlib import Path

from media.recorder import sessionkey
from server.sealing import KeyMaker, SealingFailed


class KeysAtOnce(KeyMaker):
    """Makes them in this process; nothing waits, nothing has to be ended."""

    async def make(self, folder: Path, recipients: tuple[str, ...]) -> str:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return await asyncio.to_thread(sessionkey.make, folder / "session-key.age", recipients)
        except (OSError, ValueError) as error:
            raise SealingFailed(type(error).__name__) from error

    def prepare(self) -> None:
        """There is no next one."""
