"""Writes steps into the inbox behind the trading: in order, again and again until they are kept."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress

from webhook.inbox import InboxError, Queue, Step

STEPS_MAX = 20_000
"""Steps that wait for a store that cannot be written: a day of a busy desk, about 20 MB."""

BATCH_MAX = 500
"""Steps in one transaction, so that one write stays short."""

GATHER_SECS = 0.05
"""How long steps are gathered for one write. Each write locks out the sidecar's, which an alert
waits for; and what a crash takes of a trace is found again at the venue."""

RETRY_SECS_MIN = 0.1
RETRY_SECS_MAX = 5.0


class Recorder:
    """
    Keep steps in order and write them as the store lets us; trading never waits for it.

    When too many wait, the oldest that change no outcome are dropped first: they are the finer part
    of a trace, while an outcome that is lost is asked for at the venue after a restart.

    Parameters
    ----------
    inbox : Queue
        Where to write.
    on_trouble : callable
        Called with the words when writing fails after it has worked, and when steps are dropped.
    """

    def __init__(self, inbox: Queue, on_trouble: Callable[[str], None]) -> None:
        self._inbox = inbox
        self._on_trouble = on_trouble
        self._waiting: deque[Step] = deque()
        self._is_failing = False
        self._is_dropping = False
        self._work = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def add(self, steps: Sequence[Step]) -> None:
        """Take steps to write down; returns at once."""
        if not steps:
            return
        self._waiting.extend(steps)
        while len(self._waiting) > STEPS_MAX:
            self._drop()
        self._work.set()
        self._idle.clear()

    async def settled(self, timeout_secs: float) -> bool:
        """Wait until all is written; return False if that takes longer than the time-out."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_secs):
                await self._idle.wait()
        return self._idle.is_set()

    async def run(self) -> None:
        """Write until cancelled."""
        delay_secs = RETRY_SECS_MIN
        while True:
            await self._work.wait()
            if delay_secs == RETRY_SECS_MIN and len(self._waiting) < BATCH_MAX:
                await asyncio.sleep(GATHER_SECS)
            batch = [self._waiting[i] for i in range(min(BATCH_MAX, len(self._waiting)))]
            try:
                await self._inbox.record(batch)
            except InboxError as e:
                self._tell_failing(e)
                await asyncio.sleep(delay_secs)
                delay_secs = min(2 * delay_secs, RETRY_SECS_MAX)
                continue
            delay_secs = RETRY_SECS_MIN
            self._is_failing = self._is_dropping = False
            self._forget(batch)

    def _forget(self, written: Sequence[Step]) -> None:
        # Some may have been dropped meanwhile, from the same end of the queue.
        kept = {id(step) for step in written}
        while self._waiting and id(self._waiting[0]) in kept:
            self._waiting.popleft()
        if not self._waiting:
            self._work.clear()
            self._idle.set()

    def _tell_failing(self, error: InboxError) -> None:
        if not self._is_failing:
            self._is_failing = True
            self._on_trouble(f"What becomes of alerts cannot be written down, again soon: {error}")

    def _drop(self) -> None:
        plain = next((i for i, step in enumerate(self._waiting) if step.outcome is None), 0)
        del self._waiting[plain]
        if not self._is_dropping:
            self._is_dropping = True
            self._on_trouble(
                f"More than {STEPS_MAX} steps wait to be written: old ones are dropped"
            )
