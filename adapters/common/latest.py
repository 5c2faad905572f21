"""The newest of many messages of which each replaces the one before; it reads none itself."""

import asyncio
from collections.abc import Callable

REST = 9
"""So many times as long as it took to read one, the next waits: a tenth of the loop's time."""


class Latest[T]:
    """
    Have the newest message read soon, and those that it has overtaken never.

    Where messages are small, each is read in the loop's next turn. Where they grow with what they
    list and come with every change of it, reading all of them would leave no time for others.

    Parameters
    ----------
    loop : asyncio.AbstractEventLoop
        Where they are read.
    read : Callable[[T], None]
        Reads one.

    """

    def __init__(self, loop: asyncio.AbstractEventLoop, read: Callable[[T], None]) -> None:
        self._loop = loop
        self._read = read
        self._message: T | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._free_at = 0.0

    def offer(self, message: T) -> None:
        """Take one in the place of all before it."""
        self._message = message
        if self._timer is None:
            self._timer = self._loop.call_at(self._free_at, self._read_it)

    def forget(self) -> None:
        """Read what was offered no more: it is out of date."""
        self._message = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _read_it(self) -> None:
        message, self._message, self._timer = self._message, None, None
        if message is None:
            return
        began_at = self._loop.time()
        try:
            self._read(message)
        finally:
            ended_at = self._loop.time()
            self._free_at = ended_at + REST * (ended_at - began_at)
