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
    on_vanished : Callable[[str], None]
        Told of a trigger that is gone, and not known to be canceled: it may have fired.

    """

    def __init__(
        self,
        tracker: OrderTracker,
        recall: Recall,
        terms_of: Callable[[str], Terms | None],
        *,
        on_vanished: Callable[[str], None],
    ) -> None:
        self._tracker = tracker
        self._recall = recall
        self._terms_of = terms_of
        self._on_vanished = on_vanished

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
        self, order: AccountOrder, code: str = "", reason: str = "", *, is_latest: bool = False
    ) -> list[OrderEvent] | None:
        """
        Record what an event, a list of open orders or the history says of an order.

        `is_latest` says that the venue was asked, and has no later order under this client id.

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
        renewed = self._renewed(key, order.venue_id, order.quantity)
        if state is OrderState.OPEN:
            opened = self._tracker.opened(key, order.venue_id)
            return renewed + opened + self._amended(key, order)
        if state is OrderState.CANCELED and not is_latest and self._may_have_fired(key, order):
            events = renewed + self._tracker.vanished(key, order.venue_id)
            if self._tracker.is_open(key):
                self._on_vanished(key)
            return events
        if state is OrderState.REJECTED and not filled:
            return renewed + self._refused(key, order.venue_id, code, reason)
        told = None if state is OrderState.FILLED and not filled else filled
        return renewed + self._tracker.ended(key, order.venue_id, _ENDS[state], told)

    def on_trade(self, trade: AccountTrade) -> list[OrderEvent] | None:
        """Record a fill, however often it comes."""
        key = self._find(trade.venue_id, trade.client_id, None)
        if key is None or not self._tracker.knows(key):
            return None
        renewed = self._renewed(key, trade.venue_id, None)
        return renewed + self._tracker.filled(key, neutral_fill(trade))

    def on_cancel_accepted(self, key: str, answer: Canceled) -> list[OrderEvent]:
        """Record that the venue has canceled an order; its event tells what of it was filled."""
        return self._tracker.cancel_accepted(key, str(answer.order.venueId or ""))

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

    def _amended(self, key: str, order: AccountOrder) -> list[OrderEvent]:
        known = self._terms_of(key)
        if known is None or not order.quantity:
            return []
        terms = _terms(order.quantity, order.price, order.triggerPrice, known)
        if terms == known:
            return []
        time_ns = order.updatedTime or order.updateTime or order.createdTime
        return self._tracker.amended(key, order.venue_id, time_ns // NANOS_PER_MILLI, terms)

    # Whether a trigger keeps its id when it fires is not documented. If it does not, it is told as
    # canceled, and another order stands under its client id. That a cancel is on its way proves
    # nothing, since the trigger may fire before it comes; the venue's answer to it does.

    def _renewed(self, key: str, venue_id: str, size: Decimal | None) -> list[OrderEvent]:
        """Record that the order goes on under a new id, and of what size, if it does."""
        known = self._tracker.venue_order_id(key) or ""
        if not (known.isdecimal() and venue_id.isdecimal() and int(known) < int(venue_id)):
            return []
        fired = self._tracker.triggered(key, known)
        return fired + self._tracker.opened(key, venue_id, size)

    def _may_have_fired(self, key: str, order: AccountOrder) -> bool:
        is_current = self._tracker.venue_order_id(key) in {None, order.venue_id}
        return is_current and bool(order.triggerPrice) and not order.filledQuantity

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
