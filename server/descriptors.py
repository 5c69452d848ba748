"""How many files this process may have open: every socket is one, and the default of a shell is for people, not for servers."""

from __future__ import annotations

import resource
import sys
from contextlib import suppress


def allow_most() -> None:
    """The soft limit is raised as far as the hard one lets it; processes that are started afterwards inherit it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # a system that says "no limit" and has one
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def allowed() -> int:
    """The soft limit, by which the kernel refuses; ``sys.maxsize`` for none."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft
