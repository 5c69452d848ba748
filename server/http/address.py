"""Whose try it is that is counted: the address a request came from, seen through the hospital's own proxies. Pure.

Anyone may write an ``X-Forwarded-For``; only what a trusted proxy appended to it is believed. So the answer is the last hop
that is not a trusted proxy, and nobody can put their guesses on another's account, or get a new one for each guess: of IPv6
somebody has a whole /64 at least (RFC 6177), so that is what is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def client_address(peer: str, x_forwarded_for: str, trusted: Sequence[Network]) -> str:
    """The last hop that is not in ``trusted``; ``peer`` is the socket's other end, the header's hops are before it.

    A hop that is no address ends the search: the trusted proxy behind it then answers for it. When every hop is trusted, the
    farthest one is the client. An IPv6 address is told as its /64, such as ``2001:db8:0:1::/64``.
    """
    nearest = _address(peer)
    if nearest is None:
        return peer
    for hop in reversed(x_forwarded_for.split(",")):
        if not any(nearest in network for network in trusted):
            break
        before = _address(hop.strip())
        if before is None:
            break
        nearest = before
    return _counted(nearest)


def _counted(address: Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((int(address) >> 64 << 64, 64)))


def _address(hop: str) -> Address | None:
    """An address without its port; an IPv4 address that an IPv6 socket saw is that IPv4 address."""
    host = hop
    if hop.startswith("["):
        host = hop[1:].partition("]")[0]
    elif hop.count(":") == 1:
        host = hop.partition(":")[0]
    try:
        address = ip_address(host)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
