"""What the doctor's tests share: a server's configuration, and certificates of a test authority."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from server.config import Config
from server.doctor.findings import Finding
from tests.server.commands.doctor_rig import RECIPIENT, free_port

NOW = datetime(2026, 11, 22, tzinfo=UTC).timestamp()
TRUSTING_NOBODY = ssl.create_default_context()


def config_of(folder: Path, **changed: Any) -> Config:
    return replace(Config(folder, (RECIPIENT,), "http://localhost:8480", ("127.0.0.1", free_port())), **changed)


def codes(found: list[Finding]) -> list[str]:
    return [finding.code for finding in found]


def certificate(
    folder: Path, name: str, *, since: timedelta = timedelta(days=-1), until: timedelta = timedelta(days=90), chain: bool = True
) -> tuple[Path, Path, Path]:
    """A server's certificate of a test authority: (certificate file, key file, the authority's)."""
    now = datetime.fromtimestamp(NOW, UTC)
    authority, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A Test Authority")])

    def build(subject: x509.Name, key: ec.EllipticCurvePrivateKey, ca: bool) -> x509.Certificate:
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now + since).not_valid_after(now + until)
        builder = builder.add_extension(x509.BasicConstraints(ca, None), critical=True)
        if not ca:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        return builder.sign(authority, hashes.SHA256())

    leaf = build(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), own, False)
    top = build(issuer, authority, True)
    files = folder / "cert.pem", folder / "key.pem", folder / "ca.pem"
    files[2].write_bytes(top.public_bytes(Encoding.PEM))
    files[0].write_bytes(leaf.public_bytes(Encoding.PEM) + (top.public_bytes(Encoding.PEM) if chain else b""))
    files[1].write_bytes(own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    files[1].chmod(0o600)
    return files


@contextmanager
def trusting(authority: Path) -> Iterator[ssl.SSLContext]:
    context = ssl.create_default_context(cafile=str(authority))
    yield context
