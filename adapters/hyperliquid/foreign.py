"""Orders and fills of the account that this run did not place, for Nautilus to reconcile."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock, Logger
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.execution.reports import ExecutionMassStatus, FillReport, OrderStatusReport
from nautilus_trader.model.identifiers import AccountId, ClientId, VenueOrderId
from nautilus_trader.model.orders import Order

from adapters.common.errors import VenueError
from adapters.hyperliquid.accounts import HyperliquidAccount
from adapters.hyperliquid.constants import HYPERLIQUID_VENUE
from adapters.hyperliquid.reports import order_key_of, trade_id_of, twap_key
from adapters.hyperliquid.user_schemas import OrderUpdate, TwapHistory, UserFill

# Fills come on two streams, and again after every reconnect.
REMEMBERED_FILLS = 20_000


class ForeignOrders:
    """
    Report what was done from elsewhere: a web page, another program, a liquidation.

    An order and its fills go to Nautilus together, since it ignores a fill without its order and
    makes one up, without its commission, for an order without its fills.

    Parameters
    ----------
    account : HyperliquidAccount
        Where to ask for the order and its fills.
    cache : Cache
        Knows what has been applied.
    clock : LiveClock
        Stamps reports.
    client_id, account_id
        Of the execution client.
    on_filled : Callable[[UserFill], None]
        Told of each fill, once.
    send : Callable[[ExecutionMassStatus], None]
        Hands reports to Nautilus.
    spawn : Callable[[Coroutine], Any]
        Runs a short task and sees to its end.

    """

    def __init__(
        self,
        account: HyperliquidAccount,
        cache: Cache,
        clock: LiveClock,
        client_id: ClientId,
        account_id: AccountId,
        on_filled: Callable[[UserFill], None],
        send: Callable[[ExecutionMassStatus], None],
        spawn: Callable[[Coroutine[Any, Any, None]], Any],
    ) -> None:
        self._account = account
        self._cache = cache
        self._clock = clock
        self._client_id = client_id
        self._account_id = account_id
        self._on_filled = on_filled
        self._send = send
        self._spawn = spawn
        self._seen: dict[str, None] = {}  # trade ids, newest last
        self._log = Logger(type(self).__name__)

    def on_update(self, update: OrderUpdate) -> None:
        """Report an order that Nautilus does not know, or one that has changed since."""
        order = self._known(str(update.order.oid))
        if order is None or not order.is_closed:
            self._spawn(self.report(update.order.oid))

    def on_fill(self, fill: UserFill) -> None:
        """Report a fill that no order accounts for, once."""
        trade_id = trade_id_of(fill)
        if trade_id in self._seen:
            return
        self._seen[trade_id] = None
        if len(self._seen) > REMEMBERED_FILLS:
            del self._seen[next(iter(self._seen))]
        self._on_filled(fill)
        order = self._known(order_key_of(fill))
        if order is not None and trade_id in {applied.value for applied in order.trade_ids}:
            return
        if fill.twapId is None:
            self._spawn(self.report(fill.oid))
        else:
            self._spawn(self.report_twap(fill.twapId))

    def on_twap(self, entry: TwapHistory) -> None:
        """Report the end of a TWAP that Nautilus knows; older ones were told at the start."""
        order = None if entry.twapId is None else self._known(twap_key(entry.twapId))
        if order is not None and not order.is_closed and entry.twapId is not None:
            self._spawn(self.report_twap(entry.twapId))

    async def report(self, oid: int) -> None:
        """Ask for an order and its fills and hand them to Nautilus."""
        await self._report(self._account.order_with_fills(oid), f"order {oid}")

    async def report_twap(self, twap_id: int) -> None:
        """Ask for a TWAP and the fills of its parts and hand them to Nautilus."""
        await self._report(self._account.twap_with_fills(twap_id), f"TWAP {twap_id}")

    async def _report(
        self, asked: Awaitable[tuple[OrderStatusReport | None, list[FillReport]]], name: str
    ) -> None:
        try:
            order, fills = await asked
        except VenueError as e:
            self._log.error(f"Could not look {name} up, placed elsewhere: {e}")
            return
        if order is None:
            self._log.warning(f"The {name} is part of a TWAP, or the venue does not know it yet")
            return
        status = ExecutionMassStatus(
            client_id=self._client_id,
            account_id=self._account_id,
            venue=HYPERLIQUID_VENUE,
            report_id=UUID4(),
            ts_init=self._clock.timestamp_ns(),
        )
        status.add_order_reports([order])
        status.add_fill_reports(fills)
        self._send(status)

    def _known(self, venue_order_id: str) -> Order | None:
        client_order_id = self._cache.client_order_id(VenueOrderId(venue_order_id))
        return None if client_order_id is None else self._cache.order(client_order_id)
