"""TURN servers, against a real coturn."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.config import Config, Secret
from server.doctor import turns
from server.doctor.findings import Finding, Verdict
from server.doctor.ways import Candidate, Survey
from tests.server.commands.doctor_rig import SECRET, WITH_SECRET, coturn, free_port
from tests.server.doctor.doctor_kit import NOW, TRUSTING_NOBODY, certificate, config_of, trusting


def turn_config(folder: Path, url: str, secret: str = SECRET) -> Config:
    return config_of(folder, turn_urls=(url,), turn_secret=Secret(secret))


async def asked(url: str, config: Config, leg: Survey | None, context: ssl.SSLContext = TRUSTING_NOBODY) -> Finding:
    return await turns.examine(url, config, datetime.now(UTC).timestamp(), leg, context)


@pytest.mark.process
@pytest.mark.unhurried
async def test_coturn_with_time_limited_credentials_is_good_over_udp_and_tcp(tmp_path: Path) -> None:
    with coturn(tmp_path, *WITH_SECRET) as (port, _):
        for transport in ("udp", "tcp"):
            url = f"turn:127.0.0.1:{port}?transport={transport}"
            found = await asked(url, turn_config(tmp_path, url), None)
            assert (found.code, found.verdict) == ("turn_unprobed", Verdict.UNKNOWN)


@pytest.mark.process
@pytest.mark.unhurried
async def test_a_leg_without_a_candidate_that_a_turn_server_reaches_leaves_the_way_untried(tmp_path: Path) -> None:
    other = Survey("u", "p" * 24, (Candidate("tcp", "127.0.0.1", 9), Candidate("udp", "::1", 9)))
    with coturn(tmp_path, *WITH_SECRET) as (port, _):
        url = f"turn:127.0.0.1:{port}"
        found = await asked(url, turn_config(tmp_path, url), other)
    assert (found.code, found.verdict) == ("turn_unprobed", Verdict.UNKNOWN)
    assert "was not tried" in found.said("en")[0]


@pytest.mark.process
@pytest.mark.unhurried
async def test_a_secret_that_differs_is_refused(tmp_path: Path) -> None:
    with coturn(tmp_path, *WITH_SECRET) as (port, _):
        url = f"turn:127.0.0.1:{port}"
        found = await asked(url, turn_config(tmp_path, url, "south"), None)
        assert found.code == "turn_refused"
        assert "401" in str(found.figures["error"])


@pytest.mark.process
@pytest.mark.unhurried
async def test_a_turn_server_that_takes_anybody_is_a_fault(tmp_path: Path) -> None:
    with coturn(tmp_path, "--no-auth") as (port, _):
        url = f"turn:127.0.0.1:{port}"
        assert (await asked(url, turn_config(tmp_path, url), None)).code == "turn_forever"


@pytest.mark.process
@pytest.mark.unhurried
async def test_turn_over_tls_needs_a_certificate_that_browsers_trust(tmp_path: Path) -> None:
    day = timedelta(seconds=datetime.now(UTC).timestamp() - NOW)
    cert, key, authority = certificate(tmp_path, "localhost", since=day - timedelta(days=1), until=day + timedelta(days=9))
    with coturn(tmp_path, *WITH_SECRET, f"--cert={cert}", f"--pkey={key}") as (_, tls):
        url = f"turns:localhost:{tls}"
        config = turn_config(tmp_path, url)
        assert (await asked(url, config, None)).code == "turn_untrusted"
        with trusting(authority) as context:
            assert (await asked(url, config, None, context)).code == "turn_unprobed"


async def test_nobody_at_a_turn_address_is_a_fault(tmp_path: Path) -> None:
    url = f"turn:127.0.0.1:{free_port()}?transport=tcp"
    found = await asked(url, turn_config(tmp_path, url), None)
    assert (found.code, found.figures["transport"]) == ("turn_silent", "TCP")


async def test_what_is_no_turn_address_is_told(tmp_path: Path) -> None:
    assert (await asked("http://t.example", turn_config(tmp_path, "turn:t.example"), None)).code == "turn_bad_url"
