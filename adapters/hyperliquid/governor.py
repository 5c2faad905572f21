"""The rate limit of one IP address, where what reduces risk passes first; it sends nothing."""

import asyncio
import time
from collections import deque
from collections.abc import Callable

from adapters.hyperliquid.constants import WEIGHT_PER_MINUTE

WINDOW_SECS = 60.0
# Kept free for what is urgent: a cancel of sixty batches must not wait for a minute's downloads.
URGENT_RESERVE = 60


class _Waiter:
    """Somebody who waits for weight."""

    def __init__(self, weight: int, turn: asyncio.Future[None]) -> None:
        self.weight = weight
        self.turn = turn


class WeightGovernor:
    """
    The weight of one IP address, exact over any rolling minute.

    All clients of one address share one instance: the venue counts them together. Who waits is
    served in the order of coming, the urgent before all others, and nobody overtakes his like.

    Parameters
    ----------
    per_minute : int, default 1200
        The weight that the venue grants.
    reserve : int, default 60
        How much of it only the urgent may use.
    now_secs : Callable[[], float], default time.monotonic
        The time in seconds; it never falls.

    """

    def __init__(
        self,
        per_minute: int = WEIGHT_PER_MINUTE,
        reserve: int = URGENT_RESERVE,
        now_secs: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_minute = per_minute
        self._reserve = reserve
        self._now_secs = now_secs
        self._spent: deque[tuple[float, int]] = deque()  # when and what, oldest first
        self._used = 0
        self._urgent: deque[_Waiter] = deque()
        self._patient: deque[_Waiter] = deque()
        self._alarm: asyncio.TimerHandle | None = None

    @property
    def remaining(self) -> int:
        """The weight that is free at this moment; below zero what replies have cost too much."""
        self._forget(self._now_secs())
        return self._per_minute - self._used

    def try_acquire(self, weight: int, *, urgent: bool = False) -> bool:
        """Take this weight if it is free now and nobody with the same right waits; else False."""
        now = self._now_secs()
        self._forget(now)
        if self._urgent or (self._patient and not urgent) or not self._fits(weight, urgent=urgent):
            return False
        self._spend(weight, now)
        return True

    async def acquire(self, weight: int, *, urgent: bool = False) -> None:
        """Wait until this weight fits the window; who is urgent passes all who are not."""
        if self.try_acquire(weight, urgent=urgent):
            return
        loop = asyncio.get_running_loop()
        waiter = _Waiter(weight, loop.create_future())
        queue = self._urgent if urgent else self._patient
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

    def delay_secs(self, weight: int, *, urgent: bool = False) -> float:
        """Return for how long a request of this weight would wait, if no reply costs extra."""
        ahead = [*self._urgent] if urgent else [*self._urgent, *self._patient]
        wanted = weight + sum(waiter.weight for waiter in ahead)
        now = self._now_secs()
        self._forget(now)
        return self._free_at(wanted, now, urgent=urgent) - now

    def _limit(self, *, urgent: bool) -> int:
        return self._per_minute if urgent else self._per_minute - self._reserve

    def _fits(self, weight: int, *, urgent: bool) -> bool:
        # What is above the whole limit would never fit: it goes when nothing else is counted.
        return not self._used or self._used + weight <= self._limit(urgent=urgent)

    def _spend(self, weight: int, now: float) -> None:
        self._spent.append((now, weight))
        self._used += weight

    def _forget(self, now: float) -> None:
        while self._spent and self._spent[0][0] + WINDOW_SECS <= now:
            self._used -= self._spent.popleft()[1]

    def _free_at(self, weight: int, now: float, *, urgent: bool) -> float:
        """Return when so much will be free, counting only what was spent until now."""
        short = self._used + weight - self._limit(urgent=urgent)
        at = now
        for spent_at, spent in self._spent:
            if short <= 0:
                break
            short -= spent
            at = spent_at + WINDOW_SECS
        return at

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let go who can, and come again when the next one can."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        now = self._now_secs()
        self._forget(now)
        for queue, urgent in ((self._urgent, True), (self._patient, False)):
            while queue and self._fits(queue[0].weight, urgent=urgent):
                waiter = queue.popleft()
                if not waiter.turn.cancelled():
                    self._spend(waiter.weight, now)
                    waiter.turn.set_result(None)
            if queue:
                pause_secs = self._free_at(queue[0].weight, now, urgent=urgent) - now
                self._alarm = loop.call_later(pause_secs, self._serve, loop)
                return
