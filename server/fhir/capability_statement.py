"""What a hospital's system can read here as FHIR: the server's ``CapabilityStatement``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from fhir.resources.R4B.capabilitystatement import CapabilityStatement

from server.fhir import Resource, checked

WRITTEN_ON: Final = "2026-11-22"
"""The day on which what stands here last changed."""


def capability_statement(base: str, types: Iterable[str]) -> Resource:
    """Resources of these types are read by id below ``base``; nothing is searched, nothing is written."""
    resource = {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": WRITTEN_ON,
        "kind": "instance",
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "implementation": {"description": "陪同 Peitong", "url": base},
        "rest": [
            {
                "mode": "server",
                "documentation": "A visit's whole Bundle is read at ../visits/{visit}/bundle.",
                "security": {"description": "Authorization: Bearer pk_… with the scope fhir:read."},
                "resource": [{"type": each, "interaction": [{"code": "read"}]} for each in types],
            }
        ],
    }
    return checked(CapabilityStatement, resource)
