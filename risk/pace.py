"""How many orders were sent in the last minute; the times are passed in."""

from collections import deque

WINDOW_NS = 60_000_000_000


class Pace:
    """Count events of the last minute."""

    def __init__(self) -> None:
        self._times: deque[int] = deque()

    def add(self, now_ns: int) -> None:
        """Note one event."""
        self._times.append(now_ns)

    def count(self, now_ns: int) -> int:
        """Return how many there were in the 60 seconds that end now."""
        while self._times and self._times[0] <= now_ns - WINDOW_NS:
            self._times.popleft()
        return len(self._times)
