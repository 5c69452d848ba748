"""What has a machine of its own in life runs ahead of the browsers here: the links, and the server.

A nice value was not enough: with both cores full a packet, or the relay, still waited up to 280 ms for its turn.
"""

from __future__ import annotations

import os
import sys


def run_ahead() -> None:
    """This process, and those that it starts, go first (sched(7), SCHED_RR). Where that is not allowed it is said."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except PermissionError:
        sys.stderr.write("tests.network: may not run ahead of the browsers (CAP_SYS_NICE): times will be the machine's\n")
