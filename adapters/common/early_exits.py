"""Keep exits back until the position that they reduce has been told; it emits nothing itself."""

from collections import deque
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from nautilus_trader.cache.cache import Cache
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.identifiers import ClientOrderId, InstrumentId, TradeId
from nautilus_trader.model.orders import Order

from adapters.common.order_events import Filled, OrderEvent

type Emit = Callable[[OrderEvent, Order, int], None]


class _Told(NamedTuple):
    """A fill that has been told, and may still stand in the engine's queue."""

    order: Order
    trade_id: TradeId
    quantity: Decimal  # signed

    @property
    def is_applied(self) -> bool:
        return self.trade_id in self.order.trade_ids


class EarlyExits:
    """
    Hold the events of reduce-only orders whose fills find no position yet.

    Nautilus drops a reduce-only fill that meets no position large enough, and never makes up for
    it. Fills of one order may overtake those of another, though: a stream was silent about the
    entry, or its fills wait for the outcome of a modify.

    Parameters
    ----------
    cache : Cache
        Positions and orders.

    """

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._told: dict[InstrumentId, deque[_Told]] = {}
        self._held: dict[str, deque[tuple[OrderEvent, int]]] = {}

    def holds(self, client_order_id: str) -> bool:
        """Return whether events of an order wait here."""
        return client_order_id in self._held

    def is_early(self, event: OrderEvent, order: Order) -> bool:
        """Return whether an event must not be told yet."""
        if self.holds(event.client_order_id):
            return True
        return isinstance(event, Filled) and order.is_reduce_only and not self._fits(event, order)

    def hold(self, event: OrderEvent, stamp: int) -> None:
        """Keep an event until `release`; all later ones of its order follow it."""
        self._held.setdefault(event.client_order_id, deque()).append((event, stamp))

    def note(self, order: Order, trade_id: TradeId, quantity: Decimal) -> None:
        """Record that a fill has been told, which the engine applies a little later."""
        told = self._told.setdefault(order.instrument_id, deque())
        while told and told[0].is_applied:
            told.popleft()
        told.append(_Told(order, trade_id, _signed(quantity, order.side)))

    def release(self, emit: Emit, *, anyway: str | None = None) -> None:
        """
        Emit what need not wait any more.

        Parameters
        ----------
        emit : Callable[[OrderEvent, Order, int], None]
            Tells one event, and notes it if it is a fill.
        anyway : str or None
            An order whose events are told whatever they find.

        """
        for key in list(self._held):
            waiting = self._held[key]
            order = self._cache.order(ClientOrderId(key))
            while waiting:
                event, stamp = waiting[0]
                if key != anyway and isinstance(event, Filled) and not self._fits(event, order):
                    break
                waiting.popleft()
                emit(event, order, stamp)
            if not waiting:
                del self._held[key]

    def _fits(self, event: Filled, order: Order) -> bool:
        """Return whether the position, as far as it was told, is large enough for an exit."""
        positions = self._cache.positions_open(instrument_id=order.instrument_id)
        told = self._told.get(order.instrument_id, ())
        position = sum((p.signed_decimal_qty() for p in positions), Decimal(0)) + sum(
            (one.quantity for one in told if not one.is_applied), Decimal(0)
        )
        return -_signed(position, order.side) >= event.fill.quantity


def _signed(quantity: Decimal, side: OrderSide) -> Decimal:
    return quantity if side == OrderSide.BUY else -quantity
