"""Tell Nautilus what became of orders: from tracker events to order events; it decides nothing."""

from collections.abc import Callable, Iterable
from decimal import Decimal

from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock, Logger
from nautilus_trader.execution.client import ExecutionClient
from nautilus_trader.execution.reports import FillReport
from nautilus_trader.model.identifiers import AccountId, ClientOrderId, VenueOrderId
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.model.orders import Order

from adapters.common.early_exits import EarlyExits
from adapters.common.order_events import (
    Accepted,
    Canceled,
    CancelRejected,
    Expired,
    Fill,
    Filled,
    ModifyRejected,
    OrderEvent,
    Rejected,
    Triggered,
    Unexplained,
    Updated,
)

# From a fill, its instrument, the account, the client order id and the time now (ns).
type ParseFill = Callable[[Fill, Instrument, AccountId, ClientOrderId, int], FillReport]


class OrderReporter:
    """
    Emit order events of one execution client, through its own `generate_` methods.

    Parameters
    ----------
    client : ExecutionClient
        Who emits.
    cache : Cache
        Where orders and instruments are found.
    clock : LiveClock
        Stamps what the venue does not.
    parse_fill : Callable[[Fill, Instrument, AccountId, ClientOrderId, int], FillReport]
        Makes a report of a fill, with its commission and side of the book.
    on_filled : Callable[[Fill], None]
        Told of each fill that was emitted, once.
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
        parse_fill: ParseFill,
        on_filled: Callable[[Fill], None],
        on_unexplained: Callable[[Fill], None],
        on_updated: Callable[[Order, Decimal], None],
        on_early: Callable[[str, Fill], None],
    ) -> None:
        self._client = client
        self._cache = cache
        self._clock = clock
        self._parse_fill = parse_fill
        self._on_filled = on_filled
        self._on_unexplained = on_unexplained
        self._on_updated = on_updated
        self._on_early = on_early
        self._early = EarlyExits(cache)
        self._base_sizes: dict[str, Decimal] = {}  # of orders in quote units, until accepted
        self._log = Logger(type(self).__name__)

    def denied(self, order: Order, reason: str) -> None:
        """Say that an order was not sent."""
        self._client.generate_order_denied(
            order.strategy_id,
            order.instrument_id,
            order.client_order_id,
            reason,
            self._clock.timestamp_ns(),
        )

    def submitted(self, order: Order, base_size: Decimal | None) -> None:
        """Say that an order is leaving; `base_size` is that of one in quote units."""
        if base_size is not None:
            self._base_sizes[order.client_order_id.value] = base_size
        self._client.generate_order_submitted(
            order.strategy_id,
            order.instrument_id,
            order.client_order_id,
            self._clock.timestamp_ns(),
        )

    def modify_rejected(self, order: Order, reason: str) -> None:
        """Say that an order stays as it is."""
        self._client.generate_order_modify_rejected(
            order.strategy_id,
            order.instrument_id,
            order.client_order_id,
            order.venue_order_id,
            reason,
            self._clock.timestamp_ns(),
        )

    def cancel_rejected(self, order: Order, reason: str) -> None:
        """Say that an order was not canceled."""
        self._client.generate_order_cancel_rejected(
            order.strategy_id,
            order.instrument_id,
            order.client_order_id,
            order.venue_order_id,
            reason,
            self._clock.timestamp_ns(),
        )

    def note_unknown(self, order: Order, command: str, why: str) -> None:
        """Log that the outcome of a command is unknown; the order stays in flight."""
        self._log.warning(f"Unknown outcome of {command} {order.client_order_id}: {why}")

    def holds(self, client_order_id: str) -> bool:
        """Return whether events of an order wait until the position that it reduces is told."""
        return self._early.holds(client_order_id)

    def tell_anyway(self, client_order_id: str) -> None:
        """Emit what waits of an order, although nothing was found that it could wait for."""
        if self.holds(client_order_id):
            self._log.warning(f"{client_order_id} reduces a position that nobody knows of")
            self._early.release(self._emit, anyway=client_order_id)

    def report(self, events: Iterable[OrderEvent], ts_event: int | None = None) -> None:
        """
        Emit events in their order; `ts_event` (ns) is the venue's time, now by default.

        Those of an exit wait while the position that it reduces has not been told.
        """
        stamp = self._clock.timestamp_ns() if ts_event is None else ts_event
        for event in events:
            order = self._cache.order(ClientOrderId(event.client_order_id))
            if order is None:
                self._log.error(f"Expected an order of the cache for {event}, found none")
                continue
            if self._early.is_early(event, order):
                self._hold(event, stamp)
            else:
                self._emit(event, order, stamp)
        self._early.release(self._emit)

    def _hold(self, event: OrderEvent, stamp: int) -> None:
        is_first = not self._early.holds(event.client_order_id)
        self._early.hold(event, stamp)
        if is_first and isinstance(event, Filled):
            self._on_early(event.client_order_id, event.fill)

    def _emit(self, event: OrderEvent, order: Order, stamp: int) -> None:
        ids = (order.strategy_id, order.instrument_id, order.client_order_id)
        client = self._client
        match event:
            case Accepted():
                client.generate_order_accepted(*ids, VenueOrderId(event.venue_order_id), stamp)
                self._convert(order, event.venue_order_id, stamp)
            case Filled():
                self._emit_fill(event, order)
            case Canceled():
                client.generate_order_canceled(*ids, VenueOrderId(event.venue_order_id), stamp)
            case Rejected():
                client.generate_order_rejected(*ids, event.reason, stamp, event.due_post_only)
            case Updated():
                self._emit_update(event, order, stamp)
            case Triggered():
                client.generate_order_triggered(*ids, VenueOrderId(event.venue_order_id), stamp)
            case ModifyRejected() | CancelRejected():
                self._emit_command_rejected(event, order, stamp)
            case Expired():
                client.generate_order_expired(*ids, VenueOrderId(event.venue_order_id), stamp)
            case Unexplained():
                self._on_unexplained(event.fill)

    def _emit_fill(self, event: Filled, order: Order) -> None:
        instrument = self._cache.instrument(order.instrument_id)
        report = self._parse_fill(
            event.fill,
            instrument,
            self._client.account_id,
            order.client_order_id,
            self._clock.timestamp_ns(),
        )
        self._client.generate_order_filled(
            order.strategy_id,
            order.instrument_id,
            order.client_order_id,
            VenueOrderId(event.venue_order_id),
            None,  # the venue nets: Nautilus names the position
            report.trade_id,
            order.side,
            order.order_type,
            report.last_qty,
            report.last_px,
            instrument.quote_currency,
            report.commission,
            report.liquidity_side,
            report.ts_event,
        )
        self._early.note(order, report.trade_id, event.fill.quantity)
        self._on_filled(event.fill)

    def _emit_update(self, event: Updated, order: Order, stamp: int) -> None:
        instrument = self._cache.instrument(order.instrument_id)
        price = event.price
        if price is None and order.has_price:
            price = order.price.as_decimal()
        trigger_price = event.trigger_price
        if trigger_price is None and order.has_trigger_price:
            trigger_price = order.trigger_price.as_decimal()
        self._client.generate_order_updated(
            order.strategy_id,
            order.instrument_id,
            order.client_order_id,
            VenueOrderId(event.venue_order_id),
            _quantity(event.quantity, instrument),
            None if price is None else _price(price, instrument),
            None if trigger_price is None else _price(trigger_price, instrument),
            stamp,
            venue_order_id_modified=True,
        )
        self._on_updated(order, event.quantity)

    def _emit_command_rejected(
        self, event: ModifyRejected | CancelRejected, order: Order, stamp: int
    ) -> None:
        known = event.venue_order_id
        venue_order_id = order.venue_order_id if known is None else VenueOrderId(known)
        emit = self._client.generate_order_cancel_rejected
        if isinstance(event, ModifyRejected):
            emit = self._client.generate_order_modify_rejected
        emit(
            order.strategy_id,
            order.instrument_id,
            order.client_order_id,
            venue_order_id,
            event.reason,
            stamp,
        )

    def _convert(self, order: Order, venue_order_id: str, stamp: int) -> None:
        """Give an order in quote units the base quantity that was sent for it."""
        size = self._base_sizes.pop(order.client_order_id.value, None)
        if size is None:
            return
        instrument = self._cache.instrument(order.instrument_id)
        self._client.generate_order_updated(
            order.strategy_id,
            order.instrument_id,
            order.client_order_id,
            VenueOrderId(venue_order_id),
            _quantity(size, instrument),
            order.price if order.has_price else None,
            order.trigger_price if order.has_trigger_price else None,
            stamp,
            venue_order_id_modified=True,
            is_quote_quantity=False,
        )


def _price(value: Decimal, instrument: Instrument) -> Price:
    return Price.from_decimal(round(value, instrument.price_precision))


def _quantity(value: Decimal, instrument: Instrument) -> Quantity:
    return Quantity.from_decimal(round(value, instrument.size_precision))
