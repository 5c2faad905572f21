"""Words to tell an order's life to a tracker with, and to read what it reports; not tests."""

from collections.abc import Callable
from decimal import Decimal

from adapters.common.order_events import End, Fill, Filled, OrderEvent
from adapters.common.order_tracker import OrderTracker

type Observe = Callable[[OrderTracker], list[OrderEvent] | None]

TEN = Decimal(10)
ID = "O-1"


def opened(venue_order_id: str = "V1", size: int | None = None) -> Observe:
    whole = None if size is None else Decimal(size)
    return lambda tracker: tracker.opened(ID, venue_order_id, whole)


def fill_of(trade_id: str, quantity: int, venue_order_id: str = "V1") -> Fill:
    return Fill(trade_id, venue_order_id, Decimal(quantity), price=Decimal(1), time_ms=0)


def filled(trade_id: str, quantity: int, venue_order_id: str = "V1") -> Observe:
    return lambda tracker: tracker.filled(ID, fill_of(trade_id, quantity, venue_order_id))


def ended(end: End, quantity: int | None = None, venue_order_id: str = "V1") -> Observe:
    part = None if quantity is None else Decimal(quantity)
    return lambda tracker: tracker.ended(ID, venue_order_id, end, part)


def canceled(quantity: int, venue_order_id: str = "V1") -> Observe:
    return ended(End.CANCELED, quantity, venue_order_id)


def refused(reason: str = "no", venue_order_id: str | None = None) -> Observe:
    return lambda tracker: tracker.refused(ID, reason, venue_order_id=venue_order_id)


def modify_sent(modify_id: int, size: int, price: int | None = None) -> Observe:
    limit = None if price is None else Decimal(price)
    return lambda tracker: tracker.modify_sent(ID, modify_id, size=Decimal(size), price=limit)


def modify_accepted(modify_id: int, venue_order_id: str | None) -> Observe:
    return lambda tracker: tracker.modify_accepted(ID, modify_id, venue_order_id)


def modify_refused(modify_id: int) -> Observe:
    return lambda tracker: tracker.modify_refused(ID, modify_id, "no")


def tracking(quantity: Decimal = TEN, *, reports_trigger: bool = False) -> OrderTracker:
    tracker = OrderTracker()
    tracker.submitted(ID, quantity, reports_trigger=reports_trigger)
    return tracker


def story(*observations: Observe, tracker: OrderTracker | None = None) -> list[OrderEvent]:
    tracker = tracker or tracking()
    return [event for observe in observations for event in observe(tracker) or ()]


def told(events: list[OrderEvent]) -> list[str]:
    """Return the events as short words, fills by their trade id."""
    return [e.fill.trade_id if isinstance(e, Filled) else type(e).__name__ for e in events]
