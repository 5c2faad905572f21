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
from adapters.common.emission import OrderReporter
from adapters.common.order_events import Fill
from adapters.common.order_tracker import OrderTracker
from adapters.hyperliquid.observations import OrderObserver
from adapters.hyperliquid.reports import parse_neutral_fill


class OrderLedger:
    """
    The five that keep our orders, which whoever speaks of orders needs together.

    Attributes
    ----------
    tracker : OrderTracker
        What each order may still report.
    doubts : Doubts
        Commands whose outcome is unknown.
    adoption : OrderAdoption
        Orders of an earlier life.
    observer : OrderObserver
        What the venue's messages mean.
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
        Finds the client order id behind a cloid, None of foreign orders.
    on_filled : Callable[[Fill], None]
        Told of each fill of our orders, once.
    on_foreign : Callable[[Fill], None]
        Receives a fill that no order of ours accounts for.
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
        *,
        on_filled: Callable[[Fill], None],
        on_foreign: Callable[[Fill], None],
        on_updated: Callable[[Order, Decimal], None],
        on_early: Callable[[str, Fill], None],
    ) -> None:
        self.tracker = OrderTracker()
        self.doubts = Doubts()
        self.adoption = OrderAdoption(self.tracker, cache, client_order_id_of)
        self.observer = OrderObserver(self.tracker, self.adoption.recall, on_foreign)
        self.reporter = OrderReporter(
            client,
            cache,
            clock,
            parse_neutral_fill,
            on_filled=on_filled,
            on_unexplained=on_foreign,
            on_updated=on_updated,
            on_early=on_early,
        )
