"""Quiet logs: one JSON object a line on stderr, made only of the place, a fixed message and extras on an allow-list.

Names, tokens, SDP, addresses and links have no way in (invariant 9): messages are constants, extras outside the list
are dropped, and of an exception only its type and the places in our own code are shown, never its text.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from typing import Any

SHOWN = (
    "which", "worker", "route", "method", "status", "ms", "code", "state", "outcome", "session", "kind", "by_ms", "api_key",
    "endpoint",
)  # fmt: skip


class JsonLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {"at": self.formatTime(record), "level": record.levelname, "place": record.name}
        line["message"] = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
        line |= {name: getattr(record, name) for name in SHOWN if hasattr(record, name)}
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            frames = traceback.extract_tb(record.exc_info[2])
            line["trace"] = [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames[-6:]]
        return json.dumps(line, ensure_ascii=False)


def configure(level: int = logging.INFO) -> None:
    """Sends every logger's records to stderr in this form; libraries speak only from warnings up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLine())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for ours in ("server", "signaling", "media"):
        logging.getLogger(ours).setLevel(level)
