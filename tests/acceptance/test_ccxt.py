"""ccxt, unmodified but for its address, on the loopback venue reads what the venue has."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import ccxt.pro
import pytest
import pytest_asyncio

from simulator.hyperliquid import HyperliquidVenue, VenueOptions
from tests.acceptance.ccxt_traders import ccxt_on
from tests.waiting import eventually

BTC = "BTC/USDC:USDC"

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def venue() -> AsyncIterator[HyperliquidVenue]:
    options = VenueOptions(seed=4, speed=60, history_minutes=300, weight_per_minute=0)
    async with HyperliquidVenue(options).running() as venue:
        await eventually(lambda: len(venue.market.coin("BTC").trades) > 10)
        yield venue


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def exchange(venue: HyperliquidVenue) -> AsyncIterator[ccxt.pro.hyperliquid]:
    async with ccxt_on(venue) as exchange:
        yield exchange


async def test_markets_carry_the_venues_rules(exchange: ccxt.pro.hyperliquid) -> None:
    market = exchange.market(BTC)

    assert market["active"]
    assert market["limits"]["leverage"]["max"] == 40
    assert market["precision"]["amount"] == 0.00001
    assert {"PURR/USDC", "HYPE/USDC"} <= set(exchange.symbols)
    assert not exchange.market("MATIC/USDC:USDC")["active"]
    assert any(symbol.startswith("XYZ-TSLA/") for symbol in exchange.symbols)


async def test_order_book_and_tickers(exchange: ccxt.pro.hyperliquid) -> None:
    book = await exchange.fetch_order_book(BTC)
    tickers = await exchange.fetch_tickers([BTC])

    assert (len(book["bids"]), len(book["asks"])) == (20, 20)
    assert book["bids"][0][0] < book["asks"][0][0]
    assert abs(tickers[BTC]["last"] / book["bids"][0][0] - 1) < 0.05


async def test_candles_equal_the_venues(
    exchange: ccxt.pro.hyperliquid, venue: HyperliquidVenue
) -> None:
    candles = await exchange.fetch_ohlcv(BTC, "1m", limit=100)

    theirs = {c.t: c for c in venue.market.coin("BTC").series.between("1m", 0, candles[-2][0])}
    assert len(candles) >= 99
    for time, _open, high, low, close, volume in candles[:-1]:
        expected = [theirs[time].h, theirs[time].l, theirs[time].c, theirs[time].v]
        assert [Decimal(str(x)) for x in (high, low, close, volume)] == [
            Decimal(x) for x in expected
        ]


async def test_funding_history_is_hourly(
    exchange: ccxt.pro.hyperliquid, venue: HyperliquidVenue
) -> None:
    since = venue.clock.now_ms() - 4 * 3_600_000

    rates = await exchange.fetch_funding_rate_history(BTC, since=since)

    hours = [rate["timestamp"] // 3_600_000 for rate in rates]
    assert len(rates) >= 3
    assert hours == list(range(hours[0], hours[0] + len(hours)))


async def test_streams_bring_books_trades_and_candles(exchange: ccxt.pro.hyperliquid) -> None:
    async with asyncio.timeout(10):
        book = await exchange.watch_order_book(BTC)
        trades = await exchange.watch_trades(BTC)
        candles = await exchange.watch_ohlcv(BTC, "1m")

    assert book["bids"][0][0] < book["asks"][0][0]
    assert {trade["side"] for trade in trades} <= {"buy", "sell"}
    assert all(trade["price"] > 0 for trade in trades)
    assert candles[-1][3] <= candles[-1][4] <= candles[-1][2]
