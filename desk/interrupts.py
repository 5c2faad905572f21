"""Work that a signal ends: what it opened is closed by its own hand."""

import asyncio
import signal
import sys
from collections.abc import Coroutine
from typing import Any

from desk.exits import Exit


async def until_interrupted(work: Coroutine[Any, Any, object], *, leash: bool = False) -> Exit:
    """Run `work` to its end, or cancel it at a signal or, on a leash, at the end of stdin."""
    loop = asyncio.get_running_loop()
    task = loop.create_task(work, name="work")
    interrupted = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupted.set)
    if leash:
        loop.add_reader(sys.stdin.fileno(), interrupted.set)
    waiting = loop.create_task(interrupted.wait(), name="interrupt")
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    for one in (task, waiting):
        one.cancel()
    await asyncio.gather(task, waiting, return_exceptions=True)
    if not task.cancelled():
        task.result()
    return Exit.INTERRUPTED if interrupted.is_set() else Exit.DONE
