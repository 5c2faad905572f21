"""Orders on their way out: places and cancels them, and records what each answer means."""

from collections.abc import Sequence
from itertools import batched

from nautilus_trader.model.orders import Order

from adapters.common.doubts import Sent
from adapters.common.errors import NotSent, OutcomeUnknown, VenueError, VenueRefused
from adapters.common.ledger import OrderLedger
from adapters.common.lookups import CONFIRM_SECS, OrderLookups
from adapters.synthetix.actions import (
    CancelByCloidAction,
    CancelOrdersAction,
    Grouping,
    PlaceOrdersAction,
)
from adapters.synthetix.constants import ORDERS_PER_REQUEST
from adapters.synthetix.exchange import SynthetixExchange
from adapters.synthetix.observations import DUPLICATE, OrderObserver
from adapters.synthetix.orders import LIMIT_TRIGGERS, grouping_of
from adapters.synthetix.preparation import OrderPreparation, Ready
from adapters.synthetix.replies import Canceled, Refusal, Resting, Status, parse_statuses

# The longest ids allowed, so many times, fit the 20 KB of a request.
CANCELS_PER_REQUEST = 50
NOT_FOUND = "ORDER_NOT_FOUND"


class OrderEntry:
    """
    Place and cancel orders at the venue.

    Every command ends in an event: denied before it is sent, or submitted and then what the venue
    says. What is not known is left in flight and looked up; nothing is ever sent twice.

    Parameters
    ----------
    exchange : SynthetixExchange
        Signs and sends.
    preparation : OrderPreparation
        Says what may be sent.
    ledger, observer
        Where what is sent, and what is answered, is recorded.
    lookups : OrderLookups
        Asks for orders of which too little was answered.

    """

    def __init__(
        self,
        exchange: SynthetixExchange,
        preparation: OrderPreparation,
        ledger: OrderLedger,
        observer: OrderObserver,
        lookups: OrderLookups,
    ) -> None:
        self._exchange = exchange
        self._preparation = preparation
        self._tracker = ledger.tracker
        self._reporter = ledger.reporter
        self._doubts = ledger.doubts
        self._observer = observer
        self._lookups = lookups

    # Placing

    async def submit(self, order: Order, params: dict[str, object] | None = None) -> None:
        """Place one order; one that is to be traded over time is denied."""
        slices = [name for name in params or () if name.startswith("twap")]
        if slices:
            self._reporter.denied(order, f"Expected an order of one piece, was one with {slices}")
        else:
            await self.submit_list([order])

    async def submit_list(self, orders: Sequence[Order]) -> None:
        """Place orders; a bracket in one request, which stands or falls as a whole."""
        grouping = grouping_of(orders)
        is_bracket = grouping is Grouping.NORMAL_TPSL
        prepared = [
            self._preparation.prepare(order, in_bracket=is_bracket and place > 0)
            for place, order in enumerate(orders)
        ]
        for order, one in zip(orders, prepared, strict=True):
            if isinstance(one, str):
                self._reporter.denied(order, one)
        ready = [one for one in prepared if isinstance(one, Ready)]
        if is_bracket and len(ready) < len(orders):
            for left in ready:
                self._reporter.denied(left.order, "Another order of its bracket was denied")
            return
        # So many orders with the longest ids allowed fit the 20 KB of a request.
        for some in batched(ready, ORDERS_PER_REQUEST):
            await self._place(some, grouping)

    async def _place(self, ready: Sequence[Ready], grouping: Grouping) -> None:
        action = PlaceOrdersAction(tuple(one.wire for one in ready), grouping)
        try:
            answer = await self._exchange.send(
                action,
                urgent=all(one.order.is_reduce_only for one in ready),
                on_sending=lambda sent: self._begin(ready, sent),
            )
            outcomes = parse_statuses(answer.response, len(ready))
        except VenueError as e:
            for one in ready:
                self._on_not_placed(one.order, e)
            return
        for one, outcome in zip(ready, outcomes, strict=True):
            self._on_placed(one.order, outcome)

    def _begin(self, ready: Sequence[Ready], sent: Sent) -> None:
        """Note and tell that orders are leaving, at the last moment before they do."""
        for one in ready:
            key = one.order.client_order_id.value
            reports_trigger = one.order.order_type in LIMIT_TRIGGERS
            self._tracker.submitted(key, one.size, reports_trigger=reports_trigger)
            self._doubts.submits[key] = sent
            size = one.size if one.order.is_quote_quantity else None
            self._reporter.submitted(one.order, size)

    def _on_placed(self, order: Order, outcome: Status) -> None:
        key = order.client_order_id.value
        if isinstance(outcome, Refusal) and outcome.code == DUPLICATE:
            # It proves that this client id has arrived before: which order that is, is asked.
            self._tracker.outcome_unknown(key)
            self._lookups.want(key)
            return
        self._doubts.submits.pop(key, None)
        self._reporter.report(self._observer.on_outcome(key, outcome))
        if self._tracker.is_open(key) and not isinstance(outcome, Resting):
            self._lookups.want(key, CONFIRM_SECS)

    def _on_not_placed(self, order: Order, why: VenueError) -> None:
        key = order.client_order_id.value
        match why:
            case NotSent():
                self._reporter.denied(order, str(why))
            case VenueRefused():
                self._doubts.forget(key)
                self._reporter.report(self._tracker.refused(key, str(why)))
            case _:
                self._tracker.outcome_unknown(key)
                self._doubts.submit_unanswered(key)
                self._lookups.want(key)
                self._reporter.note_unknown(order, "submit", str(why))

    # Canceling

    async def cancel(self, orders: Sequence[Order]) -> None:
        """Cancel orders, in one request for all that the venue can be told of alike."""
        known = [(order, self._venue_id(order)) for order in orders]
        numbered = [(order, venue_id) for order, venue_id in known if venue_id is not None]
        named = [order for order, venue_id in known if venue_id is None]
        for some in batched(numbered, CANCELS_PER_REQUEST):
            ids = tuple(venue_id for _, venue_id in some)
            await self._cancel(CancelOrdersAction(ids), [order for order, _ in some])
        for others in batched(named, CANCELS_PER_REQUEST):
            keys = tuple(order.client_order_id.value for order in others)
            await self._cancel(CancelByCloidAction(keys), others)

    async def cancel_unknown(self, venue_order_ids: Sequence[str]) -> None:
        """
        Cancel orders that Nautilus does not hold.

        Raises
        ------
        VenueError
            If it is not known that the venue has taken the request.

        """
        for some in batched(venue_order_ids, CANCELS_PER_REQUEST):
            await self._exchange.send(CancelOrdersAction(some), urgent=True)

    async def _cancel(
        self, action: CancelOrdersAction | CancelByCloidAction, orders: Sequence[Order]
    ) -> None:
        keys = [order.client_order_id.value for order in orders]

        def on_sending(sent: Sent) -> None:
            self._doubts.cancels.update(dict.fromkeys(keys, sent))

        try:
            answer = await self._exchange.send(action, urgent=True, on_sending=on_sending)
            outcomes = parse_statuses(answer.response, len(orders))
        except VenueError as e:
            for order in orders:
                self._on_not_canceled(order, e)
            return
        for order, outcome in zip(orders, outcomes, strict=True):
            self._on_canceled(order.client_order_id.value, outcome)

    def _on_canceled(self, key: str, outcome: Status) -> None:
        match outcome:
            case Canceled():
                self._doubts.cancels.pop(key, None)
                self._reporter.report(self._observer.on_cancel_accepted(key, outcome))
                if self._tracker.is_open(key):
                    self._lookups.want(key, CONFIRM_SECS)
            case Refusal(_, code, _) if code == NOT_FOUND and self._tracker.is_open(key):
                # Filled, canceled before, or still on its way: the look-up tells, and it rejects
                # the cancel if the order should rest.
                self._doubts.cancels[key] = Sent(0)
                self._lookups.want(key, 0.0)
            case Refusal(_, code, reason):
                self._cancel_refused(key, f"{code} {reason}".strip())
            case _:
                self._lookups.want(key)

    def _on_not_canceled(self, order: Order, why: VenueError) -> None:
        key = order.client_order_id.value
        match why:
            case NotSent():
                self._reporter.cancel_rejected(order, str(why))
            case VenueRefused():
                self._cancel_refused(key, str(why))
            case OutcomeUnknown():
                self._doubts.cancel_unanswered(key)
                self._lookups.want(key)
                self._reporter.note_unknown(order, "cancel", str(why))

    def _cancel_refused(self, key: str, reason: str) -> None:
        self._doubts.cancels.pop(key, None)
        self._reporter.report(self._tracker.cancel_refused(key, reason))
        self._lookups.want(key)

    def _venue_id(self, order: Order) -> str | None:
        """Return the venue's id of an order; it has one for good once it has taken the order."""
        known = self._tracker.venue_order_id(order.client_order_id.value)
        if known is None and order.venue_order_id is not None:
            known = order.venue_order_id.value
        return known
