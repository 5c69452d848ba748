"""One frozen ``Config``, read from a TOML text and the environment; every fault is reported at once.

A setting ``[section] name`` may be overridden by the environment variable ``PEITONG_SECTION_NAME`` (lists separated by commas).
Pure: texts in, a ``Config`` or ``ConfigFaults`` out; whether files exist and addresses can be bound is found at start.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from server.recipients import PLACE as HOSPITALS
from server.recipients import Recipients, read_hospitals, read_recipients
from server.session import Rules

WILDCARDS = ("0.0.0.0", "::")  # noqa: S104
_MOST_TURN_URLS = 8  # as many as a `welcome` holds
_TURN_URL = re.compile(r"turns?:(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:[0-9]{1,5})?(\?transport=(udp|tcp))?", re.ASCII | re.IGNORECASE)
MAILBOX = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_{|}~.-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z0-9-]{1,63}", re.ASCII)
"""The addresses that mail is sent to and from: plain ASCII ones, without quotes and comments (RFC 5321, 4.1.2 has more)."""


class ConfigFaults(Exception):
    """Everything that is wrong with the configuration; ``faults`` are sentences."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


class Secret:
    """A value that does not show itself in a repr, a log or a traceback."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"


class Security(StrEnum):
    """How a mail server is spoken to: upgraded by STARTTLS (RFC 3207), encrypted from the start (RFC 8314), or in the open."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in, with which sign-in, if any, and the address that it comes from."""

    address: tuple[str, int]
    sender: str
    security: Security = Security.STARTTLS
    login: str | None = None
    password: Secret | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """Everything `serve` needs to know. Addresses are (host, port); folders and files are absolute paths.

    ``tcp`` is where media over TCP arrives, None for nowhere; without a host it is that of ``udp``, and port 0 means the number
    of its port where that is free. ``turn_policy`` is `all`, or `relay`: media through the TURN servers only.
    ``recipients`` are the age public keys of the only hospital, ``hospital_recipients`` each one's by its id where there are
    several; ``escrow`` those kept elsewhere, for the day on which a hospital's are lost (`sealing`).
    ``documents_keep_days`` is how long after a visit its documents can be read here.
    ``webhook_networks`` are those inside the hospital that webhooks may reach besides the internet; with ``webhook_loopback``,
    for demonstrations and tests, this machine too, and there without https.
    ``referral_credentials`` is the file of what the destinations of referrals want to be shown (server.referrals.credentials).
    ``reminders`` is the way to families: `off`, `smtp`, which has ``mail``, or `console`: a demonstration's own, and never read
    from a file.
    """

    data_folder: Path
    recipients: tuple[str, ...]
    origin: str
    listen: tuple[str, int] = ("127.0.0.1", 8480)
    certificate: Path | None = None
    certificate_key: Path | None = None
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    database: str = ""
    udp: tuple[str, int] = ("0.0.0.0", 0)  # noqa: S104  browsers must reach it
    tcp: tuple[str, int] | None = ("", 0)
    advertise: tuple[str, ...] = ("127.0.0.1",)
    relays: int = 1
    turn_urls: tuple[str, ...] = ()
    turn_secret: Secret | None = None
    turn_policy: str = "all"
    rules: Rules = field(default_factory=Rules)
    link_valid_s: float = 7 * 86400.0
    documents_keep_days: int = 30
    webhook_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    webhook_loopback: bool = False
    referral_credentials: Path | None = None
    reminders: str = "off"
    mail: MailServer | None = None
    escrow: tuple[str, ...] = ()
    hospital_recipients: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def sealing(self) -> Recipients:
        """The age public keys that recordings and documents are sealed to."""
        return Recipients(self.recipients, self.hospital_recipients, self.escrow)

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite+aiosqlite:///{self.data_folder / 'peitong.db'}"

    @property
    def secure(self) -> bool:
        """Whether browsers see https: behind it cookies are Secure."""
        return self.origin.startswith("https://")


def load(toml: str, environ: Mapping[str, str]) -> Config:
    """The configuration of a TOML text and an environment. Raises ``ConfigFaults`` with every fault found."""
    faults: list[str] = []
    try:
        document: dict[str, Any] = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        document = {}
        faults.append(f"not TOML: {error}")
    given = _given(document, environ, faults)
    values: dict[str, Any] = {"recipients": ()}
    rules: dict[str, float] = {}
    mail: dict[str, Any] = {}
    for name, value in given.items():
        section, _, key = name.partition(".")
        try:
            if section == "limits":
                rules[key] = _seconds(value)
            elif name == HOSPITALS:
                values["hospital_recipients"], wrong = read_hospitals(value)
                faults += wrong
            elif name in _MAIL:
                target, parse = _MAIL[name]
                mail[target] = parse(value)
            else:
                target, parse = _SETTINGS[name]
                values[target] = parse(value)
        except ValueError as error:
            faults.append(f"{name}: {error}")
    for name, why in _REQUIRED.items():
        if name not in given and not (name == "recording.recipients" and HOSPITALS in given):
            faults.append(f"{name} is missing (environment: {_variable(name)}): {why}")
    faults += _contradictions(values) + _of_mail(values, mail)
    if faults:
        raise ConfigFaults(faults)
    return Config(rules=Rules(**rules), mail=MailServer(**mail) if mail else None, **values)


def _given(document: dict[str, Any], environ: Mapping[str, str], faults: list[str]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for section, table in document.items():
        if not isinstance(table, dict):
            faults.append(f"{section}: a [section] with settings belongs here")
            continue
        for key, value in table.items():
            name = f"{section}.{key}"
            if name in _KNOWN:
                given[name] = value
            else:
                faults.append(f"{name} is no setting of this version; known: {', '.join(sorted(_KNOWN))}")
    for name in _KNOWN:
        if _variable(name) in environ:
            given[name] = environ[_variable(name)]
    return given


def _variable(name: str) -> str:
    return "PEITONG_" + name.replace(".", "_").upper()


def _contradictions(values: dict[str, Any]) -> list[str]:
    faults = []
    if ("certificate" in values) != ("certificate_key" in values):
        faults.append("http.certificate and http.certificate_key belong together")
    if ("turn_urls" in values) != ("turn_secret" in values):
        faults.append("turn.urls and turn.secret belong together")
    if values.get("turn_policy") == "relay" and "turn_urls" not in values:
        faults.append("turn.policy relay sends all media through TURN servers, but turn.urls names none")
    host = values.get("udp", WILDCARDS)[0]
    if host not in WILDCARDS and any((":" in host) != (":" in address) for address in values.get("advertise", ())):
        faults.append("media.advertise: nothing would listen on an address of the other family than media.udp; [::] is both")
    origin, listen = values.get("origin", "https:"), values.get("listen", ("127.0.0.1", 0))
    if origin.startswith("http:") and urlsplit(origin).hostname not in ("localhost", "127.0.0.1", "::1") and listen:
        faults.append("http.origin: browsers give camera and microphone only to https (or to localhost)")
    return faults


def _of_mail(values: dict[str, Any], mail: dict[str, Any]) -> list[str]:
    """What does not fit together in [reminders]."""
    if values.get("reminders") != "smtp":
        return ['reminders.smtp_* are for reminders.through = "smtp"'] if mail else []
    faults = [f"reminders.{name} is missing: reminders.through = \"smtp\" needs it" for name in ("smtp_server", "smtp_sender")
              if _MAIL[f"reminders.{name}"][0] not in mail]  # fmt: skip
    if ("login" in mail) != ("password" in mail):
        faults.append("reminders.smtp_login and reminders.smtp_password belong together")
    host = mail.get("address", ("localhost", 0))[0]
    if mail.get("security") is Security.NONE and host not in ("localhost", "127.0.0.1", "::1"):
        faults.append("reminders.smtp_security none is for a mail server on this machine only: links do not travel in the open")
    return faults


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a text belongs here")
    return value.strip()


def _path(value: Any) -> Path:
    path = Path(_text(value)).expanduser()
    if not path.is_absolute():
        raise ValueError(f"an absolute path belongs here, not {value!r}")
    return path


def _address(value: Any) -> tuple[str, int]:
    host, colon, port = _text(value).rpartition(":")
    host = host.strip("[]")
    if not colon or not host or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"HOST:PORT belongs here, not {value!r}")
    return host, int(port)


def parse_origin(value: Any) -> str:
    """Scheme, host and perhaps port, as browsers say it. Raises ``ValueError``."""
    text = _text(value).rstrip("/")
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query or parts.fragment:
        raise ValueError(f"an origin such as https://visit.hospital.example belongs here, not {value!r}")
    return text


def _list(value: Any) -> tuple[str, ...]:
    items = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
    if not isinstance(items, list) or not items:
        raise ValueError("a list of texts belongs here")
    return tuple(_text(item) for item in items)


def _addresses(value: Any) -> tuple[str, ...]:
    addresses = _list(value)
    for address in addresses:
        ip_address(address)
    return addresses


def _tcp(value: Any) -> tuple[str, int] | None:
    return None if value == "off" else _address(value)


def _turn_urls(value: Any) -> tuple[str, ...]:
    """RFC 7065: turn:host:port?transport=udp, and so on."""
    urls = _list(value)
    if len(urls) > _MOST_TURN_URLS:
        raise ValueError(f"at most {_MOST_TURN_URLS} addresses")
    for url in urls:
        if len(url) > 300 or not _TURN_URL.fullmatch(url):
            raise ValueError(f"an address such as turn:turn.hospital.example:3478?transport=tcp belongs here, not {url!r}")
    return urls


def _policy(value: Any) -> str:
    if value not in ("all", "relay"):
        raise ValueError(f'"all" or "relay" belongs here, not {value!r}')
    return str(value)


def _through(value: Any) -> str:
    if value == "console":  # it prints whole links, and what a server prints is a log
        raise ValueError(
            '"console" is the demonstration\'s own, it prints join links: "smtp" reaches families, "off" tells them nothing'
        )
    if value not in ("off", "smtp"):
        raise ValueError(f'"off" or "smtp" belongs here, not {value!r}')
    return str(value)


def _security(value: Any) -> Security:
    try:
        return Security(value)
    except ValueError:
        raise ValueError(f'"starttls", "tls" or "none" belongs here, not {value!r}') from None


def _mailbox(value: Any) -> str:
    """An address without a display name."""
    address = _text(value)
    if not MAILBOX.fullmatch(address):
        raise ValueError(f"an address such as visits@hospital.example belongs here, not {value!r}")
    return address


def _networks(value: Any) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(item) for item in _list(value))


def _recipients(value: Any) -> tuple[str, ...]:
    return read_recipients(_list(value))


def _count(value: Any) -> int:
    text = str(value)
    if isinstance(value, bool) or not text.isdigit() or not 1 <= int(text) <= 64:
        raise ValueError(f"a whole number from 1 to 64 belongs here, not {value!r}")
    return int(text)


def _days(value: Any) -> int:
    text = str(value)
    if isinstance(value, bool) or not text.isdigit() or not 1 <= int(text) <= 1096:
        raise ValueError(f"a whole number of days from 1 to 1096 belongs here, not {value!r}")
    return int(text)


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool) and value not in ("true", "false"):
        raise ValueError(f"true or false belongs here, not {value!r}")
    return value in (True, "true")


def _seconds(value: Any) -> float:
    try:
        seconds = float(value) if not isinstance(value, bool) else -1.0
    except (TypeError, ValueError):
        seconds = -1.0
    if not 0 < seconds <= 366 * 86400:
        raise ValueError(f"seconds belong here, not {value!r}")
    return seconds


_SETTINGS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "http.listen": ("listen", _address),
    "http.origin": ("origin", parse_origin),
    "http.certificate": ("certificate", _path),
    "http.certificate_key": ("certificate_key", _path),
    "http.trusted_proxies": ("trusted_proxies", _networks),
    "data.folder": ("data_folder", _path),
    "data.database": ("database", _text),
    "media.udp": ("udp", _address),
    "media.tcp": ("tcp", _tcp),
    "media.advertise": ("advertise", _addresses),
    "media.relays": ("relays", _count),
    "recording.recipients": ("recipients", _recipients),
    "recording.escrow": ("escrow", _recipients),
    "turn.urls": ("turn_urls", _turn_urls),
    "turn.secret": ("turn_secret", lambda value: Secret(_text(value))),
    "turn.policy": ("turn_policy", _policy),
    "access.link_valid_s": ("link_valid_s", _seconds),
    "documents.keep_days": ("documents_keep_days", _days),
    "webhooks.allow_networks": ("webhook_networks", _networks),
    "webhooks.allow_loopback": ("webhook_loopback", _yes_or_no),
    "referrals.credentials": ("referral_credentials", _path),
    "reminders.through": ("reminders", _through),
}
_MAIL: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "reminders.smtp_server": ("address", _address),
    "reminders.smtp_sender": ("sender", _mailbox),
    "reminders.smtp_security": ("security", _security),
    "reminders.smtp_login": ("login", _text),
    "reminders.smtp_password": ("password", lambda value: Secret(_text(value))),
}
_REQUIRED = {
    "data.folder": "where database, keys and recordings lie",
    "http.origin": "the address under which browsers reach this server",
    "recording.recipients": "the hospital's age public keys (or recording.hospitals, each one's); without one no gate may open",
}
_KNOWN = frozenset(_SETTINGS) | frozenset(_MAIL) | {HOSPITALS} | {f"limits.{name}" for name in Rules.__dataclass_fields__}
