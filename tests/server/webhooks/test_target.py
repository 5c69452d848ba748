"""Where webhooks may go: to the hospital's system, and to nothing that only this server can reach."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.webhooks.target import LONGEST_URL, BadTarget, check_url, may_reach

HOSPITAL_NETWORK = (ip_network("10.20.0.0/16"), ip_network("fd00:20::/32"))


def code_of(url: str, *, loopback: bool = False) -> str:
    """How it is refused; empty when it is not."""
    try:
        check_url(url, HOSPITAL_NETWORK, loopback=loopback)
    except BadTarget as refused:
        return refused.code
    return ""


@pytest.mark.parametrize(
    "url",
    [
        "https://his.hospital.example/peitong",
        "https://his.hospital.example",
        "HTTPS://HIS.Hospital.Example:8443/a/b?tenant=3&x=%20",
        "https://his.hospital.example?tenant=3",
        "https://8.8.8.8/hook",
        "https://[2606:4700::1111]:444/hook",
        "https://10.20.3.4/hook",
        "https://[fd00:20::7]/hook",
    ],
)
def test_an_https_address_on_the_internet_or_in_an_allowed_network_is_taken(url: str) -> None:
    assert code_of(url) == ""


@pytest.mark.parametrize(
    "url",
    [
        "",
        "his.hospital.example/hook",
        "ftp://his.hospital.example/",
        "https://user@his.hospital.example/",
        "https://user:word@his.hospital.example/",
        "https://his.hospital.example\\@10.0.0.1/",
        "https://his.hospital.example/hook#part",
        "https://his.hospital.example/a\\b",
        "https://his.hospital.example/with space",
        "https://his.hospital.example/换行",
        "https://医院.example/",
        "https://his.hospital.example\n",
        "https://his.hospital.example:0/",
        "https://his.hospital.example:65536/",
        "https://his.hospital.example:/",
        "https://-his.example/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f.0.0.1/",
        "https://his.example.0x7f/",
        "https://0177.0.0.1/",
        "https://[::1/",
        "https://[1:2:3]/",
        "https:///hook",
        "https://his.hospital.example/" + "a" * LONGEST_URL,
    ],
)
def test_anything_but_a_plainly_spelled_address_is_no_url(url: str) -> None:
    assert code_of(url) == "bad_url"
    assert code_of(url, loopback=True) == "bad_url"


def test_without_https_it_is_refused() -> None:
    assert code_of("http://his.hospital.example/") == "not_https"
    assert code_of("http://his.hospital.example/", loopback=True) == "not_https"
    assert code_of("http://10.20.3.4/") == "not_https"
    assert code_of("http://localhost:8000/") == "not_https"


@pytest.mark.parametrize("host", ["localhost", "his.localhost", "127.0.0.1", "127.9.9.9", "[::1]"])
def test_this_machine_is_reached_only_where_the_configuration_says_so(host: str) -> None:
    assert code_of(f"https://{host}/") == "forbidden_address"
    assert code_of(f"https://{host}/", loopback=True) == ""
    assert code_of(f"http://{host}:8000/", loopback=True) == ""


@pytest.mark.parametrize("host", ["10.0.0.1", "192.168.1.1", "169.254.169.254", "[fe80::1]", "[::ffff:10.0.0.1]", "0.0.0.0"])
def test_an_address_literal_is_judged_at_once(host: str) -> None:
    assert code_of(f"https://{host}/") == "forbidden_address"
    assert code_of(f"https://{host}/", loopback=True) == "forbidden_address"


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "192.0.0.8", "192.168.0.1",
        "198.18.0.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "fec0::1", "fd00::1", "ff02::1", "2001:db8::1", "2001:0:1::",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::7f00:1",
        "2002:7f00:1::", "2002:a00:1::",
    ],
)  # fmt: skip
def test_what_is_not_the_internet_is_out_of_reach(address: str) -> None:
    assert not may_reach(ip_address(address), HOSPITAL_NETWORK, loopback=False)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::"])
def test_the_internet_is_in_reach(address: str) -> None:
    assert may_reach(ip_address(address), (), loopback=False)


@pytest.mark.parametrize("address", ["10.20.0.1", "::ffff:10.20.0.1", "64:ff9b::10.20.0.1", "fd00:20::1"])
def test_an_allowed_network_is_in_reach_however_it_is_spelled(address: str) -> None:
    assert may_reach(ip_address(address), HOSPITAL_NETWORK, loopback=False)
    assert not may_reach(ip_address(address), (), loopback=False)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_alike_in_every_spelling(address: object) -> None:
    plain = ip_address(str(address))
    mapped, translated = ip_address(f"::ffff:{plain}"), ip_address(f"64:ff9b::{plain}")
    for loopback in (False, True):
        allowed = may_reach(plain, HOSPITAL_NETWORK, loopback=loopback)
        assert may_reach(mapped, HOSPITAL_NETWORK, loopback=loopback) is allowed
        assert may_reach(translated, HOSPITAL_NETWORK, loopback=loopback) is allowed
