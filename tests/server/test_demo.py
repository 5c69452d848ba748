"""The demo's folder: private files, a certificate that fits, and the same hospital when it is started again."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from server import demo
from server.clock import Clock
from server.config import Config
from server.demo import Printed
from server.errors import Refused
from server.store.database import Database
from server.store.links import Links
from server.wiring import chance

NOW = datetime(2026, 11, 22, tzinfo=UTC)


async def started(folder: Path, port: int | None, lan: bool = False) -> tuple[Config, Printed]:
    config, luck = demo.configure(folder, port, lan), chance()
    return config, await demo.seed(config, Clock(), luck.new_id, luck.new_secret)


async def redeem(config: Config, link: str) -> str:
    """The visit behind the link."""
    database = Database(config.database_url)
    try:
        return (await Links(database, chance().new_secret).redeem(link.rsplit("/", 1)[1], {}, Clock()())).visit
    finally:
        await database.close()


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
    for page in ("desk", "coordinator"):
        assert f"{config.origin}/{page}/" in text
        assert getattr(made, f"{page}_password") in text
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


async def test_the_port_is_the_usual_one_then_the_former_one_unless_another_is_asked_for(tmp_path: Path) -> None:
    assert (await started(tmp_path / "a", None))[0].listen[1] == demo.PORT
    await started(tmp_path / "b", 9001)
    assert (await started(tmp_path / "b", None))[0].listen[1] == 9001
    config, made = await started(tmp_path / "b", 9002)
    assert config.listen[1] == 9002
    assert made.physician_link == "http://localhost:9002/physician/"
    assert (await started(tmp_path / "b", 0))[1] == made


async def test_on_the_network_after_plain_every_link_has_the_networks_address(tmp_path: Path) -> None:
    _, plain = await started(tmp_path, 9001)
    config, made = await started(tmp_path, None, lan=True)
    assert config.origin == f"https://{demo.own_address()}:9001"
    links = (made.guardian_link, made.physician_link, made.operations_link)
    assert all(link.startswith(config.origin + "/") for link in links)
    assert (made.visit, made.physician_password) == (plain.visit, plain.physician_password)
    assert (tmp_path / "demo.json").stat().st_mode & 0o077 == 0


async def test_at_another_address_the_family_gets_a_link_that_was_not_used(tmp_path: Path) -> None:
    config, plain = await started(tmp_path, 9001)
    assert await redeem(config, plain.guardian_link) == plain.visit
    config, made = await started(tmp_path, None, lan=True)
    assert await redeem(config, made.guardian_link) == plain.visit


async def test_at_another_port_the_familys_link_and_cookie_stay(tmp_path: Path) -> None:
    config, made = await started(tmp_path, 9001)
    await redeem(config, made.guardian_link)
    config, again = await started(tmp_path, 9002)
    assert again.guardian_link.rsplit("/", 1)[1] == made.guardian_link.rsplit("/", 1)[1]
    with pytest.raises(Refused) as refused:
        await redeem(config, again.guardian_link)
    assert refused.value.code == "link_used"


async def test_a_folder_of_another_version_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text('{"guardian_link": "http://localhost:8480/j/x"}', "utf-8")
    with pytest.raises(demo.OtherDemo, match="--data"):
        await started(tmp_path, None)


def test_a_certificate_is_made_anew_when_address_or_time_ask_for_it(tmp_path: Path) -> None:
    def of(address: str, now: datetime) -> bytes:
        return demo.certificate_for(tmp_path, address, now)[0].read_bytes()

    first = of("192.0.2.1", NOW)
    assert of("192.0.2.1", NOW + timedelta(days=28)) == first
    moved = of("192.0.2.2", NOW)
    assert moved != first
    assert of("192.0.2.2", NOW + timedelta(days=29, hours=1)) != moved
    certificate, key = demo.certificate_for(tmp_path, "192.0.2.2", NOW + timedelta(days=29, hours=1))
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key)
