"""SRTP in place: libsrtp, through pylibsrtp's binding, on one buffer that the socket fills too.

An ``Outbound`` session refuses to protect an (SSRC, index) a second time (``allow_repeat_tx`` stays off): with AES-GCM that
would give the key away. Sizes are in bytes; a negative size means refused (a forgery, a replay, a repeat).
"""

from __future__ import annotations

from collections.abc import MutableSequence
from typing import Any, Final

from pylibsrtp import Policy
from pylibsrtp._binding import ffi, lib

MAX_DATAGRAM: Final = 1500
"""No packet is larger; a buffer has room beyond it for what protecting adds (at most 148 bytes, srtp.h)."""
_REPLAY_WINDOW: Final = 1024

# looked up once: four of these run for each packet, and a lookup in cffi's library costs as much as a call
_protect, _protect_rtcp = lib.srtp_protect, lib.srtp_protect_rtcp
_unprotect, _unprotect_rtcp = lib.srtp_unprotect, lib.srtp_unprotect_rtcp


class PacketBuffer:
    """Bytes that Python and libsrtp both see. ``data`` is writable in place; never resize it."""

    __slots__ = ("data", "pointer", "view")

    def __init__(self, size: int = 2048) -> None:
        self.data = bytearray(size)
        self.view = memoryview(self.data)
        self.pointer: Any = ffi.from_buffer("char[]", self.data, require_writable=True)


class _Session:
    """One direction of one DTLS association."""

    __slots__ = ("_context", "_length", "_owned")

    def __init__(self, profile: int, key: bytes, direction: int) -> None:
        policy = Policy(key=key, ssrc_type=direction, srtp_profile=profile)
        policy.allow_repeat_tx = False
        policy.window_size = _REPLAY_WINDOW
        owned = ffi.new("srtp_t *")
        if lib.srtp_create(owned, policy._policy) != lib.srtp_err_status_ok:
            raise ValueError("libsrtp refused the key")
        self._owned = ffi.gc(owned, lambda session: lib.srtp_dealloc(session[0]))
        self._context = owned[0]
        self._length: MutableSequence[int] = ffi.new("int *")


class Inbound(_Session):
    """What the peer sends."""

    __slots__ = ("_index_from_end",)

    def __init__(self, profile: int, key: bytes) -> None:
        super().__init__(profile, key, Policy.SSRC_ANY_INBOUND)
        # RFC 7714, 9.2: with AES-GCM the index ends the packet; RFC 3711, 3.4: else the 80-bit tag follows it
        self._index_from_end = 14 if profile == Policy.SRTP_PROFILE_AES128_CM_SHA1_80 else 4

    def unprotect(self, packet: PacketBuffer, size: int) -> int:
        """The size of the plain RTP packet, or -1 when it is not authentic or not fresh."""
        length = self._length
        length[0] = size
        return -1 if _unprotect(self._context, packet.pointer, length) else length[0]

    def rtcp_index(self, packet: PacketBuffer, size: int) -> int:
        """The 31-bit SRTCP index of a packet not yet unprotected; to be believed only when it proves authentic."""
        at = size - self._index_from_end
        return int.from_bytes(packet.view[at : at + 4], "big") & 0x7FFFFFFF if at >= 8 else -1

    def unprotect_rtcp(self, packet: PacketBuffer, size: int) -> int:
        length = self._length
        length[0] = size
        return -1 if _unprotect_rtcp(self._context, packet.pointer, length) else length[0]


class Outbound(_Session):
    """What we send."""

    __slots__ = ()

    def __init__(self, profile: int, key: bytes) -> None:
        super().__init__(profile, key, Policy.SSRC_ANY_OUTBOUND)

    def protect(self, packet: PacketBuffer, size: int) -> int:
        """The size of the SRTP packet, or -1 when its (SSRC, index) was protected before."""
        length = self._length
        length[0] = size
        return -1 if _protect(self._context, packet.pointer, length) else length[0]

    def protect_rtcp(self, packet: PacketBuffer, size: int) -> int:
        length = self._length
        length[0] = size
        return -1 if _protect_rtcp(self._context, packet.pointer, length) else length[0]
