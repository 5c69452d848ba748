"""One authentic binding request to the relay and its answer (RFC 8489), over UDP, TCP (RFC 4571) or a TURN allocation.

The relay drops whatever does not carry a leg's credentials, so these come from the answer to a real offer.
"""

from __future__ import annotations

import asyncio
import ssl
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

from aioice import stun, turn

from server.doctor.ways import Candidate, Survey, TurnUrl

PATIENCE_S: Final = 2.5
TURN_PATIENCE_S: Final = 5.0
_AGAIN_S: Final = 0.4
_PRIORITY: Final = 0x6E0001FF


class Unanswered(Exception):
    """Nothing came back in time, or the system refused; the text says which."""


class TurnRefused(Exception):
    """The TURN server does not take the credentials; the text is its error."""


class PeerDenied(Exception):
    """The TURN server does not send to the relay; the text is its error."""


@dataclass(frozen=True, slots=True)
class Request:
    """The datagram, and what recognises its answer."""

    data: bytes
    transaction: bytes
    key: bytes

    def answered_by(self, data: bytes) -> bool:
        try:
            message = stun.parse_message(data)
        except (ValueError, struct.error):
            return False
        mine = message.transaction_id == self.transaction and message.message_class == stun.Class.RESPONSE
        return mine and bool(message.check_message_integrity(self.key))


def request(leg: Survey) -> Request:
    key = leg.password.encode()
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes |= {"USERNAME": f"{leg.ufrag}:doctor", "PRIORITY": _PRIORITY, "ICE-CONTROLLING": 1}
    message.add_message_integrity(key)
    return Request(bytes(message), message.transaction_id, key)


async def ask(leg: Survey, candidate: Candidate) -> int:
    """Milliseconds until the relay answered at this candidate. Raises ``Unanswered``."""
    wanted = request(leg)
    started = perf_counter()
    try:
        async with asyncio.timeout(PATIENCE_S):
            await (_over_tcp if candidate.transport == "tcp" else _over_udp)(wanted, candidate)
    except TimeoutError as error:
        raise Unanswered("timeout") from error
    except OSError as error:
        raise Unanswered(error.strerror or type(error).__name__) from error
    except asyncio.IncompleteReadError as error:
        raise Unanswered("closed") from error
    return round((perf_counter() - started) * 1000)


async def _over_udp(wanted: Request, candidate: Candidate) -> None:
    transport, listener = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Listener(wanted), remote_addr=(candidate.address, candidate.port)
    )
    try:
        await listener.until_answered(lambda: transport.sendto(wanted.data))
    finally:
        transport.close()


async def _over_tcp(wanted: Request, candidate: Candidate) -> None:
    reader, writer = await asyncio.open_connection(candidate.address, candidate.port)
    try:
        writer.write(struct.pack("!H", len(wanted.data)) + wanted.data)
        answered = False
        while not answered:
            (size,) = struct.unpack("!H", await reader.readexactly(2))
            answered = wanted.answered_by(await reader.readexactly(size))
    finally:
        writer.close()


class _Listener(asyncio.DatagramProtocol):
    def __init__(self, wanted: Request) -> None:
        self._wanted = wanted
        self._answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed = asyncio.Event()

    async def until_answered(self, send: Callable[[], None]) -> None:
        """Sends again and again, as datagrams get lost. Raises what the transport told."""
        while not self._answer.done():
            send()
            await asyncio.wait({self._answer}, timeout=_AGAIN_S)
        self._answer.result()

    def datagram_received(self, data: bytes | str, addr: Any) -> None:
        if isinstance(data, bytes) and self._wanted.answered_by(data) and not self._answer.done():
            self._answer.set_result(None)

    def error_received(self, error: Exception) -> None:
        if not self._answer.done():
            self._answer.set_exception(error)

    def connection_lost(self, error: Exception | None) -> None:
        self.closed.set()


@dataclass(frozen=True, slots=True)
class Credentials:
    username: str
    password: str


async def allocate(url: TurnUrl, credentials: Credentials, context: ssl.SSLContext | None) -> int:
    """Milliseconds to a relayed address at a TURN server, given back at once.

    Raises ``Unanswered``, ``TurnRefused`` or ``ssl.SSLCertVerificationError``.
    """
    started = perf_counter()
    transport, listener = await _allocated(url, credentials, context, request(Survey("none", "none", ())))
    ms = round((perf_counter() - started) * 1000)
    await _given_back(transport, listener)
    return ms


async def ask_through(
    url: TurnUrl, credentials: Credentials, context: ssl.SSLContext | None, leg: Survey, candidate: Candidate
) -> None:
    """Through an allocation to the relay and back. Raises as ``allocate``, or ``PeerDenied``."""
    wanted = request(leg)
    transport, listener = await _allocated(url, credentials, context, wanted)
    try:
        async with asyncio.timeout(PATIENCE_S):
            await listener.until_answered(lambda: transport.sendto(wanted.data, (candidate.address, candidate.port)))
    except stun.TransactionFailed as error:
        raise PeerDenied(_told(error)) from error
    except (TimeoutError, stun.TransactionTimeout) as error:
        raise Unanswered("timeout") from error
    finally:
        await _given_back(transport, listener)


async def _allocated(
    url: TurnUrl, credentials: Credentials, context: ssl.SSLContext | None, wanted: Request
) -> tuple[turn.TurnTransport, _Listener]:
    try:
        async with asyncio.timeout(TURN_PATIENCE_S):
            return await turn.create_turn_endpoint(
                lambda: _Listener(wanted),
                server_addr=(url.host, url.port),
                username=credentials.username,
                password=credentials.password,
                ssl=context if url.transport == "tls" else None,
                transport="udp" if url.transport == "udp" else "tcp",
            )
    except ssl.SSLCertVerificationError:
        raise
    except stun.TransactionFailed as error:
        raise TurnRefused(_told(error)) from error
    except (TimeoutError, stun.TransactionTimeout) as error:
        raise Unanswered("timeout") from error
    except OSError as error:
        raise Unanswered(error.strerror or type(error).__name__) from error


async def _given_back(transport: turn.TurnTransport, listener: _Listener) -> None:
    transport.close()
    with suppress(TimeoutError):  # what is not given back, the server frees when it expires
        async with asyncio.timeout(1.0):
            await listener.closed.wait()


def _told(error: stun.TransactionFailed) -> str:
    code, reason = error.response.attributes.get("ERROR-CODE", (0, ""))
    return f"{code} {reason}".strip()
