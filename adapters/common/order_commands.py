"""Nautilus's commands about orders: finds which orders are meant, and leaves the rest to others."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import Logger
from nautilus_trader.execution import messages
from nautilus_trader.model.enums import OrderStatus
from nautilus_trader.model.identifiers import ClientOrderId
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.model.orders import Order

from adapters.common.beginning import Beginning
from adapters.common.errors import VenueError
from adapters.common.ledger import OrderLedger

type Modify = Callable[[Order, Quantity | None, Price | None, Price | None], Awaitable[None]]


class Entry(Protocol):
    """The way of orders to the venue; every command ends in an event, or is left in flight."""

    async def submit(self, order: Order, params: dict[str, object] | None, /) -> None:
        """Place one order."""

    async def submit_list(self, orders: Sequence[Order], /) -> None:
        """Place orders that belong together."""

    async def cancel(self, orders: Sequence[Order], /) -> None:
        """Cancel orders."""


class OrderCommands:
    """
    Carry out commands, also those about orders of an earlier life or only the venue's.

    Parameters
    ----------
    entry : Entry
        Places and cancels.
    modify : Callable[[Order, Quantity | None, Price | None, Price | None], Awaitable[None]]
        Changes an order's quantity, price and trigger price; what is None stays as it is.
    cancel_others : Callable[[CancelAllOrders, Sequence[Order]], Awaitable[None]]
        Cancels what a command means that only the venue knows, beside the orders that are canceled
        already; VenueError if the outcome is not known.
    ledger : OrderLedger
        Where an order of an earlier life is recorded.
    beginning : Beginning
        Is over with the first command.
    cache : Cache
        Orders.
    on_adopted : Callable[[Order], None], default nothing
        Told of each such order, before anything is done about it.

    """

    def __init__(
        self,
        entry: Entry,
        modify: Modify,
        cancel_others: Callable[[messages.CancelAllOrders, Sequence[Order]], Awaitable[None]],
        ledger: OrderLedger,
        beginning: Beginning,
        cache: Cache,
        on_adopted: Callable[[Order], None] = lambda _order: None,
    ) -> None:
        self._entry = entry
        self._modify = modify
        self._cancel_others = cancel_others
        self._ledger = ledger
        self._beginning = beginning
        self._cache = cache
        self._on_adopted = on_adopted
        self._early_cancels: set[str] = set()
        self._log = Logger(type(self).__name__)

    async def submit(self, command: messages.SubmitOrder) -> None:
        """Place an order."""
        self._beginning.end()
        await self._entry.submit(command.order, command.params)
        await self._cancel_early([command.order])

    async def submit_list(self, command: messages.SubmitOrderList) -> None:
        """Place the orders of a list in one request."""
        self._beginning.end()
        await self._entry.submit_list(command.order_list.orders)
        await self._cancel_early(command.order_list.orders)

    async def modify(self, command: messages.ModifyOrder) -> None:
        """Replace an order."""
        self._beginning.end()
        order = self._order(command.client_order_id)
        if order is not None:
            await self._modify(order, command.quantity, command.price, command.trigger_price)

    async def cancel(self, cancels: Sequence[messages.CancelOrder]) -> None:
        """Cancel orders."""
        self._beginning.end()
        orders = [self._order(cancel.client_order_id) for cancel in cancels]
        await self._entry.cancel([order for order in orders if order is not None])

    async def cancel_all(self, command: messages.CancelAllOrders) -> None:
        """Cancel what Nautilus knows at once, then what only the venue knows."""
        self._beginning.end()
        terms = {"instrument_id": command.instrument_id, "side": command.order_side}
        # An order whose cancel is pending is both open and in flight.
        in_flight = [o for o in self._cache.orders_inflight(**terms) if not o.is_open]
        known = self._cache.orders_open(**terms) + in_flight
        if known:
            await self._entry.cancel(known)
        try:
            await self._cancel_others(command, known)
        except VenueError as e:
            self._log.error(f"Could not cancel what only the venue knows: {e}")

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
            self._ledger.adoption.adopt(order)
            self._on_adopted(order)
        return order
