"""What is read as FHIR: of a visit that was referred."""

from __future__ import annotations

from tests.server.http.v1.examples.referrals import referral
from tests.server.http.v1.kit import Asked, Example, Place


async def _bundle(place: Place) -> Asked:
    return Asked(path={"visit": (await referral(place)).visit})


async def _resource(place: Place) -> Asked:
    return Asked(path={"type": "ServiceRequest", "id": (await referral(place)).id})


EXAMPLES: dict[str, Example] = {"read_bundle": _bundle, "read_resource": _resource}
