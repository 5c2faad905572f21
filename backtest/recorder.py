"""Keeps what happens in a backtest as plain records; it sends no command."""

import pickle
from collections import Counter
from decimal import Decimal

import msgspec
from nautilus_trader.common.actor import Actor
from nautilus_trader.common.config import ActorConfig
from nautilus_trader.model.data import Bar
from nautilus_trader.model.enums import (
    LiquiditySide,
    OrderSide,
    liquidity_side_to_str,
)
from nautilus_trader.model.events import (
    OrderDenied,
    OrderEvent,
    OrderFilled,
    OrderRejected,
    PositionClosed,
    PositionEvent,
)
from nautilus_trader.model.identifiers import ClientOrderId, Venue
from nautilus_trader.model.objects import Currency
from nautilus_trader.model.position import Position

_EXTRA_DECIMALS = 4
"""An average price is a float in Nautilus; so many decimals beyond the instrument's are meant."""


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """One fill; `tag` says what caused its order, `fee` is paid if positive."""

    time_ns: int
    strategy: str
    instrument: str
    order: str
    side: str
    quantity: Decimal
    price: Decimal
    fee: Decimal
    liquidity: str
    tag: str


class Trade(msgspec.Struct, frozen=True, kw_only=True):
    """
    A round trip: a position from its opening to its close.

    Attributes
    ----------
    strategy, instrument : str
        Whose it was, and in what.
    side : str
        long or short.
    quantity : Decimal
        At its largest, in base units.
    entry_price, exit_price : Decimal
        Averages.
    opened_ns, closed_ns : int
        Nanoseconds UTC.
    fees : Decimal
        Paid for its fills.
    pnl : Decimal
        Earned after fees, without funding.
    exit : str
        The tag of the order that closed it, such as STOP.

    """

    strategy: str
    instrument: str
    side: str
    quantity: Decimal
    entry_price: Decimal
    exit_price: Decimal
    opened_ns: int
    closed_ns: int
    fees: Decimal
    pnl: Decimal
    exit: str


class Recorder(Actor):
    """
    Record fills, round trips, refusals and the equity at each bar.

    Parameters
    ----------
    venue : Venue
        Whose account is followed.
    currency : Currency
        The currency of the equity.

    """

    def __init__(self, venue: Venue, currency: Currency) -> None:
        super().__init__(ActorConfig())
        self._venue = venue
        self._currency = currency
        self.fills: list[Fill] = []
        self.trades: list[Trade] = []
        self.refusals: Counter[str] = Counter()
        self.equity: dict[int, Decimal] = {}

    def on_start(self) -> None:
        """Listen to orders and positions."""
        self.msgbus.subscribe("events.order.*", self._on_order)
        self.msgbus.subscribe("events.position.*", self._on_position)

    def mark(self, bar: Bar) -> None:
        """Record the equity at a bar's close; of several bars of a time the last one counts."""
        self.equity[bar.ts_event] = self.worth()

    def worth(self) -> Decimal:
        """Return the equity now."""
        money = self.portfolio.equity(self._venue).get(self._currency)
        return Decimal(0) if money is None else Decimal(money.as_decimal())

    def _on_order(self, event: OrderEvent) -> None:
        if isinstance(event, OrderFilled):
            self.fills.append(
                Fill(
                    time_ns=event.ts_event,
                    strategy=strategy_name(event.strategy_id.value),
                    instrument=event.instrument_id.value,
                    order=event.client_order_id.value,
                    side="buy" if event.order_side == OrderSide.BUY else "sell",
                    quantity=event.last_qty.as_decimal(),
                    price=event.last_px.as_decimal(),
                    fee=event.commission.as_decimal(),
                    liquidity=liquidity_side_to_str(LiquiditySide(event.liquidity_side)).lower(),
                    tag=self._tag(event.client_order_id),
                )
            )
        elif isinstance(event, OrderDenied | OrderRejected):
            self.refusals[event.reason] += 1

    def _on_position(self, event: PositionEvent) -> None:
        if not isinstance(event, PositionClosed):
            return
        position = self._closed(event)
        decimals = self.cache.instrument(event.instrument_id).price_precision + _EXTRA_DECIMALS
        self.trades.append(
            Trade(
                strategy=strategy_name(event.strategy_id.value),
                instrument=event.instrument_id.value,
                side="long" if event.entry == OrderSide.BUY else "short",
                quantity=position.peak_qty.as_decimal(),
                entry_price=_price(event.avg_px_open, decimals),
                exit_price=_price(event.avg_px_close, decimals),
                opened_ns=event.ts_opened,
                closed_ns=event.ts_closed,
                fees=sum((fee.as_decimal() for fee in position.commissions()), Decimal(0)),
                pnl=event.realized_pnl.as_decimal(),
                exit=self._tag(event.closing_order_id),
            )
        )

    def _closed(self, event: PositionClosed) -> Position:
        position = self.cache.position(event.position_id)
        if position.closing_order_id == event.closing_order_id:
            return position
        # A reversal reuses the position's id before its end is told; the old one is archived. The
        # latest alone is unpickled: `position_snapshots` would unpickle thousands.
        archived = self.cache.position_snapshot_bytes(event.position_id)[-1]
        latest: Position = pickle.loads(archived)  # noqa: S301 (Nautilus has made it)
        return latest

    def _tag(self, client_order_id: ClientOrderId) -> str:
        tags = self.cache.order(client_order_id).tags
        return tags[0] if tags else ""


def strategy_name(strategy_id: str) -> str:
    """Return a strategy's name without the tag that Nautilus appends."""
    return strategy_id.rsplit("-", 1)[0]


def _price(average: float, decimals: int) -> Decimal:
    return Decimal(f"{average:.{decimals}f}").normalize()
