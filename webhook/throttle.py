"""How often one may post, and how long a guesser of secrets is locked out; it holds no secret."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import msgspec

from webhook.errors import WebhookError

KEYS_MAX = 10_000
"""Sources that are remembered; of more, those that have been quiet longest are forgotten."""

FAILURES_FREE = 5
"""Wrong secrets before a source is locked out: a person mistypes, a template is pasted twice."""
LOCK_SECS_FIRST = 1
LOCK_SECS_MAX = 300
"""Each wrong secret more doubles the time, up to here."""
FORGET_SECS = 900
"""A source that has given no wrong secret for so long begins anew."""

WINDOW_SECS: Final = 60

type Clock = Callable[[], float]


class Throttle:
    """
    Limit how many alerts a source and a strategy may send in a minute.

    Parameters
    ----------
    rate_per_minute : int
        The limit of each, per minute from the first alert on; 0 for none.
    clock : callable
        Seconds that never go back.
    """

    def __init__(self, rate_per_minute: int, clock: Clock = time.monotonic) -> None:
        self._rate = rate_per_minute
        self._clock = clock
        # A count and when its window ends; who was heard last comes last.
        self._windows: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()

    def hit(self, source: str, strategy: str) -> None:
        """
        Count an alert.

        Raises
        ------
        WebhookError
            429 if there were too many of its source or for its strategy.
        """
        if self._rate:
            now = self._clock()
            self._count(("source", source), now)
            self._count(("strategy", strategy), now)

    def _count(self, key: tuple[str, str], now: float) -> None:
        """Count in a window that begins with its first hit."""
        count, ends = self._windows.get(key, (0, now))
        if ends <= now:
            count, ends = 0, now + WINDOW_SECS
        self._windows[key] = (count + 1, ends)
        self._windows.move_to_end(key)
        if len(self._windows) > KEYS_MAX:
            self._windows.popitem(last=False)
        if count >= self._rate:
            message = f"{key[0]}: expected at most {self._rate} alerts a minute, exits aside"
            raise _too_many("rate_limit", message, ends - now)


class Lockouts:
    """
    Refuse a source for a while after wrong secrets, for longer the more there were.

    Parameters
    ----------
    clock : callable
        Seconds that never go back.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def check(self, source: str) -> None:
        """
        Let a source pass that is not locked out.

        Raises
        ------
        WebhookError
            429 while it is, whatever it brings.
        """
        record = self._records.get(source)
        if record is None:
            return
        left_secs = record.locked_until - self._clock()
        if left_secs > 0:
            raise _too_many("locked_out", "source: too many wrong secrets", left_secs)

    def fail(self, source: str) -> None:
        """Count a wrong secret."""
        now = self._clock()
        record = self._records.pop(source, None)
        if record is None or now - record.failed_at > FORGET_SECS:
            record = _Record()
        failures = record.failures + 1
        until = record.locked_until
        if failures >= FAILURES_FREE:
            # The exponent is capped as well, or the number would grow without end.
            doublings = min(failures - FAILURES_FREE, LOCK_SECS_MAX.bit_length())
            until = now + min(LOCK_SECS_FIRST * 2**doublings, LOCK_SECS_MAX)
        self._records[source] = _Record(failures, until, now)
        if len(self._records) > KEYS_MAX:
            self._records.popitem(last=False)

    def succeed(self, source: str) -> None:
        """Forget the wrong secrets of a source that has brought the right one."""
        if self._records:
            self._records.pop(source, None)


class _Record(msgspec.Struct, frozen=True):
    failures: int = 0
    locked_until: float = -math.inf
    failed_at: float = -math.inf


def _too_many(code: str, message: str, secs: float) -> WebhookError:
    return WebhookError(429, code, message, retry_after_secs=max(1, math.ceil(secs)))
