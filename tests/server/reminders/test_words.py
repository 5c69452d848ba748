"""What a reminder says, and what it does not."""

from __future__ import annotations

from datetime import datetime

import pytest

from server.calendar import CHINA
from server.reminders.plan import Kind
from server.reminders.words import About, compose, spoken

LINK = "https://visit.hospital.example/j/abc"
MORNING = datetime(2026, 11, 23, 9, 30, tzinfo=CHINA).timestamp()
ABOUT = About("仁和儿童医院", "Renhe Children's Hospital", MORNING, LINK)


def test_a_time_is_spoken_by_the_hospitals_clock() -> None:
    assert spoken(MORNING, "zh") == "11月23日（周一）09:30"
    assert spoken(MORNING, "en") == "Mon 23 Nov 09:30"


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", list(Kind))
def test_every_word_says_who_when_and_where(kind: Kind, language: str) -> None:
    notice = compose("r1", kind, ABOUT, language)
    hospital = "仁和儿童医院" if language == "zh" else "Renhe Children's Hospital"
    assert (notice.id, notice.kind, notice.language) == ("r1", kind, language)
    assert notice.text.startswith((f"【{hospital}】", f"[{hospital}] "))
    assert spoken(MORNING, language) in notice.text
    assert (LINK in notice.text) is (kind is not Kind.CANCELLED)
    assert hospital in notice.subject
    assert notice.values == {"hospital": hospital, "time": spoken(MORNING, language), "link": LINK}
    assert "{" not in notice.text


def test_a_message_shows_itself_in_no_log() -> None:
    assert LINK not in repr(compose("r1", Kind.BOOKED, ABOUT, "zh"))
    assert LINK not in repr(ABOUT)
