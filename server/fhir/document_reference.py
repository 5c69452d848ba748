"""What a family handed in before the visit, and the stills that the physician saved in it: a ``DocumentReference`` that says
what there is, not its content.

The content is sealed; the hospital opens its own copies with its own key (docs/documents.md). FHIR's ``Attachment.hash`` is a
SHA-1, so the SHA-256 that the journal commits to stands in an extension.
"""

from __future__ import annotations

from fhir.resources.R4B.documentreference import DocumentReference

from server.fhir import Resource, checked, concept, to_encounter, without_none
from server.fhir.people import People, Who
from server.store.charts import Paper
from server.store.documents import STILL
from server.visit_view import moment

_LOINC = "http://loinc.org"
_HANDED_IN = concept(_LOINC, "51855-5", "Patient Note", "家属上传的资料 handed in by the family")
_SAVED = concept(_LOINC, "72170-4", "Photographic image", "医师留存的照片 still saved by the physician")


def document_reference(visit: str, paper: Paper, people: People) -> Resource:
    still = paper.purpose == STILL
    words = "留存照片 still" if still else "资料 document" if paper.kind == "application/pdf" else "图片 picture"
    attachment = {"contentType": paper.kind, "size": paper.size, "title": f"{words} {paper.n}", "creation": moment(paper.at)}
    resource = {
        "resourceType": "DocumentReference",
        "id": paper.id,
        "language": "zh-CN",
        "extension": [{"url": "urn:peitong:sha256", "valueString": paper.sha256}] if paper.sha256 else None,
        "status": "current",
        "type": _SAVED if still else _HANDED_IN,
        "subject": people.refer(Who.PATIENT),
        "date": moment(paper.at),
        "author": [people.refer(Who.PHYSICIAN) if still else people.refer_guardian(paper.guardian)],
        "custodian": people.refer(Who.HOSPITAL),
        "content": [{"attachment": without_none(attachment)}],
        "context": {"encounter": [to_encounter(visit)]},
    }
    return checked(DocumentReference, resource)
