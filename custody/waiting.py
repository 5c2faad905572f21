"""Asking again until an answer comes or the time is up; the clock is passed in."""

import time
from collections.abc import Callable

import msgspec


class Clock(msgspec.Struct, frozen=True):
    """What time it is since some start, and how to let it pass, both in seconds."""

    now_secs: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Patience(msgspec.Struct, frozen=True):
    """How long to wait for something, and how often to look."""

    timeout_secs: float
    poll_secs: float


def wait_for[T](look: Callable[[], T | None], patience: Patience, clock: Clock) -> T | None:
    """Look until there is something, at least once; None when the time is up."""
    end_secs = clock.now_secs() + patience.timeout_secs
    while (found := look()) is None:
        left_secs = end_secs - clock.now_secs()
        if left_secs <= 0:
            return None
        clock.sleep(min(patience.poll_secs, left_secs))
    return found
