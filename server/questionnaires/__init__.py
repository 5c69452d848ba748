"""What families tell before a visit: questionnaires that come with the server, as data, and heights and weights.

One questionnaire for each field and one that routes to a field; ours, each to be ratified by a hospital as its own version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any

from server.questionnaires.answers import Answers, validate
from server.questionnaires.questionnaire import Questionnaire
from server.questionnaires.reading import parse_questionnaire
from server.referral import Checklist

DEFAULTS = ("routing-2026-1", "growth-2026-1", "nutrition-2026-1", "skin-2026-1")


@dataclass(frozen=True, slots=True)
class Shelf:
    """``in_force``: what families are asked now, by field and ``routing``. ``by_version`` has the older ones too: what was
    answered stays readable."""

    in_force: Mapping[str, Questionnaire]
    by_version: Mapping[str, Questionnaire]

    def read_back(self, version: str | None, content: Any, today: date) -> tuple[Questionnaire, Answers] | None:
        """The questionnaire that was answered, and the answers as they were kept; None once they were deleted."""
        if content is None:
            return None
        asked = self.by_version[version or ""]
        return asked, validate(asked, content["answers"], today=today)


def load(checklist: Checklist) -> Shelf:
    """Every questionnaire in this folder, read strictly against the checklist whose reasons they name.

    Raises ``MalformedQuestionnaire`` for one that is not as it must be, ``KeyError`` when one in force is missing.
    """
    texts = (file.read_text(encoding="utf-8") for file in files(__name__).iterdir() if file.name.endswith(".json"))
    by_version = {read.version: read for read in (parse_questionnaire(text, checklist) for text in texts)}
    in_force = [by_version[version] for version in DEFAULTS]
    return Shelf({questionnaire.field: questionnaire for questionnaire in in_force}, by_version)
