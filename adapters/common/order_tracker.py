"""
What an order may still report, from what has been seen of it in any order and any number of times.

It is pure: it knows no venue, no clock and nothing of Nautilus, and it sends nothing.
"""

from collections.abc import Iterable
from decimal import Decimal

from adapters.common.order_amends import Terms
from adapters.common.order_events import (
    CancelRejected,
    End,
    Fill,
    ModifyRejected,
    OrderEvent,
    Rejected,
    Unexplained,
)
from adapters.common.order_facts import Modify, OrderFacts
from adapters.common.tracked_order import TrackedOrder

# A closed order is remembered for its late duplicates, which come within minutes; at ten orders a
# second this is a quarter of an hour, and a few megabytes.
CLOSED_ORDERS_MAX = 10_000


class OrderTracker:
    """
    Turn observations of orders into the events that Nautilus expects, each exactly once.

    A venue's acknowledgement, its order stream, its fill stream and its reports overtake and repeat
    each other. Each method here records one observation as a fact and returns the events that have
    become certain, oldest first:

    - Accepted comes once and first, also when a fill outran it.
    - A fill is reported once. While a cancel-replace runs, fills wait for the end of the venue
      order that is replaced: until then nobody knows which fill completes the order. While one
      is changed in place, those wait that may complete it.
    - Canceled waits for the fills that the venue says came before it, and for an answer to a modify
      in flight, whose cancel leg looks the same.
    - Rejected is only for an order that the venue never took. After the end nothing is reported.

    An order that was never `submitted` or `adopt`-ed has no events, so that a late duplicate of a
    forgotten order revives nothing; ask `knows` to tell it from somebody else's order.

    Parameters
    ----------
    closed_max : int, default 10,000
        How many closed orders are remembered.

    """

    def __init__(self, closed_max: int = CLOSED_ORDERS_MAX) -> None:
        self._closed_max = closed_max
        self._open: dict[str, TrackedOrder] = {}
        self._closed: dict[str, set[str]] = {}  # client order id -> trade ids, oldest first

    def knows(self, client_order_id: str) -> bool:
        """Return whether the order is open or was closed recently."""
        return client_order_id in self._open or client_order_id in self._closed

    def is_open(self, client_order_id: str) -> bool:
        """Return whether the order is tracked and may still report something."""
        return client_order_id in self._open

    def open_orders(self) -> list[str]:
        """Return the client order ids of all tracked orders that are not closed, oldest first."""
        return list(self._open)

    def venue_order_id(self, client_order_id: str) -> str | None:
        """Return the venue order id reported last; None if the order is closed or not accepted."""
        order = self._open.get(client_order_id)
        return None if order is None else order.venue_order_id

    def standing_besides(self, client_order_id: str, venue_order_id: str) -> list[str]:
        """
        Return the other venue orders of an order whose end is not known.

        After a modify there are none for long. If the news of the old order's end was lost, it must
        be asked for: until it is known, nobody knows which fill completes the order.
        """
        order = self._open.get(client_order_id)
        standing = [] if order is None else order.facts.standing()
        return [leg.venue_order_id for leg in standing if leg.venue_order_id != venue_order_id]

    def has_made(self, client_order_id: str, modify_id: int) -> bool:
        """Return whether the venue is known to have carried out this modify of an open order."""
        order = self._open.get(client_order_id)
        if order is not None and order.facts.amends.has_made(modify_id):
            return True
        modify = None if order is None else order.facts.modifies.get(modify_id)
        if order is None or modify is None:
            return False
        return any(order.facts.modify_of(leg) is modify for leg in order.facts.legs.values())

    def done(self, client_order_id: str) -> Decimal:
        """Return what the venue has filled of an open order, also where its fills are to come."""
        order = self._open[client_order_id]
        filled = (order.facts.filled_of(leg) for leg in order.facts.legs.values())
        return sum(filled, order.facts.filled_before)

    def lacks_fills(self, client_order_id: str, venue_order_id: str, filled: Decimal) -> bool:
        """Return whether the venue has filled more of this venue order than its fills tell."""
        order = self._open.get(client_order_id)
        leg = None if order is None else order.facts.legs.get(venue_order_id)
        return leg is not None and leg.filled < filled

    def doubtful(self) -> list[str]:
        """
        Return the client order ids whose next event waits for news that may have been lost.

        In the normal course an order is here for the milliseconds between two messages; one that
        stays must be looked up, with its fills.
        """
        return [key for key, order in self._open.items() if order.held or order.facts.is_doubtful()]

    def leaves(self, client_order_id: str) -> Decimal | None:
        """Return what the venue may still fill of the order; None if it is closed or in between."""
        order = self._open.get(client_order_id)
        if order is None:
            return None
        if not order.facts.legs:
            return order.quantity
        leg = order.facts.current()
        return None if leg is None else order.facts.size_of(leg) - order.facts.filled_of(leg)

    def submitted(
        self, client_order_id: str, quantity: Decimal, *, reports_trigger: bool = False
    ) -> None:
        """
        Begin to track an order, before it is sent.

        Parameters
        ----------
        client_order_id : str
            The order.
        quantity : Decimal
            All of it, in base units.
        reports_trigger : bool, default False
            If Nautilus takes a Triggered event for its type (stop-limit and limit-if-touched).

        Raises
        ------
        ValueError
            If the order is known already.

        """
        facts = OrderFacts(quantity, filled_before=Decimal(0), is_adopted=False)
        self._add(TrackedOrder(client_order_id, facts, reports_trigger=reports_trigger))

    def adopt(
        self,
        client_order_id: str,
        venue_order_id: str,
        *,
        quantity: Decimal,
        filled: Decimal,
        size: Decimal,
        trade_ids: Iterable[str],
        reports_trigger: bool = False,
    ) -> None:
        """
        Begin to track an order of before a restart, which Nautilus holds as accepted.

        Parameters
        ----------
        client_order_id, venue_order_id : str
            The order as Nautilus holds it.
        quantity, filled : Decimal
            All of the order and what Nautilus has applied of it.
        size : Decimal
            The whole size of the venue order that stands now: `quantity`, less what was filled
            before the last cancel-replace.
        trade_ids : Iterable[str]
            The fills that Nautilus has applied.
        reports_trigger : bool, default False
            If a Triggered event is still to be reported.

        Raises
        ------
        ValueError
            If the order is known already.

        """
        facts = OrderFacts(size, filled_before=quantity - size, is_adopted=True)
        facts.leg(venue_order_id).filled = filled - facts.filled_before
        facts.trade_ids.update(trade_ids)
        order = TrackedOrder(client_order_id, facts, reports_trigger=reports_trigger)
        order.venue_order_id = venue_order_id
        order.filled = filled
        self._add(order)

    def opened(
        self,
        client_order_id: str,
        venue_order_id: str,
        size: Decimal | None = None,
        *,
        limit: Decimal | None = None,
        trigger: Decimal | None = None,
    ) -> list[OrderEvent]:
        """
        Record that the venue has taken the order under this id, whatever became of it since.

        `size` is the whole size of that venue order, `limit` and `trigger` are its prices: they
        tell by which of several modifies it was made. None if the observation does not tell.
        """
        order = self._open.get(client_order_id)
        if order is None or order.facts.is_older(venue_order_id):
            return []
        leg = order.facts.leg(venue_order_id)
        leg.size = size or leg.size
        leg.limit = limit or leg.limit
        leg.trigger = trigger or leg.trigger
        return self._advance(order)

    def refused(
        self,
        client_order_id: str,
        reason: str,
        *,
        due_post_only: bool = False,
        venue_order_id: str | None = None,
    ) -> list[OrderEvent]:
        """
        Record that the venue refused the order itself (not a command about it).

        Of an order that was taken before, a refusal that names it (a trigger that fired without
        margin) is its cancel. One that names another is the same if the order has fired, since some
        venues let what comes of a trigger be another order. Else it is of a second copy, which
        changes nothing.
        """
        order = self._open.get(client_order_id)
        if order is None:
            return []
        leg = order.facts.legs.get(venue_order_id or "")
        if leg is not None:
            return self.ended(client_order_id, leg.venue_order_id, End.CANCELED, leg.filled)
        if order.facts.legs:
            if venue_order_id is not None:
                order.facts.refused_ids.add(venue_order_id)
                order.facts.end_refused_trigger()
            return self._advance(order)
        self._close(order)
        return [Rejected(client_order_id, reason, due_post_only)]

    def triggered(self, client_order_id: str, venue_order_id: str) -> list[OrderEvent]:
        """Record that the trigger of the order fired."""
        order = self._open.get(client_order_id)
        if order is None:
            return []
        order.facts.leg(venue_order_id).is_triggered = True
        order.facts.end_refused_trigger()
        return self._advance(order)

    def filled(self, client_order_id: str, fill: Fill) -> list[OrderEvent]:
        """Record a fill, from whichever stream or report it comes."""
        order = self._open.get(client_order_id)
        if order is None:
            return self._filled_after_end(client_order_id, fill)
        if fill.trade_id in order.facts.trade_ids:
            return []
        order.facts.trade_ids.add(fill.trade_id)
        if order.facts.is_older(fill.venue_order_id):
            order.facts.filled_before += fill.quantity
        else:
            order.facts.leg(fill.venue_order_id).filled += fill.quantity
        order.held.append(fill)
        return self._advance(order)

    def ended(
        self, client_order_id: str, venue_order_id: str, end: End, filled: Decimal | None = None
    ) -> list[OrderEvent]:
        """
        Record that the venue order has left the book.

        `filled` is how much of it was filled by then, None all of it. Told twice, the lower word
        counts: an immediate or a capped reduce-only order may be called filled when a part of it
        was, and canceled for the rest.
        """
        order = self._open.get(client_order_id)
        if order is None or order.facts.is_older(venue_order_id):
            return []
        leg = order.facts.leg(venue_order_id)
        if leg.end is None or leg.end is End.FILLED:
            leg.end = end
        if filled is not None:
            known = leg.filled_at_end
            leg.filled_at_end = filled if known is None else min(known, filled)
            order.facts.settle_size(leg)
        return self._advance(order)

    def vanished(self, client_order_id: str, venue_order_id: str) -> list[OrderEvent]:
        """
        Record that a trigger stands no more under this id, and that nothing of it was filled.

        It was canceled, which an accepted cancel proves, or has fired and goes on as another order.
        """
        order = self._open.get(client_order_id)
        if order is None or order.facts.is_older(venue_order_id):
            return []
        order.facts.leg(venue_order_id).is_vanished = True
        return self._canceled(order, venue_order_id)

    def cancel_accepted(self, client_order_id: str, venue_order_id: str) -> list[OrderEvent]:
        """Record that the venue has canceled this order at our word; its fills are told apart."""
        order = self._open.get(client_order_id)
        if order is None or venue_order_id not in order.facts.legs:
            return []
        order.facts.legs[venue_order_id].is_cancel_accepted = True
        return self._canceled(order, venue_order_id)

    def outcome_unknown(self, client_order_id: str) -> None:
        """Record that a submit or modify may or may not have arrived, or made an unnamed order."""
        order = self._open.get(client_order_id)
        if order is not None:
            order.facts.in_doubt = True

    def modify_sent(
        self,
        client_order_id: str,
        modify_id: int,
        *,
        size: Decimal,
        price: Decimal | None = None,
        trigger_price: Decimal | None = None,
        limit: Decimal | None = None,
    ) -> None:
        """
        Record a cancel-replace before it is sent.

        Parameters
        ----------
        client_order_id : str
            The order.
        modify_id : int
            Unique and rising, such as the nonce.
        size : Decimal
            The whole size of the new venue order: the new quantity less what was filled.
        price, trigger_price : Decimal, optional
            As sent, so rounded; None if the order has none.
        limit : Decimal, optional
            What the venue will tell as the limit price of the new venue order; it may have one
            where the order has no price.

        Raises
        ------
        ValueError
            If the order is not accepted yet: what has no venue order id cannot be replaced by one.

        """
        order = self._open.get(client_order_id)
        if order is None:
            return
        if order.venue_order_id is None:
            raise ValueError(
                f"Expected an accepted order to modify, was {client_order_id} in flight"
            )
        order.facts.modifies[modify_id] = Modify(size, price, trigger_price, limit)

    def modify_accepted(
        self, client_order_id: str, modify_id: int, venue_order_id: str | None = None
    ) -> list[OrderEvent]:
        """Record that the venue replaced the order, and by which, if it says so."""
        order = self._open.get(client_order_id)
        if order is None or modify_id not in order.facts.modifies:
            return []
        if venue_order_id is None:
            order.facts.in_doubt = True
            return []
        order.facts.leg(venue_order_id)
        order.facts.modifies[modify_id].venue_order_id = venue_order_id
        return self._advance(order)

    def modify_refused(self, client_order_id: str, modify_id: int, reason: str) -> list[OrderEvent]:
        """Record that the venue did not place the new order (the old one may be gone or stand)."""
        order = self._open.get(client_order_id)
        if order is None:
            return []
        is_known = order.facts.modifies.pop(modify_id, None) is not None
        order.facts.is_modify_refused |= is_known
        if not order.facts.amends.refused(modify_id) and not is_known:
            return []
        rejected = ModifyRejected(client_order_id, order.venue_order_id, reason)
        return [rejected, *self._advance(order)]

    def modify_over(self, client_order_id: str, modify_id: int, reason: str) -> list[OrderEvent]:
        """
        Record that a modify has no effect any more, and that the venue shows none of it.

        It was refused then, unless a later one has replaced all that it asked for.
        """
        order = self._open.get(client_order_id)
        if order is None or not order.facts.amends.is_moot(modify_id):
            return self.modify_refused(client_order_id, modify_id, reason)
        order.facts.amends.refused(modify_id)
        return self._advance(order)

    def amend_sent(
        self, client_order_id: str, modify_id: int, terms: Terms, before: Terms | None = None
    ) -> None:
        """
        Record before it is sent that an order is to be changed and to keep its venue order id.

        `terms` are all terms that it is to have, as rounded, and `before` those of which the venue
        is told the difference alone; None if it is told all. If it is refused, `modify_refused`.

        Raises
        ------
        ValueError
            If the order is not accepted yet.

        """
        order = self._open.get(client_order_id)
        if order is None:
            return
        if order.venue_order_id is None:
            raise ValueError(
                f"Expected an accepted order to modify, was {client_order_id} in flight"
            )
        order.facts.amends.sent(modify_id, terms, before)

    def amended(
        self,
        client_order_id: str,
        venue_order_id: str,
        time_ms: int,
        terms: Terms,
        modify_id: int | None = None,
    ) -> list[OrderEvent]:
        """
        Record the terms of a venue order, which have changed in place, at a time of the venue's.

        `modify_id` is that of the change which this answers; None if it is other news of the order.
        """
        order = self._open.get(client_order_id)
        if order is None:
            return []
        leg = order.facts.leg(venue_order_id)
        if order.facts.amends.told(time_ms, terms, modify_id):
            leg.size = terms.size
            order.facts.settle_size(leg)
        return self._advance(order)

    def cancel_refused(self, client_order_id: str, reason: str) -> list[OrderEvent]:
        """Record that the venue did not cancel the order; if it is closed, nothing follows."""
        order = self._open.get(client_order_id)
        if order is None:
            return []
        return [CancelRejected(client_order_id, order.venue_order_id, reason)]

    def _add(self, order: TrackedOrder) -> None:
        if self.knows(order.client_order_id):
            raise ValueError(f"Expected a new client order id, was {order.client_order_id}")
        self._open[order.client_order_id] = order

    def _close(self, order: TrackedOrder) -> None:
        del self._open[order.client_order_id]
        self._closed[order.client_order_id] = order.facts.trade_ids
        if len(self._closed) > self._closed_max:
            del self._closed[next(iter(self._closed))]

    def _canceled(self, order: TrackedOrder, venue_order_id: str) -> list[OrderEvent]:
        leg = order.facts.leg(venue_order_id)
        if leg.is_vanished and leg.is_cancel_accepted:
            return self.ended(order.client_order_id, venue_order_id, End.CANCELED, Decimal(0))
        return self._advance(order)

    def _filled_after_end(self, client_order_id: str, fill: Fill) -> list[OrderEvent]:
        trade_ids = self._closed.get(client_order_id)
        if trade_ids is None or fill.trade_id in trade_ids:
            return []
        trade_ids.add(fill.trade_id)
        return [Unexplained(client_order_id, fill)]

    def _advance(self, order: TrackedOrder) -> list[OrderEvent]:
        events = order.advance()
        if order.is_closed():
            self._close(order)
        return events
