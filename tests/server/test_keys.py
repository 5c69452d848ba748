"""This installation's own secrets, and what is sealed with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.keys import SealBroken, SealedValues, secret_file

KEY = b"k" * 32


def test_a_secret_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "values.key"
    made = secret_file(file)
    assert len(made) == 32
    assert secret_file(file) == made
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_was_sealed_opens_again_for_its_purpose() -> None:
    values = SealedValues(KEY)
    sealed = values.seal(b"a secret", "webhook e1")
    assert values.open(sealed, "webhook e1") == b"a secret"
    assert b"a secret" not in sealed
    assert len(sealed) == len(b"a secret") + 28


def test_the_same_value_is_never_sealed_alike_twice() -> None:
    values = SealedValues(KEY)
    assert len({values.seal(b"a secret", "webhook e1") for _ in range(50)}) == 50


def test_another_key_another_purpose_or_another_byte_opens_nothing() -> None:
    values = SealedValues(KEY)
    sealed = values.seal(b"a secret", "webhook e1")
    with pytest.raises(SealBroken):
        values.open(sealed, "webhook e2")
    with pytest.raises(SealBroken):
        SealedValues(b"K" * 32).open(sealed, "webhook e1")
    for at in range(len(sealed)):
        changed = bytes([*sealed[:at], sealed[at] ^ 1, *sealed[at + 1 :]])
        with pytest.raises(SealBroken):
            values.open(changed, "webhook e1")
    for short in (b"", sealed[:11], sealed[:27]):
        with pytest.raises(SealBroken):
            values.open(short, "webhook e1")
