"""The chart of a strategy: its bars with their RSI, and what it did on them; it only listens."""

from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from nautilus_trader.cache.base import CacheFacade
from nautilus_trader.common.component import Logger
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.events import OrderFilled
from nautilus_trader.trading.strategy import Strategy
from nautilus_trader.trading.trader import Trader

from desk.manager import name_of
from monitor.picture import BarPicture, ChartPicture, MarkPicture
from strategies.rsi import Rsi
from strategies.rsi_strategy import RsiStrategy
from strategies.signals import Signal

MARKS_MAX: Final = 500
"""Signals and fills that are kept for each strategy: more than a chart can show apart."""


SEED_BARS: Final = 2_000
"""Bars before the first that is shown, for its RSI to have forgotten where they began."""


class Charts:
    """
    Remember what strategies did on which bar, and show it with the bars.

    Bars are the cache's, their RSI is computed anew with the period that holds now. A mark stands
    at the last bar that had closed: a market that is squeezed into seconds has a time of its own.

    Parameters
    ----------
    cache : CacheFacade
        The node's.
    strategies : sequence of Strategy
        Those of the profile.

    """

    def __init__(self, cache: CacheFacade, strategies: Sequence[Strategy]) -> None:
        self._cache = cache
        self._readers: Mapping[str, Strategy] = {name_of(s): s for s in strategies}
        self._marks: defaultdict[str, deque[MarkPicture]] = defaultdict(_few)
        self._log = Logger(type(self).__name__)

    def listen(self, trader: Trader) -> None:
        """Hear what the strategies of a trader do from now on."""
        trader.subscribe("events.order.*", self._harmless(self._on_order_event))
        trader.subscribe("data.Signal*", self._harmless(self._on_signal))

    def chart(self, strategy: str, limit: int) -> ChartPicture | None:
        """Return the latest bars of a strategy and its marks on them; None if there is none."""
        reader = self._readers.get(strategy)
        if reader is None:
            return None
        bar_type = _bar_type(reader)
        bars = _with_rsi(self._bars(bar_type, limit + SEED_BARS), reader, limit)
        first = bars[0].time if bars else 0
        return ChartPicture(
            strategy=strategy,
            bar_type=None if bar_type is None else str(bar_type),
            bars=tuple(bars),
            marks=tuple(m for m in self._marks[strategy] if m.time is None or m.time >= first),
        )

    def _harmless[T](self, handler: Callable[[T], None]) -> Callable[[T], None]:
        def guarded(message: T) -> None:
            try:
                handler(message)
            except Exception as e:  # noqa: BLE001  who draws must not stop the trading
                self._log.exception(f"The chart missed {message!r}", e)

        return guarded

    def _on_signal(self, signal: Signal) -> None:
        # RSI signs with its id, which has a tag; alerts name the strategy.
        name = signal.strategy.partition("-")[0]
        self._add(name, "signal", signal.action.value, signal.quantity, None)

    def _on_order_event(self, event: object) -> None:
        if isinstance(event, OrderFilled):
            side = "buy" if event.order_side == OrderSide.BUY else "sell"
            name = event.strategy_id.value.partition("-")[0]
            size, price = event.last_qty.as_decimal(), event.last_px.as_decimal()
            self._add(name, "fill", side, size, price)

    def _add(
        self, name: str, kind: str, action: str, quantity: Decimal | None, price: Decimal | None
    ) -> None:
        reader = self._readers.get(name)
        if reader is None:
            return
        bar_type = _bar_type(reader)
        bar = None if bar_type is None else self._cache.bar(bar_type)
        time = None if bar is None else int(bar.ts_event)
        mark = MarkPicture(time=time, kind=kind, action=action, quantity=quantity, price=price)
        self._marks[name].append(mark)

    def _bars(self, bar_type: BarType | None, count: int) -> list[Bar]:
        if bar_type is None:
            return []
        # Newest first; a bar that came live may be in the history again.
        found = {int(bar.ts_event): bar for bar in self._cache.bars(bar_type)[:count]}
        return [found[ts] for ts in sorted(found)]


def _few() -> deque[MarkPicture]:
    return deque(maxlen=MARKS_MAX)


def _bar_type(strategy: Strategy) -> BarType | None:
    found = getattr(strategy.config, "bar_type", None)
    return found if isinstance(found, BarType) else None


def _with_rsi(bars: Sequence[Bar], strategy: Strategy, limit: int) -> list[BarPicture]:
    values: list[float | None] = [None] * len(bars)
    if isinstance(strategy, RsiStrategy):
        rsi = Rsi(strategy.config.period)
        values = [rsi.update(bar.close.as_double()) for bar in bars]
    return [
        BarPicture(
            time=int(bar.ts_event),
            open=bar.open.as_decimal(),
            high=bar.high.as_decimal(),
            low=bar.low.as_decimal(),
            close=bar.close.as_decimal(),
            indicator=value,
        )
        for bar, value in zip(bars[-limit:], values[-limit:], strict=True)
    ]
