"""``./peitong bench WHAT``: measures what a consultation costs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from rehearsal.bench import relay

_SUBJECTS: Final = {
    "relay": (relay.relay, "CPU of relay and recorder, added delay and memory, under real media"),
    "recording": (relay.recording, "CPU and memory of the recorder in the same run"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="peitong bench",
        description="measures what a consultation costs",
        epilog="and `peitong bench network`, which has its own --help: what real networks do to a consultation",
    )
    subjects = parser.add_subparsers(dest="subject", required=True, metavar="WHAT")
    for name, (measure, about) in _SUBJECTS.items():
        command = subjects.add_parser(name, help=about, description=about)
        command.add_argument("--consults", type=int, default=20, metavar="N", help="consultations at once (default 20)")
        command.add_argument("--seconds", type=float, default=20.0, metavar="S", help="how long to measure (default 20)")
        command.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
        command.set_defaults(measure=measure)
    options = parser.parse_args(arguments)
    if options.consults < 1 or options.seconds <= 0:
        parser.error("at least one consult and some time are needed")
    code: int = options.measure(options.consults, options.seconds, options.json)
    return code


if __name__ == "__main__":
    sys.exit(main())
