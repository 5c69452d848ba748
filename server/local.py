"""How a command speaks to the running server of a configuration, on this machine."""

from __future__ import annotations

import ssl
from http.client import HTTPConnection, HTTPSConnection

from server.config import Config

WITHIN_S = 2.0
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  what listens everywhere answers here


def local_connection(config: Config) -> HTTPConnection:
    """To the server of this configuration, where it listens on this machine."""
    host, port = config.listen
    host = _ANY.get(host, host)
    if config.certificate is None:
        return HTTPConnection(host, port, timeout=WITHIN_S)
    context = ssl.create_default_context()
    context.check_hostname = False  # the certificate is for the public name, and this never leaves the machine
    context.verify_mode = ssl.CERT_NONE
    return HTTPSConnection(host, port, timeout=WITHIN_S, context=context)
