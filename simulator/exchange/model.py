"""What traders ask for and what becomes of it: the nouns of the exchange, without any rule."""

from decimal import Decimal
from enum import Enum, StrEnum, auto

import msgspec

ZERO = Decimal(0)


class Side(Enum):
    """Buy or sell; the value is the sign that a fill adds to a position."""

    BUY = 1
    SELL = -1

    @property
    def opposite(self) -> "Side":
        """Return the other side."""
        return Side(-self.value)

    def passes(self, price: Decimal, limit: Decimal) -> bool:
        """Say whether an order of this side and `limit` accepts `price`."""
        return price <= limit if self is Side.BUY else price >= limit


class Tif(Enum):
    """How long an order works: the first two may rest, the others end at once."""

    GTC = auto()
    ALO = auto()  # post-only
    IOC = auto()
    FOK = auto()
    MARKET = auto()  # IOC that says "no liquidity" when nothing matches
    LIQUIDATION = auto()  # a market order the exchange sends for an account below maintenance

    @property
    def rests(self) -> bool:
        """Say whether what does not match at once stays in the book."""
        return self in {Tif.GTC, Tif.ALO}


class TriggerKind(Enum):
    """Stop (fires when the mark runs against the position) or take-profit (in its favor)."""

    STOP = auto()
    TAKE_PROFIT = auto()


class Trigger(msgspec.Struct, frozen=True):
    """The `price` at which an order wakes, as a market order or as a resting limit order.

    It is a mark, or with `on_last` the price of a trade (Synthetix `triggerPriceType`).
    """

    kind: TriggerKind
    price: Decimal
    is_market: bool
    on_last: bool = False

    def fires(self, side: Side, price: Decimal) -> bool:
        """Say whether `price` wakes an order of `side`: a buy stop above, a sell stop below."""
        above = (side is Side.BUY) == (self.kind is TriggerKind.STOP)
        return price >= self.price if above else price <= self.price


class Grouping(Enum):
    """How the orders of one request belong together (Hyperliquid fact sheet 3.1)."""

    NONE = auto()
    NORMAL_TPSL = auto()  # a parent and its take-profit and/or stop
    POSITION_TPSL = auto()  # take-profit and/or stop of a whole position


class OrderRequest(msgspec.Struct, frozen=True):
    """One order as asked for; a market order carries the worst price it accepts.

    `expires_ms` ends a resting order; `builder_rate` is a fraction of the notional on top of the
    fee. One that `closes_position` has no size of its own until it fires.
    """

    asset: int
    side: Side
    price: Decimal
    size: Decimal
    tif: Tif = Tif.GTC
    reduce_only: bool = False
    trigger: Trigger | None = None
    client_id: str | None = None
    expires_ms: int | None = None
    builder_rate: Decimal = ZERO
    closes_position: bool = False


class TwapRequest(msgspec.Struct, frozen=True):
    """A size to trade in even parts over `minutes` and `seconds`, one each `every_secs`.

    No part trades at a price beyond `limit`.
    """

    asset: int
    side: Side
    size: Decimal
    minutes: int
    reduce_only: bool = False
    seconds: int = 0
    every_secs: int = 30
    limit: Decimal | None = None

    @property
    def duration_secs(self) -> int:
        """Return how long it runs."""
        return 60 * self.minutes + self.seconds

    @property
    def parts(self) -> int:
        """Return how many parts it has; one at least."""
        return max(self.duration_secs // self.every_secs, 1)


class Status(StrEnum):
    """The life of an order, in the words of the Hyperliquid fact sheet 2.4 where it has them."""

    NEW = "new"  # registered, not told to anybody
    OPEN = "open"
    FILLED = "filled"
    CANCELED = "canceled"
    TRIGGERED = "triggered"
    EXPIRED = "expired"  # Synthetix: the end of a limitGtd
    MARGIN_CANCELED = "marginCanceled"
    SELF_TRADE_CANCELED = "selfTradeCanceled"
    REDUCE_ONLY_CANCELED = "reduceOnlyCanceled"
    SIBLING_FILLED_CANCELED = "siblingFilledCanceled"
    LIQUIDATED_CANCELED = "liquidatedCanceled"
    SCHEDULED_CANCEL = "scheduledCancel"
    DELISTED_CANCELED = "delistedCanceled"
    TICK_REJECTED = "tickRejected"
    MIN_NOTIONAL_REJECTED = "minTradeNtlRejected"
    MARGIN_REJECTED = "perpMarginRejected"
    MAX_POSITION_REJECTED = "perpMaxPositionRejected"
    REDUCE_ONLY_REJECTED = "reduceOnlyRejected"
    POST_ONLY_REJECTED = "badAloPxRejected"
    IOC_REJECTED = "iocCancelRejected"
    FOK_REJECTED = "fokCancelRejected"  # Synthetix: FOK_NOT_FILLED
    NO_LIQUIDITY_REJECTED = "marketOrderNoLiquidityRejected"
    TRIGGER_REJECTED = "badTriggerPxRejected"
    NO_POSITION_REJECTED = "noPositionRejected"  # Synthetix: a trigger without a position
    POSITION_SIDE_REJECTED = "positionSideRejected"  # Synthetix: one on the position's own side
    COLLAR_REJECTED = "oracleRejected"
    SELF_TRADE_REJECTED = "selfTradeRejected"  # Synthetix: SELF_TRADE_PREVENTED
    TOO_MANY_ORDERS_REJECTED = "tooManyOpenOrdersRejected"
    # Synthetix knows these apart: a market's own cap, a size below the least, more than is held.
    TOO_MANY_IN_MARKET_REJECTED = "tooManyOpenOrdersInMarketRejected"
    MIN_SIZE_REJECTED = "minSizeRejected"
    EXCEEDS_POSITION_REJECTED = "exceedsPositionRejected"

    @property
    def is_final(self) -> bool:
        """Say whether nothing can follow it."""
        return self not in {Status.NEW, Status.OPEN, Status.TRIGGERED}

    @property
    def is_rejected(self) -> bool:
        """Say whether it names a reject class."""
        return self.value.endswith("Rejected")


class Fault(Enum):
    """Why a request was denied before any order came of it."""

    EMPTY_BATCH = auto()
    UNKNOWN_ASSET = auto()
    INVALID_PRICE = auto()
    INVALID_SIZE = auto()
    ZERO_SIZE = auto()
    PRICE_BAND = auto()
    VALUE_TOO_LARGE = auto()
    UNEXPECTED_TRIGGERS = auto()  # a TP/SL grouping with the wrong orders in it
    NOT_REDUCE_ONLY = auto()  # a TP/SL of a grouping that could open a position
    MISSING_ORDER = auto()  # never placed, canceled or filled
    MODIFY_GONE = auto()
    MODIFY_INVALID = auto()
    BELOW_FILLED = auto()
    INVALID_LEVERAGE = auto()
    NOT_ISOLATED = auto()
    INSUFFICIENT_MARGIN = auto()
    SCHEDULE_TOO_SOON = auto()
    SCHEDULE_VOLUME = auto()
    SCHEDULE_SPENT = auto()  # the triggers of this day are used up
    TWAP_DURATION = auto()
    TWAP_VALUE = auto()
    TWAP_REDUCE_ONLY = auto()
    TWAP_MISSING = auto()


class Phase(Enum):
    """Where a live order waits: for its parent to fill, for the mark, or in the book."""

    WAITING_FOR_FILL = auto()
    WAITING_FOR_TRIGGER = auto()
    WORKING = auto()


class Order(msgspec.Struct):
    """An order's present state; events carry copies, the exchange owns the original.

    Attributes
    ----------
    size : Decimal
        As asked; 0 for a TP/SL of a whole position until it fires.
    notional : Decimal
        Sum of price times size of its fills.
    group : int, optional
        The TP/SL group it belongs to, as parent or child.
    """

    oid: int
    account: str
    request: OrderRequest
    time: int
    size: Decimal
    status_time: int
    status: Status = Status.NEW
    phase: Phase = Phase.WORKING
    filled: Decimal = ZERO
    notional: Decimal = ZERO
    group: int | None = None
    tracks_position: bool = False
    twap_id: int | None = None

    @property
    def asset(self) -> int:
        """Return the market it trades."""
        return self.request.asset

    @property
    def side(self) -> Side:
        """Return its side."""
        return self.request.side

    @property
    def tif(self) -> Tif:
        """Return how it works once it is in the book: a market trigger ends at once."""
        trigger = self.request.trigger
        return Tif.MARKET if trigger and trigger.is_market else self.request.tif

    @property
    def remaining(self) -> Decimal:
        """Return what is still to fill."""
        return self.size - self.filled

    @property
    def average_price(self) -> Decimal:
        """Return the mean price of its fills; ZeroDivisionError without one."""
        return self.notional / self.filled
