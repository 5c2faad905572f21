"""Asks the venue for what its streams did not tell: after a reconnect, and before an exit."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from nautilus_trader.common.component import Logger

from adapters.common.errors import VenueError
from adapters.common.ledger import OrderLedger
from adapters.common.lookups import OrderLookups
from adapters.common.order_events import Fill

RETRY_SECS = 1.0
# Fills are asked for from this much before the time in question, since clocks and stamps differ.
OVERLAP_MS = 60_000
# An entry's fills may wait for the outcome of a modify, which its expiry settles within seconds.
EARLIER_TRIES = 15


class Recovery:
    """
    Have fills, open orders and balances asked for at once after each reconnect.

    Parameters
    ----------
    ledger : OrderLedger
        Tells which orders are open, and which exits wait.
    lookups : OrderLookups
        Asks for those.
    read_fills : Callable[[int], Awaitable[None]]
        Asks the venue for the fills from a time of its own on (ms) and has them recorded.
    fills_from_ms : Callable[[], int]
        From when on fills may have been missed, in the venue's time.
    refresh : Callable[[], Awaitable[None]]
        Reads the balances.
    on_lost : Callable[[], None]
        Called when the connection is lost: what a stream has told by then is out of date.
    is_connected : Callable[[], bool]
        Whether there is a connection, before another try.
    spawn : Callable[[Coroutine], Any]
        Runs a short task and sees to its end.

    """

    def __init__(
        self,
        ledger: OrderLedger,
        lookups: OrderLookups,
        *,
        read_fills: Callable[[int], Awaitable[None]],
        fills_from_ms: Callable[[], int],
        refresh: Callable[[], Awaitable[None]],
        on_lost: Callable[[], None],
        is_connected: Callable[[], bool],
        spawn: Callable[[Coroutine[Any, Any, None]], Any],
    ) -> None:
        self._tracker = ledger.tracker
        self._reporter = ledger.reporter
        self._lookups = lookups
        self._read_fills = read_fills
        self._fills_from_ms = fills_from_ms
        self._refresh = refresh
        self._on_lost = on_lost
        self._is_connected = is_connected
        self._spawn = spawn
        self._has_begun = False
        self._is_due = False
        self._is_running = False
        self._log = Logger(type(self).__name__)

    def begin(self) -> None:
        """Say that all is known: from now on a connection that is new has missed something."""
        self._has_begun = True

    def on_connection(self, is_up: bool) -> None:
        """Take that the connection stands again, or is lost."""
        if not is_up:
            self._on_lost()
        if is_up and self._has_begun:
            self._is_due = True
            if not self._is_running:
                self._is_running = True
                self._spawn(self._recover())

    def find_earlier(self, client_order_id: str, fill: Fill) -> None:
        """Ask for the fills before an exit's until it can be told; after a while it is anyway."""
        self._spawn(self._find_earlier(client_order_id, fill.time_ms))

    async def _find_earlier(self, client_order_id: str, time_ms: int) -> None:
        for _ in range(EARLIER_TRIES):
            try:
                await self._read_fills(time_ms - OVERLAP_MS)
            except VenueError as e:
                self._log.warning(f"Could not ask what came before {client_order_id}: {e}")
            if not self._reporter.holds(client_order_id):
                return
            await asyncio.sleep(RETRY_SECS)
        self._reporter.tell_anyway(client_order_id)

    async def _recover(self) -> None:
        # A connection may break while the venue is asked, after the answer was made.
        try:
            while self._is_due:
                self._is_due = False
                try:
                    await self._ask()
                except VenueError as e:
                    self._log.warning(f"Recovery after the reconnect is incomplete: {e}")
                    await asyncio.sleep(RETRY_SECS)
                    self._is_due |= self._is_connected()
        finally:
            self._is_running = False

    async def _ask(self) -> None:
        await self._read_fills(self._fills_from_ms())
        for key in self._tracker.open_orders():
            self._lookups.want(key, 0.0)
        await self._refresh()
