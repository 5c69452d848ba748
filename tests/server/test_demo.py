"""The demo's folder: private files, a certificate that fits, and the same hospital when it is started again."""

from __future__ import annotations

import ssl
from pathlib import Path

from cryptography import x509

from server import demo
from server.clock import Clock
from server.wiring import chance


async def test_started_again_it_is_the_same_hospital(tmp_path: Path) -> None:
    luck = chance()
    first = demo.configure(tmp_path / "d", 0, lan=False)
    made = await demo.seed(first, Clock(), luck.new_id, luck.new_secret)
    again = demo.configure(tmp_path / "d", 0, lan=False)
    assert again == first
    assert await demo.seed(again, Clock(), luck.new_id, luck.new_secret) == made


async def test_what_it_prints_has_both_links_and_a_code_for_the_phone(tmp_path: Path) -> None:
    luck = chance()
    config = demo.configure(tmp_path, 0, lan=False)
    made = await demo.seed(config, Clock(), luck.new_id, luck.new_secret)
    text = demo.as_text(made)
    assert made.guardian_link in text
    assert made.physician_password in text
    assert "█" in text or "▄" in text
    assert (tmp_path / "demo.json").stat().st_mode & 0o077 == 0
    assert (tmp_path / "hospital.key").stat().st_mode & 0o077 == 0


def test_on_the_network_it_has_a_certificate_for_its_address(tmp_path: Path) -> None:
    config = demo.configure(tmp_path, 8480, lan=True)
    assert config.secure
    assert config.certificate is not None
    assert config.certificate_key is not None
    made = x509.load_pem_x509_certificate(config.certificate.read_bytes())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == [demo.own_address()]
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(config.certificate, config.certificate_key)
    assert config.certificate_key.stat().st_mode & 0o077 == 0
    assert demo.certificate_for(tmp_path, demo.own_address()) == (config.certificate, config.certificate_key)
