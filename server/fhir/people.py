"""The people of a visit: ``Patient``, ``RelatedPerson``, ``Practitioner``, ``Organization``, and how others refer to them.

They are either entries of a Bundle, under the ids that the hospital booked them with, or contained in the one resource that
speaks of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from fhir.resources.R4B.organization import Organization
from fhir.resources.R4B.patient import Patient
from fhir.resources.R4B.practitioner import Practitioner
from fhir.resources.R4B.relatedperson import RelatedPerson

from server.fhir import Reference, Resource, checked, concept, without_none

LICENCE: Final = "urn:peitong:physician-licence"
GUARDIAN: Final = "urn:peitong:guardian"
PROOF: Final = "urn:peitong:relation-proof"
_ROLE_CODE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
_RELATION = {"mother": ("MTH", "mother"), "father": ("FTH", "father"), "legal_guardian": ("GUARD", "guardian")}
OTHER_RELATION: Final = "urn:peitong:relation"
_OTHERS = {"delegated": ("delegated adult", "受委托的成年人 adult whom the guardian delegated in writing")}


class Who(StrEnum):
    """The value is the id inside a resource that contains them."""

    PATIENT = "patient"
    GUARDIAN = "guardian"
    PHYSICIAN = "physician"
    HOSPITAL = "hospital"


_KINDS: Final = {
    Who.PATIENT: "Patient",
    Who.GUARDIAN: "RelatedPerson",
    Who.PHYSICIAN: "Practitioner",
    Who.HOSPITAL: "Organization",
}


@dataclass(frozen=True, slots=True)
class Ids:
    """Of entries: of records that the hospital knows by them. A ``RelatedPerson`` is a guardian of one child, so it has an id
    of the visit, and the guardian's as its identifier."""

    child: str
    guardian: str
    physician: str
    hospital: str
    visit: str


@dataclass(frozen=True, slots=True)
class FurtherGuardian:
    """One who may come besides the booked one: the ``n``-th of the visit, whole name, relation to the child and its proof."""

    n: int
    id: str
    name: str
    relation: str
    proof: str


@dataclass(frozen=True, slots=True)
class People:
    """``sex`` is female, male or unknown, ``birth_date`` ISO; ``proof`` is the kind that was seen of the relation, ``declared``
    when none was, empty where it is not told; ``phones`` are whole, the one to call first in front; none where the reader has
    them. Without ``ids`` everybody is contained."""

    child: str
    guardian: str
    relation: str
    physician: str
    title: str
    licence: str
    hospital: str
    hospital_en: str
    sex: str
    birth_date: str
    proof: str = ""
    phones: tuple[str, ...] = ()
    ids: Ids | None = None
    further: tuple[FurtherGuardian, ...] = ()

    def refer_guardian(self, id: str) -> Reference:
        """To the guardian of the visit (empty) or a further one, who is an entry and never contained."""
        known = next((each for each in self.further if each.id == id), None)
        if known is None:
            return self.refer(Who.GUARDIAN)
        return {"reference": f"RelatedPerson/{self._further_id(known)}", "display": known.name}

    def refer(self, who: Who) -> Reference:
        """A ``Reference`` to them, with their name."""
        return {"reference": self._at(who), "display": self._names[who]}

    @property
    def contained(self) -> list[Resource] | None:
        """For a resource's own member ``contained``; nothing where they are entries."""
        return self.resources() if self.ids is None else None

    def resources(self) -> list[Resource]:
        return [
            checked(Patient, self._patient()),
            checked(RelatedPerson, self._guardian()),
            checked(Practitioner, self._physician()),
            checked(Organization, self._hospital()),
            *(checked(RelatedPerson, self._further(each)) for each in self.further),
        ]

    @property
    def _names(self) -> Mapping[Who, str]:
        return {
            Who.PATIENT: self.child,
            Who.GUARDIAN: self.guardian,
            Who.PHYSICIAN: self.physician,
            Who.HOSPITAL: self.hospital,
        }

    def _id(self, who: Who) -> str:
        ids = self.ids
        if ids is None:
            return who.value
        known = {Who.PATIENT: ids.child, Who.PHYSICIAN: ids.physician, Who.HOSPITAL: ids.hospital}
        return known.get(who, f"{ids.visit}-guardian")

    def _at(self, who: Who) -> str:
        return f"#{who.value}" if self.ids is None else f"{_KINDS[who]}/{self._id(who)}"

    def _head(self, who: Who) -> Resource:
        return {"resourceType": _KINDS[who], "id": self._id(who)}

    def _patient(self) -> Resource:
        return self._head(Who.PATIENT) | {"name": [_official(self.child)], "gender": self.sex, "birthDate": self.birth_date}

    def _guardian(self) -> Resource:
        identifier = None if self.ids is None else [{"system": GUARDIAN, "value": self.ids.guardian}]
        return self._head(Who.GUARDIAN) | without_none(
            {
                "extension": [{"url": PROOF, "valueCode": self.proof}] if self.proof else None,
                "identifier": identifier,
                "patient": {"reference": self._at(Who.PATIENT)},
                "relationship": [relationship(self.relation)],
                "name": [_official(self.guardian)],
                "telecom": [{"system": "phone", "value": each, "rank": n} for n, each in enumerate(self.phones, 1)] or None,
            }
        )

    def _further_id(self, guardian: FurtherGuardian) -> str:
        return f"{self.ids.visit if self.ids is not None else ''}-guardian{guardian.n + 1}"

    def _further(self, guardian: FurtherGuardian) -> Resource:
        return {
            "resourceType": "RelatedPerson",
            "id": self._further_id(guardian),
            "extension": [{"url": PROOF, "valueCode": guardian.proof}],
            "identifier": [{"system": GUARDIAN, "value": guardian.id}],
            "patient": {"reference": self._at(Who.PATIENT)},
            "relationship": [relationship(guardian.relation)],
            "name": [_official(guardian.name)],
        }

    def _physician(self) -> Resource:
        licence = [{"system": LICENCE, "value": self.licence}] if self.licence else None
        certificate = {"code": {"text": "医师执业证书"}, "issuer": {"reference": self._at(Who.HOSPITAL)}}
        return self._head(Who.PHYSICIAN) | without_none(
            {
                "identifier": licence,
                "name": [_official(self.physician) | ({"suffix": [self.title]} if self.title else {})],
                "qualification": [certificate | ({"identifier": licence} if licence else {})],
            }
        )

    def _hospital(self) -> Resource:
        return self._head(Who.HOSPITAL) | {"name": self.hospital, "alias": [self.hospital_en]}


def relationship(kind: str) -> dict[str, Any]:
    """The relation to the child, by the code of HL7's RoleCode; an adult who is no guardian by one of our own, and never by one
    that gives the rights of a guardian."""
    if kind in _RELATION:
        return concept(_ROLE_CODE, *_RELATION[kind])
    return concept(OTHER_RELATION, kind, *_OTHERS.get(kind, ()))


def _official(name: str) -> dict[str, Any]:
    return {"use": "official", "text": name}
