"""The cabinet: takes in a visit's documents piece by piece, keeps them sealed, gives them out, and destroys them.

What comes is sealed at once, part by part, under the visit's key; an upload goes on where its last whole part ended, also
after a restart. When all has come it is read back, told apart by content, stripped (`strip`) and sealed anew, for us and to
the recipients of the visit's hospital; only then, with the event that names its hash, is it kept. Some days after the visit
its key is destroyed: what lies here cannot be opened any more, by anybody; the hospital's copies can, by the hospital.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import pyrage

from server import events as ev
from server.documents import sealed
from server.documents.files import Files
from server.documents.kinds import MAX_BYTES, MAX_STILL_BYTES, Unacceptable, check_still
from server.documents.strip import Stripped, strip
from server.errors import Refused
from server.store import bodies, documents
from server.store.database import Database, Write
from server.store.documents import EXAMINATION, STILL, Document
from server.store.errors import Unavailable
from signaling.seats import Role

PART = 4 << 20
"""The most that a crash can cost an upload, in bytes."""
IDLE_S = 30.0
"""A connection that brings nothing for so long has ended."""
ABANDONED_S = 86400.0
TEND_EVERY_S = 60.0
_AT_ONCE = 20

log = logging.getLogger(__name__)
T = TypeVar("T")

Journaled = Callable[[str, ev.Event, tuple[Write, ...]], Awaitable[object]]
"""Appends an event to a visit's journal with further writes in its transaction. Raises ``Refused`` or ``Unavailable``."""


@dataclass(frozen=True, slots=True)
class Terms:
    """To whom a visit's copies are sealed (age1…; nobody, when its hospital has no key), and for how many seconds after its
    end its documents can be read here."""

    recipients_of: Callable[[str], Awaitable[tuple[str, ...]]]
    keep_s: float


@dataclass(slots=True)
class _Turn:
    """One upload's: whoever comes next asks the one before to stop waiting for more."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    leave: asyncio.Event = field(default_factory=asyncio.Event)
    wanted: int = 0


class Cabinet:
    """``random_bytes(n)`` gives n random bytes, new ones each time; ``app_key`` is the 32 bytes that wrap the visits' keys."""

    def __init__(
        self,
        data_folder: Path,
        terms: Terms,
        database: Database,
        app_key: bytes,
        clock: Callable[[], float],
        new_id: Callable[[], str],
        random_bytes: Callable[[int], bytes],
        journaled: Journaled,
    ) -> None:
        self._files = Files(data_folder)
        self._terms = terms
        self._database = database
        self._app_key = app_key
        self._clock = clock
        self._new_id = new_id
        self._random = random_bytes
        self._journaled = journaled
        self._turns: dict[str, _Turn] = {}
        self._receiving: set[asyncio.Future[Document]] = set()
        # One at a time and beside the event loop: a document takes tens of milliseconds and may take its size four times over.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="documents")
        self._unscrubbed = True

    async def close(self) -> None:
        await asyncio.to_thread(self._thread.shutdown, wait=True, cancel_futures=True)

    # --- uploads ----------------------------------------------------------------------------------

    async def begin(self, visit: str, device: str, length: int, purpose: str = EXAMINATION, key: str | None = None) -> Document:
        """A new upload of so many bytes by that device, for one of ``PURPOSES`` or a STILL, or the one it began under
        this ``key``.

        Raises ``Refused``: document_empty, document_too_large, still_too_large, too_many_documents, too_many_stills,
        documents_destroyed, idempotency_mismatch, hospital_key_missing.
        """
        if purpose == STILL and length > MAX_STILL_BYTES:
            raise Refused("still_too_large")
        if not 1 <= length <= MAX_BYTES:
            raise Refused("document_too_large" if length > 0 else "document_empty")
        await self._copied_to(visit)
        wrapped = sealed.wrap(self._app_key, self._random(sealed.NONCE_BYTES), visit, self._random(sealed.KEY_BYTES))
        new = self._new_id()
        return await documents.begin(self._database, new, visit, device, length, wrapped, self._clock(), purpose, key)

    async def receive(self, visit: str, device: str, id: str, offset: int, pieces: AsyncIterator[bytes]) -> Document:
        """Takes what comes from ``offset`` on; the document as it stands afterwards. What came before a loss counts.

        Raises ``Refused``: not_found (another device's upload, too), upload_offset (it goes on somewhere else), or a code of
        `kinds.CODES` when all has come and the document is not taken; then nothing of it is left. Who cancels it only stops
        waiting: what came is kept.
        """
        work = asyncio.ensure_future(self._receive(visit, device, id, offset, pieces))
        self._receiving.add(work)
        work.add_done_callback(self._over)
        return await asyncio.shield(work)

    def _over(self, work: asyncio.Future[Document]) -> None:
        self._receiving.discard(work)
        if not work.cancelled():
            work.exception()  # nobody may be there any more to hear it

    async def _receive(self, visit: str, device: str, id: str, offset: int, pieces: AsyncIterator[bytes]) -> Document:
        async with self._alone(id) as turn:
            item = await self._upload(visit, device, id)
            if offset != item.received:
                raise Refused("upload_offset")
            intake = _Intake(pieces, turn.leave)
            while part := await intake.take(min(PART, item.length - item.received)):
                item = await self._received(item, part)
            return item if item.received < item.length else await self._completed(item)

    async def standing(self, visit: str, device: str, id: str) -> Document:
        """The upload as it stands, once nobody is at work on it. Raises ``Refused`` not_found."""
        async with self._alone(id):
            return await self._upload(visit, device, id)

    async def _upload(self, visit: str, device: str | None, id: str) -> Document:
        """What is still coming is its own device's alone, and so is a still; what else is kept is the family's."""
        item = await documents.find(self._database, visit, id)
        theirs = item is not None and item.state == "kept" and item.purpose != STILL
        known = theirs or (item is not None and item.state in ("uploading", "kept") and item.device == device)
        if item is None or not known:
            raise Refused("not_found")
        return item

    async def _received(self, item: Document, part: bytes) -> Document:
        key = await self._key(item.visit)
        salt, place = self._random(sealed.SALT_BYTES), _part(item, item.received)

        def keep() -> None:
            self._files.write_part(item.visit, item.id, item.received, sealed.seal(key, salt, place, part))

        await self._aside(keep)
        now, received = self._clock(), item.received + len(part)
        await self._database.write(documents.changed(item.id, received=received, touched_at=now))
        return await self._upload(item.visit, item.device, item.id)

    async def _completed(self, item: Document) -> Document:
        """All has come: it is kept, or refused and gone."""
        if item.state == "kept":
            return item
        recipients, key = await self._copied_to(item.visit), await self._key(item.visit)
        salt = self._random(sealed.SALT_BYTES)
        try:
            kept, sha256 = await self._aside(lambda: self._examined(item, recipients, key, salt))
        except Unacceptable as error:
            log.info("a document is not taken", extra={"session": item.visit[:8], "code": error.code})
            await self._forget(item)
            raise Refused(error.code) from error
        now, facts = self._clock(), kept.facts
        says = {"document": item.id, "kind": facts.kind.value, "bytes": len(kept.data), "sha256": sha256}
        body = bodies.make(self._new_id(), item.visit, "document", now, self._random(16), says)
        row = documents.changed(
            item.id, state="kept", touched_at=now, kind=facts.kind.value, size=len(kept.data), width=facts.width,
            height=facts.height, pages=facts.pages, body=body.id,
        )  # fmt: skip
        try:
            await self._journaled(item.visit, await self._came(item, body.sha256), (bodies.keep(body), row))
        except Refused:
            if item.purpose == STILL:  # it may not be kept any more
                await self._forget(item)
            raise
        await self._aside(lambda: self._files.forget_parts(item.visit, item.id))
        return await self._upload(item.visit, item.device, item.id)

    async def _copied_to(self, visit: str) -> tuple[str, ...]:
        """Whom copies are sealed to. Raises ``Refused`` hospital_key_missing: a server that several share lacks this one's."""
        recipients = await self._terms.recipients_of(visit)
        if not recipients:
            raise Refused("hospital_key_missing")
        return recipients

    async def _came(self, item: Document, body_sha256: str) -> ev.Event:
        if item.purpose == STILL:
            return ev.StillTaken(item.id, body_sha256)
        whose = await documents.guardian_of(self._database, item.device)
        return ev.DocumentAdded(item.id, body_sha256, item.purpose, whose)

    def _examined(self, item: Document, recipients: tuple[str, ...], key: bytes, salt: bytes) -> tuple[Stripped, str]:
        """Reads an upload back and writes what is kept of it; with that one's SHA-256. Raises ``Unacceptable``. Blocks."""
        plain = bytearray()
        for offset, part in self._files.parts(item.visit, item.id):
            if offset == len(plain) and offset < item.received:  # a crash may have left a part that nobody counted
                plain += _unsealed(key, _part(item, offset), part)
        if len(plain) != item.length:
            raise Unacceptable("document_damaged", "a part is missing")
        kept = strip(bytes(plain))
        if item.purpose == STILL:
            check_still(kept.facts)
        copy = pyrage.encrypt(kept.data, [pyrage.x25519.Recipient.from_str(each) for each in recipients])
        ours = sealed.seal(key, salt, _whole(item), kept.data)
        self._files.write(item.visit, item.id, ours, copy, kept.facts.kind.suffix)
        return kept, hashlib.sha256(kept.data).hexdigest()

    async def _forget(self, item: Document) -> None:
        await self._database.write(documents.forgotten(item.id))
        await self._aside(lambda: self._files.remove(item.visit, item.id))

    @asynccontextmanager
    async def _alone(self, id: str) -> AsyncIterator[_Turn]:
        """One at a time at each upload: a phone that is back does not wait for its own dead connection."""
        turn = self._turns.setdefault(id, _Turn())
        turn.wanted += 1
        turn.leave.set()
        try:
            async with turn.lock:
                turn.leave = asyncio.Event()
                yield turn
        finally:
            turn.wanted -= 1
            if turn.wanted == 0:
                del self._turns[id]

    # --- what is kept -----------------------------------------------------------------------------

    async def listed(self, visit: str, device: str | None = None) -> list[Document]:
        """To a family's device what the family's is of those kept, and what is still coming from it; else all those kept."""
        there = await documents.of_visit(self._database, visit)
        if device is None:
            return [item for item in there if item.state == "kept"]
        ours = [item for item in there if item.purpose != STILL]
        return [item for item in ours if item.state == "kept" or (item.state, item.device) == ("uploading", device)]

    async def read(self, visit: str, id: str, role: Role) -> tuple[Document, bytes]:
        """A document that is kept, to a guardian no still; that staff opened it stands in the journal before they have it.

        Raises ``Refused``: not_found, documents_destroyed, document_unreadable.
        """
        item = await documents.find(self._database, visit, id)
        if item is not None and item.purpose == STILL and role is Role.GUARDIAN:
            item = None
        if item is not None and item.state == "destroyed":
            raise Refused("documents_destroyed")
        if item is None or item.state != "kept":
            raise Refused("not_found")
        key = await self._key(visit)
        try:
            plain = await self._aside(lambda: sealed.unseal(key, _whole(item), self._files.read(visit, id)))
        except (sealed.Unsealable, OSError) as error:
            log.error("a document cannot be read back", extra={"session": visit[:8], "why": type(error).__name__})
            raise Refused("document_unreadable") from error
        if role is not Role.GUARDIAN:
            first = role is Role.PHYSICIAN and item.read_at is None
            noted = (documents.changed(id, read_at=self._clock()),) if first else ()
            await self._journaled(visit, ev.DocumentRead(role, id), noted)
        return item, plain

    async def remove(self, visit: str, device: str, id: str, *, before_the_visit: bool) -> None:
        """The family takes it back: a device its own upload at any time, any of theirs a kept document before the visit. Raises
        ``Refused``."""
        async with self._alone(id):
            item = await self._upload(visit, device, id)
            if item.state == "uploading":
                await self._forget(item)
                return
            if not before_the_visit:
                raise Refused("document_stays")
            whose = await documents.guardian_of(self._database, device)
            await self._journaled(visit, ev.DocumentRemoved(id, whose), (documents.removed(item, self._clock()),))
            await self._aside(lambda: self._files.remove(visit, id))

    # --- in time ----------------------------------------------------------------------------------

    async def tend_for_ever(self) -> None:
        """For as long as the server runs."""
        while True:
            try:
                await self.tend(self._clock())
            except Unavailable:
                pass
            except Exception:
                log.exception("tending the documents failed")
            await asyncio.sleep(TEND_EVERY_S)

    async def tend(self, now: float) -> None:
        """Destroys what is due, finishes what a restart left, forgets uploads that nobody went on with for a day."""
        for visit in await documents.due(self._database, now - self._terms.keep_s, _AT_ONCE):
            await self._destroy(visit, now)
        for item in await documents.complete(self._database, _AT_ONCE):
            await self._finished_later(item)
        for item in await documents.abandoned(self._database, now - ABANDONED_S, _AT_ONCE):
            async with self._alone(item.id):
                if await documents.find(self._database, item.visit, item.id) == item:  # nobody went on with it just now
                    await self._forget(item)
        present = await self._aside(self._files.visits)
        for visit in present - await documents.with_keys(self._database):
            await self._aside(partial(self._files.destroy, visit))
        if self._unscrubbed:
            self._unscrubbed = not await self._database.scrub()

    async def _destroy(self, visit: str, now: float) -> None:
        """Also when the visit's journal is damaged: the day that a family was told comes all the same."""
        gone = documents.destroyed(visit, now)
        self._unscrubbed = True
        try:
            await self._journaled(visit, ev.DocumentsDestroyed(), (gone,))
        except Refused:
            log.error("documents were destroyed without an event: the journal is damaged", extra={"session": visit[:8]})
            await self._database.write(gone)
        await self._aside(lambda: self._files.destroy(visit))

    async def _finished_later(self, item: Document) -> None:
        async with self._alone(item.id):
            try:
                await self._completed(await self._upload(item.visit, item.device, item.id))
            except Refused as refused:
                log.info("an upload was not taken afterwards", extra={"session": item.visit[:8], "code": refused.code})

    async def _key(self, visit: str) -> bytes:
        wrapped = await documents.wrapped_key(self._database, visit)
        if wrapped is None:
            raise Refused("documents_destroyed")
        try:
            return sealed.unwrap(self._app_key, visit, wrapped)
        except sealed.Unsealable as error:  # another app's key lies in the folder, or the row was altered
            log.error("a visit's key cannot be unwrapped", extra={"session": visit[:8]})
            raise Refused("document_unreadable") from error

    async def _aside(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


class _Intake:
    """What a connection brings, in pieces of our size. It ends when it is lost, idle, or somebody else wants the upload."""

    def __init__(self, pieces: AsyncIterator[bytes], leave: asyncio.Event) -> None:
        self._pieces = pieces
        self._leave = leave
        self._buffer = bytearray()
        self._ended = False

    async def take(self, most: int) -> bytes:
        """So many bytes, fewer at the end, none after it."""
        while len(self._buffer) < most and not self._ended:
            self._buffer += await self._next()
        taken = bytes(self._buffer[:most])
        del self._buffer[:most]
        return taken

    async def _next(self) -> bytes:
        reading = asyncio.ensure_future(anext(self._pieces, None))
        leaving = asyncio.ensure_future(self._leave.wait())
        try:
            await asyncio.wait({reading, leaving}, timeout=IDLE_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            if not reading.done():
                reading.cancel()
        piece = reading.result() if reading.done() and not reading.cancelled() else None
        self._ended = piece is None
        return piece or b""


def _unsealed(key: bytes, place: str, part: bytes) -> bytes:
    """An altered part is a damaged document. Raises ``Unacceptable``."""
    try:
        return sealed.unseal(key, place, part)
    except sealed.Unsealable as error:
        raise Unacceptable("document_damaged", "a part was altered") from error


def _whole(item: Document) -> str:
    return f"{item.visit}/{item.id}"


def _part(item: Document, offset: int) -> str:
    return f"{item.visit}/{item.id}/{offset}"
