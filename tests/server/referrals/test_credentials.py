"""The tokens that destinations want to be shown are read whole or not at all, and no fault tells one."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.referrals.credentials import MOST_BYTES, BadCredentials, Credentials, load, parse

GOOD = """
["https://fhir.second.example/r4/"]
bearer = "eyJhbGciOi.JIUzI1-NiJ9_~+/=="
"""


def test_a_token_goes_with_its_endpoint_and_with_no_other() -> None:
    read = parse(GOOD)
    assert read.headers("https://fhir.second.example/r4") == {"Authorization": "Bearer eyJhbGciOi.JIUzI1-NiJ9_~+/=="}
    assert read.headers("https://fhir.second.example/r5") == read.headers("https://fhir.second.example") == {}


@pytest.mark.parametrize(
    "text",
    [
        'bearer = "in-no-section"',
        '["http://plain.example"]\nbearer = "secret-token"',
        '["https://user@there.example"]\nbearer = "secret-token"',
        '["https://there.example"]\nbearer = "secret token"',
        '["https://there.example"]\nbearer = "secret-token\\r\\nX: y"',
        '["https://there.example"]\nbearer = 7',
        '["https://there.example"]\nbearer = "secret-token"\nuser = "we"',
        '["https://there.example"]\n',
        '["https://there.example"\nbearer = "secret-token"',
        "#" * (MOST_BYTES + 1),
    ],
)
def test_what_is_wrong_is_refused_without_telling_a_token(text: str) -> None:
    with pytest.raises(BadCredentials) as refused:
        parse(text)
    assert "secret" not in str(refused.value)


@given(st.text(max_size=200))
def test_no_text_raises_anything_else(text: str) -> None:
    with contextlib.suppress(BadCredentials):
        assert isinstance(parse(text), Credentials)


def test_the_file_must_be_its_readers_own(tmp_path: Path) -> None:
    path = tmp_path / "referrals.toml"
    with pytest.raises(BadCredentials, match="cannot be read: FileNotFoundError"):
        load(path)
    path.write_text(GOOD, "utf-8")
    path.chmod(0o640)
    with pytest.raises(BadCredentials, match="chmod 600"):
        load(path)
    path.chmod(0o600)
    assert load(path).headers("https://fhir.second.example/r4")
    path.write_bytes(b"\xff")
    with pytest.raises(BadCredentials, match="UnicodeDecodeError"):
        load(path)


def test_without_a_file_nothing_is_shown() -> None:
    assert load(None).headers("https://fhir.second.example/r4") == {}
