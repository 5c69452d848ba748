"""What the doctor says: each finding a code of the catalogue with its figures, the worst first. Pure.

A finding's code settles its verdict, what was found and what to change, in Chinese and English (`server.doctor.words`).
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Figure = str | int | float | bool


class Verdict(enum.Enum):
    """``UNKNOWN``: could not be looked at from here, which is no reproach."""

    FAULT = "fault"
    WARNING = "warning"
    UNKNOWN = "unknown"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class Words:
    """A code's sentences; the ``*_change`` are empty where nothing needs to change. ``{name}`` is a figure."""

    verdict: Verdict
    found_zh: str
    found_en: str
    change_zh: str = ""
    change_en: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: ``check`` names the thing (a key of ``CHECKS``), ``words`` what was found of it."""

    check: str
    code: str
    words: Words
    figures: Mapping[str, Figure]

    @property
    def verdict(self) -> Verdict:
        return self.words.verdict

    def said(self, language: str) -> tuple[str, str]:
        """(what was found, what to change or "") in "zh" or "en"."""
        words = self.words
        pair = (words.found_zh, words.change_zh) if language == "zh" else (words.found_en, words.change_en)
        found, change = (sentence.format_map(self.figures) for sentence in pair)
        return found, change


_ORDER = {verdict: number for number, verdict in enumerate(Verdict)}
_MARKS = {Verdict.FAULT: "✗", Verdict.WARNING: "!", Verdict.UNKNOWN: "?", Verdict.GOOD: "✓"}
_HEADS = {
    Verdict.FAULT: "故障，需要处理 / faults, to be mended",
    Verdict.WARNING: "提醒 / warnings",
    Verdict.UNKNOWN: "从这里看不出 / cannot be seen from here",
    Verdict.GOOD: "正常 / good",
}


def worst(findings: Iterable[Finding]) -> Verdict:
    """Of all of them; ``UNKNOWN`` alone leaves the whole good."""
    found = {finding.verdict for finding in findings}
    return next((verdict for verdict in (Verdict.FAULT, Verdict.WARNING) if verdict in found), Verdict.GOOD)


def sorted_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Faults first; within a verdict as they were found."""
    return sorted(findings, key=lambda finding: _ORDER[finding.verdict])


def as_json(findings: Sequence[Finding]) -> dict[str, Any]:
    overall = worst(findings)
    return {
        "ok": overall is not Verdict.FAULT,
        "verdict": overall.value,
        "findings": [_as_json(finding) for finding in sorted_findings(findings)],
    }


def _as_json(finding: Finding) -> dict[str, Any]:
    (found_zh, change_zh), (found_en, change_en) = finding.said("zh"), finding.said("en")
    return {
        "check": finding.check,
        "verdict": finding.verdict.value,
        "code": finding.code,
        "figures": dict(finding.figures),
        "found": {"zh": found_zh, "en": found_en},
        "change": {"zh": change_zh, "en": change_en} if change_zh else None,
    }


def as_text(findings: Sequence[Finding], names: Mapping[str, str]) -> str:
    """For a person: faults first with what to do, then warnings, then one line for each thing that is well."""
    lines: list[str] = []
    shown: Verdict | None = None
    for finding in sorted_findings(findings):
        if finding.verdict is not shown:
            shown = finding.verdict
            lines += ["", _HEADS[shown]]
        (found_zh, change_zh), (found_en, change_en) = finding.said("zh"), finding.said("en")
        if shown is Verdict.GOOD:
            lines.append(f"  {_MARKS[shown]} {names[finding.check]}:  {found_zh} {found_en}")
            continue
        lines.append(f"  {_MARKS[shown]} {names[finding.check]}")
        lines += [f"      {found_zh}", f"      {found_en}"]
        if change_zh:
            lines += [f"    → {change_zh}", f"      {change_en}"]
    lines += ["", _summary(findings)]
    return "\n".join(lines).lstrip("\n")


def _summary(findings: Sequence[Finding]) -> str:
    count = {verdict: sum(finding.verdict is verdict for finding in findings) for verdict in Verdict}
    faults, warnings, good = count[Verdict.FAULT], count[Verdict.WARNING], count[Verdict.GOOD]
    zh = f"共 {len(findings)} 项：故障 {faults}，提醒 {warnings}，正常 {good}"
    return f"{zh} / faults: {faults}, warnings: {warnings}, good: {good}"
