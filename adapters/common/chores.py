"""Tasks that last as long as their owner, each with a name and an end; it knows no venue."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from nautilus_trader.common.component import Logger


class Chores:
    """
    The long tasks of one owner; one that ends by an error is told in the owner's log.

    Parameters
    ----------
    loop : asyncio.AbstractEventLoop
        Where they run.
    log : Logger
        That of the owner.

    """

    def __init__(self, loop: asyncio.AbstractEventLoop, log: Logger) -> None:
        self._loop = loop
        self._log = log
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Begin one more."""
        task = self._loop.create_task(work, name=name)
        task.add_done_callback(self._report)
        self._tasks.append(task)

    async def end(self) -> None:
        """Cancel all and wait until they have ended."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    def _report(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._log.exception(f"Task {task.get_name()} has ended", error)
