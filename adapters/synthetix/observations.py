"""What the venue's words mean for the orders we track; pure, it neither asks nor reports.

Each method records one message in the order tracker and returns the events that follow, or None for
an order that is not ours: placed elsewhere, or in a life of which nothing is left.
"""

from collections.abc import Callable
from decimal import Decimal

from adapters.common.order_amends import Terms
from adapters.common.order_events import End, Fill, OrderEvent
from adapters.common.order_tracker import OrderTracker
from adapters.synthetix.account_schemas import AccountOrder, AccountTrade
from adapters.synthetix.constants import NANOS_PER_MILLI
from adapters.synthetix.replies import Canceled, Modified, Refusal, Resting, Status, Taken
from adapters.synthetix.reports import OrderState, order_state

POST_ONLY = "POST_ONLY_WOULD_TRADE"
# An order that ends at once without a match was taken and is over, which Nautilus calls canceled
# (its acceptance case E14); the venue files it among the errors.
UNMATCHED = frozenset({"IOC_NOT_FILLED", "NO_LIQUIDITY"})
# The venue has an order of this client id: only ours can be, which has arrived then.
DUPLICATE = "IDEMPOTENCY_CONFLICT"

_ENDS = {
    OrderState.FILLED: End.FILLED,
    OrderState.CANCELED: End.CANCELED,
    OrderState.EXPIRED: End.EXPIRED,
    OrderState.REJECTED: End.CANCELED,  # of one that was filled in part before
}

# From venue order id, client id and whole size to the client order id that the tracker then knows.
type Recall = Callable[[str, str | None, Decimal | None], str | None]


class OrderObserver:
    """
    Read the venue's messages about orders into a tracker.

    Parameters
    ----------
    tracker : OrderTracker
        Decides what may be reported.
    recall : Callable[[str, str | None, Decimal | None], str | None]
        Called with venue order id, client id and whole size of an order that this run has not sent:
        returns its client order id, after the tracker has adopted it; None if it is nobody's here.
    terms_of : Callable[[str], Terms | None]
        Returns the size and prices of an order as Nautilus holds them, None if it does not.

    """

    def __init__(
        self, tracker: OrderTracker, recall: Recall, terms_of: Callable[[str], Terms | None]
    ) -> None:
        self._tracker = tracker
        self._recall = recall
        self._terms_of = terms_of

    def on_outcome(self, key: str, outcome: Status) -> list[OrderEvent]:
        """
        Record what the venue answered to one order of a request.

        `Taken` is an acknowledgement and no more: its fills are told by themselves.
        """
        match outcome:
            case Resting(order) | Taken(order):
                venue_id = str(order.venueId or "")
                return self._tracker.opened(key, venue_id) if venue_id else []
            case Refusal(order, code, reason):
                return self._refused(key, str(order.venueId or ""), code, reason)
            case Canceled():
                raise ValueError(f"Expected what became of a new order, was {outcome}")

    def on_order(
        self, order: AccountOrder, code: str = "", reason: str = ""
    ) -> list[OrderEvent] | None:
        """
        Record what an event, a list of open orders or the history says of an order.

        Raises
        ------
        ValueError
            If its status is none that is known.

        """
        state = order_state(order)
        key = self._find(order.venue_id, order.client_id, order.quantity)
        if key is None:
            return None
        filled = Decimal(order.filledQuantity)
        events = self._went_on(key, order)
        if state is OrderState.OPEN:
            opened = self._tracker.opened(key, order.venue_id)
            return events + opened + self._amended(key, order)
        if state is OrderState.REJECTED and not filled:
            return events + self._refused(key, order.venue_id, code, reason)
        told = None if state is OrderState.FILLED and not filled else filled
        return events + self._tracker.ended(key, order.venue_id, _ENDS[state], told)

    def vanished_trigger(self, order: AccountOrder) -> str | None:
        """
        Return whose trigger it is that stands no more although nothing of it was filled; else None.

        Nobody knows whether a trigger that fires keeps its venue order id, or is called canceled
        and goes on as another order of the same client id.
        """
        is_gone = order_state(order) is OrderState.CANCELED
        if not is_gone or not order.triggerPrice or order.filledQuantity:
            return None
        key = self._find(order.venue_id, order.client_id, order.quantity)
        return key if key is not None and self._tracker.is_open(key) else None

    def on_trade(self, trade: AccountTrade) -> list[OrderEvent] | None:
        """Record a fill, however often it comes."""
        key = self._find(trade.venue_id, trade.client_id, None)
        if key is None or not self._tracker.knows(key):
            return None
        return self._tracker.filled(key, neutral_fill(trade))

    def on_modified(
        self, key: str, modify_id: int, answer: Modified, time_ms: int
    ) -> list[OrderEvent]:
        """Record what the venue answered to a modify: the order as it stood at that time."""
        known = self._terms_of(key)
        venue_id = str(answer.order.venueId or self._tracker.venue_order_id(key) or "")
        if known is None:
            return []
        terms = _terms(answer.quantity, answer.price, answer.trigger_price, known)
        return self._tracker.amended(key, venue_id, time_ms, terms, modify_id)

    def _went_on(self, key: str, order: AccountOrder) -> list[OrderEvent]:
        """Record that a trigger has fired that goes on as another order, and the size of that."""
        known = self._tracker.venue_order_id(key)
        if known is None or known == order.venue_id or not order.quantity:
            return []
        fired = self._tracker.triggered(key, known)
        return fired + self._tracker.opened(key, order.venue_id, Decimal(order.quantity))

    def _amended(self, key: str, order: AccountOrder) -> list[OrderEvent]:
        known = self._terms_of(key)
        if known is None or not order.quantity:
            return []
        terms = _terms(order.quantity, order.price, order.triggerPrice, known)
        if terms == known:
            return []
        time_ns = order.updatedTime or order.updateTime or order.createdTime
        return self._tracker.amended(key, order.venue_id, time_ns // NANOS_PER_MILLI, terms)

    def _refused(self, key: str, venue_id: str, code: str, reason: str) -> list[OrderEvent]:
        words = f"{code} {reason}".strip() or "The venue rejected it without a reason"
        if code in UNMATCHED:
            # In an answer it has no id of the venue's, and never will have one.
            return self._tracker.ended(key, venue_id or key, End.CANCELED, Decimal(0))
        is_post_only = code == POST_ONLY
        return self._tracker.refused(
            key, words, due_post_only=is_post_only, venue_order_id=venue_id or None
        )

    def _find(self, venue_id: str, client_id: str, size: Decimal | None) -> str | None:
        if client_id and self._tracker.knows(client_id):
            return client_id
        return self._recall(venue_id, client_id or None, size)


def neutral_fill(trade: AccountTrade) -> Fill:
    """Return the fill as the rooms that venues share know it."""
    time_ns = trade.timestamp or trade.tradedAt
    return Fill(
        str(trade.tradeId),
        trade.venue_id,
        Decimal(trade.quantity),
        Decimal(trade.price),
        time_ns // NANOS_PER_MILLI,
        trade,
    )


def _terms(size: Decimal, price: Decimal, trigger_price: Decimal, known: Terms) -> Terms:
    """Return terms as the venue tells them, without the prices that the order does not have."""
    return Terms(
        Decimal(size),
        Decimal(price) if known.price is not None and price else known.price,
        Decimal(trigger_price)
        if known.trigger_price is not None and trigger_price
        else known.trigger_price,
    )
