"""TURN credentials against the formula that coturn documents."""

from __future__ import annotations

import base64
import hashlib
import hmac

from server.config import Secret
from server.turn import GOOD_FOR_S, ice_servers


def test_without_a_turn_server_there_are_none() -> None:
    assert ice_servers((), None, "guardian", 0.0) == ()
    assert ice_servers((), Secret("north"), "guardian", 0.0) == ()


def test_the_username_expires_and_the_credential_is_its_keyed_hash() -> None:
    (server,) = ice_servers(("turn:t.example:3478",), Secret("north"), "guardian", 1000.9)
    assert server.username == f"{1000 + GOOD_FOR_S}:guardian"
    expected = hmac.new(b"north", server.username.encode(), hashlib.sha1).digest()
    assert base64.b64decode(server.credential) == expected
    assert server.urls == ("turn:t.example:3478",)
