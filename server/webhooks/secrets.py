"""The endpoints' secrets: made here, told once, kept sealed, and read only to sign."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from server.keys import SealedValues
from server.webhooks.signature import spelled


@dataclass(frozen=True, slots=True, repr=False)
class NewSecret:
    """``sealed`` is for the store, ``told`` for the hospital."""

    sealed: bytes
    told: str


class Secrets:
    """``new_key`` gives 32 random bytes."""

    def __init__(self, values: SealedValues, new_key: Callable[[], bytes]) -> None:
        self._values = values
        self._new_key = new_key

    def make(self, endpoint: str) -> NewSecret:
        """For that endpoint and no other: sealed, it opens for none else."""
        key = self._new_key()
        return NewSecret(self._values.seal(key, _purpose(endpoint)), spelled(key))

    def keys(self, endpoint: str, sealed: Iterable[bytes]) -> list[bytes]:
        """What signs. Raises ``keys.SealBroken``."""
        return [self._values.open(each, _purpose(endpoint)) for each in sealed]


def _purpose(endpoint: str) -> str:
    return f"webhook {endpoint}"
