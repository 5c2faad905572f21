"""The journal of one run: what was signaled, ordered, filled and earned, as it happened."""

import asyncio
import pickle
from collections.abc import Callable, Sequence
from decimal import Decimal

import msgspec
from nautilus_trader.cache.base import CacheFacade
from nautilus_trader.common.actor import Actor
from nautilus_trader.common.component import TimeEvent
from nautilus_trader.common.config import ActorConfig
from nautilus_trader.core.datetime import unix_nanos_to_dt
from nautilus_trader.model.data import Bar
from nautilus_trader.model.enums import (
    OrderSide,
    OrderType,
    order_side_to_str,
    order_type_to_str,
)
from nautilus_trader.model.events import (
    OrderAccepted,
    OrderCanceled,
    OrderDenied,
    OrderEvent,
    OrderFilled,
    OrderRejected,
    PositionClosed,
    PositionEvent,
)
from nautilus_trader.model.identifiers import ClientOrderId, Venue
from nautilus_trader.model.position import Position
from nautilus_trader.trading.strategy import Strategy

from desk.equity_curve import EquityCurve, EquityPoint
from risk.events import HALTS, STOPS, Halt, Lift, StopNews
from strategies.alert_warning import AlertWarning
from strategies.signals import Signal

EQUITY_INTERVAL_MS = 1_000
EQUITY_MARKS_A_LINE = 5  # of which one is shown: a line every five seconds is enough to follow


class Line(msgspec.Struct, frozen=True):
    """
    One thing that happened, in words.

    ``kind`` is one of price, signal, order, fill, trade, equity, refusal, warning, listens; ``ts``
    is unix ns.
    """

    ts: int
    kind: str
    text: str


class Trade(msgspec.Struct, frozen=True):
    """A round trip: a position from its opening to its close, with what it cost and earned."""

    strategy: str
    instrument: str
    side: str
    quantity: Decimal
    entry_price: float
    exit_price: float
    fees: Decimal
    pnl: Decimal  # after fees, in `currency`
    currency: str
    opened: str
    closed: str


class JournalConfig(ActorConfig, frozen=True, kw_only=True):
    """Configure the journal: the venues whose equity it follows."""

    venues: frozenset[str]


class Journal(Actor):
    """
    Listen to a node and keep what a person or a report asks for afterward.

    It only watches: it sends no command, and what raises in here or in the listener is logged and
    goes no further, since Nautilus would stop the node in the middle of a fill.

    Parameters
    ----------
    config : JournalConfig
        The venues to follow.
    strategies : Sequence[Strategy]
        Those whose `status` says something about a bar.
    listener : Callable[[Line], None]
        Called on the node's loop for each line, as it happens.

    """

    def __init__(
        self,
        config: JournalConfig,
        strategies: Sequence[Strategy],
        listener: Callable[[Line], None],
    ) -> None:
        super().__init__(config)
        self._venues = [Venue(name) for name in sorted(config.venues)]
        self._readers = {
            strategy.config.bar_type: strategy
            for strategy in strategies
            if hasattr(strategy, "status") and hasattr(strategy.config, "bar_type")
        }
        self._listener = listener
        self.trades: list[Trade] = []
        self.equity = EquityCurve()
        self.signals = 0
        self.fills = 0
        self.refusals = 0

    def on_start(self) -> None:
        """Subscribe to events, mark the equity to start from, and start its clock."""
        self.mark_equity()
        for topic, handler in (
            ("events.order.*", self._on_order_event),
            ("events.position.*", self._on_position_event),
            ("data.Signal*", self._on_signal),
            ("data.AlertWarning*", self._on_warning),
            ("data.bars.*", self._on_bar),
            (HALTS, self._on_risk),
            (STOPS, self._on_risk),
        ):
            self.msgbus.subscribe(topic, self._harmless(handler))
        interval_ns = EQUITY_INTERVAL_MS * 1_000_000
        self.clock.set_timer_ns("equity", interval_ns, 0, 0, self._harmless(self._on_timer))

    def on_stop(self) -> None:
        """End the equity clock."""
        self.clock.cancel_timers()

    def mark_equity(self) -> str:
        """Record the equity of each venue now and return it in words; empty without an account."""
        now = _iso(self.clock.timestamp_ns())
        points = [
            EquityPoint(now, venue.value, currency.code, money.as_decimal())
            for venue in self._venues
            for currency, money in self.portfolio.equity(venue).items()
        ]
        self.equity.add(points)
        return ", ".join(f"{point.equity:,.2f} {point.currency}" for point in points)

    def _harmless[T](self, handler: Callable[[T], None]) -> Callable[[T], None]:
        def guarded(message: T) -> None:
            try:
                handler(message)
            except Exception as e:  # noqa: BLE001 (whoever watches must not stop the trading)
                self._log.exception(f"The journal missed {message!r}", e)

        return guarded

    def _tell(self, kind: str, text: str) -> None:
        self._listener(Line(self.clock.timestamp_ns(), kind, text))

    def _on_timer(self, _event: TimeEvent) -> None:
        words = self.mark_equity()
        if self.equity.count % EQUITY_MARKS_A_LINE == 0:
            self._tell("equity", words)

    def _on_bar(self, bar: Bar) -> None:
        # Strategies hear of a bar after this listener; their indicators are right once they have.
        asyncio.get_running_loop().call_soon(self._harmless(self._tell_bar), bar)

    def _tell_bar(self, bar: Bar) -> None:
        if not self.is_running:
            return  # the strategies have stopped, and their indicators with them
        reader = self._readers.get(bar.bar_type)
        value = None if reader is None else reader.status().indicator
        reading = "" if value is None else f"  RSI {value:.1f}"
        self._tell("price", f"{bar.bar_type.instrument_id.symbol} closed at {bar.close}{reading}")

    def _on_signal(self, signal: Signal) -> None:
        self.signals += 1
        size = "" if signal.quantity is None else f" {signal.quantity}"
        reason = f"  ({signal.reason})" if signal.reason else ""
        words = f"{signal.action.value}{size} {signal.instrument_id.symbol}{reason}"
        self._tell("signal", f"{signal.source}: {words}")

    def _on_warning(self, warning: AlertWarning) -> None:
        self._tell("warning", f"{warning.strategy}: {warning.message}")

    def _on_risk(self, news: Halt | Lift | StopNews) -> None:
        self._tell("warning", f"risk: {news}")

    def _on_order_event(self, event: OrderEvent) -> None:
        if isinstance(event, OrderAccepted):
            self._tell("order", self._order(event.client_order_id))
        elif isinstance(event, OrderFilled):
            self.fills += 1
            side = order_side_to_str(event.order_side).lower()
            words = f"{side} {event.last_qty} {event.instrument_id.symbol} at {event.last_px}"
            self._tell("fill", f"{words}, fee {event.commission}")
        elif isinstance(event, OrderCanceled):
            self._tell_if_unmatched(event)
        elif isinstance(event, OrderRejected | OrderDenied):
            self.refusals += 1
            self._tell("refusal", f"{event.client_order_id}: {event.reason}")

    # A market order is bounded in price at some venues, and what finds no match there is canceled.
    def _tell_if_unmatched(self, event: OrderCanceled) -> None:
        order = self.cache.order(event.client_order_id)
        if order.order_type == OrderType.MARKET:
            words = f"{self._order(event.client_order_id)}: {order.leaves_qty} found no match"
            self._tell("order", words)

    def _order(self, client_order_id: ClientOrderId) -> str:
        order = self.cache.order(client_order_id)
        kind = order_type_to_str(order.order_type).lower().replace("_", " ")
        side = order_side_to_str(order.side).lower()
        at = f" at {order.trigger_price}" if order.has_trigger_price else ""
        return f"{side} {order.quantity} {order.instrument_id.symbol} {kind}{at}"

    def _on_position_event(self, event: PositionEvent) -> None:
        if isinstance(event, PositionClosed):
            trade = self._trade(event)
            self.trades.append(trade)
            words = f"{trade.side} {trade.quantity} {trade.instrument}"
            self._tell("trade", f"{words}: {trade.pnl:+.2f} {trade.currency} after fees")

    def _trade(self, event: PositionClosed) -> Trade:
        position = closed_position(self.cache, event)
        fees = sum((money.as_decimal() for money in position.commissions()), Decimal(0))
        return Trade(
            strategy=event.strategy_id.value.rsplit("-", 1)[0],  # EXTERNAL has no tag
            instrument=event.instrument_id.symbol.value,
            side="long" if event.entry == OrderSide.BUY else "short",
            quantity=position.peak_qty.as_decimal(),
            entry_price=event.avg_px_open,
            exit_price=event.avg_px_close,
            fees=fees,
            pnl=event.realized_pnl.as_decimal(),
            currency=event.realized_pnl.currency.code,
            opened=_iso(event.ts_opened),
            closed=_iso(event.ts_closed),
        )


def closed_position(cache: CacheFacade, event: PositionClosed) -> Position:
    """Return the position that an event says has ended."""
    position = cache.position(event.position_id)
    if position.closing_order_id == event.closing_order_id:
        return position
    # A reversal reuses the position's id before its end is told; the old one is archived. The
    # latest alone is unpickled: `position_snapshots` would unpickle thousands.
    archived = cache.position_snapshot_bytes(event.position_id)[-1]
    latest: Position = pickle.loads(archived)  # noqa: S301 (Nautilus has made it)
    return latest


def _iso(ts: int) -> str:
    moment: str = unix_nanos_to_dt(ts).isoformat()
    return moment
