"""From evidence to what a physician is told about a person: present, doubtful or absent, and why.

Evidence is what a page reports of its own devices and which kinds of authenticated media arrive. A doubt never closes the gate
and a good report never opens it: presence itself is the relay's word (``session.Seat.present``).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from server.events import Doubt


class Presence(StrEnum):
    PRESENT = "present"
    DOUBTFUL = "doubtful"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """A page's ``device_report`` (PROTOCOL.md, section 4): devices are live, muted, off, lost or none."""

    microphone: str
    camera: str
    visible: bool
    picture: str  # ok, dark, frozen, unknown: of the page's own camera


def doubts(report: DeviceReport, arriving: Collection[str] | None, *, thinned: bool = False) -> tuple[Doubt, ...]:
    """The reasons to doubt, in the order in which they are shown.

    ``arriving`` holds the kinds of media (``audio``, ``video``) that arrive now, or is None when nobody measured yet. A picture
    missing because its camera is off is said once, as that; so is one that is ``thinned``: the network bears no more, and the
    rung says it. A microphone that its owner muted is no doubt; a lost one is.
    """
    camera_live = report.camera == "live"
    found = {
        Doubt.PAGE_HIDDEN: not report.visible,
        Doubt.CAMERA_OFF: not camera_live,
        Doubt.SOUND_ONLY: camera_live and not thinned and arriving is not None and set(arriving) == {"audio"},
        Doubt.PICTURE_DARK: camera_live and report.picture == "dark",
        Doubt.PICTURE_FROZEN: camera_live and report.picture == "frozen",
        Doubt.MICROPHONE_LOST: report.microphone in ("lost", "none"),
    }
    return tuple(doubt for doubt, holds in found.items() if holds)


def presence(alive: bool, doubted: Collection[Doubt]) -> Presence:
    """What is shown of a seat whose media is ``alive``."""
    if not alive:
        return Presence.ABSENT
    return Presence.DOUBTFUL if doubted else Presence.PRESENT
