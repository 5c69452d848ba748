"""Our libsrtp sessions in place, with pylibsrtp's own sessions as the far side."""

from __future__ import annotations

import os
import struct

import pytest
from pylibsrtp import Error, Policy, Session

from media.srtp import Inbound, Outbound, PacketBuffer

PROFILES = {
    "AEAD_AES_128_GCM": (Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 28),
    "AEAD_AES_256_GCM": (Policy.SRTP_PROFILE_AEAD_AES_256_GCM, 44),
    "AES128_CM_SHA1_80": (Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 30),
}


@pytest.fixture(params=PROFILES.values(), ids=PROFILES)
def profile_and_key(request: pytest.FixtureRequest) -> tuple[int, bytes]:
    profile, size = request.param
    return profile, os.urandom(size)


def rtp(sequence: int, payload: bytes = b"payload", ssrc: int = 5) -> bytes:
    return struct.pack("!BBHII", 0x80, 96, sequence, 1000, ssrc) + payload


def rtcp() -> bytes:
    return struct.pack("!BBHI", 0x80, 201, 1, 5)


def load(packet: PacketBuffer, data: bytes) -> int:
    packet.data[: len(data)] = data
    return len(data)


def far(profile: int, key: bytes, kind: int) -> Session:
    return Session(Policy(key=key, ssrc_type=kind, srtp_profile=profile))


def test_the_far_side_reads_what_is_protected_in_place(profile_and_key: tuple[int, bytes]) -> None:
    ours = Outbound(*profile_and_key)
    theirs = far(*profile_and_key, Policy.SSRC_ANY_INBOUND)
    packet = PacketBuffer()
    for sequence in (65534, 65535, 0, 1):
        size = ours.protect(packet, load(packet, rtp(sequence)))
        assert theirs.unprotect(bytes(packet.view[:size])) == rtp(sequence)
    size = ours.protect_rtcp(packet, load(packet, rtcp()))
    assert theirs.unprotect_rtcp(bytes(packet.view[:size])) == rtcp()


def test_nothing_is_protected_twice(profile_and_key: tuple[int, bytes]) -> None:
    ours = Outbound(*profile_and_key)
    packet = PacketBuffer()
    assert ours.protect(packet, load(packet, rtp(7))) > 0
    assert ours.protect(packet, load(packet, rtp(7, b"other payload"))) == -1
    assert ours.protect(packet, load(packet, rtp(8))) > 0
    assert ours.protect(packet, load(packet, rtp(7))) == -1
    assert ours.protect(packet, load(packet, rtp(7, ssrc=6))) > 0


def test_what_the_far_side_sends_is_read_once(profile_and_key: tuple[int, bytes]) -> None:
    ours = Inbound(*profile_and_key)
    theirs = far(*profile_and_key, Policy.SSRC_ANY_OUTBOUND)
    packet = PacketBuffer()
    sealed = theirs.protect(rtp(7))
    size = ours.unprotect(packet, load(packet, sealed))
    assert bytes(packet.view[:size]) == rtp(7)
    assert ours.unprotect(packet, load(packet, sealed)) == -1  # a replay
    forged = bytearray(theirs.protect(rtp(8)))
    forged[-1] ^= 1
    assert ours.unprotect(packet, load(packet, bytes(forged))) == -1


def test_the_index_of_a_report_is_read_before_it_is_opened(profile_and_key: tuple[int, bytes]) -> None:
    ours = Inbound(*profile_and_key)
    theirs = far(*profile_and_key, Policy.SSRC_ANY_OUTBOUND)
    packet = PacketBuffer()
    indices = []
    for _ in range(3):
        size = load(packet, theirs.protect_rtcp(rtcp()))
        indices.append(ours.rtcp_index(packet, size))
        size = ours.unprotect_rtcp(packet, size)
        assert bytes(packet.view[:size]) == rtcp()
    assert indices == [1, 2, 3]
    assert ours.rtcp_index(packet, 9) == -1
    assert ours.unprotect_rtcp(packet, load(packet, bytes(50))) == -1


def test_a_key_that_is_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match="key"):
        Outbound(Policy.SRTP_PROFILE_AEAD_AES_128_GCM, b"short")


def test_the_oracle_itself_refuses_forgeries() -> None:
    theirs = far(Policy.SRTP_PROFILE_AEAD_AES_128_GCM, bytes(28), Policy.SSRC_ANY_INBOUND)
    with pytest.raises(Error):
        theirs.unprotect(rtp(1, bytes(40)))
