"""What the doctor sees of the web address: it resolves, answers, and its certificate is one that browsers trust."""

from __future__ import annotations

import json
import socket
import ssl
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from time import perf_counter
from typing import Final
from urllib.parse import urlsplit

from server.config import Config
from server.doctor.certificates import first_of
from server.doctor.findings import Finding
from server.doctor.words import finding

PATIENCE_S: Final = 5.0
_MOST_BYTES: Final = 4096


def host_of(origin: str) -> str:
    return urlsplit(origin).hostname or ""


def examine(config: Config, context: ssl.SSLContext) -> list[Finding]:
    """As a browser would come, from this machine; blocks for some seconds at most."""
    parts = urlsplit(config.origin)
    host, port = host_of(config.origin), parts.port or (443 if config.secure else 80)
    try:
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return [finding("origin_unresolved", host=host)]
    started = perf_counter()
    connection = _connection(config.secure, host, port, context)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        ms = round((perf_counter() - started) * 1000)
        if not _is_ours(answer.read(_MOST_BYTES)):
            listen = f"{config.listen[0]}:{config.listen[1]}"
            return [finding("origin_foreign", host=host, status=answer.status, listen=listen)]
        found = [finding("origin_good" if config.secure else "origin_plain", host=host, ms=ms)]
        return found + _same_certificate(config, connection, host)
    except ssl.SSLCertVerificationError as error:
        return [finding("origin_untrusted", host=host, error=error.verify_message)]
    except (OSError, HTTPException) as error:
        why = getattr(error, "strerror", None) or getattr(error, "reason", None) or type(error).__name__
        return [finding("origin_silent", host=host, port=port, error=str(why))]
    finally:
        connection.close()


def _connection(secure: bool, host: str, port: int, context: ssl.SSLContext) -> HTTPConnection:
    if secure:
        return HTTPSConnection(host, port, timeout=PATIENCE_S, context=context)
    return HTTPConnection(host, port, timeout=PATIENCE_S)


def _is_ours(body: bytes) -> bool:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and {"ok", "missing"} <= document.keys()


def _same_certificate(config: Config, connection: HTTPConnection, host: str) -> list[Finding]:
    if config.certificate is None or not isinstance(connection.sock, ssl.SSLSocket):
        return []
    try:
        same = connection.sock.getpeercert(binary_form=True) == first_of(config.certificate)
    except (OSError, ValueError):
        return []  # told by the examination of the file
    return [] if same else [finding("origin_other_certificate", host=host)]
