"""After a broken connection: asks the venue for what its streams did not tell meanwhile."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from nautilus_trader.common.component import Logger

from adapters.common.errors import VenueError
from adapters.common.order_tracker import OrderTracker
from adapters.hyperliquid.account_news import AccountNews
from adapters.hyperliquid.account_watch import AccountWatch
from adapters.hyperliquid.accounts import HyperliquidAccount
from adapters.hyperliquid.lookups import OrderLookups
from adapters.hyperliquid.open_orders import OpenOrders

RETRY_SECS = 1.0


class Recovery:
    """
    Have fills, open orders and balances asked for at once after each reconnect.

    Parameters
    ----------
    account : HyperliquidAccount
        Where to ask for fills.
    news : AccountNews
        Takes them.
    tracker : OrderTracker
        Tells which orders are open.
    lookups : OrderLookups
        Asks for those.
    open_orders : OpenOrders
        Forgets its list when the connection is lost.
    watch : AccountWatch
        Reads the balances.
    is_connected : Callable[[], bool]
        Whether there is a connection, before another try.
    spawn : Callable[[Coroutine], Any]
        Runs a short task and sees to its end.

    """

    def __init__(
        self,
        account: HyperliquidAccount,
        news: AccountNews,
        tracker: OrderTracker,
        lookups: OrderLookups,
        open_orders: OpenOrders,
        watch: AccountWatch,
        *,
        is_connected: Callable[[], bool],
        spawn: Callable[[Coroutine[Any, Any, None]], Any],
    ) -> None:
        self._account = account
        self._news = news
        self._tracker = tracker
        self._lookups = lookups
        self._open_orders = open_orders
        self._watch = watch
        self._is_connected = is_connected
        self._spawn = spawn
        self._has_begun = False
        self._is_running = False
        self._log = Logger(type(self).__name__)

    def begin(self) -> None:
        """Say that all is known: from now on a connection that is new has missed something."""
        self._has_begun = True

    def on_connection(self, is_up: bool) -> None:
        """Take that the connection stands again, or is lost."""
        if not is_up:
            self._open_orders.forget()
        if is_up and self._has_begun and not self._is_running:
            self._is_running = True
            self._spawn(self._recover())

    async def _recover(self) -> None:
        try:
            self._news.on_fills(await self._account.fills(self._news.fills_from_ms))
            for key in self._tracker.open_orders():
                self._lookups.want(key, 0.0)
            await self._watch.refresh()
        except VenueError as e:
            self._log.warning(f"Recovery after the reconnect is incomplete, again soon: {e}")
            loop = asyncio.get_running_loop()
            loop.call_later(RETRY_SECS, self.on_connection, self._is_connected())
        finally:
            self._is_running = False
