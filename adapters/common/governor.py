"""A rate limit over a rolling time: what reduces risk is first, questions last; it sends none."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from enum import IntEnum


class Rank(IntEnum):
    """Who passes first."""

    URGENT = 0
    """What reduces risk."""
    ORDER = 1
    """Any other action."""
    QUESTION = 2
    """What changes nothing at the venue."""


NOTHING_RESERVED: Mapping[Rank, int] = {}
# What others have spent comes back in so many steps: of ten seconds each is a fifth of one.
SHARES = 50


class _Waiter:
    """Somebody who waits for weight."""

    def __init__(self, weight: int, turn: asyncio.Future[None]) -> None:
        self.weight = weight
        self.turn = turn


class WeightGovernor:
    """
    The weight that a venue grants, exact over any rolling window.

    All whom the venue counts together, such as the clients of one address, share one instance. Who
    waits is served by rank, and within it in the order of coming: nobody overtakes his like. It
    never asks more than a token bucket of the same size and rate has.

    Parameters
    ----------
    limit : int
        The weight that the venue grants in a window.
    window_secs : float
        How long that is.
    reserves : Mapping[Rank, int], default none
        How much of the limit each rank has that those behind it cannot use.
    now_secs : Callable[[], float], default time.monotonic
        The time in seconds; it never falls.

    """

    def __init__(
        self,
        limit: int,
        window_secs: float,
        reserves: Mapping[Rank, int] = NOTHING_RESERVED,
        now_secs: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = limit
        self._window_secs = window_secs
        self._limits = {
            rank: limit - sum(n for holder, n in reserves.items() if holder < rank) for rank in Rank
        }
        self._now_secs = now_secs
        self._spent: deque[tuple[float, int]] = deque()  # when and what, oldest first
        self._used = 0
        self._waiting: dict[Rank, deque[_Waiter]] = {rank: deque() for rank in Rank}
        self._alarm: asyncio.TimerHandle | None = None

    @property
    def remaining(self) -> int:
        """The weight that is free at this moment; below zero what replies have cost too much."""
        self._forget(self._now_secs())
        return self._limit - self._used

    def try_acquire(self, weight: int, rank: Rank = Rank.ORDER) -> bool:
        """Take this weight if it is free now and nobody with the same right waits; else False."""
        now = self._now_secs()
        self._forget(now)
        if any(self._ahead(rank)) or not self._fits(weight, rank):
            return False
        self._spend(weight, now)
        return True

    async def acquire(self, weight: int, rank: Rank = Rank.ORDER) -> None:
        """Wait until this weight fits the window; a rank passes all that are behind it."""
        if self.try_acquire(weight, rank):
            return
        loop = asyncio.get_running_loop()
        waiter = _Waiter(weight, loop.create_future())
        queue = self._waiting[rank]
        queue.append(waiter)
        self._serve(loop)
        try:
            await waiter.turn
        except asyncio.CancelledError:
            if waiter in queue:
                queue.remove(waiter)
                self._serve(loop)
            raise

    def charge(self, weight: int) -> None:
        """Count weight that a reply has cost beyond its request's, whether it is free or not."""
        if weight:
            self._spend(weight, self._now_secs())

    def left(self, weight: int) -> None:
        """
        Take the venue's word that no more than this is left now: others have spent the rest.

        When they did is not known. It comes back evenly within a window, as a token bucket fills.
        """
        now = self._now_secs()
        self._forget(now)
        missing = self._limit - self._used - weight
        for share in range(1, SHARES + 1):
            due = missing * share // SHARES - missing * (share - 1) // SHARES
            if due > 0:
                self._spent.append((now - self._window_secs * (1 - share / SHARES), due))
                self._used += due
        if missing > 0:
            self._spent = deque(sorted(self._spent))

    def delay_secs(self, weight: int, rank: Rank = Rank.ORDER) -> float:
        """Return for how long a request of this weight would wait, if no reply costs extra."""
        wanted = weight + sum(waiter.weight for queue in self._ahead(rank) for waiter in queue)
        now = self._now_secs()
        self._forget(now)
        return self._free_at(wanted, now, rank) - now

    def _ahead(self, rank: Rank) -> list[deque[_Waiter]]:
        return [queue for other, queue in self._waiting.items() if other <= rank]

    def _fits(self, weight: int, rank: Rank) -> bool:
        # What is above the whole limit would never fit: it goes when nothing else is counted.
        return not self._used or self._used + weight <= self._limits[rank]

    def _spend(self, weight: int, now: float) -> None:
        self._spent.append((now, weight))
        self._used += weight

    def _forget(self, now: float) -> None:
        while self._spent and self._spent[0][0] + self._window_secs <= now:
            self._used -= self._spent.popleft()[1]

    def _free_at(self, weight: int, now: float, rank: Rank) -> float:
        """Return when so much will be free, counting only what was spent until now."""
        short = self._used + weight - self._limits[rank]
        at = now
        for spent_at, spent in self._spent:
            if short <= 0:
                break
            short -= spent
            at = spent_at + self._window_secs
        return at

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let go who can, and come again when the next one can."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        now = self._now_secs()
        self._forget(now)
        for rank, queue in self._waiting.items():
            while queue and self._fits(queue[0].weight, rank):
                waiter = queue.popleft()
                if not waiter.turn.cancelled():
                    self._spend(waiter.weight, now)
                    waiter.turn.set_result(None)
            if queue:
                pause_secs = self._free_at(queue[0].weight, now, rank) - now
                self._alarm = loop.call_later(pause_secs, self._serve, loop)
                return
