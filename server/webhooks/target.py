"""Where webhooks may go. A hospital names an address and the server calls it: it must not reach what only the server can.

An address is https, plainly spelled, without user information. What its name means is judged where the connection is made,
address by address (``may_reach``), so that a name which means something else the second time gains nothing: only the
internet at large, and the networks that the configuration allows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LONGEST_URL = 500
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?(?:[/?][!-~]*)?",
    re.ASCII | re.IGNORECASE,
)
"""RFC 3986, narrowed: an ASCII host or an address literal, then printable ASCII. A fragment is refused apart."""

_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)", re.ASCII)  # as last label: an address in a spelling of former days
_TRANSLATED = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
_ASSIGNED = IPv4Network("192.0.0.0/24")  # RFC 6890: for protocols, not for servers


class BadTarget(Exception):
    """An address that webhooks cannot go to; ``code`` is bad_url, not_https or forbidden_address."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def check_url(url: str, allowed: Sequence[Network], *, loopback: bool) -> None:
    """Raises ``BadTarget``. With ``loopback``, for demonstrations and tests, plain http to this machine is allowed too."""
    found = _URL.fullmatch(url) if len(url) <= LONGEST_URL and "#" not in url and "\\" not in url else None
    if found is None or not 0 < int(found["port"] or 443) < 65536:
        raise BadTarget("bad_url")
    scheme, host = found["scheme"].lower(), found["host"].lower()
    literal = _literal(host.strip("[]"))
    if literal is None and (host.startswith("[") or _NUMBER.fullmatch(host.rpartition(".")[2])):
        raise BadTarget("bad_url")
    here = host == "localhost" or host.endswith(".localhost") or (literal is not None and literal.is_loopback)
    if scheme == "http" and not (here and loopback):
        raise BadTarget("not_https")
    if (here and not loopback) or (literal is not None and not may_reach(literal, allowed, loopback=loopback)):
        raise BadTarget("forbidden_address")


def may_reach(address: Address, allowed: Sequence[Network], *, loopback: bool) -> bool:
    """Whether a connection may be made to this very address."""
    return all(
        _is_public(each) or (loopback and each.is_loopback) or any(_within(each, network) for network in allowed)
        for each in _meant(address)
    )


def _meant(address: Address) -> list[Address]:
    """What is reached by it: an IPv6 address may carry an IPv4 address (mapped, translated, 6to4)."""
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address in _TRANSLATED:
        return [IPv4Address(int(address) & 0xFFFFFFFF)]
    return [address] if address.sixtofour is None else [address, address.sixtofour]


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast and address not in _ASSIGNED
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_site_local)


def _within(address: Address, network: Network) -> bool:
    return address.version == network.version and address in network


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
