"""Orders of an earlier life, tracked from where the cache left them; it asks and sends nothing."""

from collections.abc import Callable
from decimal import Decimal

from nautilus_trader.cache.cache import Cache
from nautilus_trader.model.identifiers import ClientOrderId, VenueOrderId
from nautilus_trader.model.orders import Order

from adapters.common.order_tracker import OrderTracker


class OrderAdoption:
    """
    Have orders tracked that this run has not sent, when something is told or wanted of them.

    Parameters
    ----------
    tracker : OrderTracker
        Adopts them.
    cache : Cache
        Knows them from an earlier life.
    client_order_id_of : Callable[[str], ClientOrderId | None]
        Finds the client order id behind an order's name at the venue, None of foreign orders.

    """

    def __init__(
        self,
        tracker: OrderTracker,
        cache: Cache,
        client_order_id_of: Callable[[str], ClientOrderId | None],
    ) -> None:
        self._tracker = tracker
        self._cache = cache
        self._client_order_id_of = client_order_id_of

    def recall(self, venue_order_id: str, name: str | None, size: Decimal | None) -> str | None:
        """
        Return the client order id of a venue order, tracked from now on; None if it is nobody's.

        Parameters
        ----------
        venue_order_id : str
            The venue's own id.
        name : str | None
            What the venue calls the client order id, if the order has one.
        size : Decimal | None
            The whole size of this venue order, where the venue has told it.

        """
        order = self._find(venue_order_id, name)
        if order is None:
            return None
        key: str = order.client_order_id.value
        if not self._tracker.knows(key):
            if order.is_closed:
                return None
            self.adopt(order, size if _venue_id(order) == venue_order_id else None)
        return key

    def adopt(self, order: Order, size: Decimal | None = None) -> None:
        """Track an order; `size` is that of its present venue order, by default its own."""
        key, quantity = order.client_order_id.value, order.quantity.as_decimal()
        venue_order_id = _venue_id(order)
        if venue_order_id is None:
            self._tracker.submitted(key, quantity)
            return
        self._tracker.adopt(
            key,
            venue_order_id,
            quantity=quantity,
            filled=order.filled_qty.as_decimal(),
            size=quantity if size is None else size,
            trade_ids=[trade_id.value for trade_id in order.trade_ids],
            reports_trigger=False,
        )

    def _find(self, venue_order_id: str, name: str | None) -> Order | None:
        client_order_id = None if name is None else self._client_order_id_of(name)
        if client_order_id is None:
            client_order_id = self._cache.client_order_id(VenueOrderId(venue_order_id))
        return None if client_order_id is None else self._cache.order(client_order_id)


def _venue_id(order: Order) -> str | None:
    return None if order.venue_order_id is None else order.venue_order_id.value
