"""Orders and fills of the account that this run did not place, for Nautilus to reconcile."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock, Logger
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.execution.reports import ExecutionMassStatus, FillReport, OrderStatusReport
from nautilus_trader.model.identifiers import AccountId, ClientId, Venue, VenueOrderId
from nautilus_trader.model.orders import Order

from adapters.common.beginning import Beginning
from adapters.common.errors import VenueError
from adapters.common.order_events import Fill

# Fills come on two streams, and again after every reconnect.
REMEMBERED_FILLS = 20_000

# From a venue order id to the order and its fills.
type AskOrder = Callable[[str], Awaitable[tuple[OrderStatusReport | None, list[FillReport]]]]
# Tells of an order in the cache, None if it is not there, whether something is new about it.
type IsNews = Callable[[Order | None], bool]


class ForeignOrders:
    """
    Report what was done from elsewhere: a web page, another program, a liquidation.

    An order and its fills go to Nautilus together, since it ignores a fill without its order and
    makes one up, without its commission, for an order without its fills.

    Parameters
    ----------
    ask : Callable[[str], Awaitable[tuple[OrderStatusReport | None, list[FillReport]]]]
        Asks the venue for an order by venue order id, and for its fills; a VenueError means that it
        could not be asked, None that it does not know the order yet or that it is part of another.
    beginning : Beginning
        Tells when Nautilus knows the past, which is not reported in parts.
    cache : Cache
        Knows what has been applied.
    clock : LiveClock
        Stamps reports.
    client_id, account_id, venue
        Of the execution client.
    on_filled : Callable[[Fill], None]
        Told of each fill, once.
    send : Callable[[ExecutionMassStatus], None]
        Hands reports to Nautilus.
    spawn : Callable[[Coroutine], Any]
        Runs a short task and sees to its end.

    """

    def __init__(
        self,
        ask: AskOrder,
        beginning: Beginning,
        cache: Cache,
        clock: LiveClock,
        client_id: ClientId,
        account_id: AccountId,
        venue: Venue,
        *,
        on_filled: Callable[[Fill], None],
        send: Callable[[ExecutionMassStatus], None],
        spawn: Callable[[Coroutine[Any, Any, None]], Any],
    ) -> None:
        self._ask = ask
        self._beginning = beginning
        self._cache = cache
        self._clock = clock
        self._client_id = client_id
        self._account_id = account_id
        self._venue = venue
        self._on_filled = on_filled
        self._send = send
        self._spawn = spawn
        self._seen: dict[str, None] = {}  # trade ids, newest last
        self._log = Logger(type(self).__name__)

    def on_fill(self, fill: Fill) -> None:
        """Report a fill that no order accounts for, once."""
        trade_id = fill.trade_id
        if trade_id in self._seen:
            return
        self._seen[trade_id] = None
        if len(self._seen) > REMEMBERED_FILLS:
            del self._seen[next(iter(self._seen))]
        self._on_filled(fill)
        self._report_if(fill.venue_order_id, lambda order: not _has_applied(order, trade_id))

    def on_order(self, venue_order_id: str) -> None:
        """Report an order that Nautilus does not know, or one that has changed since."""
        self._report_if(venue_order_id, lambda order: order is None or not order.is_closed)

    def on_known_order(self, venue_order_id: str) -> None:
        """Report the change of an order if Nautilus knows it; others were told at the start."""
        self._report_if(venue_order_id, lambda order: order is not None and not order.is_closed)

    async def report(self, venue_order_id: str) -> None:
        """Ask for an order and its fills and hand them to Nautilus."""
        try:
            order, fills = await self._ask(venue_order_id)
        except VenueError as e:
            self._log.error(f"Could not look order {venue_order_id} up, placed elsewhere: {e}")
            return
        if order is None:
            self._log.warning(f"The venue tells nothing yet of order {venue_order_id} by itself")
            return
        status = ExecutionMassStatus(
            client_id=self._client_id,
            account_id=self._account_id,
            venue=self._venue,
            report_id=UUID4(),
            ts_init=self._clock.timestamp_ns(),
        )
        status.add_order_reports([order])
        status.add_fill_reports(fills)
        self._send(status)

    def _report_if(self, venue_order_id: str, is_news: IsNews) -> None:
        if not self._beginning.is_over:
            self._spawn(self._report_later(venue_order_id, is_news))
        elif is_news(self._known(venue_order_id)):
            self._spawn(self.report(venue_order_id))

    async def _report_later(self, venue_order_id: str, is_news: IsNews) -> None:
        await self._beginning.wait()
        if is_news(self._known(venue_order_id)):
            await self.report(venue_order_id)

    def _known(self, venue_order_id: str) -> Order | None:
        client_order_id = self._cache.client_order_id(VenueOrderId(venue_order_id))
        return None if client_order_id is None else self._cache.order(client_order_id)


def _has_applied(order: Order | None, trade_id: str) -> bool:
    return order is not None and trade_id in {applied.value for applied in order.trade_ids}
