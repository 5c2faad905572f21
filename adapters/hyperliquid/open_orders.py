"""The venue's list of open orders, held against what the other streams have told; pure.

Nothing tells that a stream has lost a message. This one repeats all that rests with every change,
so that what another has missed of an order shows here, and the order can be asked for.
"""

from collections.abc import Callable, Iterable

from adapters.common.order_events import OrderEvent
from adapters.common.order_tracker import OrderTracker
from adapters.hyperliquid.observations import OrderObserver
from adapters.hyperliquid.past_orders import flatten
from adapters.hyperliquid.user_schemas import FrontendOrder


class OpenOrders:
    """
    The last list of the venue's own dex.

    Parameters
    ----------
    tracker, observer
        What is known of our orders.
    is_listed : Callable[[str], bool]
        Whether the list would hold the order of a client order id while it rests: those of other
        dexes are in lists of their own.

    """

    def __init__(
        self, tracker: OrderTracker, observer: OrderObserver, is_listed: Callable[[str], bool]
    ) -> None:
        self._tracker = tracker
        self._observer = observer
        self._is_listed = is_listed
        self._orders: dict[str, FrontendOrder] | None = None

    def forget(self) -> None:
        """Hold no list any more: it will be out of date when the connection is back."""
        self._orders = None

    def on_list(self, orders: Iterable[FrontendOrder]) -> list[OrderEvent]:
        """Take a new list, and return what it tells of our orders for the first time."""
        self._orders = {str(oid): order for oid, order in flatten(orders).items()}
        events: list[OrderEvent] = []
        for order in self._orders.values():
            events += self._observer.on_listed(order)
        return events

    def contradicted(self) -> list[str]:
        """
        Return the client order ids of which the list tells another story, oldest first.

        In the normal course that is so for the moments between two messages.
        """
        if self._orders is None:
            return []
        return [key for key in self._tracker.open_orders() if self._contradicts(key, self._orders)]

    def _contradicts(self, key: str, orders: dict[str, FrontendOrder]) -> bool:
        venue_order_id = self._tracker.venue_order_id(key)
        if venue_order_id is None or not venue_order_id.isdigit() or not self._is_listed(key):
            return False  # in flight, or a TWAP
        order = orders.get(venue_order_id)
        if order is None:
            return True
        leaves = self._tracker.leaves(key)
        # A trigger that takes the size of its position tells none.
        return leaves is not None and bool(order.size) and order.sz < leaves
