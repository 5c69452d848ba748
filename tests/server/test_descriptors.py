"""The limit of open files: raised as far as the system lets it, and told as a number whatever the system calls "no limit"."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator

import pytest

from server import descriptors


@pytest.fixture
def limits() -> Iterator[tuple[int, int]]:
    """This process's own, put back afterwards."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield before
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_the_soft_limit_is_raised_to_the_hard_one(limits: tuple[int, int]) -> None:
    _, hard = limits
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
    assert descriptors.allowed() == 512
    descriptors.allow_most()
    assert descriptors.allowed() == hard


def test_a_system_that_does_not_let_it_leaves_what_there_was(limits: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(kind: int, wanted: tuple[int, int]) -> None:
        raise ValueError("current limit exceeds maximum limit")

    monkeypatch.setattr(resource, "setrlimit", refuse)
    descriptors.allow_most()
    assert descriptors.allowed() == limits[0]
    monkeypatch.undo()


def test_no_limit_is_a_large_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (resource.RLIM_INFINITY,) * 2)
    assert descriptors.allowed() == sys.maxsize
