"""What the doctor sees of the configured certificate: name, days, chain, key and its permissions."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from server.config import Config
from server.doctor.findings import Finding
from server.doctor.words import finding

SOON: Final = timedelta(days=14)


def examine(config: Config, host: str, now: float) -> list[Finding]:
    """All that is wrong with it, or that it is good; ``host`` is that of the origin."""
    if not config.secure:
        return [finding("certificate_plain", origin=config.origin)]
    if config.certificate is None or config.certificate_key is None:
        return [finding("certificate_proxy")]
    try:
        chain = x509.load_pem_x509_certificates(config.certificate.read_bytes())
        key = load_pem_private_key(config.certificate_key.read_bytes(), None)
        public = key.public_key()
        fits = _bytes(public) == _bytes(chain[0].public_key())
    except (OSError, ValueError, TypeError) as error:
        why = (error.strerror or "") if isinstance(error, OSError) else "PEM"
        return [finding("certificate_unreadable", error=why or type(error).__name__)]
    found = [] if fits else [finding("certificate_key")]
    mode = config.certificate_key.stat().st_mode & 0o777
    if mode & 0o077:
        found.append(finding("certificate_key_open", mode=f"{mode:04o}", path=str(config.certificate_key)))
    at = datetime.fromtimestamp(now, UTC)
    found += _dates(chain[0], at) + _name(chain[0], host) + _chain(chain)
    days = (chain[0].not_valid_after_utc - at).days
    return found or [finding("certificate_good", host=host, days=days)]


def first_of(file: Path) -> bytes:
    """The server's own certificate in a PEM file, as DER. Raises ``OSError`` or ``ValueError``."""
    return x509.load_pem_x509_certificates(file.read_bytes())[0].public_bytes(Encoding.DER)


def names_host(names: Sequence[str], host: str) -> bool:
    """As browsers match (RFC 6125, 6.4.3): a wildcard stands for one whole first label."""
    rest = host.lower().partition(".")[2]
    return any(name.lower() in (host.lower(), f"*.{rest}") for name in names) if rest else host.lower() in names


def _dates(certificate: x509.Certificate, at: datetime) -> list[Finding]:
    since, until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if at >= until:
        return [finding("certificate_expired", until=f"{until:%Y-%m-%d}")]
    if at < since:
        return [finding("certificate_early", since=f"{since:%Y-%m-%d}")]
    return [finding("certificate_soon", days=(until - at).days)] if until - at < SOON else []


def _name(certificate: x509.Certificate, host: str) -> list[Finding]:
    try:
        named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return [finding("certificate_name", names="-", host=host)]
    names = named.get_values_for_type(x509.DNSName)
    addresses = [str(address) for address in named.get_values_for_type(x509.IPAddress)]
    good = _normal(host) in addresses if _normal(host) else names_host(names, host)
    return [] if good else [finding("certificate_name", names=", ".join([*names, *addresses][:6]) or "-", host=host)]


def _chain(chain: Sequence[x509.Certificate]) -> list[Finding]:
    if chain[0].issuer == chain[0].subject:
        return [finding("certificate_self")]
    return [finding("certificate_chain")] if len(chain) == 1 else []


def _normal(host: str) -> str:
    """An address in its one spelling; "" for a name."""
    try:
        return str(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        return ""


def _bytes(key: object) -> bytes:
    der: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined]
    return der
