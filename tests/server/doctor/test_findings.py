"""Findings: every code has its sentences in both languages with the same figures, and the worst stands first."""

from __future__ import annotations

import re
import string

import pytest

from server.doctor.findings import Verdict, as_json, as_text, sorted_findings, worst
from server.doctor.words import CATALOGUE, CHECKS, finding

_HAN = re.compile(r"[\u4e00-\u9fff]")


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_code_says_the_same_in_both_languages(code: str) -> None:
    check, words = CATALOGUE[code]
    assert check in CHECKS
    assert placeholders(words.found_zh) == placeholders(words.found_en)
    assert placeholders(words.change_zh) == placeholders(words.change_en)
    assert not _HAN.search(words.found_en + words.change_en)
    assert _HAN.search(words.found_zh) or code == "config_fault"


@pytest.mark.parametrize("code", CATALOGUE)
def test_what_is_wrong_says_what_to_change(code: str) -> None:
    _, words = CATALOGUE[code]
    assert bool(words.change_zh) == bool(words.change_en)
    if words.verdict in (Verdict.FAULT, Verdict.WARNING):
        assert words.change_zh
    if words.verdict is Verdict.GOOD:
        assert not words.change_zh


GOOD = finding("config_good")
WARNING = finding("files_low", limit=256, wanted=65536)
FAULT = finding("udp_port_taken", port=40000)
UNKNOWN = finding("clock_unknown")


def test_the_worst_stands_first() -> None:
    assert sorted_findings([GOOD, UNKNOWN, WARNING, FAULT]) == [FAULT, WARNING, UNKNOWN, GOOD]


def test_what_could_not_be_seen_is_no_reproach() -> None:
    assert worst([GOOD, UNKNOWN]) is Verdict.GOOD
    assert worst([GOOD, WARNING, UNKNOWN]) is Verdict.WARNING
    assert worst([FAULT, WARNING]) is Verdict.FAULT
    assert worst([]) is Verdict.GOOD


def test_as_json_only_a_fault_is_not_ok() -> None:
    assert as_json([GOOD, WARNING])["ok"] is True
    report = as_json([GOOD, FAULT])
    assert (report["ok"], report["verdict"]) == (False, "fault")
    first, second = report["findings"]
    assert (first["check"], first["code"], first["figures"]) == ("udp", "udp_port_taken", {"port": 40000})
    assert "40000" in first["found"]["zh"]
    assert "40000" in first["found"]["en"]
    assert first["change"]["en"].startswith("Stop it")
    assert second["change"] is None


def test_as_text_a_person_reads_the_fault_and_what_to_do_before_what_is_well() -> None:
    text = as_text([GOOD, WARNING, FAULT], CHECKS)
    assert text.index("faults, to be mended") < text.index("Another program holds UDP 40000") < text.index("→")
    assert text.index("→") < text.index("warnings") < text.index("The configuration can be read.")
    assert text.endswith("faults: 1, warnings: 1, good: 1")
