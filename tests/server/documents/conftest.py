"""The hall of each test, and the hospital whose copies it keeps."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.store.database import Database
from tests.server.documents.cabinet_kit import Hall


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The hospital's identity, made by stock age; its public half lies beside it."""
    key = tmp_path_factory.mktemp("hospital") / "hospital.key"
    made = subprocess.run(["age-keygen", "-o", str(key)], check=True, capture_output=True, text=True)
    key.with_suffix(".pub").write_text(made.stderr.split(": ")[1].strip())
    return key


@pytest.fixture
async def hall(tmp_path: Path, database: Database, visit: str, hospital: Path) -> AsyncIterator[Hall]:
    made = Hall(tmp_path, database, hospital.with_suffix(".pub").read_text())
    yield made
    await made.cabinet.close()
