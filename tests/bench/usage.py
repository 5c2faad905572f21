"""What this process has taken so far, all its threads together."""

import os
import time
from pathlib import Path

import msgspec


class Usage(msgspec.Struct, frozen=True):
    """Seconds of CPU of all threads so far, by the clock that says `at` now, and resident MB."""

    cpu_secs: float
    at_secs: float
    rss_mb: float


def usage() -> Usage:
    """Return what this process has taken."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    rss_mb = pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    return Usage(time.process_time(), time.monotonic(), rss_mb)
