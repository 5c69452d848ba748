"""Runs every `*.test.mjs` beside this file under `node --test`, one pytest case a file."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.parametrize("file", sorted(HERE.rglob("*.test.mjs")), ids=lambda file: str(file.relative_to(HERE)))
def test_of_the_pages(node: Path, file: Path) -> None:
    run = subprocess.run(
        [node, "--test", "--test-reporter=spec", file],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        cwd=HERE.parents[1],
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "tests 0" not in run.stdout
