"""Ask until the venue has answered: for the questions of a start, without which there is none."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

from adapters.common.backoff import backoff_delay_secs
from adapters.common.errors import OutcomeUnknown

BACKOFF_INITIAL_SECS = 0.25
BACKOFF_MAX_SECS = 3.0  # a node waits half a minute for its connections


async def insist[T](
    ask: Callable[[], Awaitable[T]],
    what: str,
    warn: Callable[[str], None],
    limit_secs: float | None = None,
) -> T:
    """
    Return the answer, however often the venue is busy, broken or silent before.

    Parameters
    ----------
    ask : Callable[[], Awaitable[T]]
        Asks; OutcomeUnknown is asked again, anything else that it raises is raised.
    what : str
        What is still missing then, for the log: "instruments".
    warn : Callable[[str], None]
        Is told of each try that failed.
    limit_secs : float or None
        For how long to try again; what the last try raised is raised then. None where the caller
        cancels, as a node does that has waited for a connection for long enough.

    """
    deadline = None if limit_secs is None else time.monotonic() + limit_secs
    attempt = 0
    while True:
        try:
            return await ask()
        except OutcomeUnknown as e:
            chance = random.random()  # noqa: S311 - jitter, not a secret
            delay = backoff_delay_secs(attempt, BACKOFF_INITIAL_SECS, BACKOFF_MAX_SECS, chance)
            if deadline is not None and time.monotonic() + delay > deadline:
                raise
            warn(f"No {what} yet, next try in {delay:.1f} s: {e}")
        await asyncio.sleep(delay)
        attempt += 1
