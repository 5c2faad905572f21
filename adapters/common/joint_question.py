"""One question for all who want its answer at the same time; it reads no answer."""

import asyncio
from collections.abc import Awaitable, Callable


class JointQuestion[T]:
    """
    Ask once for all who have come before the question goes out; who comes later waits for the next.

    So an answer is never older than the wish for it, which is what absence is proved by.

    Parameters
    ----------
    ask : Callable[[], Awaitable[T]]
        Asks; what it raises, all who have waited for it are told.

    """

    def __init__(self, ask: Callable[[], Awaitable[T]]) -> None:
        self._ask = ask
        self._next: asyncio.Task[T] | None = None
        self._lock = asyncio.Lock()

    async def __call__(self) -> T:
        """Return the answer to a question that goes out after this call."""
        if self._next is None:
            self._next = asyncio.create_task(self._run(), name="joint question")
            self._next.add_done_callback(_look_at)
        # Who gives up takes the answer from nobody else.
        return await asyncio.shield(self._next)

    async def _run(self) -> T:
        async with self._lock:
            self._next = None
            return await self._ask()


def _look_at(task: asyncio.Task[object]) -> None:
    """Take note of an error, also when all who have waited for it have given up."""
    if not task.cancelled():
        task.exception()
