"""The pipe between a trading process and its watchdog, seen from the watchdog."""

import os
import select
from enum import Enum

BEAT = b"."
FAREWELL = b"q"
_CHUNK_BYTES = 4_096


class Ending(Enum):
    """Why a lifeline has ended."""

    FAREWELL = "said farewell"
    CLOSED = "died"
    SILENT = "fell silent"


class Lifeline:
    """
    Read the parent's beats.

    Parameters
    ----------
    file : int
        The reading end; it stays open.
    silence_secs : float
        Without a beat for so long the parent counts as hung.

    """

    def __init__(self, file: int, silence_secs: float) -> None:
        self._file = file
        self._silence_secs = silence_secs

    def wait(self) -> Ending:
        """Block until the parent ends."""
        while True:
            # In two halves, since after a suspend of the whole machine one of them may be over
            # before the parent had a chance to beat.
            half = self._silence_secs / 2
            if not (self._is_readable(half) or self._is_readable(half)):
                return Ending.SILENT
            beats = os.read(self._file, _CHUNK_BYTES)
            if not beats:
                return Ending.CLOSED
            if FAREWELL in beats:
                return Ending.FAREWELL

    def has_beat(self) -> bool:
        """Return at once if a beat has come since the last look: a hung parent is back."""
        return self._is_readable(0) and bool(os.read(self._file, _CHUNK_BYTES))

    def _is_readable(self, timeout_secs: float) -> bool:
        return bool(select.select([self._file], [], [], timeout_secs)[0])
