"""What the doctor sees of the relays: a real leg on each, and a real binding request at each candidate of its answer."""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPException
from ipaddress import ip_address

from server.config import Config
from server.doctor import binding
from server.doctor.binding import Unanswered
from server.doctor.findings import Figure, Finding
from server.doctor.ways import Candidate, Survey, smallest_offer, survey
from server.doctor.words import finding
from server.local import local_connection

_UFRAG, _PASSWORD = "doctor", "doctordoctordoctordoctor"


class LegRefused(Exception):
    """The server did not give a leg; the text is its code."""


def leg(config: Config, token: str, worker: int) -> Survey:
    """A leg on the probe room of a doctor's link, asked for over HTTP on this machine. Raises ``LegRefused``."""
    try:
        return survey(str(_post(config, token, "offer", {"worker": worker, "sdp": smallest_offer(_UFRAG, _PASSWORD)})["sdp"]))
    except (ValueError, KeyError, TypeError) as error:
        raise LegRefused("not understood") from error


def close(config: Config, token: str) -> None:
    """Closes the link's room; it would close by itself a minute later."""
    with suppress(LegRefused):
        _post(config, token, "close", {})


def _post(config: Config, token: str, act: str, content: dict[str, object]) -> dict[str, object]:
    connection = local_connection(config)
    try:
        headers = {"Content-Type": "application/json", "Origin": config.origin}
        connection.request("POST", f"/api/doctor/{token}/{act}", json.dumps(content), headers)
        answer = connection.getresponse()
        document: dict[str, object] = json.loads(answer.read())
        if answer.status != HTTPStatus.OK:
            raise LegRefused(str(document["code"]))
        return document
    except (OSError, HTTPException) as error:
        raise LegRefused("no answer") from error
    except (ValueError, KeyError, TypeError) as error:
        raise LegRefused("not understood") from error
    finally:
        connection.close()


async def candidates(found: Survey) -> list[Finding]:
    """Each candidate of a leg, asked from this machine."""
    return [await _candidate(found, candidate) for candidate in found.candidates]


async def _candidate(found: Survey, candidate: Candidate) -> Finding:
    kind = candidate.transport
    where: dict[str, Figure] = {"address": candidate.address, "port": candidate.port}
    try:
        ms = await binding.ask(found, candidate)
    except Unanswered:
        return finding(f"{kind}_silent" if is_here(candidate.address) else f"{kind}_outside", **where)
    loopback = ip_address(candidate.address).is_loopback
    return finding("udp_loopback" if loopback and kind == "udp" else f"{kind}_good", **where, ms=ms)


def is_here(address: str) -> bool:
    """Whether the address is one of this machine's."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind((address, 0))
        except OSError:
            return False
    return True


def settings(config: Config) -> list[Finding]:
    """What the configuration alone tells of the ways."""
    found = []
    if config.udp[1] == 0:
        found.append(finding("udp_port_free"))
    if all(ip_address(address).is_loopback for address in config.advertise) and config.secure:
        found.append(finding("advertise_loopback"))
    if config.tcp is None and not config.turn_urls:
        found.append(finding("only_udp"))
    if config.tcp is None:
        found.append(finding("tcp_off"))
    six = sum(ip_address(address).version == 6 for address in config.advertise)
    found.append(finding("ipv6_good", count=six) if six else finding("ipv6_off"))
    if not config.turn_urls:
        found.append(finding("turn_off"))
    return found


def ports_taken(config: Config) -> list[Finding]:
    """While the server is stopped: whether its UDP ports are free."""
    host, first = config.udp
    ports: Sequence[int] = range(first, first + config.relays) if first else ()
    return [finding("udp_port_taken", port=port) for port in ports if not _is_free(host, port)]


def _is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind((host, port))
        except OSError:
            return False
    return True
