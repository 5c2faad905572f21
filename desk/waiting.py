"""Waiting for what has no event of its own."""

import asyncio
import time
from collections.abc import Callable

POLL_SECS = 0.02


async def until(condition: Callable[[], object], deadline: float) -> bool:
    """Wait until something is so, or `time.monotonic()` is past the deadline; return which."""
    while not condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(POLL_SECS)
    return True
