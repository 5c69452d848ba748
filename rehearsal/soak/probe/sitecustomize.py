"""Put before everything else on the path of the processes under soak, and of no others: SIGUSR1 makes a process write what
only it can know into ``$PEITONG_PROBE/PID.json``, so that the shipped processes need no such door.

``tasks`` and ``threads`` are counts, ``by_name`` the tasks by their coroutine's name; ``python_blocks`` are what Python's own
allocator has given out, ``heap_kb`` what the C library's has (both, since one that grows alone says where to look).
With ``forget`` there, what is kept for some minutes after a consultation is forgotten after so many seconds: else a soak of
two minutes would see nothing of it go.
"""

import os
import signal
from collections.abc import Callable

_ask_heap: list[Callable[[], int]] = []
"""Made at the first look and then kept, so that looking itself leaves nothing behind."""


def _heap_asker() -> Callable[[], int]:
    """In kilobytes, what the C library's allocator has given out (``mallinfo2``, glibc 2.33); 0 where there is no such call."""
    import ctypes

    class Told(ctypes.Structure):
        _fields_ = [(name, ctypes.c_size_t) for name in (
            "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
        )]  # fmt: skip

    ask = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if ask is None:
        return lambda: 0
    ask.restype = Told

    def heap_kb() -> int:
        told = ask()
        return int(told.uordblks + told.hblkhd) // 1024

    return heap_kb


def _answer(number: int, frame: object) -> None:
    import asyncio
    import json
    import sys
    import threading
    from collections import Counter
    from pathlib import Path

    folder = Path(os.environ["PEITONG_PROBE"])
    if (folder / "forget").exists():
        after_s = float((folder / "forget").read_text())
        kept = (("server.consultations", "FORGET_AFTER_S", 1), ("__main__", "FORGET_AFTER_US", 1_000_000))
        for name, limit, unit in kept:
            if hasattr(sys.modules.get(name), limit):
                setattr(sys.modules[name], limit, after_s * unit)
    if not _ask_heap:
        _ask_heap.append(_heap_asker())
    loop = asyncio._get_running_loop()
    names = [task.get_coro().__qualname__ for task in asyncio.all_tasks(loop)] if loop is not None else []  # type: ignore[union-attr]
    said = {
        "tasks": len(names), "by_name": Counter(names), "threads": threading.active_count(),
        "python_blocks": sys.getallocatedblocks(), "heap_kb": _ask_heap[0](),
    }  # fmt: skip
    written = folder / f"{os.getpid()}.new"
    written.write_text(json.dumps(said))
    written.rename(folder / f"{os.getpid()}.json")


if "PEITONG_PROBE" in os.environ:
    signal.signal(signal.SIGUSR1, _answer)
