"""The values an order tracker takes and returns; of no venue, and no Nautilus."""

from decimal import Decimal
from enum import Enum, auto

import msgspec


class End(Enum):
    """How the venue says that an order has left the book."""

    FILLED = auto()
    CANCELED = auto()
    EXPIRED = auto()


class Fill(msgspec.Struct, frozen=True):
    """
    One execution.

    Parameters
    ----------
    trade_id : str
        Unique within the order.
    venue_order_id : str
        The venue's order that was filled: under one client order id it changes with each
        cancel-replace.
    quantity : Decimal
        Positive.
    price : Decimal
        Of one unit, in the quote currency.
    time_ms : int
        The venue's time, Unix milliseconds.
    record : object
        The venue's own record, which holds the rest (fee, maker or taker); who made the fill reads
        it again to report it, nobody else does.

    """

    trade_id: str
    venue_order_id: str
    quantity: Decimal
    price: Decimal
    time_ms: int
    record: object = None


class OrderEvent(msgspec.Struct, frozen=True):
    """Something to report of the order; the subclasses stand in the order in which they happen."""

    client_order_id: str


class Rejected(OrderEvent, frozen=True):
    """The venue never took the order."""

    reason: str
    due_post_only: bool


class Accepted(OrderEvent, frozen=True):
    """The venue has taken the order; once, and before all that follows."""

    venue_order_id: str


class Triggered(OrderEvent, frozen=True):
    """The trigger has fired; at most once, and not after a fill."""

    venue_order_id: str


class Updated(OrderEvent, frozen=True):
    """The order has other terms or another venue order id; None is a price that did not change."""

    venue_order_id: str
    quantity: Decimal
    price: Decimal | None
    trigger_price: Decimal | None


class ModifyRejected(OrderEvent, frozen=True):
    """The venue kept the order as it was."""

    venue_order_id: str | None
    reason: str


class CancelRejected(OrderEvent, frozen=True):
    """The venue did not cancel the order."""

    venue_order_id: str | None
    reason: str


class Filled(OrderEvent, frozen=True):
    """
    A fill; the one that completes the quantity is the order's end.

    `venue_order_id` is the one reported last, which may be another than the one that was filled.
    """

    venue_order_id: str
    fill: Fill


class Canceled(OrderEvent, frozen=True):
    """The rest of the order is gone; its end."""

    venue_order_id: str


class Expired(OrderEvent, frozen=True):
    """The rest of the order has run out of time; its end."""

    venue_order_id: str


class Unexplained(OrderEvent, frozen=True):
    """
    A new fill of an order whose end has been reported: the venue contradicted itself.

    No order event: hand it to reconciliation, the position has changed.
    """

    fill: Fill
