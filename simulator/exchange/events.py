"""What the exchange answers and what it tells: outcomes of a command, events in their order."""

from decimal import Decimal
from enum import Enum, StrEnum, auto

import msgspec

from simulator.exchange.model import ZERO, Fault, Order, Side, Status, TwapRequest


class Resting(msgspec.Struct, frozen=True):
    """The order is live."""

    oid: int
    client_id: str | None


class Filled(msgspec.Struct, frozen=True):
    """The order traded `size` at `price` on average, and nothing of it is left to wait for."""

    oid: int
    client_id: str | None
    size: Decimal
    price: Decimal


class WaitingForFill(msgspec.Struct, frozen=True):
    """The child waits until its parent has filled."""

    oid: int


class WaitingForTrigger(msgspec.Struct, frozen=True):
    """The child waits for the mark."""

    oid: int


class Refused(msgspec.Struct, frozen=True):
    """The exchange refused the order.

    `oid` is None for the child of a refused parent; `bid` and `ask` are the best prices a
    post-only order met.
    """

    oid: int | None
    client_id: str | None
    asset: int
    status: Status
    bid: Decimal | None = None
    ask: Decimal | None = None


class Done(msgspec.Struct, frozen=True):
    """The command was carried out; `id` is that of a canceled order or of a new TWAP."""

    id: int | None = None


class Denied(msgspec.Struct, frozen=True):
    """The request was denied before any order came of it; one entry stands for a whole batch."""

    fault: Fault


type Outcome = Resting | Filled | WaitingForFill | WaitingForTrigger | Refused | Done | Denied


class Direction(StrEnum):
    """What a fill did to the position, in the words both venues use."""

    OPEN_LONG = "Open Long"
    OPEN_SHORT = "Open Short"
    CLOSE_LONG = "Close Long"
    CLOSE_SHORT = "Close Short"
    LONG_TO_SHORT = "Long > Short"
    SHORT_TO_LONG = "Short > Long"


class LiquidationMethod(StrEnum):
    """How a position was taken: sold into the book, or handed to the backstop liquidator."""

    MARKET = "market"
    BACKSTOP = "backstop"


class LiquidationMark(msgspec.Struct, frozen=True):
    """What a fill of a liquidation carries, on both sides of the trade."""

    account: str
    mark: Decimal
    method: LiquidationMethod


class OrderChanged(msgspec.Struct, frozen=True):
    """An order reached `status`; `order` is a copy taken at that moment."""

    order: Order
    status: Status
    time: int


class Fill(msgspec.Struct, frozen=True):
    """One side of one trade.

    Attributes
    ----------
    start_position : Decimal
        The signed position before it.
    closed_pnl : Decimal
        What the closed part earned, without fees.
    fee : Decimal
        Positive is a cost; cut to 6 decimals; `builder_fee` is part of it.
    tid : int
        The trade's id, shared by both sides.
    crossed : bool
        True for the side that took.
    counterparty : str, optional
        The other account; None is the outside market.
    """

    account: str
    asset: int
    oid: int
    client_id: str | None
    side: Side
    price: Decimal
    size: Decimal
    time: int
    start_position: Decimal
    closed_pnl: Decimal
    fee: Decimal
    tid: int
    crossed: bool
    builder_fee: Decimal = ZERO
    counterparty: str | None = None
    twap_id: int | None = None
    liquidation: LiquidationMark | None = None

    @property
    def change(self) -> Decimal:
        """Return what it added to the signed position."""
        return self.side.value * self.size

    @property
    def direction(self) -> Direction:
        """Return what it did to the position."""
        buys, start = self.side is Side.BUY, self.start_position
        if start * self.side.value >= 0:
            return Direction.OPEN_LONG if buys else Direction.OPEN_SHORT
        if self.size > abs(start):
            return Direction.SHORT_TO_LONG if buys else Direction.LONG_TO_SHORT
        return Direction.CLOSE_SHORT if buys else Direction.CLOSE_LONG


class FundingPaid(msgspec.Struct, frozen=True):
    """One hour's funding of one position; `amount` is negative when the account paid."""

    account: str
    asset: int
    amount: Decimal
    size: Decimal
    rate: Decimal
    time: int


class Liquidated(msgspec.Struct, frozen=True):
    """An account, or one isolated position of it (`asset`), fell below maintenance margin.

    `notional` and `account_value` are those before the liquidation; `seized` is the cash that the
    backstop liquidator took beside the positions.
    """

    lid: int
    account: str
    asset: int | None
    method: LiquidationMethod
    notional: Decimal
    account_value: Decimal
    positions: tuple[tuple[int, Decimal], ...]
    seized: Decimal
    time: int


class TwapStatus(Enum):
    """The life of a TWAP."""

    ACTIVATED = auto()
    FINISHED = auto()
    TERMINATED = auto()


class TwapChanged(msgspec.Struct, frozen=True):
    """A TWAP reached `status`, with what it has executed so far."""

    twap_id: int
    account: str
    request: TwapRequest
    executed_size: Decimal
    executed_notional: Decimal
    status: TwapStatus
    started: int
    time: int


type Event = OrderChanged | Fill | FundingPaid | Liquidated | TwapChanged


class Reply(msgspec.Struct, frozen=True):
    """The answer to a command: one outcome an item (or one Denied for all), and what happened."""

    outcomes: tuple[Outcome, ...]
    events: tuple[Event, ...]
