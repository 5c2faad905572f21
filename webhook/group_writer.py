"""One thread that writes for many callers: who waits at the same time shares a transaction."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import NamedTuple

from webhook.inbox import InboxError
from webhook.sqlite_session import Session

WAITING_MAX = 20_000
"""Jobs that may wait for the disk; more are refused at once."""

GROUP_MAX = 256
"""Jobs in one transaction: 64 posts at a time with their steps, and nobody waits long."""


class _Waiting[Job, Result](NamedTuple):
    job: Job
    future: asyncio.Future[Result]
    loop: asyncio.AbstractEventLoop


type _Jobs[Job, Result] = SimpleQueue[_Waiting[Job, Result] | None]


class GroupWriter[Job, Result]:
    """
    Run jobs of any event loop in a thread of its own, which lives from the first to `stop`.

    Parameters
    ----------
    name : str
        Of the thread.
    session : Session
        Does them.
    after_commit : callable
        Hears, in the thread, what a group came to, before its callers do.
    """

    def __init__(
        self,
        name: str,
        session: Session[Job, Result],
        after_commit: Callable[[Sequence[Result | InboxError]], None],
    ) -> None:
        self._name = name
        self._session = session
        self._after_commit = after_commit
        self._queue: _Jobs[Job, Result] = SimpleQueue()
        self._thread: threading.Thread | None = None

    async def submit(self, job: Job) -> Result:
        """
        Have a job done; its effect is on disk when this returns.

        A job that nobody waits for any more when its turn comes is left out.

        Raises
        ------
        InboxError
            If it is not done, or too much waits already.
        """
        if self._queue.qsize() >= WAITING_MAX:
            raise InboxError(f"Expected at most {WAITING_MAX} writes to wait ({self._name})")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._queue.put(_Waiting(job, future, loop))
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()
        return await future

    async def stop(self) -> None:
        """Finish what waits and close the file; the next job opens it again."""
        thread = self._thread
        if thread is None:
            return
        self._queue.put(None)
        await asyncio.to_thread(thread.join)
        self._thread = None

    def _run(self) -> None:
        goes_on = True
        while goes_on:
            group, goes_on = _next_group(self._queue, self._session.secs_to_chore)
            # Its caller gave up and has said that the alert is not stored: then it better is not.
            group = [waiting for waiting in group if not waiting.future.cancelled()]
            if group:
                results = self._session.commit([waiting.job for waiting in group])
                self._after_commit(results)
                _hand_back(group, results)
            self._session.do_chore()
        self._session.disconnect()


def _next_group[Job, Result](
    queue: _Jobs[Job, Result], timeout_secs: float
) -> tuple[list[_Waiting[Job, Result]], bool]:
    """Wait for jobs; return all there are, and whether to go on after them."""
    group: list[_Waiting[Job, Result]] = []
    try:
        waiting = queue.get(timeout=timeout_secs)
        while waiting is not None:
            group.append(waiting)
            if len(group) == GROUP_MAX:
                return group, True
            waiting = queue.get_nowait()
    except Empty:
        return group, True
    return group, False


def _hand_back[Job, Result](
    group: Sequence[_Waiting[Job, Result]], results: Sequence[Result | InboxError]
) -> None:
    by_loop: dict[
        asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Result], Result | InboxError]]
    ]
    by_loop = {}
    for waiting, result in zip(group, results, strict=True):
        by_loop.setdefault(waiting.loop, []).append((waiting.future, result))
    for loop, answers in by_loop.items():
        if not loop.is_closed():
            # One call for the group: each wakes the loop.
            loop.call_soon_threadsafe(_resolve, answers)


def _resolve[Result](answers: Sequence[tuple[asyncio.Future[Result], Result | InboxError]]) -> None:
    for future, result in answers:
        if future.done():
            continue
        if isinstance(result, InboxError):
            future.set_exception(result)
        else:
            future.set_result(result)
