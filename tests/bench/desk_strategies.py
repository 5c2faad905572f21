"""Strategies of the bench's desks: one that only listens, and one that orders when it is told."""

import time
from collections import Counter

from nautilus_trader.config import StrategyConfig
from nautilus_trader.core.message import Event
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.events import OrderAccepted
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.trading.strategy import Strategy

# So far below the market that nothing fills, and within what a venue takes.
PRICE_SHARE = 0.96
SIZE = 1


class ListenerConfig(StrategyConfig, kw_only=True, frozen=True):
    """Configure `Listener`: whom to hear."""

    instruments: list[InstrumentId]


class Listener(Strategy):
    """Hear quotes, trades and books of some instruments; the alerts' own strategies trade them."""

    def __init__(self, config: ListenerConfig) -> None:
        super().__init__(config)
        self._instruments = config.instruments

    def on_start(self) -> None:
        """Subscribe."""
        for instrument in self._instruments:
            self.subscribe_quote_ticks(instrument)
            self.subscribe_trade_ticks(instrument)
            self.subscribe_order_book_deltas(instrument)


class BurstConfig(StrategyConfig, kw_only=True, frozen=True):
    """Configure `Burst`: what it trades."""

    instrument_id: InstrumentId


class Burst(Strategy):
    """
    Place limit orders that rest, each by a command of its own, and note what is heard of them.

    `accepted_ms` are the milliseconds from each order's submission to its acceptance.
    """

    def __init__(self, config: BurstConfig) -> None:
        super().__init__(config)
        self._instrument_id = config.instrument_id
        self.clear()

    def clear(self) -> None:
        """Forget what was placed before."""
        self.heard: Counter[str] = Counter()
        self.accepted_ms: list[float] = []
        self.placed: list[str] = []
        self._begun: dict[str, int] = {}
        self.first_ns = self.last_ns = 0

    def on_start(self) -> None:
        """Want quotes, by which orders are priced."""
        self.subscribe_quote_ticks(self._instrument_id)

    def place(self, count: int) -> None:
        """Submit so many orders within this call."""
        instrument = self.cache.instrument(self._instrument_id)
        bid = float(self.cache.quote_tick(self._instrument_id).bid_price)
        price, size = instrument.make_price(round(bid * PRICE_SHARE)), instrument.make_qty(SIZE)
        for _ in range(count):
            order = self.order_factory.limit(self._instrument_id, OrderSide.BUY, size, price)
            name = order.client_order_id.value
            self.placed.append(name)
            now = self._begun[name] = time.perf_counter_ns()
            self.first_ns = self.first_ns or now
            self.submit_order(order)

    def cancel(self) -> None:
        """Cancel all that rest."""
        self.cancel_all_orders(self._instrument_id)

    def on_event(self, event: Event) -> None:
        """Count it; note the time of an acceptance."""
        self.heard[type(event).__name__] += 1
        if isinstance(event, OrderAccepted):
            self.last_ns = time.perf_counter_ns()
            begun = self._begun[event.client_order_id.value]
            self.accepted_ms.append((self.last_ns - begun) / 1e6)

    @property
    def ended(self) -> int:
        """Return how many of the orders have ended, canceled or otherwise."""
        ends = ("OrderCanceled", "OrderDenied", "OrderRejected", "OrderFilled", "OrderExpired")
        return sum(self.heard[name] for name in ends)
