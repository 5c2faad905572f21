"""The venue's list of open orders, held against what its news have told; pure, it asks nobody.

Nothing tells that a stream has lost a message. A list has all that rests, so that what a stream has
missed of an order shows here, and the order can be asked for.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal

from adapters.common.order_tracker import OrderTracker


class OpenOrders:
    """
    The last list that the venue has told, by whatever way.

    Parameters
    ----------
    tracker : OrderTracker
        What is known of our orders.
    is_listed : Callable[[str], bool]
        Whether the list would hold the order of a client order id while it rests.

    """

    def __init__(self, tracker: OrderTracker, is_listed: Callable[[str], bool]) -> None:
        self._tracker = tracker
        self._is_listed = is_listed
        self._leaves: Mapping[str, Decimal | None] | None = None

    def forget(self) -> None:
        """Hold no list any more: it will be out of date when the connection is back."""
        self._leaves = None

    def on_list(self, leaves: Mapping[str, Decimal | None]) -> None:
        """Take a new list: what is open of each venue order id, None where the venue tells none."""
        self._leaves = leaves

    def contradicted(self) -> list[str]:
        """
        Return the client order ids of which the list tells another story, oldest first.

        In the normal course that is so for the moments between two messages.
        """
        if self._leaves is None:
            return []
        return [key for key in self._tracker.open_orders() if self._contradicts(key, self._leaves)]

    def _contradicts(self, key: str, listed: Mapping[str, Decimal | None]) -> bool:
        venue_order_id = self._tracker.venue_order_id(key)
        if venue_order_id is None or not self._is_listed(key):
            return False  # it is in flight, or the list says nothing of its kind
        if venue_order_id not in listed:
            return True
        theirs, ours = listed[venue_order_id], self._tracker.leaves(key)
        return theirs is not None and ours is not None and theirs < ours
