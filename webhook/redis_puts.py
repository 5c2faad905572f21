"""Puts that wait at the same time travel together: one script, one answer, one fsync."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from webhook.inbox import InboxError
from webhook.redis_link import CALL_SECS_MAX, LinkLost, LinkSlow, RedisLink
from webhook.redis_scripts import PUT

GROUP_MAX = 256
"""Puts in one script: about 15 ms during which the server serves nobody else."""

type PutArgs = Sequence[str | int]
type PutAnswer = tuple[str, str]


class _Waiting(NamedTuple):
    args: PutArgs
    future: asyncio.Future[PutAnswer]


class RedisPuts:
    """
    Send puts in groups: those that come while one is on its way form the next.

    Parameters
    ----------
    link : RedisLink
        Where to.
    undecided_max : int
        How many alerts may wait there.
    """

    def __init__(self, link: RedisLink, undecided_max: int) -> None:
        self._link = link
        self._undecided_max = undecided_max
        self._waiting: list[_Waiting] = []
        self._task: asyncio.Task[None] | None = None

    async def put(self, args: PutArgs) -> PutAnswer:
        """
        Have the script `PUT` run with these arguments, one alert's, among others.

        Raises
        ------
        LinkLost
            If there is no answer, LinkSlow if not within `CALL_SECS_MAX`: it may have run.
        InboxError
            If the server refuses: it has not run.
        """
        future: asyncio.Future[PutAnswer] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(args, future))
        if self._task is None:
            self._task = asyncio.create_task(self._send(), name="inbox-puts")
        try:
            async with asyncio.timeout(CALL_SECS_MAX):
                return await future
        except TimeoutError as e:
            raise LinkSlow(f"The inbox {self._link} did not answer in time") from e

    async def close(self) -> None:
        """Wait for what is on its way."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _send(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:GROUP_MAX], self._waiting[GROUP_MAX:]
                # Who gave up has said that the alert is not stored: then it better is not.
                group = [waiting for waiting in group if not waiting.future.done()]
                if group:
                    await self._send_group(group)
        finally:
            self._task = None

    async def _send_group(self, group: Sequence[_Waiting]) -> None:
        args = [value for waiting in group for value in waiting.args]
        try:
            answers = await self._run([self._undecided_max, *args])
        except InboxError as e:
            for waiting in group:
                if not waiting.future.done():
                    waiting.future.set_exception(_copy(e))
            return
        for waiting, answer in zip(group, answers, strict=True):
            if not waiting.future.done():
                waiting.future.set_result(answer)

    async def _run(self, args: PutArgs) -> Sequence[PutAnswer]:
        answers: Sequence[PutAnswer]
        try:
            answers = await self._link.run(PUT, args)
        except LinkSlow:
            raise
        except LinkLost:
            # A server that was started again wants a new connection; a put bears repetition.
            answers = await self._link.run(PUT, args)
        return answers


def _copy(e: InboxError) -> InboxError:
    """Return an error for one more caller: each adds its own traceback."""
    error = type(e)(*e.args)
    error.__cause__ = e
    return error
