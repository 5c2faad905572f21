"""The venue's clocks: wall time compressed by a factor, or moved by hand; nothing here sleeps."""

import time
from typing import Protocol


class Clock(Protocol):
    """What tells the venue its time."""

    def start(self) -> None:
        """Begin to run; called once, when the venue starts to listen."""

    def now_ms(self) -> int:
        """Return the venue's time in Unix milliseconds."""


class WallClock:
    """Wall time from `start_ms` on, `speed` venue seconds to a second; it stands until started."""

    def __init__(self, start_ms: int, speed: float = 1.0) -> None:
        self._start_ms = start_ms
        self._speed = speed
        self._started_ns: int | None = None

    def start(self) -> None:
        """Let the time run."""
        self._started_ns = time.monotonic_ns()

    def now_ms(self) -> int:
        """Return the venue's time in Unix milliseconds."""
        if self._started_ns is None:
            return self._start_ms
        elapsed_ns = time.monotonic_ns() - self._started_ns
        return self._start_ms + int(elapsed_ns * self._speed / 1_000_000)


class ManualClock:
    """A clock that a test moves."""

    def __init__(self, start_ms: int) -> None:
        self._now_ms = start_ms

    def start(self) -> None:
        """Do nothing: the time stands until it is moved."""

    def now_ms(self) -> int:
        """Return the venue's time in Unix milliseconds."""
        return self._now_ms

    def set(self, now_ms: int) -> None:
        """Move the time to `now_ms`; never back (ValueError)."""
        if now_ms < self._now_ms:
            raise ValueError(f"Expected a time at or after {self._now_ms}, was {now_ms}")
        self._now_ms = now_ms

    def advance(self, elapsed_ms: int) -> None:
        """Move the time on by `elapsed_ms`."""
        self.set(self._now_ms + elapsed_ms)
