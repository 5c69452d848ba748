"""Signatures: the standard's own vector, what is refused, and a change of secrets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.webhooks.signature import BadSignature, headers, key_of, sign, spelled, verify

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KEY, OTHER = key_of(SECRET), b"k" * 32
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = 1614265330
BODY = b'{"test": 2432232314}'
SIGNED = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
"""The vector that every library of Standard Webhooks is tested with."""


def refusal(given: dict[str, str], *, keys: list[bytes] | None = None, body: bytes = BODY, now: float = AT) -> str:
    with pytest.raises(BadSignature) as refused:
        verify([KEY] if keys is None else keys, given, body, now)
    return refused.value.code


def test_the_standards_vector_is_met() -> None:
    assert sign(KEY, ID, AT, BODY) == SIGNED
    assert headers([KEY], ID, AT + 0.9, BODY) == {
        "webhook-id": ID,
        "webhook-timestamp": str(AT),
        "webhook-signature": SIGNED,
    }
    assert verify([KEY], headers([KEY], ID, AT, BODY), BODY, AT) == ID


@given(st.binary(min_size=24, max_size=64), st.text(max_size=40), st.integers(0, 10**11), st.binary(max_size=200))
def test_what_was_signed_is_believed_within_five_minutes_and_not_later(key: bytes, id: str, at: int, body: bytes) -> None:
    signed = headers([key], id, at, body)
    for now in (at - 300, at, at + 300):
        assert verify([key], signed, body, now) == id
    assert refusal(signed, keys=[key], body=body, now=at + 301) == "too_old"
    assert refusal(signed, keys=[key], body=body, now=at - 301) == "too_new"


def test_whoever_changes_anything_is_not_believed() -> None:
    signed = headers([KEY], ID, AT, BODY)
    assert refusal(signed, body=BODY + b" ") == "no_match"
    assert refusal(signed | {"webhook-id": "other"}) == "no_match"
    assert refusal(signed | {"webhook-timestamp": str(AT + 1)}) == "no_match"
    assert refusal(signed | {"webhook-signature": SIGNED.replace("v1,", "v2,")}) == "no_match"
    assert refusal(signed | {"webhook-signature": ""}) == "no_match"
    assert refusal(signed | {"webhook-signature": "v1,签名"}) == "no_match"
    assert refusal(signed, keys=[OTHER]) == "no_match"
    assert refusal(signed, keys=[]) == "no_match"


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_header_must_be_there(missing: str) -> None:
    signed = headers([KEY], ID, AT, BODY)
    del signed[missing]
    assert refusal(signed) == "missing_header"


@pytest.mark.parametrize("said", ["", "-1", "1.5", "soon", "１６", "1" * 13])
def test_a_timestamp_is_whole_seconds(said: str) -> None:
    assert refusal(headers([KEY], ID, AT, BODY) | {"webhook-timestamp": said}) == "bad_timestamp"


def test_while_a_secret_changes_a_receiver_may_hold_either() -> None:
    signed = headers([OTHER, KEY], ID, AT, BODY)
    assert signed["webhook-signature"].split(" ")[1] == SIGNED
    for held in ([KEY], [OTHER], [b"x" * 32, KEY]):
        assert verify(held, signed, BODY, AT) == ID


def test_signatures_of_other_kinds_and_of_strangers_may_stand_beside_it() -> None:
    signed = headers([KEY], ID, AT, BODY)
    signed["webhook-signature"] = f"v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw== v1,AAAA {SIGNED}"
    assert verify([KEY], signed, BODY, AT) == ID


@given(st.binary(min_size=24, max_size=64))
def test_a_secret_is_spelled_and_read(key: bytes) -> None:
    assert key_of(spelled(key)) == key


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        (SECRET.removeprefix("whsec_"), "begins with"),
        ("whsec_a b", "base64"),
        ("whsec_AAA", "base64"),
        (spelled(b"k" * 23), "24 to 64"),
        (spelled(b"k" * 65), "24 to 64"),
    ],
)
def test_anything_else_is_no_secret(secret: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        key_of(secret)
