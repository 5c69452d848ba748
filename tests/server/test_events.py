"""The catalogue of events is whole: what is not in it could be written into a journal and never be read again."""

from __future__ import annotations

from server import events
from server.events import EVENTS, Event


def test_every_event_is_in_the_catalogue_under_its_own_type() -> None:
    every = {
        each for each in vars(events).values() if isinstance(each, type) and issubclass(each, Event) and hasattr(each, "type")
    }
    assert set(EVENTS.values()) == every
    assert all(cls.type == type for type, cls in EVENTS.items())
