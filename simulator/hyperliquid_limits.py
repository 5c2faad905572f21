"""The venue's limits for one IP address: the weight of a minute of wall time; nothing is queued."""

import time
from collections import deque

MINUTE_SECS = 60.0


class WeightBudget:
    """What may be asked in any 60 seconds of wall time; a limit of 0 is no limit."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._spent: deque[tuple[float, int]] = deque()
        self._sum = 0

    def spend(self, weight: int) -> bool:
        """Take `weight` if the minute still has it; False takes nothing."""
        if not self._per_minute:
            return True
        self._forget()
        if self._sum + weight > self._per_minute:
            return False
        self.charge(weight)
        return True

    def charge(self, weight: int) -> None:
        """Take `weight` in any case: what an answer weighs is known after it is made."""
        if self._per_minute and weight:
            self._spent.append((time.monotonic(), weight))
            self._sum += weight

    def _forget(self) -> None:
        oldest = time.monotonic() - MINUTE_SECS
        while self._spent and self._spent[0][0] <= oldest:
            self._sum -= self._spent.popleft()[1]
