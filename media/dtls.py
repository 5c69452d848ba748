"""The DTLS handshake of one leg: aiortc's transport over our own path, and the SRTP keys that come out of it.

aiortc gets a ``Carrier`` that hands it DTLS records and nothing else. We are always the passive side (the peer says hello
first), the peer's certificate must match a fingerprint of its offer, and AES-GCM is preferred. The media itself never passes
here: the exported keys make our own sessions (``media.srtp``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_PROFILES,
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    SRTPProtectionProfile,
    State,
)
from aiortc.rtcicetransport import RTCIceTransport

from media.srtp import Inbound, Outbound

_QUEUED_RECORDS = 32


class Carrier:
    """What aiortc's DTLS takes for an ICE transport: a bounded queue in, a callable out."""

    role = "controlled"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._out = send
        self._records: asyncio.Queue[bytes | None] = asyncio.Queue()

    def feed(self, record: bytes) -> None:
        """A DTLS datagram from a validated address. A flood is dropped, as a network would."""
        if self._records.qsize() < _QUEUED_RECORDS:
            self._records.put_nowait(record)

    def end(self) -> None:
        self._records.put_nowait(None)

    async def _recv(self) -> bytes:
        record = await self._records.get()
        if record is None:
            raise ConnectionError
        return record

    async def _send(self, data: bytes) -> None:
        self._out(data)


class _Transport(RTCDtlsTransport):
    """aiortc's transport, which keeps the exported keys instead of making sessions that may repeat an index."""

    keys: tuple[int, bytes, bytes] | None = None

    def prefer(self, profiles: list[SRTPProtectionProfile]) -> None:
        self._srtp_profiles = profiles

    def _setup_srtp(self) -> None:
        assert self._ssl is not None
        chosen = self._ssl.get_selected_srtp_profile()
        for profile in self._srtp_profiles:
            if profile.openssl_profile == chosen:
                size = 2 * (profile.key_length + profile.salt_length)
                exported = self._ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", size)
                # RFC 5764, 4.2: first the client's write key, then the server's
                client, server = profile.get_key_and_salt(exported, 0), profile.get_key_and_salt(exported, 1)
                self.keys = (profile.libsrtp_profile, client, server)
                return
        self._set_state(State.FAILED)


class Handshake:
    """One leg's DTLS association. ``run`` returns the sessions; afterwards it only waits for the peer's goodbye."""

    def __init__(
        self,
        certificate: RTCCertificate,
        fingerprints: tuple[tuple[str, str], ...],
        send: Callable[[bytes], None],
        on_closed: Callable[[], None],
    ) -> None:
        self.carrier = Carrier(send)
        self._fingerprints = fingerprints
        self._transport = _Transport(cast(RTCIceTransport, self.carrier), [certificate])
        self._transport.prefer(sorted(SRTP_PROFILES, key=lambda profile: profile is not SRTP_AEAD_AES_128_GCM))
        self._transport._set_role("server")
        self._on_closed = on_closed

    async def run(self) -> tuple[Inbound, Outbound] | None:
        """The two sessions, or None when the handshake failed or the certificate is not the offered one."""
        offered = [RTCDtlsFingerprint(algorithm, value) for algorithm, value in self._fingerprints]
        await self._transport.start(RTCDtlsParameters(fingerprints=offered))
        keys, self._transport.keys = self._transport.keys, None
        if self._transport.state != "connected" or keys is None:
            return None
        self._transport.on("statechange", self._changed)
        profile, client, server = keys
        return Inbound(profile, client), Outbound(profile, server)

    async def close(self) -> None:
        """Says goodbye (close_notify) once and forgets the association."""
        self._transport.remove_all_listeners()
        await self._transport.stop()
        self.carrier.end()

    def _changed(self) -> None:
        if self._transport.state == "closed":
            self._on_closed()


def new_certificate() -> RTCCertificate:
    """A fresh self-signed certificate, good for thirty days; its fingerprint goes into the answers."""
    return RTCCertificate.generateCertificate()


def fingerprint(certificate: RTCCertificate) -> str:
    """The SHA-256 fingerprint as an SDP value."""
    return next(each.value for each in certificate.getFingerprints() if each.algorithm == "sha-256")
