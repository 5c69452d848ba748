"""The demo: one hospital, one physician, one child with a guardian, one visit, on this machine or on its network.

Everything lies in one folder, the hospital's age identity too, which a real hospital keeps far from the server. Started
again on the same folder it goes on where it was: on the same port unless another is asked for, and with links that fit the
address it has now.
"""

from __future__ import annotations

import ipaddress
import json
import os
import socket
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pyrage
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from server import qr
from server.config import Config
from server.passwords import Passwords
from server.store import demo
from server.store.database import PATIENCE_S, Database
from server.store.links import Links
from server.store.migrate import migrate

PORT = 8480
_CERTIFICATE_DAYS = 30


class OtherDemo(Exception):
    """The folder holds a demo that this version cannot read; the text says what to do."""


@dataclass(frozen=True, slots=True, repr=False)
class Kept:
    """What a restart needs, in ``demo.json`` (mode 0600): ids, secrets, and for which address the link was given."""

    origin: str
    visit: str
    link_token: str
    physician_login: str
    physician_password: str
    operations_login: str
    operations_password: str
    coordinator_login: str
    coordinator_password: str
    desk_login: str
    desk_password: str


@dataclass(frozen=True, slots=True, repr=False)
class Printed:
    """What the demo prints, as it holds for this start."""

    origin: str
    visit: str
    guardian_link: str
    physician_link: str
    physician_login: str
    physician_password: str
    operations_link: str
    operations_login: str
    operations_password: str
    coordinator_link: str
    coordinator_login: str
    coordinator_password: str
    desk_link: str
    desk_login: str
    desk_password: str
    data: str
    identity: str
    signer: str


def configure(folder: Path, port: int | None, lan: bool) -> Config:
    """The demo's configuration; makes the folder, the hospital's identity and, for the network, a certificate.

    Without a ``port`` it is the former one, or 8480; 0 is the former one, or any free one. Raises ``OtherDemo``.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = _kept(folder)
    if not port:
        former = urlsplit(kept.origin).port if kept is not None else None
        port = former or (PORT if port is None else free_port())
    address = own_address()
    host = address if lan else "localhost"
    certificate, key = certificate_for(folder, address, datetime.now(UTC)) if lan else (None, None)
    return Config(
        data_folder=folder,
        recipients=(hospital_recipient(folder),),
        origin=f"{'https' if lan else 'http'}://{host}:{port}",
        listen=("0.0.0.0" if lan else "127.0.0.1", port),  # noqa: S104  --lan means: reachable from the network
        certificate=certificate,
        certificate_key=key,
        udp=("0.0.0.0", 0),  # noqa: S104  browsers on this machine send from its network address, too
        advertise=tuple(dict.fromkeys((address, "127.0.0.1"))),
        webhook_loopback=True,
    )


async def seed(
    config: Config,
    clock: Callable[[], float],
    new_id: Callable[[], str],
    new_secret: Callable[[], str],
    patience_s: float = PATIENCE_S,
) -> Printed:
    """Fills the database, once; what to print. Raises ``OtherDemo``, and ``Unavailable`` when there is no turn in that time."""
    former = _kept(config.data_folder)
    database = Database(config.database_url, patience_s)
    try:
        if former is None:
            await migrate(database)
            kept = await _made(config, database, new_id, new_secret, clock())
        else:
            kept = await _moved(former, config, Links(database, new_secret), clock())
    finally:
        await database.close()
    if kept != former:
        _keep(config.data_folder, kept)
    return _printed(config, kept)


async def _made(
    config: Config, database: Database, new_id: Callable[[], str], new_secret: Callable[[], str], now: float
) -> Kept:
    made = await demo.create_demo(database, Passwords(), new_id, new_secret, now, config.link_valid_s)
    known = {field.name: getattr(made, field.name) for field in fields(Kept) if field.name != "origin"}
    return Kept(config.origin, **known)


async def _moved(former: Kept, config: Config, links: Links, now: float) -> Kept:
    """The same demo at this start's address. The phone's cookie stays with the old one: then the family needs a new link."""
    kept = replace(former, origin=config.origin)
    if urlsplit(former.origin).hostname == urlsplit(config.origin).hostname:
        return kept
    return replace(kept, link_token=await links.issue(kept.visit, now, now + config.link_valid_s))


def _printed(config: Config, kept: Kept) -> Printed:
    return Printed(
        origin=config.origin,
        visit=kept.visit,
        guardian_link=f"{config.origin}/j/{kept.link_token}",
        physician_link=f"{config.origin}/physician/",
        physician_login=kept.physician_login,
        physician_password=kept.physician_password,
        operations_link=f"{config.origin}/ops/",
        operations_login=kept.operations_login,
        operations_password=kept.operations_password,
        coordinator_link=f"{config.origin}/coordinator/",
        coordinator_login=kept.coordinator_login,
        coordinator_password=kept.coordinator_password,
        desk_link=f"{config.origin}/desk/",
        desk_login=kept.desk_login,
        desk_password=kept.desk_password,
        data=str(config.data_folder),
        identity=str(config.data_folder / "hospital.key"),
        signer=str(config.data_folder / "keys" / "signer.pub"),
    )


def _kept(folder: Path) -> Kept | None:
    file = folder / "demo.json"
    if not file.exists():
        return None
    try:
        return Kept(**json.loads(file.read_text("utf-8")))
    except (ValueError, TypeError) as error:
        raise OtherDemo(f"{file} is of another version; choose another folder with --data") from error


def _keep(folder: Path, kept: Kept) -> None:
    (folder / "demo.json.new").unlink(missing_ok=True)
    private_file(folder / "demo.json.new", json.dumps(asdict(kept), ensure_ascii=False))
    (folder / "demo.json.new").replace(folder / "demo.json")


def as_text(printed: Printed) -> str:
    code = qr.terminal(printed.guardian_link)
    return f"""
  陪同 Peitong · 演示医院 / demo hospital

  监护人（手机）/ guardian (phone):
    {printed.guardian_link}
{code}
  家庭自行预约 / families book by themselves:
    {printed.origin}/book/

  医师（电脑）/ physician (desk):
    {printed.physician_link}
    登录名 / login  {printed.physician_login}     密码 / password  {printed.physician_password}

  运行值班 / operations:
    {printed.operations_link}
    登录名 / login  {printed.operations_login}    密码 / password  {printed.operations_password}

  转诊协调 / care coordinator:
    {printed.coordinator_link}
    登录名 / login  {printed.coordinator_login}   密码 / password  {printed.coordinator_password}

  预约台 / front desk:
    {printed.desk_link}
    登录名 / login  {printed.desk_login}          密码 / password  {printed.desk_password}

  数据 / data            {printed.data}
  录制 / recordings      {printed.data}/recordings/{printed.visit}
  解密密钥 / identity    {printed.identity}
                         （真实医院须离线保管 / a real hospital keeps this off the server）

  同一台电脑上试用：两个浏览器窗口各开一个链接。Ctrl-C 结束。
  On one machine: open the two links in two browser windows. Ctrl-C ends.
"""


def hospital_recipient(folder: Path) -> str:
    """The demo hospital's age public key; its identity is made when there is none."""
    path = folder / "hospital.key"
    if not path.exists():
        private_file(path, str(pyrage.x25519.Identity.generate()) + "\n")
    return str(pyrage.x25519.Identity.from_str(path.read_text("ascii").strip()).to_public())


def private_file(path: Path, text: str) -> None:
    """A new file that only its owner may read. Raises ``FileExistsError``."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def own_address() -> str:
    """The address of this machine on its network, or 127.0.0.1. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def certificate_for(folder: Path, address: str, now: datetime) -> tuple[Path, Path]:
    """A self-made certificate for the address and localhost, good for a month; the former one while it fits."""
    certificate, key = folder / "certificate.pem", folder / "certificate.key"
    if certificate.exists() and key.exists() and _fits(x509.load_pem_x509_certificate(certificate.read_bytes()), address, now):
        return certificate, key
    certificate.unlink(missing_ok=True)
    key.unlink(missing_ok=True)
    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Peitong demo")])
    names: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_address(address)), x509.DNSName("localhost")]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=_CERTIFICATE_DAYS))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(secret, hashes.SHA256())
    )
    private_file(key, secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii"))
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    return certificate, key


def _fits(certificate: x509.Certificate, address: str, now: datetime) -> bool:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    of_address = ipaddress.ip_address(address) in names.get_values_for_type(x509.IPAddress)
    return of_address and certificate.not_valid_after_utc - now > timedelta(days=1)
