"""How an offer becomes a leg: the rules of CONTROL.md for ``leg_offer``, the answer, and the leg behind it.

A refused offer changes nothing. A new leg takes its seat at once; a new revision of the same leg keeps its DTLS association
and its outgoing lines, and with new remote credentials (an ICE restart) gets new ones here, while the old stay good for a
while.
"""

from __future__ import annotations

import itertools
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from aiortc.rtcdtlstransport import RTCCertificate

from media import control, dtls, quality, sdp
from media.egress import Outgoing
from media.ice import Credentials
from media.leg import Leg
from media.plane import Plane
from media.room import MAX_SEATS, Room, Seat
from media.srtp import PacketBuffer

_PICTURES = ("VP8", "H264")


class Refused(Exception):
    """Well-formed as a message, but not to be answered; ``code`` is CONTROL.md's."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class _Terms:
    """What is fixed for the life of a leg."""

    fingerprints: tuple[tuple[str, str], ...]
    session: int
    numbers: list[sdp.PairNumbers] = field(default_factory=list)


@dataclass(slots=True)
class _Admitted:
    leg: Leg
    terms: _Terms
    revision: int
    ufrag: str
    credentials: Credentials


class Admission:
    """Makes the legs of one relay. ``spawn`` runs a coroutine to its end."""

    def __init__(
        self,
        plane: Plane,
        certificate: RTCCertificate,
        candidates: tuple[sdp.Candidate, ...],
        clock_us: Callable[[], int],
        spawn: Callable[[Awaitable[None]], None],
    ) -> None:
        self._plane = plane
        self._certificate = certificate
        self._fingerprint = dtls.fingerprint(certificate)
        self._candidates = candidates
        self._clock_us = clock_us
        self._spawn = spawn
        self._owners = itertools.count(1)
        self._admitted: dict[int, _Admitted] = {}
        self._building = PacketBuffer()

    def offer(self, room: Room, message: control.LegOffer) -> control.LegAnswer:
        """Raises ``Refused``."""
        seat = room.seats.get(message.seat)
        if seat is None and len(room.seats) >= MAX_SEATS:
            raise Refused("room_full")
        present = self._present(seat, message)
        try:
            offer = sdp.parse(message.sdp)
        except sdp.Malformed:
            raise Refused("bad_sdp") from None
        try:
            return self._renegotiate(room, present, offer, message) if present else self._join(room, offer, message)
        except sdp.NoCommonCodec:
            raise Refused("no_common_codec") from None

    def retire(self, leg: Leg) -> None:
        """The leg is over: nothing from it or to it passes any more; the peer is told."""
        self._plane.forget(leg.owner)
        if self._admitted.pop(leg.owner, None) is not None:
            self._plane.drops.update(refused=leg.refused, dtls_with_keys=leg.records)
        goodbye = leg.close()
        if goodbye is not None:
            self._spawn(goodbye)

    def drops(self) -> dict[str, int]:
        """What was not taken since the start, by reason, of every leg that was and is."""
        drops = Counter(self._plane.drops)
        for admitted in self._admitted.values():
            drops.update(refused=admitted.leg.refused, dtls_with_keys=admitted.leg.records)
        return {reason: count for reason, count in sorted(drops.items()) if count}

    def _present(self, seat: Seat | None, message: control.LegOffer) -> _Admitted | None:
        """The leg that the offer is a new revision of, if it is."""
        leg = seat.leg if seat is not None else None
        if leg is not None and leg.number == message.leg:
            present = self._admitted[leg.owner]
            if message.revision <= present.revision:
                raise Refused("stale_offer")
            return present
        if seat is not None and message.leg <= seat.highest_leg:
            raise Refused("stale_offer")
        return None

    def _join(self, room: Room, offer: sdp.Offer, message: control.LegOffer) -> control.LegAnswer:
        terms = _Terms(offer.fingerprints, secrets.randbits(62))
        credentials = _new_credentials()
        answer = self._answer(room, message.seat, offer, terms, credentials, message.revision)
        room.seats.setdefault(message.seat, Seat(message.seat))
        owner = next(self._owners)
        counters = quality.Leg(room.name, message.seat, message.leg, self._clock_us())
        leg = Leg(message.seat, message.leg, owner, secrets.randbits(32), counters, room, self._plane.send)
        self._admitted[owner] = _Admitted(leg, terms, message.revision, offer.ufrag, credentials)
        self._plane.endpoints[owner] = leg
        self._plane.agent.grant(owner, credentials)
        self._settle(leg, offer, answer)
        self._restart(room, unheard(offer, [far for far in room.legs if far.seat != message.seat]))
        leg.start(dtls.Handshake(self._certificate, offer.fingerprints, leg.transmit, on_closed=lambda: room.ended(leg)))
        room.place(leg)
        return self._reply(room, message, answer)

    def _renegotiate(self, room: Room, present: _Admitted, offer: sdp.Offer, message: control.LegOffer) -> control.LegAnswer:
        if offer.fingerprints != present.terms.fingerprints:
            raise Refused("bad_sdp")  # other keys are another leg
        restart = offer.ufrag != present.ufrag
        credentials = _new_credentials() if restart else present.credentials
        answer = self._answer(room, message.seat, offer, present.terms, credentials, message.revision)
        present.revision, present.ufrag, present.credentials = message.revision, offer.ufrag, credentials
        if restart:
            self._plane.agent.grant(present.leg.owner, credentials)
        self._settle(present.leg, offer, answer)
        self._restart(room, unheard(offer, [far for far in room.legs if far is not present.leg]))
        room.rewire()
        return self._reply(room, message, answer)

    def _answer(
        self, room: Room, seat: str, offer: sdp.Offer, terms: _Terms, credentials: Credentials, version: int
    ) -> sdp.Answer:
        far = [leg for leg in room.legs if leg.seat != seat]
        for leg in unheard(offer, far):
            if leg.offer is None or not any(leg.offer.sends(name) and offer.receives(name) for name in _PICTURES):
                raise sdp.NoCommonCodec("video")
        pictures = [name for name in _PICTURES if all(leg.offer is None or leg.offer.receives(name) for leg in far)]
        taken = {ssrc for line in offer.lines for ssrc in line.ssrcs}
        while len(terms.numbers) < offer.pairs:
            terms.numbers.append(_new_numbers(taken))
        here = sdp.Here(credentials, self._fingerprint, self._candidates, terms.session, version)
        return sdp.answer(offer, here, pictures, terms.numbers)

    def _restart(self, room: Room, legs: Sequence[Leg]) -> None:
        for leg in legs:
            room.report(control.LegRestart(room.name, leg.seat, leg.number))

    def _settle(self, leg: Leg, offer: sdp.Offer, answer: sdp.Answer) -> None:
        leg.negotiated(offer, answer)
        for downlink in answer.downlinks:
            held = leg.outgoing.get((downlink.pair, downlink.kind))
            if held is not None:
                held.negotiated(downlink)
            else:
                leg.add(Outgoing(downlink, leg, self._building, secrets.randbits(15), secrets.randbits(32)))

    def _reply(self, room: Room, message: control.LegOffer, answer: sdp.Answer) -> control.LegAnswer:
        others = room.others(message.seat)
        tracks = [(line.mid, others[line.pair]) for line in answer.downlinks if line.pair < len(others)]
        return control.LegAnswer(message.ref, answer.sdp, tracks)


def unheard(offer: sdp.Offer, far: Sequence[Leg]) -> list[Leg]:
    """The legs whose picture the offer cannot receive."""
    pictures = [(leg, leg.uplinks["video"]) for leg in far if "video" in leg.uplinks]
    return [leg for leg, picture in pictures if not all(offer.receives(codec) for codec in picture.codecs.values())]


def _new_credentials() -> Credentials:
    return Credentials(secrets.token_hex(8), secrets.token_hex(16))


def _new_numbers(taken: set[int]) -> sdp.PairNumbers:
    """Three SSRCs that are not ``taken``, and a CNAME (RFC 7022)."""
    found: list[int] = []
    while len(found) < 3:
        ssrc = secrets.randbits(32)
        if ssrc and ssrc not in taken:
            taken.add(ssrc)
            found.append(ssrc)
    audio, video, video_rtx = found
    return sdp.PairNumbers(audio, video, video_rtx, secrets.token_hex(8))
