"""What the venue's messages mean for the orders we track; pure, it neither asks nor reports.

Each method records one message in the order tracker and returns the events that follow, or None for
an order that is not ours: placed elsewhere, or in a life of which nothing is left.
"""

from collections.abc import Callable
from decimal import Decimal

import msgspec

from adapters.common.order_events import End, Fill, OrderEvent
from adapters.common.order_tracker import OrderTracker
from adapters.hyperliquid.replies import Refusal, Resting, Status, Taken
from adapters.hyperliquid.reports import (
    OrderState,
    is_post_only_reject,
    neutral_fill,
    order_state,
    twap_key,
)
from adapters.hyperliquid.user_schemas import (
    FrontendOrder,
    OrderUpdate,
    TwapHistory,
    TwapState,
    UserFill,
)

# An order that ends at once without a match was taken and is over, which Nautilus calls canceled
# (its acceptance case E14); the venue files it among the rejects.
UNMATCHED = frozenset({"iocCancelRejected", "marketOrderNoLiquidityRejected"})
# A TWAP in one of these states trades no more (twapHistory).
TWAP_ENDS = frozenset({"finished", "terminated", "stopped", "error"})
# How far the venue's clock may be from what we take it for, when a TWAP is told by its start.
CLOCKS_APART_MS = 5_000

# From venue order id, cloid and whole size to the client order id that the tracker then knows.
type Recall = Callable[[str, str | None, Decimal | None], str | None]


class TwapTerms(msgspec.Struct, frozen=True):
    """What a TWAP can be told by, since it carries no client order id; `sent_ms` is the venue's."""

    coin: str
    side: str
    size: Decimal
    minutes: int
    sent_ms: int

    def describes(self, state: TwapState) -> bool:
        """Return whether this is the TWAP that was sent, and not an earlier one like it."""
        return (state.coin, state.side, state.sz, state.minutes) == (
            self.coin,
            self.side,
            self.size,
            self.minutes,
        ) and state.timestamp >= self.sent_ms - CLOCKS_APART_MS


class OrderObserver:
    """
    Read the venue's messages about orders into a tracker.

    Parameters
    ----------
    tracker : OrderTracker
        Decides what may be reported.
    recall : Callable[[str, str | None, Decimal | None], str | None]
        Called with venue order id, cloid and whole size of an order that this run has not sent:
        returns its client order id, after the tracker has adopted it; None if it is nobody's here.
    on_loose : Callable[[Fill], None]
        Receives a part of a TWAP that turned out to be none of ours.

    """

    def __init__(
        self, tracker: OrderTracker, recall: Recall, on_loose: Callable[[Fill], None]
    ) -> None:
        self._tracker = tracker
        self._recall = recall
        self._on_loose = on_loose
        self._by_cloid: dict[str, str] = {}
        self._by_twap: dict[int, str] = {}
        self._terms: dict[int, TwapTerms] = {}  # of those that run
        self._sent_twaps: dict[str, TwapTerms] = {}
        self._held_parts: list[UserFill] = []
        self._uncoded: dict[str, str] = {}

    def bind(self, cloid: str, client_order_id: str) -> None:
        """Say whose the venue's cloid is, before the order is sent."""
        self._by_cloid[cloid] = client_order_id

    # The first part of a TWAP trades before the answer names it, so parts of unknown ones are held
    # back while an answer is awaited.

    def twap_sent(self, client_order_id: str, terms: TwapTerms) -> None:
        """Say that a TWAP is leaving."""
        self._sent_twaps[client_order_id] = terms

    def sent_twap(self, client_order_id: str) -> TwapTerms | None:
        """Return the terms of a TWAP whose number is not known yet."""
        return self._sent_twaps.get(client_order_id)

    def bind_twap(self, twap_id: int, client_order_id: str) -> list[OrderEvent]:
        """Record that an order runs as this TWAP, and what was heard of it before."""
        self._by_twap[twap_id] = client_order_id
        events = self._tracker.opened(client_order_id, twap_key(twap_id))
        held, self._held_parts = self._held_parts, []
        terms = self._sent_twaps.pop(client_order_id, None)
        if terms is not None:  # else it is one of an earlier life
            self._terms[twap_id] = terms
        for fill in held:
            if fill.twapId == twap_id:
                events += self.on_fill(fill) or []
            else:
                self._hold(fill)
        return events

    def twap_failed(self, client_order_id: str) -> None:
        """Say that no TWAP came of it."""
        self._sent_twaps.pop(client_order_id, None)
        held, self._held_parts = self._held_parts, []
        for fill in held:
            self._hold(fill)

    def twap_of(self, client_order_id: str) -> int | None:
        """Return the TWAP as which an order runs, or None."""
        return next((twap for twap, key in self._by_twap.items() if key == client_order_id), None)

    def knows_twap(self, twap_id: int) -> bool:
        """Return whether a TWAP is one of ours."""
        return twap_id in self._by_twap

    def may_be_part(self, update: OrderUpdate) -> bool:
        """Return whether an order that nobody knows may be a part of a TWAP of ours."""
        order = update.order
        terms = (*self._sent_twaps.values(), *self._terms.values())
        return order.cloid is None and any(
            (t.coin, t.side) == (order.coin, order.side) for t in terms
        )

    def _hold(self, fill: UserFill) -> None:
        if self._sent_twaps:
            self._held_parts.append(fill)
        else:
            self._on_loose(neutral_fill(fill))

    def on_outcome(
        self, client_order_id: str, outcome: Status, *, waits_for_code: bool
    ) -> list[OrderEvent]:
        """
        Record what the venue answered to one order of a request.

        A refusal is words; the order stream says the same with a code, before or after. With
        `waits_for_code` nothing follows until then: of an immediate or a post-only order only the
        code tells what kind of refusal it was. Should none come, see `refuse_uncoded`.
        """
        match outcome:
            case Resting(oid) | Taken(oid):
                return self._tracker.opened(client_order_id, str(oid))
            case Refusal(reason) if waits_for_code and self._tracker.is_open(client_order_id):
                self._uncoded[client_order_id] = reason
                return []
            case Refusal(reason):
                return self._tracker.refused(client_order_id, reason)
            case _:
                return []  # a child that waits: the order stream names its id

    def refuse_uncoded(self, client_order_id: str) -> list[OrderEvent]:
        """Record that the venue has no order behind a refusal: it came before there was one."""
        reason = self._uncoded.pop(client_order_id, None)
        return [] if reason is None else self._tracker.refused(client_order_id, reason)

    def is_uncoded(self, client_order_id: str) -> bool:
        """Return whether a refusal of the order still waits for its code."""
        return client_order_id in self._uncoded

    def on_update(self, update: OrderUpdate) -> list[OrderEvent] | None:
        """
        Record one entry of the order stream, of orderStatus or of a list of orders.

        Raises
        ------
        ValueError
            If the status is none that is known.

        """
        order, state = update.order, order_state(update.status)
        key = self._find(order.oid, order.cloid, order.size)
        if key is None:
            return None
        oid, filled = str(order.oid), order.size - order.sz
        match state:
            case OrderState.OPEN:
                return self._opened(key, order)
            case OrderState.TRIGGERED:
                return self._opened(key, order) + self._tracker.triggered(key, oid)
            case OrderState.FILLED:
                # The whole size stands in `sz` of some filled orders, nothing in that of most.
                is_part = 0 < order.sz < order.size
                return self._ended(key, order, End.FILLED, filled if is_part else None)
            case OrderState.CANCELED:
                return self._ended(key, order, End.CANCELED, filled)
        return self._on_rejected(key, update)

    def on_listed(self, order: FrontendOrder) -> list[OrderEvent]:
        """Record that an order is in a list of open ones; nothing if this run has not sent it."""
        key = None if order.cloid is None else self._by_cloid.get(order.cloid)
        return [] if key is None else self._opened(key, order)

    def on_fill(self, fill: UserFill) -> list[OrderEvent] | None:
        """Record a fill, however often it comes."""
        if fill.twapId is None:
            key = self._find(fill.oid, fill.cloid, None)
        elif fill.twapId not in self._by_twap and self._sent_twaps:
            self._held_parts.append(fill)
            return []
        else:
            key = self._by_twap.get(fill.twapId)
        if key is None or not self._tracker.knows(key):
            return None
        return self._tracker.filled(key, neutral_fill(fill))

    def on_twap(self, entry: TwapHistory) -> list[OrderEvent] | None:
        """Record a state of a TWAP."""
        key = None if entry.twapId is None else self._by_twap.get(entry.twapId)
        if key is None or entry.twapId is None:
            return None
        if entry.status.status not in TWAP_ENDS:
            return []
        state = entry.state
        self._terms.pop(entry.twapId, None)
        end = End.FILLED if state.executedSz >= state.sz else End.CANCELED
        return self._tracker.ended(key, twap_key(entry.twapId), end, state.executedSz)

    def _opened(self, key: str, order: FrontendOrder) -> list[OrderEvent]:
        return self._tracker.opened(
            key,
            str(order.oid),
            order.size,
            limit=order.limitPx,
            trigger=order.triggerPx if order.isTrigger else None,
        )

    def _ended(
        self, key: str, order: FrontendOrder, end: End, filled: Decimal | None
    ) -> list[OrderEvent]:
        # Its terms tell by which of several modifies it was made, and how much all of it is.
        events = self._opened(key, order)
        return events + self._tracker.ended(key, str(order.oid), end, filled)

    def _on_rejected(self, key: str, update: OrderUpdate) -> list[OrderEvent]:
        reason = self._uncoded.pop(key, update.status)
        oid = str(update.order.oid)
        if update.status in UNMATCHED:
            filled = update.order.size - update.order.sz
            return self._tracker.ended(key, oid, End.CANCELED, filled)
        due_post_only = is_post_only_reject(update.status)
        return self._tracker.refused(key, reason, due_post_only=due_post_only, venue_order_id=oid)

    def _find(self, oid: int, cloid: str | None, size: Decimal | None) -> str | None:
        key = None if cloid is None else self._by_cloid.get(cloid)
        if key is None:
            key = self._recall(str(oid), cloid, size)
            if key is not None and cloid is not None:
                self.bind(cloid, key)
        return key
