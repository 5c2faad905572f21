"""The venue's limits: of an IP address the weight of a minute, of an account its requests (7).

Nothing is queued: what is beyond a limit is refused.
"""

import time
from collections import deque
from collections.abc import Callable
from decimal import Decimal

from simulator.hyperliquid_answers import dollars
from simulator.hyperliquid_directory import Directory

MINUTE_SECS = 60.0
SLOW_MS = 10_000
"""An address that has used up its requests may still act once in so long."""
CANCELS_MORE = 100_000
CANCELS_FACTOR = 2
"""Cancels have more: the smaller of this much more and of this many times as much."""


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


def spend_requests(
    directory: Directory,
    account: str,
    count: int,
    *,
    free: int,
    volume: Callable[[], Decimal],
    is_cancel: bool,
    now_ms: int,
) -> str | None:
    """Count requests against an account; the venue's words when it has none left.

    It has `free` ones (0 is no limit), those it bought, and one for each USDC it has traded.
    """
    used = directory.requests_used.get(account, 0)
    if free and used + count > free:
        traded = volume()
        most = free + directory.requests_bought.get(account, 0) + int(traded)
        if is_cancel:
            most = min(most + CANCELS_MORE, CANCELS_FACTOR * most)
        if used >= most and not _may_go_slowly(directory, account, now_ms):
            return (
                f"Too many cumulative requests sent ({used + count} > {most}) for cumulative volume"
                f" traded {dollars(traded)}. Place taker orders to free up 1 request per USDC"
                " traded."
            )
    directory.requests_used[account] = used + count
    return None


def _may_go_slowly(directory: Directory, account: str, now_ms: int) -> bool:
    if now_ms < directory.slowed_at.get(account, 0) + SLOW_MS:
        return False
    directory.slowed_at[account] = now_ms
    return True
