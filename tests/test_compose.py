"""The TURN server of compose.yaml stands inside a hospital's network: it may relay to the app's media and to nothing else."""

from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import Path

from server.config import load

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


def test_the_apps_settings_are_ones_that_it_takes() -> None:
    """Filled in with examples, as `.env` would."""
    examples = {
        "PEITONG_HTTP_ORIGIN": "https://visit.hospital.example",
        "PEITONG_MEDIA_ADVERTISE": "192.0.2.7",
        "PEITONG_RECORDING_RECIPIENTS": "age1" + "q" * 58,
        "PEITONG_TURN_SECRET": "s3cret",
        "TURN_HOST": "turn.hospital.example",
    }

    def filled(match: re.Match[str]) -> str:
        return examples.get(match[1]) or match[2] or ""

    text = COMPOSE.read_text().partition("environment:")[2].partition("ports:")[0]
    given = re.findall(r"^ +(PEITONG_\w+): (\S.*?)(?: #.*)?$", text, re.MULTILINE)
    environ = {name: re.sub(r"\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}", filled, value) for name, value in given}
    config = load("", environ | {"PEITONG_DATA_FOLDER": "/data", "PEITONG_MEDIA_UDP": "0.0.0.0:50000"})
    assert [url.rpartition("=")[2] for url in config.turn_urls] == ["udp", "tcp"]
    assert config.turn_policy == "all"


def test_media_is_published_over_udp_and_tcp_under_one_number() -> None:
    dockerfile = (COMPOSE.parent / "Dockerfile").read_text()
    number = re.search(r"PEITONG_MEDIA_UDP=0\.0\.0\.0:(\d+)", dockerfile)
    assert number is not None
    for transport in ("udp", "tcp"):
        assert f'"{number[1]}:{number[1]}/{transport}"' in COMPOSE.read_text()
        assert f"{number[1]}/{transport}" in dockerfile.partition("EXPOSE")[2].splitlines()[0]
