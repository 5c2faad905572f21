"""Counts what each strategy of a run did, and times its orders; it only listens."""

from collections import Counter
from collections.abc import Callable

from nautilus_trader.common.component import Logger
from nautilus_trader.model.events import (
    OrderAccepted,
    OrderDenied,
    OrderEvent,
    OrderFilled,
    OrderRejected,
)
from nautilus_trader.model.orders import Order
from nautilus_trader.trading.trader import Trader

from monitor.metrics import Metrics
from strategies.signals import Signal

_NS = 1_000_000_000


class Tally:
    """
    Signals, fills and refusals by strategy, in numbers that only rise.

    Parameters
    ----------
    metrics : Metrics
        Where the same is counted for Prometheus.
    find_order : callable
        Returns the order of a client order id, or None.

    """

    def __init__(self, metrics: Metrics, find_order: Callable[..., Order | None]) -> None:
        self._metrics = metrics
        self._find_order = find_order
        self._log = Logger(type(self).__name__)
        self.signals: Counter[str] = Counter()
        self.fills: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()

    def listen(self, trader: Trader) -> None:
        """Hear what the strategies of a trader do from now on."""
        trader.subscribe("events.order.*", self._harmless(self._on_order_event))
        trader.subscribe("data.Signal*", self._harmless(self._on_signal))

    def _harmless[T](self, handler: Callable[[T], None]) -> Callable[[T], None]:
        def guarded(message: T) -> None:
            try:
                handler(message)
            except Exception as e:  # noqa: BLE001  who counts must not stop the trading
                self._log.exception(f"The tally missed {message!r}", e)

        return guarded

    def _on_signal(self, signal: Signal) -> None:
        # RSI signs with its id, which has a tag; alerts name the strategy.
        strategy = signal.strategy.partition("-")[0]
        self.signals[strategy] += 1
        self._metrics.signals.labels(strategy).inc()

    def _on_order_event(self, event: OrderEvent) -> None:
        strategy = event.strategy_id.value.partition("-")[0]
        if isinstance(event, OrderFilled):
            self.fills[strategy] += 1
            self._metrics.fills.labels(strategy).inc()
            self._time(event, "filled")
        elif isinstance(event, OrderAccepted):
            self._time(event, "accepted")
        elif isinstance(event, OrderRejected | OrderDenied):
            self.refusals[strategy] += 1
            self._metrics.refusals.labels(strategy).inc()
            self._time(event, "refused")

    def _time(self, event: OrderEvent, outcome: str) -> None:
        order = self._find_order(event.client_order_id)
        # A reconciled order began in another life, and only the first fill is an answer.
        if order is None or event.reconciliation:
            return
        if isinstance(event, OrderFilled) and order.filled_qty != event.last_qty:
            return
        venue = event.instrument_id.venue.value.lower()
        secs = max(0, event.ts_init - order.ts_init) / _NS
        self._metrics.orders.labels(venue, outcome).observe(secs)
