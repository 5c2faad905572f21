"""One protective order, kept at a price and size; where it shall rest is for others to say."""

from collections.abc import Callable

from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.identifiers import ClientOrderId
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.model.orders import Order
from nautilus_trader.trading.strategy import Strategy


class RestingOrder:
    """
    Hold one protective order at a price and size, replacing it when either changes.

    The new order is sent before the old one is canceled, so the position is never without one;
    both are reduce-only, so together they cannot overshoot.

    Parameters
    ----------
    strategy : Strategy
        Sends the orders.
    make : callable
        Builds the order from side, quantity and price.
    """

    def __init__(
        self, strategy: Strategy, make: Callable[[OrderSide, Quantity, Price], Order]
    ) -> None:
        self._strategy = strategy
        self._make = make
        self._order: Order | None = None
        self._price: Price | None = None

    @property
    def is_working(self) -> bool:
        """Tell whether the order is with the venue or on its way there."""
        return self._order is not None and not self._order.is_closed

    @property
    def price(self) -> Price | None:
        """Return where the order rests, None where there is none."""
        return self._price

    def is_order(self, client_order_id: ClientOrderId) -> bool:
        """Tell whether this is the order held now."""
        return self._order is not None and self._order.client_order_id == client_order_id

    def adopt(self, order: Order) -> None:
        """Take over an order that an earlier start of the strategy left resting."""
        self._order = order
        self._price = order.trigger_price if order.has_trigger_price else order.price

    def keep(self, side: OrderSide, quantity: Quantity, price: Price) -> None:
        """Have exactly this order working; do nothing if it already is."""
        before = self._order
        if (
            self.is_working
            and before is not None
            and before.side == side
            and before.leaves_qty == quantity
            and self._price == price
        ):
            return
        # Held before it is sent: a denial comes back from inside submit_order.
        self._order, self._price = self._make(side, quantity, price), price
        self._strategy.submit_order(self._order)
        self._cancel(before)

    def cancel(self) -> None:
        """Have no order working."""
        before, self._order, self._price = self._order, None, None
        self._cancel(before)

    def _cancel(self, order: Order | None) -> None:
        if order is not None and not order.is_closed and not order.is_pending_cancel:
            self._strategy.cancel_order(order)
