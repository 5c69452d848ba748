"""What the configuration and the relay's own ports tell."""

from __future__ import annotations

import socket
from pathlib import Path

from server.doctor import relays
from server.doctor.ways import Candidate, Survey
from tests.server.commands.doctor_rig import free_port
from tests.server.doctor.doctor_kit import codes, config_of


def test_settings_that_cannot_work_outside_are_told(tmp_path: Path) -> None:
    bad = config_of(tmp_path, origin="https://visit.example", tcp=None)
    assert codes(relays.settings(bad)) == ["udp_port_free", "advertise_loopback", "only_udp", "tcp_off", "ipv6_off", "turn_off"]
    good = config_of(tmp_path, udp=("0.0.0.0", 40000), advertise=("203.0.113.5", "2001:db8::5"), turn_urls=("turn:t.example",))
    assert codes(relays.settings(good)) == ["ipv6_good"]


def test_a_port_that_is_taken_while_the_server_is_stopped_is_a_fault(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        taken = relays.ports_taken(config_of(tmp_path, udp=("127.0.0.1", port)))
        assert [(finding.code, finding.figures["port"]) for finding in taken] == [("udp_port_taken", port)]
    assert relays.ports_taken(config_of(tmp_path, udp=("127.0.0.1", 0))) == []


async def test_a_candidate_that_does_not_answer_is_judged_by_whose_it_is() -> None:
    here, elsewhere = Candidate("udp", "127.0.0.1", free_port(socket.SOCK_DGRAM)), Candidate("udp", "198.51.100.7", 9)
    tcp = Candidate("tcp", "127.0.0.1", free_port())
    found = await relays.candidates(Survey("u", "p" * 24, (here, elsewhere, tcp)))
    assert codes(found) == ["udp_silent", "udp_outside", "tcp_silent"]
