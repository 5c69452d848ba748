"""The HTTP client of webhooks: one POST, bounded in every way, that reaches only what webhooks may reach.

The guard sits where a socket is made for one resolved address, for literals too: nothing is resolved between the judgement
and the connection (``target.may_reach``). Redirects are not followed, no proxy of the environment is used, no cookie is
kept, and of an answer only its status and ``Retry-After`` count; its body is not read.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import ip_address
from ssl import SSLError

from aiohttp import (
    ClientConnectionError,
    ClientConnectorDNSError,
    ClientConnectorError,
    ClientError,
    ClientSession,
    ClientSSLError,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
)
from aiohttp.abc import AbstractResolver, ResolveResult

from server.webhooks.target import Network, may_reach

CONNECT_S = 5.0
TOTAL_S = 15.0
USER_AGENT = "Peitong-Webhooks/1"
_RESOLVERS = 8
_MOST_RETRY_AFTER = 8  # digits

AddressInfo = tuple[int, int, int, str, tuple[object, ...]]


class Failed(Exception):
    """No answer came; ``code`` is forbidden_address, dns, connect, tls, timeout or protocol."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class ForbiddenAddress(OSError):
    """A name led to an address that webhooks may not reach."""


@dataclass(frozen=True, slots=True)
class Answer:
    """``retry_after_s`` is 0 when nothing was said, or a date (RFC 9110, section 10.2.3, allows both)."""

    status: int
    retry_after_s: float


class Client:
    """Made and closed in a running loop. ``allowed`` and ``loopback`` as in ``target``."""

    def __init__(self, allowed: Sequence[Network], *, loopback: bool) -> None:
        self._allowed = allowed
        self._loopback = loopback
        self._resolver = _Resolver()
        self._session = ClientSession(
            connector=TCPConnector(
                resolver=self._resolver, socket_factory=self._socket, force_close=True, limit=0, use_dns_cache=False
            ),
            timeout=ClientTimeout(total=TOTAL_S, sock_connect=CONNECT_S),
            cookie_jar=DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
        )

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Raises ``Failed``."""
        ours = {"Content-Type": "application/json", "User-Agent": USER_AGENT, "Accept-Encoding": "identity", **headers}
        try:
            async with self._session.post(url, data=body, headers=ours, allow_redirects=False) as answer:
                return Answer(answer.status, _seconds(answer.headers.get("Retry-After", "")))
        except TimeoutError:
            raise Failed("timeout") from None
        except ClientConnectorDNSError:
            raise Failed("dns") from None
        except (ClientSSLError, SSLError):
            raise Failed("tls") from None
        except ClientConnectorError as error:
            forbidden = isinstance(error.os_error, ForbiddenAddress)
            raise Failed("forbidden_address" if forbidden else "connect") from None
        except (ClientConnectionError, OSError):
            raise Failed("connect") from None
        except (ClientError, ValueError):
            raise Failed("protocol") from None

    async def close(self) -> None:
        await self._session.close()
        await self._resolver.close()

    def _socket(self, info: AddressInfo) -> socket.socket:
        """The socket of one attempt to connect, if it may be made at all."""
        family, kind, protocol, _, address = info
        if not may_reach(ip_address(str(address[0]).partition("%")[0]), self._allowed, loopback=self._loopback):
            raise ForbiddenAddress("not an address for webhooks")
        return socket.socket(family, kind, protocol)


class _Resolver(AbstractResolver):
    """The system's resolver in threads of its own: a name server that hangs must not hold up anything else here."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_RESOLVERS, "webhook names")

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        def look_up() -> list[tuple[socket.AddressFamily, str]]:
            found = socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
            return list(dict.fromkeys((info[0], str(info[4][0])) for info in found))

        addresses = await asyncio.get_running_loop().run_in_executor(self._threads, look_up)
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST)
            for family, address in addresses
        ]

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _seconds(retry_after: str) -> float:
    good = retry_after.isascii() and retry_after.isdigit() and len(retry_after) <= _MOST_RETRY_AFTER
    return float(retry_after) if good else 0.0
