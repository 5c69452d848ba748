"""The TURN server of compose.yaml stands inside a hospital's network: it may relay to the app's media and to nothing else."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

COMPOSE = Path(__file__).parents[1] / "compose.yaml"
ADVERTISED = "${PEITONG_MEDIA_ADVERTISE}"


def turn_options() -> list[tuple[str, str]]:
    """The options of the one folded command in the file."""
    command = COMPOSE.read_text().partition("command: >")[2].partition("network_mode:")[0]
    pairs = (word.partition("=") for word in command.split())
    return [(name, value) for name, _, value in pairs]


def test_every_peer_is_denied_but_the_advertised_address() -> None:
    options = turn_options()
    denied = [tuple(map(ip_address, value.split("-"))) for name, value in options if name == "--denied-peer-ip"]
    whole = {(first.version, int(first), int(last)) for first, last in denied}
    assert whole == {(4, 0, 2**32 - 1), (6, 0, 2**128 - 1)}
    assert [value for name, value in options if name == "--allowed-peer-ip"] == [ADVERTISED]


def test_the_relay_answers_under_the_advertised_address_and_opens_no_tcp_connections() -> None:
    assert ("--external-ip", ADVERTISED) in turn_options()
    assert ("--no-tcp-relay", "") in turn_options()
