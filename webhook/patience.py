"""A limit on how long many short waits may last, with one timer for all; it retries nothing."""

import asyncio
from collections.abc import Awaitable
from typing import Final

TICK_SECS: Final = 0.05
"""How much longer than its limit a wait may last."""


class Patience:
    """
    Wait for things up to a limit, as `asyncio.timeout` does.

    A timer of its own for each wait, made and canceled again, costs a fifth of a whole request.
    Here one timer looks every `TICK_SECS`, while anything is waited for.

    Parameters
    ----------
    secs_max : float
        The limit, in seconds.
    """

    def __init__(self, secs_max: float) -> None:
        self._secs_max = secs_max
        # Who waits until when, the oldest first: all have the same limit.
        self._waiting: dict[asyncio.Task[object], float] = {}
        self._late: set[asyncio.Task[object]] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def wait[T](self, awaitable: Awaitable[T]) -> T:
        """
        Return what an awaitable gives.

        Raises
        ------
        TimeoutError
            If it gives nothing in time; it is canceled.
        """
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  a coroutine runs in a task
        self._waiting[task] = loop.time() + self._secs_max
        if self._timer is None:
            self._timer = loop.call_later(TICK_SECS, self._look, loop)
        try:
            return await awaitable
        except asyncio.CancelledError:
            # Canceled by us alone, or by someone else as well?
            if task in self._late and task.uncancel() == 0:
                raise TimeoutError from None
            raise
        finally:
            self._waiting.pop(task, None)
            self._late.discard(task)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for task, deadline in list(self._waiting.items()):
            if deadline > now:
                break
            del self._waiting[task]
            self._late.add(task)
            task.cancel()
        self._timer = loop.call_later(TICK_SECS, self._look, loop) if self._waiting else None
