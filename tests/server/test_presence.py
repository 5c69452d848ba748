"""What a physician is told about a person, and why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.events import Doubt
from server.presence import DeviceReport, Presence, doubts, presence

FINE = DeviceReport(microphone="live", camera="live", visible=True, picture="ok")
BOTH = frozenset({"audio", "video"})


def test_a_person_seen_and_heard_raises_no_doubt() -> None:
    assert doubts(FINE, BOTH) == ()


@pytest.mark.parametrize(
    ("report", "arriving", "expected"),
    [
        (replace(FINE, visible=False), BOTH, (Doubt.PAGE_HIDDEN,)),
        (replace(FINE, camera="off"), {"audio"}, (Doubt.CAMERA_OFF,)),
        (replace(FINE, camera="muted", picture="frozen"), BOTH, (Doubt.CAMERA_OFF,)),
        (replace(FINE, camera="none"), None, (Doubt.CAMERA_OFF,)),
        (FINE, {"audio"}, (Doubt.SOUND_ONLY,)),
        (FINE, {"video"}, ()),
        (FINE, None, ()),
        (replace(FINE, picture="dark"), BOTH, (Doubt.PICTURE_DARK,)),
        (replace(FINE, picture="frozen"), BOTH, (Doubt.PICTURE_FROZEN,)),
        (replace(FINE, picture="unknown"), BOTH, ()),
        (replace(FINE, microphone="lost"), BOTH, (Doubt.MICROPHONE_LOST,)),
        (replace(FINE, microphone="none"), BOTH, (Doubt.MICROPHONE_LOST,)),
        (replace(FINE, microphone="muted"), BOTH, ()),
        (
            DeviceReport("lost", "live", False, "dark"),
            {"audio"},
            (Doubt.PAGE_HIDDEN, Doubt.SOUND_ONLY, Doubt.PICTURE_DARK, Doubt.MICROPHONE_LOST),
        ),
    ],
)  # fmt: skip
def test_each_doubt_has_its_own_evidence(
    report: DeviceReport, arriving: frozenset[str] | None, expected: tuple[Doubt, ...]
) -> None:
    assert doubts(report, arriving) == expected


def test_a_picture_that_the_network_does_not_bear_is_no_doubt_about_a_person() -> None:
    assert doubts(FINE, {"audio"}, thinned=True) == ()
    assert doubts(replace(FINE, camera="off", picture="frozen"), {"audio"}, thinned=True) == (Doubt.CAMERA_OFF,)


def test_without_media_a_person_is_absent_whatever_the_page_says() -> None:
    assert presence(False, ()) is Presence.ABSENT
    assert presence(False, doubts(FINE, BOTH)) is Presence.ABSENT


def test_media_with_a_doubt_is_doubtful_and_without_one_present() -> None:
    assert presence(True, (Doubt.PAGE_HIDDEN,)) is Presence.DOUBTFUL
    assert presence(True, ()) is Presence.PRESENT
