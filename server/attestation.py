"""What the physician attests before a visit is live, and where child and guardian are.

The checks are the six that the physician ticks on camera. Two of them are about *whereabouts*: the number under which the
family is reached now, and the place where the child is, which whoever calls 120 has to say. The guardian tells both while
waiting, so that the physician only confirms them, and corrects what is wrong; what was confirmed is written down with the
attestation, the words in a body and their hash in the journal. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from server.errors import Refused
from server.referral import clean
from server.telephone import NUMBER, plain
from signaling.seats import Role

CHECKS: Final = (
    "guardian_seen",  # a grown-up is on camera
    "child_seen",
    "identity_matches",  # names and relation are those of the booking, with the proof that was registered
    "private_place",  # nobody listens in who should not
    "call_back_confirmed",
    "location_confirmed",
)
"""In the order in which they are asked."""
REQUIRED_CHECKS: Final = frozenset(CHECKS)

BODY: Final = "whereabouts"
"""The kind of the bodies that hold them."""

MOST_LOCATION: Final = 200


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """``call_back`` in digits, perhaps after a ``+``; ``location`` an address in words, empty where nobody has told it."""

    call_back: str
    location: str

    def content(self, by: Role) -> Mapping[str, str]:
        """As a body holds it, with who said so; ``from_content`` reads it back."""
        return {"call_back": self.call_back, "location": self.location, "by": by.value}


def whereabouts(call_back: str, location: str) -> Whereabouts:
    """As somebody typed it. Raises ``Refused``: ``call_back_unclear`` for what is no telephone number, ``location_missing``."""
    number = plain(clean(call_back))
    if not NUMBER.fullmatch(number):
        raise Refused("call_back_unclear")
    place = " ".join(clean(location).split())
    if not place or len(place) > MOST_LOCATION:
        raise Refused("location_missing")
    return Whereabouts(number, place)


def from_content(content: Mapping[str, str]) -> Whereabouts:
    return Whereabouts(content["call_back"], content["location"])
