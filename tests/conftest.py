"""For all tests: hypothesis counts no time, since a busy machine is not a fault of the code."""

from __future__ import annotations

import pytest
from hypothesis import settings

settings.register_profile("house", deadline=None)
settings.load_profile("house")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What measures a network comes last: by then nothing runs beside it any more (``lanes.py``)."""
    items.sort(key=lambda item: item.nodeid.startswith("tests/network/"))
