"""Behind a proxy everyone is someone else; in front of it nobody can pretend to be."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.http.address import client_address

PROXIES = (ip_network("127.0.0.1"), ip_network("10.1.0.0/16"), ip_network("2001:db8:1::/48"))
CLIENT = "203.0.113.9"


@pytest.mark.parametrize(
    ("peer", "header", "client"),
    [
        ("127.0.0.1", CLIENT, CLIENT),
        ("127.0.0.1", f"198.51.100.1, {CLIENT}", CLIENT),
        ("127.0.0.1", f"198.51.100.1,{CLIENT} , 10.1.2.3", CLIENT),
        ("2001:db8:1::7", "2001:db8:2::9", "2001:db8:2::/64"),
        ("::ffff:127.0.0.1", f"::ffff:{CLIENT}", CLIENT),
        ("127.0.0.1", f"{CLIENT}:50123", CLIENT),
        ("127.0.0.1", "[2001:db8:2::9]:50123", "2001:db8:2::/64"),
        ("127.0.0.1", "[2001:db8:2::9]", "2001:db8:2::/64"),
    ],
)
def test_the_last_hop_that_is_no_trusted_proxy_is_the_client(peer: str, header: str, client: str) -> None:
    assert client_address(peer, header, PROXIES) == client


@given(st.text(max_size=60))
def test_what_a_stranger_forwards_is_not_believed(header: str) -> None:
    assert client_address(CLIENT, header, PROXIES) == CLIENT


@given(st.text(max_size=60))
def test_what_a_client_wrote_before_the_proxys_own_hop_is_not_read(header: str) -> None:
    assert client_address("127.0.0.1", f"{header},{CLIENT}", PROXIES) == CLIENT


def test_without_trusted_proxies_the_peer_is_the_client() -> None:
    assert client_address("127.0.0.1", CLIENT, ()) == "127.0.0.1"


@pytest.mark.parametrize("header", ["", "unknown", "_hidden", "1.2.3.4.5", f"{CLIENT},"])
def test_a_hop_that_is_no_address_is_on_the_proxys_account(header: str) -> None:
    assert client_address("10.1.2.3", header, PROXIES) == "10.1.2.3"


def test_when_all_are_trusted_the_farthest_is_the_client() -> None:
    assert client_address("127.0.0.1", "10.1.0.5, 10.1.0.6", PROXIES) == "10.1.0.5"


def test_whoever_has_a_whole_64_of_ipv6_is_one() -> None:
    assert {client_address(peer, "", PROXIES) for peer in ("2001:db8:9:1::1", "2001:db8:9:1:ffff::2")} == {"2001:db8:9:1::/64"}
    assert client_address("2001:db8:9:2::1", "", PROXIES) == "2001:db8:9:2::/64"


def test_a_peer_without_an_address_is_itself() -> None:
    assert client_address("", CLIENT, PROXIES) == ""
