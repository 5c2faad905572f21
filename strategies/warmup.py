"""Puts requested history and live bars in one order; it knows bars by their closing time only."""

from typing import Protocol


class Timed(Protocol):
    """Anything with the time of its close."""

    @property
    def ts_event(self) -> int:
        """Return the closing time, nanoseconds UTC."""


class BarMerger[B: Timed]:
    """
    Give every bar once, oldest first, whichever way it came.

    Live bars wait until the history is answered. If the answer never comes, `wait_max` live bars
    are enough to go on without it.

    Parameters
    ----------
    wait_max : int
        The number of live bars after which the history is no longer waited for.
    """

    def __init__(self, wait_max: int) -> None:
        self._wait_max = wait_max
        self._waiting: dict[int, B] | None = {}
        self._live_count = 0
        self._last = 0

    @property
    def is_waiting(self) -> bool:
        """Tell whether the history is still to be answered."""
        return self._waiting is not None

    def add_history(self, bar: B) -> None:
        """Take one bar of the history; too late after the answer, and then ignored."""
        if self._waiting is not None:
            self._waiting.setdefault(bar.ts_event, bar)

    def add_live(self, bar: B) -> list[B]:
        """Take one live bar; return the bars that may be used now, none while waiting."""
        if self._waiting is None:
            return self._take([bar])
        self._waiting[bar.ts_event] = bar
        self._live_count += 1
        return self.finish() if self._live_count >= self._wait_max else []

    def finish(self) -> list[B]:
        """Note that the history is answered; return all bars so far, oldest first."""
        waiting, self._waiting = self._waiting or {}, None
        return self._take([waiting[ts] for ts in sorted(waiting)])

    def _take(self, bars: list[B]) -> list[B]:
        fresh = [bar for bar in bars if bar.ts_event > self._last]
        if fresh:
            self._last = fresh[-1].ts_event
        return fresh
