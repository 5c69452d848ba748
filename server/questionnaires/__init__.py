"""What families tell before a visit: questionnaires that come with the server, as data, and heights and weights.

One questionnaire for each field and one that routes to a field; ours, each to be ratified by a hospital as its own version.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

from server.questionnaires.questionnaire import Questionnaire
from server.questionnaires.reading import parse_questionnaire
from server.referral import Checklist

DEFAULTS = ("routing-2026-1", "growth-2026-1", "nutrition-2026-1", "skin-2026-1")


def load(checklist: Checklist) -> Mapping[str, Questionnaire]:
    """The questionnaires in force, by field (and ``routing``), read strictly against the checklist whose reasons they name."""
    texts = (files(__name__).joinpath(f"{version}.json").read_text(encoding="utf-8") for version in DEFAULTS)
    read = [parse_questionnaire(text, checklist) for text in texts]
    return {questionnaire.field: questionnaire for questionnaire in read}
