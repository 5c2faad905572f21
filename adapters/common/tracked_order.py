"""One order that is not closed: what is known of it, and what has been reported; it is pure."""

from decimal import Decimal

from adapters.common.order_events import (
    Accepted,
    Canceled,
    End,
    Expired,
    Fill,
    Filled,
    OrderEvent,
    Triggered,
    Updated,
)
from adapters.common.order_facts import Leg, OrderFacts


class TrackedOrder:
    """What is known of an order that is not closed, and what has been reported of it."""

    def __init__(self, client_order_id: str, facts: OrderFacts, *, reports_trigger: bool) -> None:
        self.client_order_id = client_order_id
        self.facts = facts
        self.reports_trigger = reports_trigger  # still to be reported, should it fire
        self.venue_order_id: str | None = None  # None until accepted
        self.quantity = facts.filled_before + facts.size
        self.prices: tuple[Decimal | None, Decimal | None] = (None, None)  # None as submitted
        self.filled = Decimal(0)
        self.held: list[Fill] = []

    def advance(self) -> list[OrderEvent]:
        """Report what the facts have made certain and what is not yet reported."""
        if not self.facts.legs:
            return []
        events: list[OrderEvent] = []
        venue_order_id = self.venue_order_id or next(iter(self.facts.legs))
        if self.venue_order_id is None:
            self.venue_order_id = venue_order_id
            events.append(Accepted(self.client_order_id, venue_order_id))
        events += self._trigger(venue_order_id)
        leg = self.facts.current()
        if leg is not None and self.facts.is_size_sure(leg):
            events += self._update(leg)
            venue_order_id = leg.venue_order_id
        fills = self._release_fills(venue_order_id)
        events += fills
        is_filled = bool(fills) and self.filled >= self.quantity
        if self.is_closed() and not is_filled:
            is_expired = self.facts.legs[venue_order_id].end is End.EXPIRED
            end = Expired if is_expired else Canceled
            events.append(end(self.client_order_id, venue_order_id))
        return events

    def is_closed(self) -> bool:
        """Return whether there is nothing left to report."""
        return self.filled >= self.quantity or (not self.held and self.facts.is_over())

    def _trigger(self, venue_order_id: str) -> list[OrderEvent]:
        is_fired = any(leg.is_triggered for leg in self.facts.legs.values())
        if not self.reports_trigger or not is_fired:
            return []
        self.reports_trigger = False
        # Nautilus knows no way from partially filled to triggered.
        return [] if self.filled else [Triggered(self.client_order_id, venue_order_id)]

    def _update(self, leg: Leg) -> list[OrderEvent]:
        modify = self.facts.modify_of(leg)
        prices = (None, None) if modify is None else (modify.price, modify.trigger_price)
        if self.facts.amends.terms is not None:
            prices = self.facts.amends.terms[1:]
        quantity = self.facts.quantity(leg)
        terms = (leg.venue_order_id, quantity, prices)
        if terms == (self.venue_order_id, self.quantity, self.prices):
            return []
        self.venue_order_id, self.quantity, self.prices = terms
        return [Updated(self.client_order_id, leg.venue_order_id, quantity, *prices)]

    def _release_fills(self, venue_order_id: str) -> list[OrderEvent]:
        # While two legs stand, or one is unseen, nobody knows which fill completes the order.
        if not self.facts.is_certain():
            return []
        fills, self.held = self.held, []
        size = self.facts.size_in_doubt()
        # While the size may change, a fill that might complete the order waits, and all after it.
        while fills and size is not None and self.filled + _total(fills) >= size:
            self.held.insert(0, fills.pop())
        self.filled += _total(fills)
        return [Filled(self.client_order_id, venue_order_id, fill) for fill in fills]


def _total(fills: list[Fill]) -> Decimal:
    return sum((fill.quantity for fill in fills), Decimal(0))
