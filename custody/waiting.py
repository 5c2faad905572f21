"""Asking again until an answer comes or the time is up; the clock is passed in."""

import time
from collections.abc import Callable

import msgspec


class Clock(msgspec.Struct, frozen=True):
    """What time it is since some start, and how to let it pass, both in seconds."""

    now_secs: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Patience(msgspec.Struct, frozen=True):
    """How long to wait for something, how often to look, and how many looks it takes at least."""

    timeout_secs: float
    poll_secs: float
    looks_min: int = 1


def wait_for[T](look: Callable[[], T | None], patience: Patience, clock: Clock) -> T | None:
    """Look until there is something; None when the time is up and there were looks enough."""
    end_secs = clock.now_secs() + patience.timeout_secs
    looks = 1
    while (found := look()) is None:
        left_secs = end_secs - clock.now_secs()
        if left_secs <= 0 and looks >= patience.looks_min:
            return None
        clock.sleep(patience.poll_secs if left_secs <= 0 else min(patience.poll_secs, left_secs))
        looks += 1
    return found
