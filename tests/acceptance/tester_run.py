"""
One run of Nautilus's own DataTester over our adapter, in a real node, on a loopback venue.

The tester subscribes and requests but judges nothing; what it and the message bus were given, and
what the venue has heard and told, is kept here for others to judge.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pandas as pd
from nautilus_trader.config import InstrumentProviderConfig, LoggingConfig, TradingNodeConfig
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.book import OrderBook
from nautilus_trader.model.data import BarType, InstrumentStatus
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.test_kit.strategies.tester_data import DataTester, DataTesterConfig

from adapters.hyperliquid import (
    HYPERLIQUID_VENUE,
    HyperliquidDataClientConfig,
    HyperliquidLiveDataClientFactory,
)
from desk.loop_clock import make_node
from simulator.events import Bbo
from simulator.generator import Generator
from simulator.hyperliquid import HyperliquidVenue, VenueOptions
from tests.acceptance.ledgers import Ledger
from tests.waiting import eventually

BTC = InstrumentId.from_str("BTC-USD-PERP.HYPERLIQUID")
ETH = InstrumentId.from_str("ETH-USD-PERP.HYPERLIQUID")
SOL = InstrumentId.from_str("SOL-USD-PERP.HYPERLIQUID")
BARS = BarType.from_str(f"{BTC}-1-MINUTE-LAST-EXTERNAL")
BOOK_INTERVAL_MS = 100
SEED = 5
SPEED = 60.0
HISTORY_MINUTES = 600

EVERYTHING = DataTesterConfig(
    component_id="EVERYTHING",
    instrument_ids=[BTC],
    bar_types=[BARS],
    subscribe_book_deltas=True,
    manage_book=True,
    subscribe_book_depth=True,
    subscribe_book_at_interval=True,
    book_interval_ms=BOOK_INTERVAL_MS,
    subscribe_quotes=True,
    subscribe_trades=True,
    subscribe_mark_prices=True,
    subscribe_index_prices=True,
    subscribe_funding_rates=True,
    subscribe_bars=True,
    subscribe_instrument=True,
    subscribe_instrument_close=True,
    request_instruments=True,
    request_book_snapshot=True,
    request_book_deltas=True,
    request_quotes=True,
    request_trades=True,
    request_bars=True,
    request_funding_rates=True,
    requests_start_delta=pd.Timedelta(minutes=50),
    log_data=False,
)
WITH_PARAMS = DataTesterConfig(
    component_id="WITH-PARAMS",
    instrument_ids=[ETH],
    subscribe_book_depth=True,
    subscribe_params={"n_sig_figs": 3},
    request_book_snapshot=True,
    request_params={"n_sig_figs": 2},
    log_data=False,
)
STATUS = DataTesterConfig(
    component_id="STATUS",
    instrument_ids=[SOL],
    subscribe_instrument_status=True,
    log_data=False,
)


def kept(name: str) -> Callable[[Any, Any], None]:
    def handler(self: "Witness", data: Any) -> None:  # noqa: ANN401 (whatever the tester gets)
        self.seen[name].append(data)
        getattr(DataTester, name)(self, data)

    return handler


class Witness(DataTester):
    """The tester itself; it only keeps what its handlers are given."""

    def __init__(self, config: DataTesterConfig) -> None:
        super().__init__(config)
        self.seen: dict[str, list[Any]] = defaultdict(list)

    on_historical_data = kept("on_historical_data")
    on_instrument = kept("on_instrument")
    on_order_book_deltas = kept("on_order_book_deltas")
    on_order_book_depth = kept("on_order_book_depth")
    on_quote_tick = kept("on_quote_tick")
    on_trade_tick = kept("on_trade_tick")
    on_mark_price = kept("on_mark_price")
    on_index_price = kept("on_index_price")
    on_funding_rate = kept("on_funding_rate")
    on_instrument_status = kept("on_instrument_status")
    on_bar = kept("on_bar")

    def on_order_book(self, book: OrderBook) -> None:
        """Keep when it came and what it said; the book itself is the cache's and goes on."""
        now = self.clock.timestamp_ns()
        self.seen["on_order_book"].append((now, book.best_bid_price(), book.best_ask_price()))

    def past(self, kind: type) -> list[Any]:
        """Return what answered requests, of one kind."""
        return [data for data in self.seen["on_historical_data"] if isinstance(data, kind)]


class Run:
    """What one run of the testers left behind."""

    def __init__(self, venue: HyperliquidVenue, ledger: Ledger, node: TradingNode) -> None:
        self.venue = venue
        self.ledger = ledger
        self.cache = node.cache
        self.client = node.kernel.data_engine.routing_map[HYPERLIQUID_VENUE]
        self.tester = Witness(EVERYTHING)
        self.with_params = Witness(WITH_PARAMS)
        self.status = Witness(STATUS)
        self.refused: dict[str, list[Any]] = {}
        """What the client held, at the end, of what the venue cannot serve."""
        self.late: list[Any] = []
        """The market data that came after everything was unsubscribed."""
        self._published: list[Any] = []
        node.kernel.msgbus.subscribe("data.*", self._published.append)

    def frames(self, method: str) -> list[dict[str, Any]]:
        """Return the subscriptions that reached the venue with this method, in order."""
        sent = [r.body for r in self.venue.received if r.kind == "ws"]
        return [body["subscription"] for body in sent if body["method"] == method]

    def asked(self, kind: str) -> list[dict[str, Any]]:
        """Return the info requests of one type that reached the venue."""
        bodies = [r.body for r in self.venue.received if r.kind == "info"]
        return [body for body in bodies if body["type"] == kind]

    def is_complete(self) -> bool:
        """Tell whether everything subscribed has come, some of it more than once."""
        seen = self.tester.seen
        enough = {
            "on_order_book_deltas": 20,
            "on_order_book_depth": 20,
            "on_order_book": 5,
            "on_quote_tick": 20,
            "on_trade_tick": 50,
            "on_mark_price": 3,
            "on_index_price": 3,
            "on_funding_rate": 1,
            "on_bar": 3,
        }
        testers = (self.tester, self.with_params)
        answered = not any(tester.has_pending_requests() for tester in testers)
        params = bool(self.with_params.seen["on_order_book_depth"])
        return answered and params and all(len(seen[k]) >= n for k, n in enough.items())

    async def delist(self) -> None:
        """Delist SOL and wait until its tester knows."""
        self.venue.set_status("SOL", delisted=True)
        statuses = self.status.seen["on_instrument_status"]
        await eventually(lambda: len(statuses) > 1, timeout_secs=10)

    async def stop(self) -> None:
        """Stop the testers, which unsubscribe, and keep what still comes."""
        self.refused = {
            "close": self.client.subscribed_instrument_close(),
            "greeks": self.client.subscribed_option_greeks(),
        }
        for tester in (self.tester, self.with_params, self.status):
            tester.stop()
        held = len(self.frames("subscribe"))
        with suppress(TimeoutError):  # D70 judges it
            await eventually(lambda: len(self.frames("unsubscribe")) >= held)
        await self._let_the_market_move(5)  # what was on its way has come
        before = len(self._published)
        await self._let_the_market_move(40)
        self.late = [
            data
            for data in self._published[before:]
            if not isinstance(data, Instrument | InstrumentStatus)
        ]

    async def _let_the_market_move(self, quotes: int) -> None:
        told = len(self.ledger.of(Bbo, "BTC"))
        await eventually(lambda: len(self.ledger.of(Bbo, "BTC")) > told + quotes)


@asynccontextmanager
async def ran() -> AsyncIterator[Run]:
    """Run the testers on a venue until they have seen everything, and stop them."""
    now_ms = time.time_ns() // 1_000_000
    ledger = Ledger(Generator(SEED, now_ms, SPEED, HISTORY_MINUTES))
    options = VenueOptions(speed=SPEED, weight_per_minute=0)
    async with HyperliquidVenue(options, ledger).running() as venue:
        await eventually(lambda: len(ledger.trades("BTC")) > 10)
        node = make_node(asyncio.get_running_loop(), _node_config(venue))
        node.add_data_client_factory("HYPERLIQUID", HyperliquidLiveDataClientFactory)
        node.build()
        run = Run(venue, ledger, node)
        node.trader.add_actors([run.tester, run.with_params, run.status])
        task = asyncio.create_task(node.run_async())
        try:
            await eventually(lambda: run.tester.is_running, timeout_secs=10)
            run.tester.subscribe_option_greeks(BTC)  # the one hook that the tester has no knob for
            await eventually(run.is_complete, timeout_secs=20)
            await run.delist()
            await run.stop()
        finally:
            await node.stop_async()
            await task
        yield run


def _node_config(venue: HyperliquidVenue) -> TradingNodeConfig:
    client = HyperliquidDataClientConfig(
        base_url_http=venue.http_url,
        base_url_ws=venue.ws_url,
        update_instruments_interval_mins=0.01,
        instrument_provider=InstrumentProviderConfig(load_all=True),
    )
    return TradingNodeConfig(
        logging=LoggingConfig(log_level="OFF"),
        data_clients={"HYPERLIQUID": client},
        timeout_post_stop=0.01,
    )
