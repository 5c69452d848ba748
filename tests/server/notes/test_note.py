"""No word of a note is lost: what was accepted goes only by the hand of whoever saw it, and what is signed never changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server import notes
from server.errors import Refused
from server.notes.note import (
    MOST_SIGNED,
    Draft,
    Incomplete,
    Kind,
    Note,
    Sections,
    Signer,
    Unreadable,
    lacking,
    read_sections,
    saved,
    signed,
)

FORM = notes.load().form
WANG = Signer("王芳", "主任医师", "110-1")
WHOLE = {
    "history": "近一年长了 3 厘米",
    "not_examined": "骨龄",
    "impression": "生长缓慢待查",
    "advice": "拍骨龄片",
    "family": "请带孩子拍片",
}
AMENDED = {"reason": "笔误", "text": "应为 4 厘米"}


def written(note: Note, sections: Sections, at: float = 1.0) -> Note:
    return saved(note, note.draft.revision, sections, at)


def whole() -> Note:
    return written(Note(), WHOLE)


def after(note: Note, id: str = "n1") -> Note:
    return signed(note, FORM, note.draft.revision, WANG, id, 2.0)


# --- the draft ---


def test_a_draft_takes_the_words_of_whoever_has_seen_the_last_ones() -> None:
    note = written(written(Note(), {"history": "一"}), {"history": "一二"})
    assert note.draft == Draft(2, {"history": "一二"}, 1.0)
    with pytest.raises(Refused, match="note_changed"):
        saved(note, 1, {"history": "旧窗口"}, 3.0)


def test_words_whose_answer_was_lost_may_come_again() -> None:
    note = whole()
    assert saved(note, 0, WHOLE, 9.0) is note


@given(st.lists(st.sampled_from([*WHOLE, "reason", "sex"])), st.text(), st.booleans())
def test_only_the_forms_own_sections_are_read_and_nothing_but_printable_words(codes: list[str], text: str, odd: bool) -> None:
    sent: dict[str, Any] = dict.fromkeys(codes, 3 if odd else text)
    known = all(FORM.note.section(code) is not None for code in codes)
    if not known or (odd and codes):
        with pytest.raises(Unreadable) as refused:
            read_sections(FORM.note, sent)
        assert refused.value.code == "bad_request"
        return
    for words in read_sections(FORM.note, sent).values():
        assert words
        words.encode()
        assert "\r" not in words
        assert "\u202e" not in words


def test_words_over_the_limit_name_their_section() -> None:
    assert read_sections(FORM.note, {"history": "长" * 4000})
    with pytest.raises(Unreadable) as refused:
        read_sections(FORM.note, {"history": "长" * 4001})
    assert (refused.value.code, refused.value.section) == ("too_large", "history")


def test_a_blank_that_somebody_is_typing_at_stays_and_an_empty_section_goes() -> None:
    assert read_sections(FORM.note, {"history": "一 ", "advice": ""}) == {"history": "一 "}


# --- the signature ---


def test_signing_keeps_the_words_with_name_licence_and_time() -> None:
    note = after(whole())
    (entry,) = note.signed
    assert (entry.kind, entry.form, entry.sections, entry.signer, entry.at) == (Kind.NOTE, FORM.version, WHOLE, WANG, 2.0)
    assert entry.for_family == "请带孩子拍片"
    assert (note.draft.revision, note.draft.sections) == (2, {})


def test_signing_again_signs_once() -> None:
    note = after(whole())
    assert signed(note, FORM, 1, WANG, "n2", 5.0) is note


def test_what_somebody_else_wrote_meanwhile_is_not_signed_unseen() -> None:
    note = written(whole(), WHOLE | {"advice": "另一窗口"})
    with pytest.raises(Refused, match="note_changed"):
        signed(note, FORM, 1, WANG, "n1", 2.0)


def test_an_incomplete_note_is_not_signed_and_says_what_is_missing() -> None:
    note = written(Note(), {"history": "有", "advice": " \n"})
    with pytest.raises(Incomplete) as refused:
        after(note)
    assert refused.value.missing == (("findings", "not_examined"), ("impression",), ("advice",))
    assert lacking(FORM.note, WHOLE) == ()


def test_an_amendment_stands_beside_the_note_with_its_reason() -> None:
    before = after(whole())
    assert before.kind is Kind.AMENDMENT
    with pytest.raises(Incomplete):
        after(before)
    note = after(written(before, AMENDED), "a1")
    assert note.signed[0] == before.signed[0]
    assert (note.signed[1].kind, note.signed[1].sections, note.signed[1].for_family) == (Kind.AMENDMENT, AMENDED, "")


def test_there_is_an_end_to_amending() -> None:
    note = whole()
    for n in range(MOST_SIGNED):
        note = written(after(note, f"n{n}"), AMENDED)
    with pytest.raises(Refused, match="too_many_attempts"):
        after(note, "one too many")


# --- several windows at once ---


@dataclass
class Window:
    """A page: what it has seen, and the words its physician put there."""

    seen: int = 0
    words: dict[str, str] = field(default_factory=dict)


SECTION = st.sampled_from(["history", "advice"])
STEP = st.tuples(st.sampled_from(["type", "save", "look", "erase", "sign"]), st.integers(0, 2), SECTION)


@settings(max_examples=200, deadline=None)
@given(st.lists(STEP, max_size=40))
def test_no_accepted_word_is_ever_lost_whatever_several_windows_do(steps: list[tuple[str, int, str]]) -> None:
    """The oracle keeps every word that was ever accepted, and crosses out one only when a window that had it before its eyes
    takes it out. Signed entries are compared with copies of what they were when they were signed."""
    note, windows = Note(), [Window(), Window(), Window()]
    accepted: set[str] = set()
    kept: list[tuple[str, dict[str, str]]] = []
    for n, (what, which, section) in enumerate(steps):
        window = windows[which]
        if note.signed:  # then amendments have other sections
            section = {"history": "reason", "advice": "text"}[section]  # noqa: PLW2901
        match what:
            case "type":
                window.words[section] = f"{window.words.get(section, '')}字{n}。"
            case "erase":
                window.words.pop(section, None)
            case "look":
                window.seen, window.words = note.draft.revision, dict(note.draft.sections)
            case "save":
                try:
                    after_it = saved(note, window.seen, window.words, float(n))
                except Refused:
                    assert window.seen != note.draft.revision
                    continue
                shown = set() if after_it is note else said(note.draft.sections)
                accepted = (accepted - shown) | said(window.words)
                note = after_it
                window.seen = note.draft.revision
            case "sign":
                complete = note.draft.sections | {"findings": "有", "impression": "有"}
                note = saved(note, note.draft.revision, complete if not note.signed else note.draft.sections, float(n))
                try:
                    note = signed(note, FORM, note.draft.revision, WANG, f"n{n}", float(n))
                except Refused:
                    continue
                kept.append((note.signed[-1].id, dict(note.signed[-1].sections)))
                for each in windows:
                    each.words = {}
        everything = said(note.draft.sections).union(*(said(entry.sections) for entry in note.signed))
        assert accepted <= everything
        assert [(entry.id, dict(entry.sections)) for entry in note.signed] == kept


def said(sections: Sections) -> set[str]:
    return {word for words in sections.values() for word in words.split("。") if word.startswith("字")}
