"""A trading node runs on the client: configured, built, connected, served, stopped."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from nautilus_trader.common.actor import Actor
from nautilus_trader.config import InstrumentProviderConfig, LoggingConfig, TradingNodeConfig
from nautilus_trader.core.data import Data
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.book import OrderBook
from nautilus_trader.model.data import Bar, BarType, QuoteTick
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.objects import Price

from adapters.hyperliquid import (
    HYPERLIQUID,
    HyperliquidDataClientConfig,
    HyperliquidLiveDataClientFactory,
)
from simulator.hyperliquid import HyperliquidVenue, VenueOptions
from tests.adapters.hyperliquid.bench import eventually

BTC = InstrumentId.from_str("BTC-USD-PERP.HYPERLIQUID")
BARS = BarType.from_str(f"{BTC}-1-MINUTE-LAST-EXTERNAL")


class Witness(Actor):
    """Asks for history and streams, and keeps what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.quotes: list[QuoteTick] = []
        self.history: list[Bar] = []
        self.bars: list[Bar] = []
        self.books: list[tuple[Price, Price]] = []
        self.answered: list[Any] = []

    def on_start(self) -> None:
        start = self.clock.utc_now() - timedelta(minutes=40)
        self.request_bars(BARS, start, limit=20, callback=self.answered.append)
        self.request_quote_ticks(BTC, start, callback=self.answered.append)
        self.subscribe_quote_ticks(BTC)
        self.subscribe_bars(BARS)
        self.subscribe_order_book_at_interval(BTC, interval_ms=100)

    def on_quote_tick(self, tick: QuoteTick) -> None:
        self.quotes.append(tick)

    def on_historical_data(self, data: Data) -> None:
        self.history.append(data)

    def on_bar(self, bar: Bar) -> None:
        self.bars.append(bar)

    def on_order_book(self, order_book: OrderBook) -> None:
        self.books.append((order_book.best_bid_price(), order_book.best_ask_price()))


async def test_a_node_serves_an_actor() -> None:
    options = VenueOptions(seed=5, history_minutes=60, speed=120)
    async with HyperliquidVenue(options).running() as venue:
        config = TradingNodeConfig(
            logging=LoggingConfig(log_level="OFF"),
            data_clients={
                HYPERLIQUID: HyperliquidDataClientConfig(
                    base_url_http=venue.http_url,
                    base_url_ws=venue.ws_url,
                    instrument_provider=InstrumentProviderConfig(load_ids=frozenset({BTC})),
                )
            },
            timeout_disconnection=2.0,
            timeout_post_stop=0.1,
        )
        node = TradingNode(config, loop=asyncio.get_running_loop())
        witness = Witness()
        node.trader.add_actor(witness)
        node.add_data_client_factory(HYPERLIQUID, HyperliquidLiveDataClientFactory)
        node.build()
        running = asyncio.create_task(node.run_async())
        try:
            await eventually(lambda: witness.quotes and witness.bars and witness.books)
            await eventually(lambda: len(witness.answered) == 2)
            assert len(witness.history) == 20
            assert all(bid < ask for bid, ask in witness.books)
            assert witness.bars[0].ts_event - witness.history[-1].ts_event <= 60_000_000_000
            assert [i.id for i in node.cache.instruments()] == [BTC]
        finally:
            await node.stop_async()
            await asyncio.wait_for(running, timeout=5)


@pytest.mark.parametrize(
    ("settings", "http_url", "ws_url"),
    [
        ({}, "https://api.hyperliquid.xyz", "wss://api.hyperliquid.xyz/ws"),
        (
            {"testnet": True},
            "https://api.hyperliquid-testnet.xyz",
            "wss://api.hyperliquid-testnet.xyz/ws",
        ),
        (
            {"base_url_http": "http://127.0.0.1:9001/", "base_url_ws": "ws://127.0.0.1:9001/ws"},
            "http://127.0.0.1:9001",
            "ws://127.0.0.1:9001/ws",
        ),
    ],
)
def test_addresses(settings: dict[str, Any], http_url: str, ws_url: str) -> None:
    config = HyperliquidDataClientConfig(**settings)

    assert (config.http_url, config.ws_url) == (http_url, ws_url)


def test_a_config_survives_its_json() -> None:
    config = HyperliquidDataClientConfig(product_types=frozenset({"perp"}))

    assert HyperliquidDataClientConfig.parse(config.json()) == config
