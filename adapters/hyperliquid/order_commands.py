"""Nautilus's commands about orders: finds which orders are meant, and leaves the rest to entry."""

from collections.abc import Callable, Sequence

from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import Logger
from nautilus_trader.execution import messages
from nautilus_trader.model.enums import OrderSide, OrderStatus
from nautilus_trader.model.identifiers import ClientOrderId
from nautilus_trader.model.orders import Order

from adapters.common.errors import VenueError
from adapters.common.ledger import OrderLedger
from adapters.hyperliquid.accounts import HyperliquidAccount
from adapters.hyperliquid.amendment import OrderAmendment
from adapters.hyperliquid.entry import OrderEntry
from adapters.hyperliquid.observations import OrderObserver
from adapters.hyperliquid.orders import cloid_from_client_order_id
from adapters.hyperliquid.preparation import asset_of
from adapters.hyperliquid.reports import twap_id_of
from adapters.hyperliquid.user_schemas import FrontendOrder


class OrderCommands:
    """
    Carry out commands, also those about orders of an earlier life or only the venue's.

    Parameters
    ----------
    entry : OrderEntry
        Places and cancels.
    amendment : OrderAmendment
        Changes.
    account : HyperliquidAccount
        Where to ask for what only the venue knows.
    ledger : OrderLedger
        Where an order of an earlier life is recorded.
    observer : OrderObserver
        Where a TWAP of an earlier life is recorded.
    cache : Cache
        Orders and instruments.
    client_order_id_of : Callable[[str], ClientOrderId | None]
        Finds the client order id behind a cloid, None of foreign orders.

    """

    def __init__(
        self,
        entry: OrderEntry,
        amendment: OrderAmendment,
        account: HyperliquidAccount,
        ledger: OrderLedger,
        observer: OrderObserver,
        cache: Cache,
        client_order_id_of: Callable[[str], ClientOrderId | None],
    ) -> None:
        self._entry = entry
        self._amendment = amendment
        self._account = account
        self._ledger = ledger
        self._observer = observer
        self._cache = cache
        self._client_order_id_of = client_order_id_of
        self._early_cancels: set[str] = set()
        self._log = Logger(type(self).__name__)

    async def submit(self, command: messages.SubmitOrder) -> None:
        """Place an order."""
        await self._entry.submit(command.order, command.params)
        await self._cancel_early([command.order])

    async def submit_list(self, command: messages.SubmitOrderList) -> None:
        """Place the orders of a list in one request."""
        await self._entry.submit_list(command.order_list.orders)
        await self._cancel_early(command.order_list.orders)

    async def modify(self, command: messages.ModifyOrder) -> None:
        """Replace an order."""
        order = self._order(command.client_order_id)
        if order is not None:
            await self._amendment.modify(
                order, command.quantity, command.price, command.trigger_price
            )

    async def cancel(self, cancels: Sequence[messages.CancelOrder]) -> None:
        """Cancel orders."""
        orders = [self._order(cancel.client_order_id) for cancel in cancels]
        await self._entry.cancel([order for order in orders if order is not None])

    async def cancel_all(self, command: messages.CancelAllOrders) -> None:
        """Cancel what Nautilus knows at once, then what only the venue knows."""
        terms = {"instrument_id": command.instrument_id, "side": command.order_side}
        # An order whose cancel is pending is both open and in flight.
        in_flight = [o for o in self._cache.orders_inflight(**terms) if not o.is_open]
        known = self._cache.orders_open(**terms) + in_flight
        if known:
            await self._entry.cancel(known)
        try:
            await self._cancel_unknown(command, known)
        except VenueError as e:
            self._log.error(f"Could not cancel what only the venue knows: {e}")

    async def _cancel_unknown(
        self, command: messages.CancelAllOrders, known: Sequence[Order]
    ) -> None:
        instrument = self._cache.instrument(command.instrument_id)
        if instrument is None:
            return
        resting = await self._account.resting(instrument.raw_symbol.value)
        ours = {cloid_from_client_order_id(order.client_order_id.value) for order in known}
        oids = {order.venue_order_id.value for order in known if order.venue_order_id}
        side = {OrderSide.BUY: "B", OrderSide.SELL: "A"}.get(command.order_side)
        others = [
            order.oid
            for order in resting
            if side in {None, order.side}
            and order.cloid not in ours
            and str(order.oid) not in oids
            and not self._is_submitted_after(order, command.ts_init)
        ]
        await self._entry.cancel_unknown(asset_of(instrument).asset_id, others)

    def _is_submitted_after(self, resting: FrontendOrder, time_ns: int) -> bool:
        """Return whether we have sent the order after a time: it came while the venue was asked."""
        client_order_id = None if resting.cloid is None else self._client_order_id_of(resting.cloid)
        order = None if client_order_id is None else self._cache.order(client_order_id)
        return order is not None and order.ts_submitted > time_ns

    async def _cancel_early(self, orders: Sequence[Order]) -> None:
        """Cancel those of the orders whose cancel has come before them."""
        early = [order for order in orders if order.client_order_id.value in self._early_cancels]
        self._early_cancels.difference_update(order.client_order_id.value for order in early)
        if early:
            await self._entry.cancel([order for order in early if not order.is_closed])

    def _order(self, client_order_id: ClientOrderId) -> Order | None:
        """Return an order of the cache, tracked from now on; None after saying so."""
        order = self._cache.order(client_order_id)
        if order is None:
            self._log.error(f"Expected an order of the cache, was {client_order_id}")
        elif order.status == OrderStatus.INITIALIZED:
            # A cancel passes the risk engine's queue by and so may overtake the order itself.
            self._early_cancels.add(client_order_id.value)
            return None
        elif not self._ledger.tracker.knows(client_order_id.value) and not order.is_closed:
            self._adopt(order)
        return order

    def _adopt(self, order: Order) -> None:
        self._ledger.adoption.adopt(order)
        venue_order_id = order.venue_order_id
        twap_id = None if venue_order_id is None else twap_id_of(venue_order_id.value)
        if twap_id is not None:
            key: str = order.client_order_id.value
            self._ledger.reporter.report(self._observer.bind_twap(twap_id, key))
