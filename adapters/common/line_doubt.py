"""Find out soon whether a line still lives on which an answer did not come; it opens none."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from adapters.common.connection import Connection

PROOF_SECS: Final = 3.0
"""A venue answers a ping within a second, busy as it may be."""


class LineDoubt:
    """
    Ping a line in doubt, and cut it if nothing at all comes back.

    A line can be dead and look open: what is written to it is lost for as long as the silence that
    an idle one may keep. An answer that failed to come is the sooner sign; a line that lives
    answers the ping and stays, since a venue may lose one answer.

    Parameters
    ----------
    loop : asyncio.AbstractEventLoop
        The loop in which everything runs.
    line : Callable[[], Connection or None]
        Returns the line of now.
    ping : Callable[[], None]
        Writes the venue's ping to it.
    warn : Callable[[str], None]
        Is told of a line that is cut.

    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        line: Callable[[], Connection | None],
        ping: Callable[[], None],
        warn: Callable[[str], None],
    ) -> None:
        self._loop = loop
        self._line = line
        self._ping = ping
        self._warn = warn
        self._doubted: Connection | None = None

    def begin(self) -> None:
        """Doubt the line of now, unless it is doubted already."""
        line = self._line()
        if line is None or line is self._doubted:
            return
        self._doubted = line
        line.silent_secs(time.monotonic())  # forgets what has come before
        self._ping()
        self._loop.call_later(PROOF_SECS, self._end, line)

    def _end(self, line: Connection) -> None:
        self._doubted = None
        if line is self._line() and line.silent_secs(time.monotonic()) >= PROOF_SECS:
            self._warn(f"Neither an answer nor anything else for {PROOF_SECS:g} s: a dead line")
            line.cut()
