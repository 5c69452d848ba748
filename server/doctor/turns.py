"""What the doctor sees of a TURN server: answers, trust, time-limited credentials, expiry, and whether it reaches the relay."""

from __future__ import annotations

import ssl
from typing import Final

from server.config import Config
from server.doctor import binding
from server.doctor.binding import Credentials, PeerDenied, TurnRefused, Unanswered
from server.doctor.findings import Finding
from server.doctor.ways import Survey, TurnUrl, turn_url
from server.doctor.words import finding
from server.turn import GOOD_FOR_S, ice_servers

_NAME: Final = "doctor"
_LONG_AGO_S: Final = 3600.0


async def examine(url: str, config: Config, now: float, leg: Survey | None, context: ssl.SSLContext) -> Finding:
    """The first thing that would keep a browser from this URL. ``leg`` is what to reach through it, None when there is none:
    the server is stopped, or did not give one.
    """
    try:
        server = turn_url(url)
    except ValueError:
        return finding("turn_bad_url", url=url)
    where = {"url": url, "transport": "UDP" if server.transport == "udp" else "TCP", "port": server.port}
    good = _credentials(config, now)
    try:
        ms = await binding.allocate(server, good, context)
    except ssl.SSLCertVerificationError as error:
        return finding("turn_untrusted", url=url, host=server.host, error=error.verify_message)
    except TurnRefused as error:
        return finding("turn_refused", url=url, error=str(error))
    except Unanswered as error:
        return finding("turn_silent", **where, error=str(error))
    if await _takes_expired(server, _credentials(config, now - GOOD_FOR_S - _LONG_AGO_S), context):
        return finding("turn_forever", url=url)
    if leg is None:
        return finding("turn_unprobed", url=url, ms=ms)
    return await _reaching(server, url, good, context, leg, ms)


async def _reaching(server: TurnUrl, url: str, good: Credentials, context: ssl.SSLContext, leg: Survey, ms: int) -> Finding:
    """A browser tries every UDP candidate of the relay through its allocation: one that works is enough."""
    failed: Finding | None = None
    for candidate in leg.candidates:
        if candidate.transport != "udp" or candidate.six:
            continue
        peer = f"{candidate.address}:{candidate.port}"
        try:
            await binding.ask_through(server, good, context, leg, candidate)
        except PeerDenied as error:
            failed = failed or finding("turn_peer_denied", url=url, peer=peer, address=candidate.address, error=str(error))
        except (Unanswered, TurnRefused):
            failed = failed or finding("turn_allocates", url=url, ms=ms, peer=peer)
        else:
            return finding("turn_good", url=url, ms=ms)
    return failed or finding("turn_unprobed", url=url, ms=ms)


async def _takes_expired(server: TurnUrl, expired: Credentials, context: ssl.SSLContext) -> bool:
    try:
        await binding.allocate(server, expired, context)
    except (TurnRefused, Unanswered):
        return False
    return True


def _credentials(config: Config, now: float) -> Credentials:
    (server,) = ice_servers(config.turn_urls, config.turn_secret, _NAME, now)
    return Credentials(server.username, server.credential)
