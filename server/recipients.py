"""To whom a hospital's recordings and documents are sealed: to its own age public keys, and to those in escrow. Pure.

Several hospitals may share a server, and none may open what another's visits leave. So each has keys of its own,
`[recording.hospitals.HOSPITAL]`; those of `recording.recipients` are the only hospital's, as long as it is the only one. A
hospital to which neither applies has no key: no gate of its visits opens, and no documents are taken. Escrow holds for all.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

PLACE: Final = "recording.hospitals"
_RECIPIENT = re.compile(r"age1[02-9ac-hj-np-z]{58}")
_HOSPITAL = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Recipients:
    """age public keys: ``only`` of a hospital that is alone on the server, ``hospitals`` by id, ``escrow`` for all."""

    only: tuple[str, ...]
    hospitals: Mapping[str, tuple[str, ...]]
    escrow: tuple[str, ...]

    def of(self, hospital: str, on_server: int) -> tuple[str, ...]:
        """Those of a hospital where there are so many, and escrow's, each once; none when it has no key of its own."""
        own = self.hospitals.get(hospital) or (self.only if on_server == 1 else ())
        return tuple(dict.fromkeys((*own, *self.escrow))) if own else ()

    def lacking(self, hospitals: Collection[str]) -> list[str]:
        """Which of these, all that there are, have no key."""
        return [hospital for hospital in hospitals if not self.of(hospital, len(hospitals))]

    def unknown(self, hospitals: Collection[str]) -> list[str]:
        """Ids that keys are configured for though none of these, all that there are, has such an id."""
        return [hospital for hospital in self.hospitals if hospital not in hospitals]

    def everyone(self) -> tuple[str, ...]:
        """All keys, each once."""
        return tuple(dict.fromkeys((*self.only, *(key for keys in self.hospitals.values() for key in keys), *self.escrow)))


def what_to_write(hospital: str) -> str:
    """The line that gives a hospital its key, below [recording] of the configuration."""
    return f'hospitals.{hospital}.recipients = ["age1…"]'


def lacks_a_key(hospital: str) -> str:
    """What a command says of a hospital without a key."""
    return (
        f"hospital {hospital} has no key of its own: none of its visits can begin, and it takes no documents; "
        f"write below [recording] in the configuration: {what_to_write(hospital)}, and restart the server"
    )


def read_recipients(texts: Iterable[str]) -> tuple[str, ...]:
    """Raises ``ValueError``."""
    recipients = tuple(texts)
    for recipient in recipients:
        if not _RECIPIENT.fullmatch(recipient):
            raise ValueError("an age public key (age1…) belongs here; never an identity")
    return recipients


def read_hospitals(value: Any) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Each hospital's keys from the table of `[recording.hospitals.HOSPITAL]`, or from a text (of the environment) such as
    ``HOSPITAL=age1…,HOSPITAL=age1…``; and all faults, each with its place."""
    tables = _tables(value) if isinstance(value, str) else value
    if not isinstance(tables, dict) or not tables:
        return {}, [f'{PLACE}: [{PLACE}.HOSPITAL] recipients = ["age1…"] belongs here, as text HOSPITAL=age1…,HOSPITAL=age1…']
    found: dict[str, tuple[str, ...]] = {}
    faults: list[str] = []
    for hospital, table in tables.items():
        place = f"{PLACE}.{hospital}"
        if not _HOSPITAL.fullmatch(hospital):
            faults.append(f"{PLACE}: {hospital!r} is no hospital's id, as `peitong hospital new` prints it")
        elif not isinstance(table, dict) or table.keys() != {"recipients"}:
            faults.append(f'{place}: recipients = ["age1…"], and nothing else, belongs here')
        elif not _are_texts(keys := table["recipients"]):
            faults.append(f"{place}.recipients: a list of texts belongs here")
        else:
            try:
                found[hospital] = read_recipients(keys)
            except ValueError as error:
                faults.append(f"{place}.recipients: {error}")
    return found, faults + _shared(found)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, str) for each in value)


def _tables(text: str) -> dict[str, dict[str, list[str]]] | None:
    """The text's pairs as TOML has them; None when one is no pair: it is not repeated, as it may be a secret."""
    tables: dict[str, dict[str, list[str]]] = {}
    for pair in text.split(","):
        hospital, equals, key = (part.strip() for part in pair.partition("="))
        if not equals:
            return None
        tables.setdefault(hospital, {"recipients": []})["recipients"].append(key)
    return tables


def _shared(found: Mapping[str, tuple[str, ...]]) -> list[str]:
    """A key of two hospitals would open the one's recordings for the other."""
    holders: dict[str, str] = {}
    return [
        f"{PLACE}.{hospital}.recipients: a key of {holders[key]}, too; what all may open with is recording.escrow"
        for hospital, keys in found.items()
        for key in keys
        if holders.setdefault(key, hospital) != hospital
    ]
