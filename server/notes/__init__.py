"""The physician's note on a visit, and what the family is told after it: forms and texts that come with the server, as data.

They are ours; a hospital ratifies its own version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from server.notes.aftercare import Aftercare, parse_aftercare
from server.notes.form import Form, parse_form

NOTE, AFTERCARE = "note-2026-1", "aftercare-2026-1"


@dataclass(frozen=True, slots=True)
class Texts:
    """``form`` and ``aftercare`` are in force; the mappings have the older versions too."""

    form: Form
    forms: Mapping[str, Form]
    aftercare: Aftercare
    aftercares: Mapping[str, Aftercare]


def load() -> Texts:
    """Everything in this folder. Raises ``MalformedForm``, ``MalformedAftercare``; ``KeyError`` when one is missing."""
    texts = {file.name: file.read_text(encoding="utf-8") for file in files(__name__).iterdir() if file.name.endswith(".json")}
    forms = [parse_form(text) for name, text in texts.items() if name.startswith("note-")]
    aftercares = [parse_aftercare(text) for name, text in texts.items() if name.startswith("aftercare-")]
    by_form, by_aftercare = {each.version: each for each in forms}, {each.version: each for each in aftercares}
    return Texts(by_form[NOTE], by_form, by_aftercare[AFTERCARE], by_aftercare)
