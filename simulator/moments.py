"""The two clocks by which a client may have written a time, and what its time is at the venue.

The real venue has one clock. A loopback venue may run in compressed time or replay the past, while
its clients sign with wall time; a time is taken by the clock that it was written by.
"""

import msgspec

DAY_MS = 86_400_000
DRIFT_MS = 60_000
"""Clocks that are no further apart than this, at speed 1, are the same clock."""


class Moment(msgspec.Struct, frozen=True):
    """Now at the venue and on the wall, in ms; `speed` ms pass at the venue in one on the wall.

    Without `wall_ms` the venue's time is the only one.
    """

    now_ms: int
    wall_ms: int | None = None
    speed: float = 1.0

    def venue_time(self, time_ms: int) -> int:
        """Return what a client's time is at the venue.

        A time within a day of the wall's is the wall's, and lies as far ahead or behind in the
        venue's compressed time; any other is the venue's already.
        """
        if self.wall_ms is None or abs(time_ms - self.wall_ms) > DAY_MS:
            return time_ms
        if self.speed == 1 and abs(self.wall_ms - self.now_ms) <= DRIFT_MS:
            return time_ms
        return self.now_ms + int((time_ms - self.wall_ms) * self.speed)

    def ahead_ms(self, time_ms: int) -> int:
        """Return how far ahead a client's time lies on the clock that it was written by."""
        if self.wall_ms is None or abs(time_ms - self.wall_ms) > DAY_MS:
            return time_ms - self.now_ms
        return time_ms - self.wall_ms

    def span(self, client_ms: int) -> int:
        """Return how long a client's span lasts at the venue."""
        return client_ms if self.wall_ms is None else int(client_ms * self.speed)

    def is_past(self, time_ms: int) -> bool:
        """Say whether a client's time lies behind."""
        return self.venue_time(time_ms) < self.now_ms

    @property
    def clocks(self) -> tuple[int, ...]:
        """Return the times that it is now, the venue's first."""
        return (self.now_ms,) if self.wall_ms is None else (self.now_ms, self.wall_ms)
