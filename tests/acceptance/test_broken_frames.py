"""
Broken frames on a real socket: none ends the stream, none is published in part.

Method: a hand-written server accepts the client's subscriptions, sends one broken frame and then a
good one; whatever the good one brings must be all that comes.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock, MessageBus
from nautilus_trader.config import InstrumentProviderConfig
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.data.messages import (
    SubscribeBars,
    SubscribeMarkPrices,
    SubscribeOrderBook,
    SubscribeQuoteTicks,
    SubscribeTradeTicks,
)
from nautilus_trader.model.data import (
    Bar,
    BarType,
    OrderBookDelta,
    OrderBookDeltas,
    QuoteTick,
    TradeTick,
)
from nautilus_trader.model.enums import BookType
from nautilus_trader.model.identifiers import ClientId, InstrumentId, TraderId
from nautilus_trader.model.instruments import Instrument
from websockets.asyncio.server import ServerConnection, serve

from adapters.hyperliquid import (
    HyperliquidDataClient,
    HyperliquidDataClientConfig,
    HyperliquidInstrumentProvider,
    address_governor,
)
from adapters.hyperliquid.http import HyperliquidHttpClient
from simulator.hyperliquid import HyperliquidVenue, VenueOptions
from tests.waiting import eventually

BTC = InstrumentId.from_str("BTC-USD-PERP.HYPERLIQUID")
BARS = BarType.from_str(f"{BTC}-1-MINUTE-LAST-EXTERNAL")
STREAMS = 5
GOOD_BID = 60_000.0


def bbo(bid: object, ask: object, coin: object = "BTC", time: object = 1) -> dict[str, object]:
    return {"channel": "bbo", "data": {"coin": coin, "time": time, "bbo": [bid, ask]}}


def level(px: object, sz: object = "1.0", n: object = 1) -> dict[str, object]:
    return {"px": px, "sz": sz, "n": n}


def book(*sides: object) -> dict[str, object]:
    return {"channel": "l2Book", "data": {"coin": "BTC", "time": 1, "levels": sides}}


TRADE = {
    "coin": "BTC",
    "side": "B",
    "px": "60000.0",
    "sz": "1.0",
    "time": 1,
    "hash": "0x0",
    "tid": 1,
    "users": ["0x1", "0x2"],
}
CANDLE = {"t": 0, "T": 59_999, "s": "BTC", "i": "1m", "o": "1.0", "c": "1.0", "h": "1.0"}
CONTEXT = {"coin": "BTC", "ctx": {"funding": "0.0", "openInterest": "1.0", "oraclePx": "1.0"}}

BROKEN: dict[str, object] = {
    "empty": "",
    "plain text": "Websocket connection established.",
    "HTML": "<html><body>502 Bad Gateway</body></html>",
    "truncated JSON": '{"channel":"bbo","data":{"coin":"BTC","ti',
    "JSON that is no object": "[1, 2, 3]",
    "null": "null",
    "no channel": {"data": {}},
    "unknown channel": {"channel": "weather", "data": {"rain": True}},
    "channel of another type": {"channel": 7, "data": {}},
    "no data": {"channel": "bbo"},
    "error channel": {"channel": "error", "data": "Invalid subscription {}"},
    "quote without a price": bbo({"sz": "1.0", "n": 1}, level("60001.0")),
    "quote with words for a price": bbo(level("cheap"), level("60001.0")),
    "quote with a NaN": bbo(level("NaN"), level("60001.0")),
    "quote with an infinity": bbo(level("inf"), level("60001.0")),
    "quote with a negative price": bbo(level("-1.0"), level("60001.0")),
    "quote with a negative size": bbo(level("59999.0", sz="-1.0"), level("60001.0")),
    "quote with a huge price": bbo(level("1e300"), level("60001.0")),
    "quote without a bid": bbo(None, level("60001.0")),
    "quote without either side": bbo(None, None),
    "quote with one side": {"channel": "bbo", "data": {"coin": "BTC", "time": 1, "bbo": [None]}},
    "quote of an unknown coin": bbo(level("1.0"), level("2.0"), coin="NOPE"),
    "quote of a coin that is a number": bbo(level("1.0"), level("2.0"), coin=5),
    "quote with words for a time": bbo(level("59999.0"), level("60001.0"), time="noon"),
    "quote from before all time": bbo(level("59999.0"), level("60001.0"), time=-1),
    "quote from beyond all time": bbo(level("59999.0"), level("60001.0"), time=10**30),
    "book with one side": book([level("59999.0")]),
    "book with a bad last level": book([level("59999.0")], [level("60001.0"), level("x")]),
    "book with a level that is a string": book(["59999.0"], [level("60001.0")]),
    "book with an infinite size": book([level("59999.0", sz="inf")], [level("60001.0")]),
    "trades that are no list": {"channel": "trades", "data": TRADE},
    "trades with a bad last one": {"channel": "trades", "data": [TRADE, TRADE | {"px": "x"}]},
    "trade with an unknown side": {"channel": "trades", "data": [TRADE | {"side": "X"}]},
    "trade of no size": {"channel": "trades", "data": [TRADE | {"sz": "0.0"}]},
    "trade with an infinite price": {"channel": "trades", "data": [TRADE | {"px": "inf"}]},
    "candle without its low": {"channel": "candle", "data": CANDLE},
    "candle of an unknown interval": {
        "channel": "candle",
        "data": CANDLE | {"l": "1.0", "v": "1.0", "n": 1, "i": "7m"},
    },
    "context without its mark": {"channel": "activeAssetCtx", "data": CONTEXT},
    "context of words": {
        "channel": "activeAssetCtx",
        "data": {"coin": "BTC", "ctx": CONTEXT["ctx"] | {"markPx": "x"}},
    },
}


@asynccontextmanager
async def client_fed_with(*frames: bytes | str) -> AsyncIterator[list[object]]:
    """Subscribe everything on a server that sends these frames and then a good quote."""

    async def feed(line: ServerConnection) -> None:
        for _ in range(STREAMS):
            await line.recv()
        for frame in frames:
            await line.send(frame)
        now = 1_795_000_000_000
        await line.send(json.dumps(bbo(level(str(GOOD_BID)), level("60001.0"), time=now)))
        await line.wait_closed()

    options = VenueOptions(history_minutes=1, weight_per_minute=0)
    async with (
        HyperliquidVenue(options).running() as venue,
        serve(feed, "127.0.0.1", 0) as server,
    ):
        port = server.sockets[0].getsockname()[1]
        client, data = _client(venue.http_url, f"ws://127.0.0.1:{port}/ws")
        client.connect()
        await eventually(lambda: client.is_connected)
        data.clear()
        _subscribe(client)
        try:
            yield data
        finally:
            client.disconnect()
            await eventually(lambda: not client.is_connected)


def _client(http_url: str, ws_url: str) -> tuple[HyperliquidDataClient, list[object]]:
    clock = LiveClock()
    msgbus = MessageBus(trader_id=TraderId("TESTER-000"), clock=clock)
    data: list[object] = []
    msgbus.register(endpoint="DataEngine.process", handler=data.append)
    provider_config = InstrumentProviderConfig(load_all=True)
    config = HyperliquidDataClientConfig(
        base_url_http=http_url, base_url_ws=ws_url, instrument_provider=provider_config
    )
    http = HyperliquidHttpClient(http_url, address_governor())
    provider = HyperliquidInstrumentProvider(http, clock, config=provider_config)
    loop = asyncio.get_running_loop()
    client = HyperliquidDataClient(
        loop, http, msgbus, Cache(), clock, provider, config, "HYPERLIQUID"
    )
    return client, data


def _subscribe(client: HyperliquidDataClient) -> None:
    routed = {"client_id": ClientId("HYPERLIQUID"), "venue": None, "ts_init": 0}

    def fresh() -> dict[str, object]:
        return routed | {"command_id": UUID4()}

    client.subscribe_quote_ticks(SubscribeQuoteTicks(BTC, **fresh()))
    client.subscribe_trade_ticks(SubscribeTradeTicks(BTC, **fresh()))
    client.subscribe_bars(SubscribeBars(BARS, **fresh()))
    client.subscribe_mark_prices(SubscribeMarkPrices(BTC, **fresh()))
    client.subscribe_order_book_deltas(
        SubscribeOrderBook(BTC, OrderBookDelta, BookType.L2_MBP, **fresh())
    )


@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_frame_publishes_nothing_and_the_next_one_comes(name: str) -> None:
    frame = BROKEN[name]
    text = frame if isinstance(frame, str) else json.dumps(frame)

    async with client_fed_with(text) as data:
        await eventually(lambda: any(isinstance(item, QuoteTick) for item in data))

        published = [item for item in data if not isinstance(item, Instrument)]
        assert [float(quote.bid_price) for quote in published] == [GOOD_BID]


async def test_a_binary_frame_of_noise_does_no_harm() -> None:
    async with client_fed_with(b"\xff\xfe\x00\x80{") as data:
        await eventually(lambda: any(isinstance(item, QuoteTick) for item in data))

        assert [type(item) for item in data if not isinstance(item, Instrument)] == [QuoteTick]


async def published_by(*frames: object) -> list[object]:
    """Return what these frames bring before the good quote does."""
    async with client_fed_with(*map(json.dumps, frames)) as data:
        await eventually(lambda: isinstance(data[-1], QuoteTick) if data else False)
        return [item for item in data[:-1] if not isinstance(item, Instrument)]


async def test_a_repeated_frame_repeats_no_trade() -> None:
    trades = {"channel": "trades", "data": [TRADE, TRADE | {"tid": 2}]}

    published = await published_by(trades, trades, trades)

    assert [item.trade_id.value for item in published if isinstance(item, TradeTick)] == ["1", "2"]
    assert len(published) == 2


async def test_a_late_frame_of_a_closed_candle_closes_none_again() -> None:
    first = CANDLE | {"l": "1.0", "v": "1.0", "n": 1}
    second = first | {"t": 60_000, "T": 119_999}
    frames = [{"channel": "candle", "data": candle} for candle in (first, second, first, second)]

    published = await published_by(*frames)

    bars = [item for item in published if isinstance(item, Bar)]
    # The good quote is years later, so it closes the second candle.
    assert [bar.ts_event for bar in bars] == [60_000_000_000, 120_000_000_000]


async def test_an_empty_book_is_told_as_one() -> None:
    (empty,) = await published_by(book([], []))

    assert isinstance(empty, OrderBookDeltas)
    assert empty.is_snapshot
    assert len(empty.deltas) == 1
