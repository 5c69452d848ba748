"""An ICE-lite agent for many legs on one UDP port (RFC 8445, 2.5; RFC 8489).

It answers binding requests, and remembers which remote address has proved that it belongs to which leg: a request must carry
the leg's ufrag, a MESSAGE-INTEGRITY made with the leg's password and a FINGERPRINT. It promises that nothing else puts an
address into ``routes``, that a request heard once is worth nothing when another address repeats it, and that an address in
use by one leg is not taken over by another.

Pure: a datagram, its address and the time come in; a reply, or the reason for silence, comes out. It never raises on input.
"""

from __future__ import annotations

import enum
import hashlib
import hmac
import ipaddress
import struct
import zlib
from dataclasses import dataclass, field
from typing import Any

Address = tuple[Any, ...]
"""The 5-tuple: a remote socket's address, (host, port) for IPv4 or (host, port, flow, scope) for IPv6, and behind it which of
our sockets it spoke to, unless that is the first one."""

_BINDING_REQUEST, _BINDING_SUCCESS = 0x0001, 0x0101
_COOKIE = 0x2112A442
_USERNAME, _MESSAGE_INTEGRITY, _XOR_MAPPED_ADDRESS = 0x0006, 0x0008, 0x0020
_USE_CANDIDATE, _FINGERPRINT, _ICE_CONTROLLED = 0x0025, 0x8028, 0x8029
_FINGERPRINT_XOR = 0x5354554E
_HEADER = struct.Struct("!HHI12s")
_ATTRIBUTE = struct.Struct("!HH")
_MAX_REQUEST = 576

_REMEMBERED_TRANSACTIONS = 4096
_TRANSACTION, _MARK = 12, 4
_RECORD = _TRANSACTION + _MARK
_ADDRESSES_PER_LEG = 16
_GRANTS_PER_LEG = 2
_IN_USE_US = 5_000_000


class Drop(enum.Enum):
    """Why a datagram got no answer."""

    NOT_A_REQUEST = "not_a_request"
    BAD_FINGERPRINT = "bad_fingerprint"
    UNKNOWN_UFRAG = "unknown_ufrag"
    BAD_INTEGRITY = "bad_integrity"
    REPLAYED = "replayed"
    ADDRESS_IN_USE = "address_in_use"


@dataclass(frozen=True, slots=True)
class Credentials:
    """The ufrag and password that this side put into its answer (RFC 8445, 5.3)."""

    ufrag: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Binding:
    """An authentic request: ``reply`` goes to ``address``, which now belongs to ``owner``."""

    owner: int
    address: Address
    nominated: bool
    reply: bytes


@dataclass(frozen=True, slots=True)
class _Request:
    transaction: bytes
    ufrag: str
    signed: bytes
    integrity: bytes
    nominated: bool


@dataclass(slots=True)
class _Grant:
    """``heard``: the newest transactions, each with a mark of the address that it came from first; 16 bytes a check, since a
    call of an hour has thousands and a dictionary would keep ten times as much of each."""

    owner: int
    key: bytes
    heard: bytearray = field(default_factory=bytearray)

    def first_from(self, transaction: bytes, address: Address) -> bool:
        """Whether this transaction was first heard from here."""
        mark = hashlib.blake2b(repr(address).encode(), digest_size=_MARK, key=self.key[:64]).digest()
        at = self.heard.find(transaction)
        while at > 0 and at % _RECORD:  # across two records
            at = self.heard.find(transaction, at + 1)
        if at >= 0:
            return self.heard[at + _TRANSACTION : at + _RECORD] == mark
        self.heard += transaction + mark
        if len(self.heard) > _REMEMBERED_TRANSACTIONS * _RECORD:
            del self.heard[:_RECORD]
        return True


class Agent:
    """All legs of one port. ``routes`` maps each validated address to its leg."""

    def __init__(self) -> None:
        self.routes: dict[Address, int] = {}
        self._grants: dict[str, _Grant] = {}
        self._heard_us: dict[int, int] = {}

    def grant(self, owner: int, credentials: Credentials) -> None:
        """Accepts ``credentials`` for ``owner``; of its earlier ones only the last stay good (an ICE restart is under way)."""
        self._grants[credentials.ufrag] = _Grant(owner, credentials.password.encode())
        mine = [ufrag for ufrag, grant in self._grants.items() if grant.owner == owner]
        for ufrag in mine[:-_GRANTS_PER_LEG]:
            del self._grants[ufrag]

    def withdraw(self, owner: int) -> None:
        """Forgets a leg: its credentials and its addresses."""
        self._grants = {ufrag: grant for ufrag, grant in self._grants.items() if grant.owner != owner}
        for address in self._addresses_of(owner):
            del self.routes[address]
        self._heard_us.pop(owner, None)

    def leave(self, address: Address) -> None:
        """Nothing will come from ``address`` any more: its connection ended."""
        self.routes.pop(address, None)

    def heard(self, owner: int, now_us: int) -> None:
        """The leg's authenticated media arrived lately: its addresses are in use."""
        self._heard_us[owner] = now_us

    def receive(self, datagram: bytes, address: Address, now_us: int) -> Binding | Drop:
        request = _parse(datagram)
        if isinstance(request, Drop):
            return request
        grant = self._grants.get(request.ufrag)
        if grant is None:
            return Drop.UNKNOWN_UFRAG
        if not hmac.compare_digest(hmac.digest(grant.key, request.signed, hashlib.sha1), request.integrity):
            return Drop.BAD_INTEGRITY
        if not grant.first_from(request.transaction, address):
            return Drop.REPLAYED
        if not self._validate(grant.owner, address, now_us):
            return Drop.ADDRESS_IN_USE
        return Binding(grant.owner, address, request.nominated, _success(request.transaction, address, grant.key))

    def _validate(self, owner: int, address: Address, now_us: int) -> bool:
        holder = self.routes.get(address, owner)
        if holder != owner and now_us - self._heard_us.get(holder, -_IN_USE_US) < _IN_USE_US:
            return False
        self.routes.pop(address, None)
        self.routes[address] = owner
        for stale in self._addresses_of(owner)[:-_ADDRESSES_PER_LEG]:
            del self.routes[stale]
        return True

    def _addresses_of(self, owner: int) -> list[Address]:
        return [address for address, holder in self.routes.items() if holder == owner]


class Path:
    """Where one leg's packets go: to the nominated address until it runs, and then only to where its media comes from."""

    __slots__ = ("_running", "address")

    def __init__(self) -> None:
        self.address: Address | None = None
        self._running = False

    def bound(self, address: Address, *, nominated: bool) -> None:
        """A binding request was answered."""
        if not self._running and (nominated or self.address is None):
            self.address = address

    def handshaking(self, address: Address) -> None:
        """A DTLS record came from a validated address."""
        if not self._running:
            self.address = address

    def started(self) -> None:
        """The keys are agreed."""
        self._running = True

    def authenticated(self, address: Address) -> None:
        """An SRTP or SRTCP packet with a fresh index came from ``address``."""
        self.address = address


def _parse(datagram: bytes) -> _Request | Drop:
    if not _HEADER.size <= len(datagram) <= _MAX_REQUEST:
        return Drop.NOT_A_REQUEST
    kind, length, cookie, transaction = _HEADER.unpack_from(datagram)
    if kind != _BINDING_REQUEST or cookie != _COOKIE or length != len(datagram) - _HEADER.size or length % 4:
        return Drop.NOT_A_REQUEST
    found: dict[int, tuple[int, bytes]] = {}
    at = _HEADER.size
    while at < len(datagram):
        attribute, size = _ATTRIBUTE.unpack_from(datagram, at)
        value = datagram[at + 4 : at + 4 + size]
        if len(value) < size:
            return Drop.NOT_A_REQUEST
        # what follows the integrity is not covered by it, so it does not count (RFC 8489, 14.5)
        if attribute == _FINGERPRINT or _MESSAGE_INTEGRITY not in found:
            found.setdefault(attribute, (at, value))
        at += 4 + size + -size % 4
    return _checked(datagram, transaction, found)


def _checked(datagram: bytes, transaction: bytes, found: dict[int, tuple[int, bytes]]) -> _Request | Drop:
    at, fingerprint = found.get(_FINGERPRINT, (0, b""))
    if at + 8 != len(datagram) or fingerprint != _fingerprint(datagram[:at]):
        return Drop.BAD_FINGERPRINT
    at, integrity = found.get(_MESSAGE_INTEGRITY, (0, b""))
    if len(integrity) != hashlib.sha1(usedforsecurity=False).digest_size:
        return Drop.BAD_INTEGRITY
    # a full agent that claims to be controlled cannot be served by a lite one (RFC 8445, 6.1.1)
    if _ICE_CONTROLLED in found or _USERNAME not in found:
        return Drop.NOT_A_REQUEST
    ufrag, _, _ = found[_USERNAME][1].partition(b":")
    signed = _with_length(datagram[:at], at + 24 - _HEADER.size)
    return _Request(transaction, ufrag.decode("ascii", "replace"), signed, integrity, _USE_CANDIDATE in found)


def _success(transaction: bytes, address: Address, key: bytes) -> bytes:
    body = _attribute(_XOR_MAPPED_ADDRESS, _xor_mapped(address, transaction))
    message = _HEADER.pack(_BINDING_SUCCESS, len(body) + 24, _COOKIE, transaction) + body
    message += _attribute(_MESSAGE_INTEGRITY, hmac.digest(key, message, hashlib.sha1))
    message = _with_length(message, len(message) - _HEADER.size + 8)
    return message + _attribute(_FINGERPRINT, _fingerprint(message))


def _xor_mapped(address: Address, transaction: bytes) -> bytes:
    host = ipaddress.ip_address(address[0].partition("%")[0])
    if isinstance(host, ipaddress.IPv6Address):
        host = host.ipv4_mapped or host
    pad = struct.pack("!I", _COOKIE) + transaction
    family = 1 if host.version == 4 else 2
    mixed = bytes(a ^ b for a, b in zip(host.packed, pad, strict=False))
    return struct.pack("!BBH", 0, family, address[1] ^ (_COOKIE >> 16)) + mixed


def _attribute(kind: int, value: bytes) -> bytes:
    return _ATTRIBUTE.pack(kind, len(value)) + value + bytes(-len(value) % 4)


def _with_length(message: bytes, length: int) -> bytes:
    return message[:2] + struct.pack("!H", length) + message[4:]


def _fingerprint(message: bytes) -> bytes:
    return struct.pack("!I", zlib.crc32(message) ^ _FINGERPRINT_XOR)
