"""The desk's figures for Prometheus; a scrape reads a picture, so that no label outlives a run.

Labels are bounded by the profile: strategies, venues, currencies, and the paths of the API. None
carries an order, a key or an address.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from monitor.picture import DeskPicture, State, StrategyPicture, VenuePicture

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_NS: Final = 1_000_000_000
_HTTP_SECS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
_ORDER_SECS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_LAG_SECS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)


class Metrics:
    """
    What is counted as it happens, and what is read from a picture at each scrape.

    Parameters
    ----------
    picture : callable
        Takes a picture of the desk.

    """

    def __init__(self, picture: Callable[[], DeskPicture]) -> None:
        # A series more for each, of which no question is asked.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_Picture(picture))
        self.requests = Histogram(
            "perpdesk_http_request_duration_seconds",
            "How long the API took to answer.",
            ("method", "path", "status"),
            buckets=_HTTP_SECS,
            registry=self._registry,
        )
        self.orders = Histogram(
            "perpdesk_order_duration_seconds",
            "From a strategy's order to what became of it first: accepted, filled or refused.",
            ("venue", "outcome"),
            buckets=_ORDER_SECS,
            registry=self._registry,
        )
        self.lag = Histogram(
            "perpdesk_event_loop_lag_seconds",
            "How much later than asked for a timer of the event loop fires.",
            buckets=_LAG_SECS,
            registry=self._registry,
        )
        self.signals = Counter(
            "perpdesk_signals",
            "Signals that strategies had or heard.",
            ("strategy",),
            registry=self._registry,
        )
        self.fills = Counter(
            "perpdesk_fills", "Fills of orders.", ("strategy",), registry=self._registry
        )
        self.refusals = Counter(
            "perpdesk_refusals",
            "Orders that were denied or rejected.",
            ("strategy",),
            registry=self._registry,
        )
        self.commands = Counter(
            "perpdesk_commands",
            "Commands of people, by what became of them.",
            ("action", "status"),
            registry=self._registry,
        )

    def exposition(self) -> bytes:
        """Return all of it in Prometheus's text format."""
        return generate_latest(self._registry)


class _Picture(Collector):
    def __init__(self, picture: Callable[[], DeskPicture]) -> None:
        self._picture = picture

    def collect(self) -> Iterable[Metric]:
        picture = self._picture()
        yield _info(picture)
        yield from _strategies(picture.strategies)
        yield from _pnl(picture.strategies)
        yield from _venues(picture.venues, picture.taken)
        equity = _gauge("equity", "What an account is worth, in its currency.", "venue", "currency")
        for account in picture.equity:
            equity.add_metric((account.venue, account.currency), float(account.now))
        yield equity
        halted = _gauge("halted", "1 while nobody may open anything.")
        halted.add_metric((), picture.halted is not None)
        yield halted


def _info(picture: DeskPicture) -> Metric:
    info = _gauge("info", "1, with what runs.", "version", "profile", "environment", "trader_id")
    names = (picture.version, picture.profile, picture.environment, picture.trader_id)
    info.add_metric(names, 1)
    return info


def _strategies(strategies: Iterable[StrategyPicture]) -> Iterator[Metric]:
    state = _gauge("strategy_state", "1 for the state a strategy is in.", "strategy", "state")
    position = _gauge("position", "Signed, in base units.", "strategy")
    orders = _gauge("open_orders", "Orders that have not ended.", "strategy")
    warm = _gauge("strategy_warm", "1 once its indicators may be acted on.", "strategy")
    for strategy in strategies:
        for each in State:
            state.add_metric((strategy.id, each.value), strategy.state is each)
        position.add_metric((strategy.id,), float(strategy.position))
        orders.add_metric((strategy.id,), strategy.open_orders)
        warm.add_metric((strategy.id,), strategy.is_warm)
    yield from (state, position, orders, warm)


def _pnl(strategies: Iterable[StrategyPicture]) -> Iterator[Metric]:
    labels = ("strategy", "currency")
    realized = _gauge("realized_pnl", "Earned in this run, after fees.", *labels)
    unrealized = _gauge("unrealized_pnl", "Of open positions at the market.", *labels)
    for strategy in strategies:
        for currency, amount in strategy.realized_pnl.items():
            realized.add_metric((strategy.id, currency), float(amount))
        for currency, amount in strategy.unrealized_pnl.items():
            unrealized.add_metric((strategy.id, currency), float(amount))
    yield from (realized, unrealized)


def _venues(venues: Iterable[VenuePicture], now: int) -> Iterator[Metric]:
    connected = _gauge("venue_connected", "1 while connected.", "venue", "client")
    age = _gauge("quote_age_seconds", "Since a market of ours last moved.", "venue")
    for venue in venues:
        connected.add_metric((venue.name, "data"), venue.is_data_connected)
        if venue.is_execution_connected is not None:
            connected.add_metric((venue.name, "execution"), venue.is_execution_connected)
        if venue.last_quote is not None:
            age.add_metric((venue.name,), max(0, now - venue.last_quote) / _NS)
    yield from (connected, age)


def _gauge(name: str, words: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"perpdesk_{name}", words, labels=labels)
