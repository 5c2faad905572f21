"""What both venues owe, of market data: every feed, once, in order, and anew after a break."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import pytest
import pytest_asyncio
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.data import messages
from nautilus_trader.model.book import OrderBook
from nautilus_trader.model.data import (
    Bar,
    BarType,
    FundingRateUpdate,
    IndexPriceUpdate,
    MarkPriceUpdate,
    OrderBookDelta,
    OrderBookDeltas,
    QuoteTick,
    TradeTick,
)
from nautilus_trader.model.enums import BookType
from nautilus_trader.model.identifiers import ClientId, InstrumentId
from nautilus_trader.model.instruments import CryptoPerpetual, Instrument

from simulator.fault_rules import Duplicate, Status
from tests.adapters.contract_terms import Terms, Venue
from tests.adapters.hyperliquid.bench import Bench as HyperliquidBench
from tests.adapters.synthetix.bench import Bench as SynthetixBench
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

type DataBench = HyperliquidBench | SynthetixBench

SPEED = 60.0
"""A bar closes every second."""
GRACE_MS = int(2_000 * SPEED)
"""How long a candle may still change, in the venue's time, which runs so much faster."""
MINUTE_NS = 60_000_000_000
SOON_SECS = 15.0
FEEDS = {
    "quotes": (QuoteTick, "quote_ticks", messages.SubscribeQuoteTicks),
    "trades": (TradeTick, "trade_ticks", messages.SubscribeTradeTicks),
    "marks": (MarkPriceUpdate, "mark_prices", messages.SubscribeMarkPrices),
    "deltas": (OrderBookDeltas, "order_book_deltas", messages.SubscribeOrderBook),
    "bars": (Bar, "bars", messages.SubscribeBars),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def market(terms: Terms) -> AsyncIterator[Venue]:
    """Run a venue of a made-up market for all cases of this module."""
    async with terms.open_market(SPEED) as venue:
        yield venue


class Data:
    """A connected data client, by the same verbs for both venues."""

    def __init__(self, terms: Terms, bench: DataBench) -> None:
        self.terms = terms
        self.bench = bench
        self.client = bench.client
        self.venue = bench.venue
        self.of = bench.of
        self.instrument_id = terms.instrument_id
        self.bar_type = BarType.from_str(f"{terms.instrument_id}-1-MINUTE-LAST-EXTERNAL")

    def routed(self) -> dict[str, Any]:
        return {
            "client_id": ClientId(self.terms.adapter.client),
            "venue": None,
            "command_id": UUID4(),
            "ts_init": 0,
            "params": None,
        }

    def asking(self, limit: int) -> dict[str, Any]:
        request = self.routed() | {"start": None, "end": None, "limit": limit, "callback": None}
        del request["command_id"]
        return request | {"request_id": UUID4(), "params": {}}

    def want(self, feed: str, subject: InstrumentId | BarType | None = None) -> None:
        """Subscribe to a feed."""
        _, name, command = FEEDS[feed]
        subject = subject or (self.bar_type if feed == "bars" else self.instrument_id)
        terms = (OrderBookDelta, BookType.L2_MBP) if feed == "deltas" else ()
        getattr(self.client, f"subscribe_{name}")(command(subject, *terms, **self.routed()))

    def drop(self, feed: str) -> None:
        """Unsubscribe from a feed."""
        _, name, command = FEEDS[feed]
        command = getattr(messages, command.__name__.replace("Subscribe", "Unsubscribe"))
        subject = self.bar_type if feed == "bars" else self.instrument_id
        terms = (OrderBookDelta,) if feed == "deltas" else ()
        getattr(self.client, f"unsubscribe_{name}")(command(subject, *terms, **self.routed()))

    async def some(self, feed: str, count: int = 3) -> list[Any]:
        """Wait until so many of a feed have come and return what has."""
        kind = FEEDS[feed][0]
        await eventually(lambda: len(self.of(kind)) >= count, SOON_SECS)
        return self.of(kind)

    def asked_for(self, feed: str, method: str = "subscribe") -> int:
        """Return how often the venue was asked for the stream of a feed."""
        return len(self.bench.frames(method, type=self.terms.streams[feed]))


@pytest_asyncio.fixture(loop_scope="module")
async def data(terms: Terms, market: Venue) -> AsyncIterator[Data]:
    market.received.clear()
    async with terms.open_data(market, bar_close_grace_ms=GRACE_MS) as bench:
        await eventually(lambda: bench.client.is_connected, SOON_SECS)
        yield Data(terms, bench)
    market.faults.clear()
    market.refuse_connections(refused=False)


async def test_connecting_announces_what_is_listed(data: Data) -> None:
    listed = {instrument.id: instrument for instrument in data.of(Instrument)}
    found = listed[data.instrument_id]
    assert isinstance(found, CryptoPerpetual)
    assert data.terms.stranger_id not in listed
    assert data.terms.ticks == (
        found.price_increment.as_decimal(),
        found.size_increment.as_decimal(),
        found.min_notional.as_decimal(),
        found.maker_fee,
        found.taker_fee,
    )


async def test_quotes_never_cross_nor_run_back(data: Data) -> None:
    data.want("quotes")
    quotes = await data.some("quotes", 10)
    assert {quote.instrument_id for quote in quotes} == {data.instrument_id}
    assert all(quote.bid_price < quote.ask_price for quote in quotes)
    times = [quote.ts_event for quote in quotes]
    assert times == sorted(times)
    assert data.asked_for("quotes") == 1


async def test_deltas_make_a_book_that_is_never_crossed(data: Data) -> None:
    data.want("deltas")
    book = OrderBook(data.instrument_id, BookType.L2_MBP)
    for deltas in await data.some("deltas", 10):
        book.apply_deltas(deltas)
        assert book.best_bid_price() < book.best_ask_price()
    assert data.of(OrderBookDeltas)[0].is_snapshot
    assert data.asked_for("deltas") == 1


async def test_trades_come_once_and_in_order(data: Data) -> None:
    data.venue.faults.add(Duplicate(on="ws", type=data.terms.trades_channel))
    data.want("trades")
    trades = await data.some("trades", 30)
    assert data.venue.faults.log
    assert len({trade.trade_id for trade in trades}) == len(trades)
    times = [trade.ts_event for trade in trades]
    assert times == sorted(times)
    assert {trade.instrument_id for trade in trades} == {data.instrument_id}


async def test_bars_come_once_when_they_are_final(data: Data) -> None:
    data.want("bars")
    bars = await data.some("bars", 3)
    closes = [bar.ts_event for bar in bars]
    assert all(close % MINUTE_NS == 0 for close in closes)
    assert {later - earlier for earlier, later in pairwise(closes)} == {MINUTE_NS}
    assert {bar.bar_type for bar in bars} == {data.bar_type}
    assert closes[-1] <= data.venue.clock.now_ms() * 1_000_000
    # The venue's own history has them as they were told.
    data.client.request_bars(messages.RequestBars(data.bar_type, **data.asking(20)))
    past = {bar.ts_event: bar for bar in (await data.bench.answer()).data}
    assert [(b.open, b.high, b.low, b.close, b.volume) for b in bars] == [
        (p.open, p.high, p.low, p.close, p.volume) for p in (past[b.ts_event] for b in bars)
    ]


async def test_mark_and_index_prices_share_a_stream(data: Data) -> None:
    data.want("marks")
    command = messages.SubscribeIndexPrices(data.instrument_id, **data.routed())
    data.client.subscribe_index_prices(command)
    marks = await data.some("marks", 2)
    await eventually(lambda: data.of(IndexPriceUpdate), SOON_SECS)
    assert {one.instrument_id for one in [*marks, *data.of(IndexPriceUpdate)]} == {
        data.instrument_id
    }
    assert all(one.value > 0 for one in marks)
    assert data.asked_for("marks") == 1


async def test_a_funding_rate_is_told_with_its_next_hour(data: Data) -> None:
    command = messages.SubscribeFundingRates(data.instrument_id, **data.routed())
    data.client.subscribe_funding_rates(command)
    await eventually(lambda: data.of(FundingRateUpdate), SOON_SECS)
    rate = data.of(FundingRateUpdate)[0]
    assert (rate.instrument_id, rate.interval) == (data.instrument_id, 60)
    # By the venue's clock, which runs so much faster than ours; it has gone on meanwhile.
    left_ns = rate.next_funding_ns - data.venue.clock.now_ms() * 1_000_000
    assert -5 * MINUTE_NS < left_ns <= 60 * MINUTE_NS
    assert rate.next_funding_ns % (60 * MINUTE_NS) == 0


@pytest.mark.parametrize("feed", FEEDS)
async def test_what_is_unsubscribed_comes_no_more(data: Data, feed: str) -> None:
    data.want(feed)
    await data.some(feed, 1)
    data.drop(feed)
    await eventually(lambda: data.asked_for(feed, "unsubscribe") == 1)
    assert data.client._streams.subscriptions == []
    count = len(data.of(FEEDS[feed][0]))
    # Another feed shows that the venue has gone on meanwhile.
    other = "trades" if feed != "trades" else "quotes"
    data.want(other)
    before = len(data.of(FEEDS[other][0]))
    await data.some(other, before + 5)
    assert len(data.of(FEEDS[feed][0])) == count


async def test_a_feed_that_was_dropped_can_be_had_again(data: Data) -> None:
    data.want("trades")
    await data.some("trades", 2)
    data.drop("trades")
    await eventually(lambda: data.asked_for("trades", "unsubscribe") == 1)
    count = len(data.of(TradeTick))
    data.want("trades")
    trades = await data.some("trades", count + 5)
    assert data.asked_for("trades") == 2
    assert len({trade.trade_id for trade in trades}) == len(trades)


async def test_a_broken_connection_costs_no_feed_and_doubles_nothing(data: Data) -> None:
    for feed in FEEDS:
        data.want(feed)
    for feed in FEEDS:
        await data.some(feed, 1)
    streams = set(data.terms.streams.values())
    asked = {name: len(data.bench.frames("subscribe", type=name)) for name in streams}
    await data.venue.drop_connections()
    counts = {feed: len(data.of(kind)) for feed, (kind, *_) in FEEDS.items()}
    for feed in FEEDS:
        await data.some(feed, counts[feed] + 2)
    for name in streams:
        assert len(data.bench.frames("subscribe", type=name)) == 2 * asked[name]
    trades = data.of(TradeTick)
    assert len({trade.trade_id for trade in trades}) == len(trades)
    closes = [bar.ts_event for bar in data.of(Bar)]
    assert closes == list(range(closes[0], closes[-1] + 1, MINUTE_NS))
    book = OrderBook(data.instrument_id, BookType.L2_MBP)
    for deltas in data.of(OrderBookDeltas):
        book.apply_deltas(deltas)
    assert book.best_bid_price() < book.best_ask_price()


async def test_bars_that_closed_while_away_are_told_once_it_is_back(data: Data) -> None:
    data.want("bars")
    await data.some("bars", 1)
    assert data.client.is_streaming
    data.venue.refuse_connections()
    await data.venue.drop_connections()
    await eventually(lambda: not data.client.is_streaming)
    back_ms = data.venue.clock.now_ms() + 3 * MINUTE_NS // 1_000_000
    await eventually(lambda: data.venue.clock.now_ms() > back_ms, SOON_SECS)
    count = len(data.of(Bar))
    data.venue.refuse_connections(refused=False)
    bars = await data.some("bars", count + 5)
    assert data.client.is_streaming
    closes = [bar.ts_event for bar in bars]
    assert closes == list(range(closes[0], closes[-1] + 1, MINUTE_NS))


async def test_a_venue_that_lets_nobody_in_is_tried_until_it_does(data: Data) -> None:
    data.want("quotes")
    await data.some("quotes", 1)
    data.venue.refuse_connections()
    await data.venue.drop_connections()
    await asyncio.sleep(0.3)  # a refusal or two
    count = len(data.of(QuoteTick))
    data.venue.refuse_connections(refused=False)
    await data.some("quotes", count + 3)


async def test_a_silent_stream_is_subscribed_anew(terms: Terms, market: Venue) -> None:
    market.received.clear()
    async with terms.open_data(market, ws_stale_stream_secs=1.0) as bench:
        await eventually(lambda: bench.client.is_connected, SOON_SECS)
        data = Data(terms, bench)
        data.want("deltas")
        await data.some("deltas", 1)
        market.mute(terms.streams["deltas"], terms.market)
        await eventually(lambda: data.asked_for("deltas") >= 2, SOON_SECS)
        market.unmute(terms.streams["deltas"], terms.market)
        await data.some("deltas", len(data.of(OrderBookDeltas)) + 3)


async def test_what_the_venue_has_not_is_refused_and_not_held(data: Data) -> None:
    data.want("quotes", data.terms.stranger_id)
    data.want("bars", BarType.from_str(f"{data.instrument_id}-10-MINUTE-LAST-EXTERNAL"))
    await eventually(
        lambda: not data.client.subscribed_quote_ticks() and not data.client.subscribed_bars()
    )
    assert data.bench.frames("subscribe") == []


async def test_past_bars_are_final_whole_and_oldest_first(data: Data) -> None:
    data.client.request_bars(messages.RequestBars(data.bar_type, **data.asking(20)))
    closes = [bar.ts_event for bar in (await data.bench.answer()).data]
    assert closes == list(range(closes[0], closes[0] + 20 * MINUTE_NS, MINUTE_NS))
    assert closes[-1] <= data.venue.clock.now_ms() * 1_000_000


async def test_past_trades_are_told_oldest_first_also_by_a_busy_venue(data: Data) -> None:
    data.venue.faults.add(Status(on="info", status=503, count=2))
    data.want("trades")
    await data.some("trades", 5)
    request = messages.RequestTradeTicks(data.instrument_id, **data.asking(5))
    data.client.request_trade_ticks(request)
    answer = await data.bench.answer()
    times = [trade.ts_event for trade in answer.data]
    assert answer.correlation_id == request.id
    assert len(times) == 5
    assert times == sorted(times)


async def test_disconnecting_leaves_no_task(terms: Terms, market: Venue) -> None:
    before = asyncio.all_tasks()
    async with terms.open_data(market) as bench:
        await eventually(lambda: bench.client.is_connected, SOON_SECS)
        data = Data(terms, bench)
        for feed in FEEDS:
            data.want(feed)
        await data.some("quotes", 1)
    await eventually(lambda: asyncio.all_tasks() <= before, SOON_SECS)
