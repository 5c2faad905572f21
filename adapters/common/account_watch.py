"""Keep Nautilus's balances what the venue's are; it asks how, and places no order."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

from nautilus_trader.common.component import Logger
from nautilus_trader.model.objects import AccountBalance, MarginBalance

from adapters.common.errors import VenueError

# After a fill the venue's balances follow within a block; one look serves a burst of fills.
DELAY_SECS = 0.2
RETRY_SECS = 1.0
# Balances move by transfers and other sessions as well.
HOUSEKEEPING_SECS = 30.0


class Tell(Protocol):
    """Receives the account's state, and what it is told with."""

    def __call__(
        self,
        balances: list[AccountBalance],
        margins: list[MarginBalance],
        info: dict[str, Any] | None,
        /,
    ) -> None:
        """Tell Nautilus."""


class AccountWatch:
    """
    Look at the account whenever something may have moved it, and every half minute.

    Parameters
    ----------
    read : Callable[[], Awaitable[tuple[list[AccountBalance], list[MarginBalance]]]]
        Asks the venue for the money by currency, and the margin of each position.
    tell : Tell
        Receives each state.
    spawn : Callable[[Coroutine], asyncio.Task]
        Runs a short task and sees to its end.

    """

    def __init__(
        self,
        read: Callable[[], Awaitable[tuple[list[AccountBalance], list[MarginBalance]]]],
        *,
        tell: Tell,
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    ) -> None:
        self._read = read
        self._tell = tell
        self._spawn = spawn
        self._is_stale = False
        self._looking: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()  # what was asked for first must not be told last
        self._log = Logger(type(self).__name__)

    def mark_stale(self) -> None:
        """Look at the account soon."""
        self._is_stale = True
        if self._looking is None or self._looking.done():
            self._looking = self._spawn(self._look())

    def tell_soon(self, info: dict[str, Any]) -> None:
        """Tell what has moved the balances, such as a funding payment, with those after it."""
        self._spawn(self._tell_soon(info))

    async def refresh(self, info: dict[str, Any] | None = None) -> None:
        """Read the balances now and tell them (VenueError)."""
        async with self._lock:
            balances, margins = await self._read()
            self._tell(balances, margins, info)

    async def keep(self, *others: Callable[[], Awaitable[None]]) -> None:
        """Read them, after whatever else wants a regular look (VenueError), until cancelled."""
        while True:
            await asyncio.sleep(HOUSEKEEPING_SECS)
            for look in (*others, self.refresh):
                try:
                    await look()
                except VenueError as e:
                    self._log.warning(f"Could not read the account: {e}")

    async def _look(self) -> None:
        # What comes while the venue is asked may not be in its answer: then it is asked again.
        while self._is_stale:
            await asyncio.sleep(DELAY_SECS)
            self._is_stale = False
            if not await self._try_refresh():
                self._is_stale = True
                await asyncio.sleep(RETRY_SECS)

    async def _tell_soon(self, info: dict[str, Any]) -> None:
        await asyncio.sleep(DELAY_SECS)
        if not await self._try_refresh(info):
            self.mark_stale()

    async def _try_refresh(self, info: dict[str, Any] | None = None) -> bool:
        try:
            await self.refresh(info)
        except VenueError as e:
            self._log.warning(f"The balances may be out of date: {e}")
            return False
        return True
