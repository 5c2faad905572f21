"""Where all that is sent, answered and told of our orders is written down; it sends nothing."""

from collections.abc import Callable
from decimal import Decimal

from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock
from nautilus_trader.execution.client import ExecutionClient
from nautilus_trader.model.identifiers import ClientOrderId
from nautilus_trader.model.orders import Order

from adapters.common.adoption import OrderAdoption
from adapters.common.doubts import Doubts
from adapters.common.emission import OrderReporter, ParseFill
from adapters.common.order_events import Fill
from adapters.common.order_tracker import OrderTracker


class OrderLedger:
    """
    The four that keep our orders, which whoever speaks of orders needs together.

    Attributes
    ----------
    tracker : OrderTracker
        What each order may still report.
    doubts : Doubts
        Commands whose outcome is unknown.
    adoption : OrderAdoption
        Orders of an earlier life.
    reporter : OrderReporter
        Tells Nautilus.

    Parameters
    ----------
    client : ExecutionClient
        Who emits order events.
    cache : Cache
        Where orders and instruments are found.
    clock : LiveClock
        Stamps what the venue does not.
    client_order_id_of : Callable[[str], ClientOrderId | None]
        Finds the client order id behind an order's name at the venue, None of foreign orders.
    parse_fill : Callable[[Fill, Instrument, AccountId, ClientOrderId, int], FillReport]
        Makes a report of a fill of this venue.
    on_filled : Callable[[Fill], None]
        Told of each fill of our orders, once.
    on_unexplained : Callable[[Fill], None]
        Receives a fill of an order whose end was reported already.
    on_updated : Callable[[Order, Decimal], None]
        Told of each order that has changed, with its whole quantity now.
    on_early : Callable[[str, Fill], None]
        Told of an exit's fill, and whose it is, that waits for the fills before it.

    """

    def __init__(
        self,
        client: ExecutionClient,
        cache: Cache,
        clock: LiveClock,
        client_order_id_of: Callable[[str], ClientOrderId | None],
        parse_fill: ParseFill,
        *,
        on_filled: Callable[[Fill], None],
        on_unexplained: Callable[[Fill], None],
        on_updated: Callable[[Order, Decimal], None],
        on_early: Callable[[str, Fill], None],
    ) -> None:
        self.tracker = OrderTracker()
        self.doubts = Doubts()
        self.adoption = OrderAdoption(self.tracker, cache, client_order_id_of)
        self.reporter = OrderReporter(
            client,
            cache,
            clock,
            parse_fill,
            on_filled=on_filled,
            on_unexplained=on_unexplained,
            on_updated=on_updated,
            on_early=on_early,
        )
