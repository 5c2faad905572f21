"""How often one may post, and how long a guesser of secrets is locked out; it holds no secret."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable

import msgspec
from limits import RateLimitItemPerMinute
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

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
        self._clock = clock
        self._counts = _Counts(clock)
        self._limiter = FixedWindowRateLimiter(self._counts)
        self._item = _PerMinute(rate_per_minute) if rate_per_minute else None

    def hit(self, source: str, strategy: str) -> None:
        """
        Count an alert.

        Raises
        ------
        WebhookError
            429 if there were too many of its source or for its strategy.
        """
        item = self._item
        if item is None:
            return
        for kind, name in (("source", source), ("strategy", strategy)):
            if not self._limiter.hit(item, kind, name):
                ends = self._counts.get_expiry(item.key_for(kind, name))
                message = f"{kind}: expected at most {item.amount} alerts a minute, exits aside"
                raise _too_many("rate_limit", message, ends - self._clock())


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


class _PerMinute(RateLimitItemPerMinute):
    """A limit that needs no name of its own in its keys: it is the only one in its storage."""

    def key_for(self, *identifiers: bytes | str | float) -> str:
        kind, name = identifiers
        return f"{kind!s} {name!s}"


class _Counts(Storage):
    """
    Count hits by key, as `limits` asks for it.

    Its own storage in memory starts a thread every 10 ms while it is used and has no limit on keys.
    """

    STORAGE_SCHEME = None

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._windows: OrderedDict[str, tuple[int, float]] = OrderedDict()

    @property
    def base_exceptions(self) -> type[Exception]:
        """Nothing can fail here."""
        return KeyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count, in a window that begins with its first hit; return the count."""
        now = self._clock()
        count, ends = self._windows.pop(key, (0, now))
        if ends <= now:
            count, ends = 0, now + expiry
            if len(self._windows) >= KEYS_MAX:
                self._windows.popitem(last=False)
        self._windows[key] = (count + amount, ends)
        return count + amount

    def get(self, key: str) -> int:
        """Return the count."""
        count, ends = self._windows.get(key, (0, -math.inf))
        return count if ends > self._clock() else 0

    def get_expiry(self, key: str) -> float:
        """Return when the window of a key ends, on our clock."""
        return self._windows[key][1] if key in self._windows else self._clock()

    def check(self) -> bool:
        """Say that it works."""
        return True

    def reset(self) -> int:
        """Forget everything; return how much that was."""
        number = len(self._windows)
        self._windows.clear()
        return number

    def clear(self, key: str) -> None:
        """Forget a key."""
        self._windows.pop(key, None)


def _too_many(code: str, message: str, secs: float) -> WebhookError:
    return WebhookError(429, code, message, retry_after_secs=max(1, math.ceil(secs)))
