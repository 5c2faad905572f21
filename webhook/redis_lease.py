"""The right of one node to take alerts from a Redis: kept while it lives, free soon after."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress

from webhook.consumer_lock import owner_words
from webhook.inbox import InboxBusy, InboxError
from webhook.redis_link import RedisLink
from webhook.redis_scripts import OPEN, RELEASE, RENEW

LEASE_MS = 3_000
"""How long alerts stay with a node that was killed."""

RENEW_SECS = 0.8
"""Three tries before it runs out."""

_LOOK_SECS = 0.2


class RedisLease:
    """
    Hold the lease of the one consumer.

    Parameters
    ----------
    link : RedisLink
        Where.
    chore : callable
        What else there is to do from time to time, for as long as it is held.
    """

    def __init__(self, link: RedisLink, chore: Callable[[], Awaitable[None]]) -> None:
        self._link = link
        self._chore = chore
        self._token = ""
        self._epoch = ""
        self._task: asyncio.Task[None] | None = None

    @property
    def is_held(self) -> bool:
        """Whether it was taken and not given back; another may have taken it over."""
        return bool(self._token)

    @property
    def fence(self) -> tuple[str, str, int]:
        """What scripts check: the token, its epoch, and for how long a lease is."""
        return self._token, self._epoch, LEASE_MS

    async def acquire(self) -> int:
        """
        Take it, after waiting out one that is not renewed; return the last sequence so far.

        Raises
        ------
        InboxBusy
            If a node that lives has it; says which.
        InboxError
            If the server cannot be used.
        """
        token = f"{owner_words()} {secrets.token_hex(8)}"
        before: tuple[str, int] | None = None
        while True:
            word, *rest = await self._link.run(OPEN, [token, LEASE_MS])
            if word == "open":
                break
            holder, left_ms = rest
            if before is not None and (holder != before[0] or left_ms > before[1]):
                words = holder.rpartition(" ")[0]
                raise InboxBusy(f"The inbox {self._link} is taken: {words} takes its alerts")
            before = holder, left_ms
            await asyncio.sleep(_LOOK_SECS)
        self._token, self._epoch, last = token, rest[0], rest[1]
        self._task = asyncio.create_task(self._keep(), name="inbox-lease")
        return int(last)

    async def release(self) -> None:
        """Give it back; a second call does nothing."""
        token, self._token = self._token, ""
        task, self._task = self._task, None
        if task is None:
            return
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        with suppress(InboxError):
            # Else it runs out by itself.
            await self._link.run(RELEASE, [token])

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECS)
            with suppress(InboxError):
                if await self._link.run(RENEW, list(self.fence)) == "lost":
                    return
                await self._chore()
