"""The register's words for a child and for who comes with it. Pure.

`web_client/shared/kinship.js` has the same; ``tests/corpus/families/words.json`` holds both to it.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

Sex = Literal["female", "male", "unknown"]
SEXES: Final[tuple[str, ...]] = get_args(Sex)

GuardianKind = Literal["mother", "father", "legal_guardian"]
"""What a guardian is of the child."""
GUARDIANS: Final[tuple[str, ...]] = get_args(GuardianKind)
DELEGATED: Final = "delegated"
"""An adult who comes in the guardian's place (`server.booking.delegation`)."""
RelationKind = Literal[GuardianKind, "delegated"]
RELATIONS: Final[tuple[str, ...]] = get_args(RelationKind)
