"""What a subaccount has been told since ever: orders, trades, positions, payments; no engine."""

from collections import deque
from collections.abc import Iterator
from decimal import Decimal

import msgspec

from simulator.exchange.events import FundingPaid
from simulator.synthetix_order_wire import OrderView
from simulator.synthetix_positions import FIRST_POSITION, PositionBook
from simulator.universe import Json

ORDERS_MAX = 20_000
ROWS_MAX = 20_000
SAMPLES_MAX = 2_000
LIVE = frozenset({"open", "partiallyFilled"})
POSITIONS_APART = 1_000_000
"""So many position ids lie between one subaccount's and the next one's."""


class TradeRow(msgspec.Struct, frozen=True):
    """A trade as getTrades has it, and by what it is looked for."""

    time: int
    symbol: str
    venue_id: int
    positions: tuple[str, ...]
    row: Json


class BalanceRow(msgspec.Struct, frozen=True):
    """A movement of collateral; `amount` is signed, `kind` one of DEPOSIT, WITHDRAWAL, TRANSFER."""

    id: int
    time: int
    kind: str
    symbol: str
    amount: Decimal
    source: str | None = None
    target: str | None = None
    transfer_type: str = "user"
    destination: str | None = None


class Sample(msgspec.Struct, frozen=True):
    """What a subaccount was worth at a time."""

    time: int
    value: Decimal
    pnl: Decimal
    volume: Decimal


class Records:
    """One subaccount's records; newest last everywhere.

    Parameters
    ----------
    place : int
        The subaccount's place among all, which keeps its position ids apart from others'.

    Attributes
    ----------
    links : dict
        The take-profit and the stop of a main order, by its id.
    """

    def __init__(self, place: int) -> None:
        self.orders: dict[int, OrderView] = {}
        self.links: dict[int, tuple[int | None, int | None]] = {}
        self.trades: deque[TradeRow] = deque(maxlen=ROWS_MAX)
        self.positions = PositionBook(FIRST_POSITION + place * POSITIONS_APART)
        self.fundings: deque[tuple[str, FundingPaid]] = deque(maxlen=ROWS_MAX)
        self.balances: deque[BalanceRow] = deque(maxlen=ROWS_MAX)
        self.samples: deque[Sample] = deque(maxlen=SAMPLES_MAX)

    def keep(self, order: OrderView) -> None:
        """Note an order as it is now, in the place where it first stood."""
        self.orders[order.venue_id] = order
        if len(self.orders) > ORDERS_MAX:
            ended = (x.venue_id for x in self.orders.values() if x.status not in LIVE)
            if (oldest := next(ended, None)) is not None:
                del self.orders[oldest]

    def live(self) -> Iterator[OrderView]:
        """Give the orders that are not over, oldest first."""
        return (order for order in self.orders.values() if order.status in LIVE)
