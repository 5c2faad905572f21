"""The RSI strategy as a Nautilus class: glue between bars, the rule and the trader."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta
from nautilus_trader.config import StrategyConfig
from nautilus_trader.core.data import Data
from nautilus_trader.core.message import Event
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.trading.strategy import Strategy

from strategies.protection import AtrDistance, Distance
from strategies.rsi import Rsi
from strategies.rsi_decision import Intent, RsiRule, Side
from strategies.signals import Action, Reason, Signal, signal_data_type
from strategies.sizing import Sizing
from strategies.trader import StrategyStatus, Trader, contained
from strategies.warmup import BarMerger

WARMUP_BARS = 250
"""Where the seed of Wilder's average has faded below 1e-6 of the index's 100 points."""

PERIOD_MAX = 1_000
"""Longer, the index of a liquid market never leaves its middle."""

WARMUP_BARS_MAX = 10_000
"""More than any venue tells of its past."""

SPARE_BARS = 5
"""Asked for beyond the warm-up: the running bar and what a venue lags or rounds off at the ends."""

HISTORY_SPANS = 2
"""How far back to look, in warm-ups: quiet markets have gaps, and a replay lies in the past."""

NANOSECONDS = 1_000_000_000
"""In a second."""

TOO_LATE = "A signal was not traded late: the order of an earlier one was under way for too long"

_ACTIONS = {Intent.LONG: Action.BUY, Intent.SHORT: Action.SELL, Intent.FLAT: Action.CLOSE}


class _Wish(msgspec.Struct, frozen=True):
    """A position to go to, signed; no longer wanted after `ts_expires` (nanoseconds)."""

    target: Decimal
    tag: str
    ts_expires: int


class RsiStrategyConfig(StrategyConfig, kw_only=True, frozen=True):
    """
    Configure `RsiStrategy`.

    Parameters
    ----------
    instrument_id : InstrumentId
        What to trade.
    bar_type : BarType
        The bars of that instrument to decide on, of a fixed duration.
    sizing : Sizing
        How much to trade: fixed size, notional, or percent of equity.
    period : int
        The index's length in bars.
    oversold, overbought : float
        The levels, 0 < oversold < overbought < 100.
    side : Side
        Long, short or both.
    stop, take_profit : Distance or None
        Where protection rests, by percent of the entry or by average true ranges.
    warmup_bars : int
        Closed bars before the first decision, more than any period. Below 250 the first values
        still depend on where the history began.
    cancel_orders_on_stop : bool
        Whether to cancel entries under way when the strategy stops.
    close_positions_on_stop : bool
        Whether to close the position, and its protection with it, when the strategy stops.

    Raises
    ------
    ValueError
        If a value is impossible; says which, what was expected and what was found.
    """

    instrument_id: InstrumentId
    bar_type: BarType
    sizing: Sizing
    period: Annotated[int, Meta(ge=2, le=PERIOD_MAX)] = 14
    oversold: Annotated[float, Meta(gt=0, lt=100)] = 30.0
    overbought: Annotated[float, Meta(gt=0, lt=100)] = 70.0
    side: Side = Side.BOTH
    stop: Distance | None = None
    take_profit: Distance | None = None
    warmup_bars: Annotated[int, Meta(ge=3, le=WARMUP_BARS_MAX)] = WARMUP_BARS
    cancel_orders_on_stop: bool = True
    close_positions_on_stop: bool = False

    def __post_init__(self) -> None:
        """Refuse impossible values."""
        Rsi(self.period)
        RsiRule(self.oversold, self.overbought, self.side)
        if self.bar_type.instrument_id != self.instrument_id:
            raise ValueError(f"Expected bars of {self.instrument_id}, was {self.bar_type}")
        if not self.bar_type.spec.is_time_aggregated():
            raise ValueError(f"Expected bars of a fixed duration, was {self.bar_type}")
        for distance in (self.stop, self.take_profit):
            length = distance.period if isinstance(distance, AtrDistance) else self.period
            if length >= self.warmup_bars:
                raise ValueError(
                    f"Expected a period below warmup_bars ({self.warmup_bars}), was {length}"
                )


class RsiStrategy(Strategy):
    """
    Trade crossings of the RSI's levels on closed bars.

    Warms up on requested history merged with live bars; no decision is taken on a bar of the
    past. Every decision is published as a `Signal` for those who watch.
    """

    def __init__(self, config: RsiStrategyConfig) -> None:
        super().__init__(config)
        self.is_paused = False  # entries wait for a person; exits and protection do not
        self._parameters = config
        self._clear()

    @property
    def config(self) -> RsiStrategyConfig:
        """Return what holds now; Nautilus keeps what the strategy was made with."""
        return self._parameters

    def reconfigure(self, config: RsiStrategyConfig) -> None:
        """
        Go on with other parameters, as if started with them.

        Expects the same instrument and names, and that no order which moves the position is under
        way: the new trader would not count it.
        """
        self._parameters = config
        self._clear()
        if self.is_running:
            self.on_start()

    def _clear(self) -> None:
        config = self.config
        self.trader = Trader(
            self,
            config.instrument_id,
            config.stop,
            config.take_profit,
            is_paused=lambda: self.is_paused,
        )
        self._rsi = Rsi(config.period)
        self._rule = RsiRule(config.oversold, config.overbought, config.side)
        self._merger: BarMerger[Bar] = BarMerger(wait_max=config.warmup_bars)
        self._bars_seen = 0
        self._wish: _Wish | None = None

    def status(self) -> StrategyStatus:
        """Return a snapshot for people."""
        return StrategyStatus(
            position=self.trader.position,
            degraded=self.trader.degraded,
            last_signal=self.trader.last_signal,
            last_refusal=self.trader.last_refusal,
            is_warm=self._is_warm,
            bars_seen=self._bars_seen,
            indicator=self._rsi.value,
        )

    def on_start(self) -> None:
        """Subscribe to live data, then ask for history."""
        config = self.config
        if self.cache.instrument(config.instrument_id) is None:
            self.trader.degrade(f"Expected an instrument {config.instrument_id}, found none")
            return
        # Quotes too: the sandbox fills from quotes and trades, never from bars.
        self.subscribe_quote_ticks(config.instrument_id)
        self.subscribe_bars(config.bar_type)
        self.trader.protector.adopt()
        count = config.warmup_bars + SPARE_BARS
        span: timedelta = config.bar_type.spec.timedelta * count * HISTORY_SPANS
        self.request_bars(
            config.bar_type,
            start=self.clock.utc_now() - span,
            limit=count,
            callback=self._on_history,
        )

    @contained
    def on_historical_data(self, data: Data) -> None:
        """Take one bar of the history; the running bar, not yet closed, is not history."""
        if isinstance(data, Bar) and data.ts_event <= self.clock.timestamp_ns():
            self._merger.add_history(data)

    @contained
    def _on_history(self, _request_id: UUID4) -> None:
        for bar in self._merger.finish():
            self._absorb(bar)
        self._log.info(
            f"Warm-up: {self._bars_seen} of {self.config.warmup_bars} bars after the history"
        )

    @contained
    def on_bar(self, bar: Bar) -> None:
        """Decide on a bar that just closed, once warm."""
        for ready in self._merger.add_live(bar):
            # Bars that waited for the history, or end the warm-up, are already past.
            if self._is_warm and ready is bar:
                self._decide(bar)
            else:
                self._absorb(ready)

    @contained
    def on_event(self, event: Event) -> None:
        """Pass orders and positions on to the trader; then what waited for them may be traded."""
        self.trader.on_event(event)
        self._pursue()

    def on_stop(self) -> None:
        """Leave orders and positions as the configuration says."""
        self._wish = None
        self.trader.stop(
            cancel_orders=self.config.cancel_orders_on_stop,
            close_positions=self.config.close_positions_on_stop,
        )

    def on_resume(self) -> None:
        """Warm up anew: bars were missed while the strategy stood still."""
        self._clear()
        self.on_start()

    def on_reset(self) -> None:
        """Forget everything seen."""
        self._clear()

    @property
    def _bar_ns(self) -> int:
        span: timedelta = self.config.bar_type.spec.timedelta
        return int(span.total_seconds() * NANOSECONDS)

    @property
    def _is_warm(self) -> bool:
        return not self._merger.is_waiting and self._bars_seen >= self.config.warmup_bars

    def _update(self, bar: Bar) -> float | None:
        self._bars_seen += 1
        self.trader.protector.observe(bar)
        return self._rsi.update(float(bar.close))

    def _absorb(self, bar: Bar) -> None:
        value = self._update(bar)
        if value is not None:
            self._rule.observe(value)
        if self._bars_seen == self.config.warmup_bars:
            self._log.info(f"Warm after {self._bars_seen} bars")
            # A position found at start may have waited for its average true range.
            self.trader.protector.protect()

    def _decide(self, bar: Bar) -> None:
        value = self._update(bar)
        assert value is not None, "warm, so the index is past its seed"  # noqa: S101  own promise
        intent = self._rule.decide(value, self._held())
        if intent is None:
            return
        is_entry = intent is not Intent.FLAT
        price = Decimal(bar.close.as_decimal())
        wanted = self.trader.size(self.config.sizing, price) if is_entry else None
        size = wanted if isinstance(wanted, Decimal) else None
        signal = self._publish(bar, intent, size, f"RSI {value:.2f}")
        # An entry that was refused still ends the opposite position.
        target = size or Decimal(0)
        self._wish = _Wish(
            -target if intent is Intent.SHORT else target,
            signal.key,
            self.clock.timestamp_ns() + self._bar_ns,
        )
        self._pursue()

    def _pursue(self) -> None:
        """
        Move to the newest wish once no order is under way, if that is within a bar.

        An order that a venue out of reach may never have taken is not counted on: a move made from
        where it would lead ends too far, by its size, when it turns out to be lost.
        """
        wish = self._wish
        if wish is None or self.trader.is_moving:
            return
        self._wish = None
        if self.clock.timestamp_ns() > wish.ts_expires:
            self.trader.refuse(Reason.EXPIRED, TOO_LATE)
            return
        self.trader.move_to(wish.target, wish.tag)

    def _held(self) -> Intent:
        wish = self._wish
        exposure = self.trader.exposure if wish is None else wish.target
        if not exposure:
            return Intent.FLAT
        return Intent.LONG if exposure > 0 else Intent.SHORT

    def _publish(self, bar: Bar, intent: Intent, size: Decimal | None, reason: str) -> Signal:
        strategy = self.id.value
        signal = Signal(
            source="rsi",
            key=f"{strategy}:{bar.ts_event}",
            strategy=strategy,
            instrument_id=self.config.instrument_id,
            action=_ACTIONS[intent],
            quantity=size,
            reason=reason,
            ts_event=bar.ts_event,
            ts_init=self.clock.timestamp_ns(),
        )
        self.trader.last_signal = signal
        self.publish_data(signal_data_type(strategy), signal)
        return signal
