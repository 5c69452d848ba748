"""The handshake against aiortc's own client: keys that fit, a certificate that must, and a goodbye."""

from __future__ import annotations

import asyncio
import struct

import pytest
from aiortc.rtcdtlstransport import RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport

from media.dtls import Carrier, Handshake, fingerprint, new_certificate
from media.srtp import Inbound, Outbound, PacketBuffer

RTP = struct.pack("!BBHII", 0x80, 96, 1, 2, 3) + b"payload"


class Association:
    """Our side and a browser's, joined; ``cut`` makes two datagrams of each that the browser sends first."""

    def __init__(self, *, cut: bool = False, offered: str = "") -> None:
        ours, theirs = new_certificate(), new_certificate()
        self.closed = asyncio.Event()
        self.browser_carrier = Carrier(self._from_browser)
        self.browser = RTCDtlsTransport(self.browser_carrier, [theirs])  # type: ignore[arg-type]
        self.browser._set_role("client")
        self.handshake = Handshake(
            ours, (("sha-256", offered or fingerprint(theirs)),), self.browser_carrier.feed, self.closed.set
        )
        self._expected = RTCDtlsParameters([RTCDtlsFingerprint("sha-256", fingerprint(ours))])
        self._cut = cut

    def _from_browser(self, data: bytes) -> None:
        if self._cut:
            self._cut = False
            for part in fragments(data):
                self.handshake.carrier.feed(part)
        else:
            self.handshake.carrier.feed(data)

    async def run(self) -> tuple[Inbound, Outbound] | None:
        sessions, _ = await asyncio.gather(self.handshake.run(), self.browser.start(self._expected))
        return sessions


def fragments(record: bytes) -> list[bytes]:
    """A ClientHello in two handshake fragments (RFC 6347, 4.2.3), each a datagram, as Firefox sends it."""
    header, body = record[13:25], record[25:]
    middle = len(body) // 2
    out = []
    for number, (start, part) in enumerate(((0, body[:middle]), (middle, body[middle:]))):
        piece = header[:6] + start.to_bytes(3, "big") + len(part).to_bytes(3, "big") + part
        out.append(record[:10] + bytes((number,)) + len(piece).to_bytes(2, "big") + piece)
    return out


@pytest.mark.parametrize("cut", [False, True])
async def test_both_sides_get_keys_that_fit(cut: bool) -> None:
    association = Association(cut=cut)
    sessions = await association.run()
    assert sessions is not None
    inbound, outbound = sessions
    packet = PacketBuffer()
    sealed = association.browser._tx_srtp.protect(RTP)
    packet.data[: len(sealed)] = sealed
    size = inbound.unprotect(packet, len(sealed))
    assert bytes(packet.view[:size]) == RTP
    size = outbound.protect(packet, size)
    assert association.browser._rx_srtp.unprotect(bytes(packet.view[:size])) == RTP
    assert association.browser._ssl is not None
    assert association.browser._ssl.get_selected_srtp_profile() == b"SRTP_AEAD_AES_128_GCM"
    await association.browser.stop()
    await asyncio.wait_for(association.closed.wait(), 5)  # the browser said goodbye
    await association.handshake.close()


async def test_a_certificate_that_was_not_offered_gives_no_keys() -> None:
    association = Association(offered=":".join(["00"] * 32))
    assert await association.run() is None
    await association.browser.stop()


async def test_our_goodbye_reaches_the_browser() -> None:
    association = Association()
    assert await association.run()
    await association.handshake.close()
    while association.browser.state != "closed":
        await asyncio.sleep(0.01)
    assert not association.closed.is_set()  # our own closing is no news


async def test_closing_ends_a_handshake_that_never_began() -> None:
    association = Association()
    running = asyncio.create_task(association.handshake.run())
    await asyncio.sleep(0)
    await association.handshake.close()
    assert await asyncio.wait_for(running, 5) is None


async def test_a_flood_of_records_is_bounded() -> None:
    sent: list[bytes] = []
    carrier = Carrier(sent.append)
    for number in range(100):
        carrier.feed(bytes((number,)))
    assert [await carrier._recv() for _ in range(32)] == [bytes((number,)) for number in range(32)]
    carrier.end()
    with pytest.raises(ConnectionError):
        await carrier._recv()
    await carrier._send(b"out")
    assert sent == [b"out"]


def record(kind: int, epoch: int, body: bytes, version: bytes = b"\xfe\xfd", sequence: int = 99) -> bytes:
    """A DTLS record (RFC 6347, 4.1)."""
    return (
        bytes((kind,)) + version + struct.pack("!H", epoch) + sequence.to_bytes(6, "big") + struct.pack("!H", len(body)) + body
    )


FORGED = {
    "a goodbye without its epoch's key": record(21, 0, b"\x01\x00"),
    "a fatal alert without a key": record(21, 0, b"\x02\x28"),
    "the same in the hello's version": record(21, 0, b"\x02\x28", b"\xfe\xff"),
    "a goodbye of the right epoch, not sealed": record(21, 1, b"\x01\x00"),
    "a fatal alert of the right epoch with a seal that nobody made": record(21, 1, b"\x02\x28" + bytes(24), sequence=1 << 40),
    "an alert of an epoch to come": record(21, 2, b"\x02\x28" + bytes(24)),
    "an alert of the last epoch": record(21, 0xFFFF, bytes(26)),
    "a hello": record(22, 0, b"\x01" + bytes(60)),
    "a change of cipher": record(20, 0, b"\x01"),
    "data without a key": record(23, 0, b"data"),
    "a length that lies": record(21, 1, b"")[:-2] + b"\xff\xff",
    "half a header": b"\x16\xfe\xfd\x00",
    "one byte": b"\x15",
    "noise": b"\x16" + bytes(range(200)),
    "a record of DTLS 1.3": b"\x2c" + bytes(50),
    "very many alerts": record(21, 0, b"\x02\x28") * 40,
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED.keys())
async def test_a_record_that_the_peer_did_not_seal_ends_nothing(forged: bytes) -> None:
    """They may come from exactly the peer's address and port: a source is easily spoofed (OWASP ASVS 17.2.6)."""
    association = Association()
    assert await association.run()
    for _ in range(40):
        association.handshake.carrier.feed(forged)
        await asyncio.sleep(0)
    await asyncio.sleep(0.05)
    assert association.handshake._transport.state == "connected"
    assert not association.closed.is_set()
    await association.browser.stop()
    await asyncio.wait_for(association.closed.wait(), 5)  # and the true goodbye is still heard
    await association.handshake.close()
