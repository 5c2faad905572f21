"""What the venue has told one client of a process and another may still use; it asks nobody."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import cast

# The window of the venue's limit: in no minute is the same thing asked twice.
KEPT_SECS = 60.0


class SharedAnswers:
    """
    Answers to questions whose answer hardly ever changes, for all clients of one address.

    Parameters
    ----------
    now_secs : Callable[[], float], default time.monotonic
        The time in seconds; it never falls.

    """

    def __init__(self, now_secs: Callable[[], float] = time.monotonic) -> None:
        self._now_secs = now_secs
        self._told: dict[bytes, tuple[float, object]] = {}  # until when it holds, and what it is
        # Locks live for as long as somebody asks: a client may come back in another event loop.
        self._asking: dict[bytes, asyncio.Lock] = {}

    async def get[T](self, question: bytes, ask: Callable[[], Awaitable[T]]) -> T:
        """
        Return what was told within the last minute, or ask; whoever comes meanwhile waits for it.

        A failure is the asker's own, which raises what `ask` does; who waits then asks himself.

        Parameters
        ----------
        question : bytes
            The request as it is sent; the same one must always be decoded into the same type.
        ask : Callable[[], Awaitable]
            Asks the venue.

        """
        lock = self._asking.setdefault(question, asyncio.Lock())
        try:
            async with lock:
                until_secs, answer = self._told.get(question, (0.0, None))
                asked_secs = self._now_secs()
                if asked_secs >= until_secs:
                    answer = await ask()
                    self._told[question] = (asked_secs + KEPT_SECS, answer)
                return cast("T", answer)
        finally:
            if not lock.locked():
                self._asking.pop(question, None)

    def forget(self) -> None:
        """Have everything asked anew."""
        self._told.clear()
