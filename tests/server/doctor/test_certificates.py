"""A server's certificate, as browsers will judge it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from server import demo
from server.doctor import certificates
from tests.server.doctor.doctor_kit import NOW, certificate, codes, config_of


def examined(tmp_path: Path, files: tuple[Path, ...], host: str = "visit.example", now: float = NOW) -> list[str]:
    config = config_of(tmp_path, origin=f"https://{host}", certificate=files[0], certificate_key=files[1])
    return codes(certificates.examine(config, host, now))


def test_a_good_certificate_is_good(tmp_path: Path) -> None:
    assert examined(tmp_path, certificate(tmp_path, "visit.example")) == ["certificate_good"]
    assert examined(tmp_path, certificate(tmp_path, "*.example")) == ["certificate_good"]


@pytest.mark.parametrize(("days", "code"), [(91, "certificate_expired"), (80, "certificate_soon"), (-2, "certificate_early")])
def test_its_days_are_counted(tmp_path: Path, days: int, code: str) -> None:
    assert examined(tmp_path, certificate(tmp_path, "visit.example"), now=NOW + days * 86400) == [code]


def test_everything_that_is_wrong_with_it_is_told_at_once(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    cert, _, _ = certificate(tmp_path, "elsewhere.example", chain=False)
    _, key, _ = certificate(other, "visit.example")
    key.chmod(0o644)
    found = examined(tmp_path, (cert, key))
    assert found == ["certificate_key", "certificate_key_open", "certificate_name", "certificate_chain"]


def test_a_self_made_one_of_the_demo_is_warned_of(tmp_path: Path) -> None:
    files = demo.certificate_for(tmp_path, "192.0.2.1", datetime.fromtimestamp(NOW, UTC))
    assert examined(tmp_path, files, "192.0.2.1") == ["certificate_self"]
    assert "certificate_name" in examined(tmp_path, files, "192.0.2.2")


def test_what_is_no_certificate_cannot_be_read(tmp_path: Path) -> None:
    files = certificate(tmp_path, "visit.example")
    files[0].write_text("-----BEGIN NONSENSE-----")
    assert examined(tmp_path, files) == ["certificate_unreadable"]
    assert examined(tmp_path, (tmp_path / "absent.pem", files[1])) == ["certificate_unreadable"]


def test_without_a_certificate_it_is_plain_or_a_proxys(tmp_path: Path) -> None:
    assert codes(certificates.examine(config_of(tmp_path), "localhost", NOW)) == ["certificate_plain"]
    proxied = config_of(tmp_path, origin="https://visit.example")
    assert codes(certificates.examine(proxied, "visit.example", NOW)) == ["certificate_proxy"]


@pytest.mark.parametrize(
    ("names", "host", "good"),
    [
        (["a.example"], "A.example", True),
        (["*.example"], "a.example", True),
        (["*.example"], "a.b.example", False),
        (["*.example"], "example", False),
        (["localhost"], "localhost", True),
        ([], "a.example", False),
    ],
)
def test_names_match_as_browsers_match_them(names: list[str], host: str, good: bool) -> None:
    assert certificates.names_host(names, host) is good
