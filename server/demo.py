"""The demo: one hospital, one physician, one child with a guardian, one visit, on this machine or on its network.

Everything lies in one folder, the hospital's age identity too, which a real hospital keeps far from the server. Started
again on the same folder it goes on where it was.
"""

from __future__ import annotations

import io
import ipaddress
import json
import os
import socket
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyrage
import segno
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from server.config import Config
from server.passwords import Passwords
from server.store import demo
from server.store.database import Database
from server.store.migrate import migrate

_CERTIFICATE_DAYS = 30


@dataclass(frozen=True, slots=True, repr=False)
class Printed:
    """What the demo prints; kept in the folder (mode 0600) so that a restart can print it again."""

    origin: str
    visit: str
    guardian_link: str
    physician_link: str
    physician_login: str
    physician_password: str
    operations_link: str
    operations_login: str
    operations_password: str
    data: str
    identity: str
    signer: str


def configure(folder: Path, port: int, lan: bool) -> Config:
    """The demo's configuration; makes the folder, the hospital's identity and, for the network, a certificate."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = folder / "demo.json"
    port = _port_of(kept) or port or free_port()
    address = own_address()
    host = address if lan else "localhost"
    certificate, key = certificate_for(folder, address) if lan else (None, None)
    return Config(
        data_folder=folder,
        recipients=(hospital_recipient(folder),),
        origin=f"{'https' if lan else 'http'}://{host}:{port}",
        listen=("0.0.0.0" if lan else "127.0.0.1", port),  # noqa: S104  --lan means: reachable from the network
        certificate=certificate,
        certificate_key=key,
        udp=("0.0.0.0", 0),  # noqa: S104  browsers on this machine send from its network address, too
        advertise=tuple(dict.fromkeys((address, "127.0.0.1"))),
    )


async def seed(config: Config, clock: Callable[[], float], new_id: Callable[[], str], new_secret: Callable[[], str]) -> Printed:
    """Fills the database, once; what to print."""
    kept = config.data_folder / "demo.json"
    if kept.exists():
        return Printed(**json.loads(kept.read_text("utf-8")))
    database = Database(config.database_url)
    try:
        await migrate(database)
        made = await demo.create_demo(database, Passwords(), new_id, new_secret, clock())
    finally:
        await database.close()
    printed = Printed(
        origin=config.origin,
        visit=made.visit,
        guardian_link=f"{config.origin}/j/{made.link_token}",
        physician_link=f"{config.origin}/physician/",
        physician_login=made.physician_login,
        physician_password=made.physician_password,
        operations_link=f"{config.origin}/ops/",
        operations_login=made.operations_login,
        operations_password=made.operations_password,
        data=str(config.data_folder),
        identity=str(config.data_folder / "hospital.key"),
        signer=str(config.data_folder / "keys" / "signer.pub"),
    )
    private_file(kept, json.dumps(asdict(printed), ensure_ascii=False))
    return printed


def as_text(printed: Printed) -> str:
    qr = _qr(printed.guardian_link)
    return f"""
  陪同 Peitong · 演示医院 / demo hospital

  监护人（手机）/ guardian (phone):
    {printed.guardian_link}
{qr}
  医师（电脑）/ physician (desk):
    {printed.physician_link}
    登录名 / login  {printed.physician_login}     密码 / password  {printed.physician_password}

  运行值班 / operations:
    {printed.operations_link}
    登录名 / login  {printed.operations_login}    密码 / password  {printed.operations_password}

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


def certificate_for(folder: Path, address: str) -> tuple[Path, Path]:
    """A self-made certificate for the address and localhost, good for a month."""
    certificate, key = folder / "certificate.pem", folder / "certificate.key"
    if certificate.exists():
        return certificate, key
    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Peitong demo")])
    names: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_address(address)), x509.DNSName("localhost")]
    now = datetime.now(UTC)
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


def _port_of(kept: Path) -> int:
    return int(json.loads(kept.read_text("utf-8"))["origin"].rsplit(":", 1)[1]) if kept.exists() else 0


def _qr(link: str) -> str:
    out = io.StringIO()
    segno.make(link, error="l").terminal(out, compact=True, border=2)
    return "\n".join("    " + line for line in out.getvalue().splitlines())
