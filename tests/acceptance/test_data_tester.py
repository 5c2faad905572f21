"""
Every data case of Nautilus's testing spec that applies to a perpetuals venue (TC-D01 to TC-D72).

One run of Nautilus's DataTester (`tester_run.py`) is judged case by case from what arrived, from
the cache, from what the venue has heard, and from the ledger of what it has told: where it says
"the venue's", every value was compared and none is missing in between.
"""

import statistics
from collections.abc import AsyncIterator
from decimal import Decimal
from itertools import pairwise

import pytest
import pytest_asyncio
from nautilus_trader.model.data import (
    Bar,
    BookOrder,
    FundingRateUpdate,
    OrderBookDeltas,
    OrderBookDepth10,
    QuoteTick,
    TradeTick,
)
from nautilus_trader.model.enums import AggressorSide, MarketStatusAction, OrderSide, RecordFlag

from simulator.events import Bbo, Book, Reference
from simulator.wire import Candle, Level, Trade
from tests.acceptance.ledgers import run_of
from tests.acceptance.tester_run import BOOK_INTERVAL_MS, BTC, Run, ran

MINUTE_NS = 60_000_000_000
MILLI_NS = 1_000_000
HOUR_NS = 3_600_000_000_000

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    # Nautilus asks pandas 3 for the floor of a "d" where books of the past are requested (D15).
    pytest.mark.filterwarnings("ignore:'d' is deprecated"),
]

type Row = tuple[object, ...]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def run() -> AsyncIterator[Run]:
    async with ran() as run:
        yield run


def numbers(*texts: object) -> Row:
    return tuple(Decimal(str(text)) for text in texts)


def told_levels(levels: tuple[Level, ...]) -> list[Row]:
    return [numbers(level.px, level.sz) for level in levels]


def heard_levels(orders: list[BookOrder], side: OrderSide) -> list[Row]:
    return [numbers(order.price, order.size) for order in orders if order.side == side]


def told_book(book: Book) -> Row:
    return book.time * MILLI_NS, told_levels(book.bids), told_levels(book.asks)


def heard_book(deltas: OrderBookDeltas) -> Row:
    orders = [delta.order for delta in deltas.deltas[1:]]
    return (
        deltas.ts_event,
        heard_levels(orders, OrderSide.BUY),
        heard_levels(orders, OrderSide.SELL),
    )


def heard_depth(depth: OrderBookDepth10) -> Row:
    return (
        depth.ts_event,
        heard_levels(depth.bids, OrderSide.BUY),
        heard_levels(depth.asks, OrderSide.SELL),
    )


def told_quote(quote: Bbo) -> Row:
    assert quote.bid is not None
    assert quote.ask is not None
    values = numbers(quote.bid.px, quote.bid.sz, quote.ask.px, quote.ask.sz)
    return quote.time * MILLI_NS, *values


def heard_quote(quote: QuoteTick) -> Row:
    values = numbers(quote.bid_price, quote.bid_size, quote.ask_price, quote.ask_size)
    return quote.ts_event, *values


def told_trade(trade: Trade) -> Row:
    aggressor = AggressorSide.BUYER if trade.side == "B" else AggressorSide.SELLER
    return str(trade.tid), trade.time * MILLI_NS, aggressor, *numbers(trade.px, trade.sz)


def heard_trade(trade: TradeTick) -> Row:
    values = numbers(trade.price, trade.size)
    return trade.trade_id.value, trade.ts_event, trade.aggressor_side, *values


def told_bar(candle: Candle) -> Row:
    values = numbers(candle.o, candle.h, candle.l, candle.c, candle.v)
    return (candle.t * MILLI_NS + MINUTE_NS, *values)


def heard_bar(bar: Bar) -> Row:
    return bar.ts_event, *numbers(bar.open, bar.high, bar.low, bar.close, bar.volume)


def told_bars(run: Run) -> list[Row]:
    series = run.venue.market.coin("BTC").series
    return [told_bar(candle) for candle in series.between("1m", 0, run.venue.clock.now_ms())]


async def test_d01_instruments_come_on_request_with_the_venues_rules(run: Run) -> None:
    seen = {instrument.id: instrument for instrument in run.tester.seen["on_instrument"]}

    assert {"BTC-USD-PERP", "xyz:TSLA-USD-PERP", "PURR-USDC-SPOT"} <= {i.symbol.value for i in seen}
    assert "MATIC-USD-PERP" not in {i.symbol.value for i in seen}  # delisted
    for instrument in seen.values():
        assert instrument.price_increment.precision == instrument.price_precision
        assert instrument.size_increment.precision == instrument.size_precision


async def test_d02_a_subscribed_instrument_comes(run: Run) -> None:
    # More often than the one answer to the request above.
    assert len([i for i in run.tester.seen["on_instrument"] if i.id == BTC]) >= 2


async def test_d03_a_loaded_instrument_is_in_the_cache_with_its_rules(run: Run) -> None:
    btc = run.cache.instrument(BTC)

    assert (btc.price_precision, btc.size_precision) == (1, 5)
    assert (btc.maker_fee, btc.taker_fee) == (Decimal("0.00015"), Decimal("0.00045"))
    assert btc.margin_init == 1 / Decimal(btc.info["max_leverage"])


async def test_d10_book_deltas_are_the_venues_books(run: Run) -> None:
    seen = run.tester.seen["on_order_book_deltas"]
    heard = [heard_book(deltas) for deltas in seen]

    assert heard == run_of(heard, [told_book(book) for book in run.ledger.of(Book, "BTC")])
    for deltas in seen:
        assert [bool(d.flags & RecordFlag.F_LAST) for d in deltas.deltas] == [False] * 40 + [True]
        assert all(delta.flags & RecordFlag.F_SNAPSHOT for delta in deltas.deltas)


async def test_d11_the_book_comes_at_its_interval(run: Run) -> None:
    books = run.tester.seen["on_order_book"]

    gaps_ms = [(b[0] - a[0]) / MILLI_NS for a, b in pairwise(books)]
    assert statistics.median(gaps_ms) == pytest.approx(BOOK_INTERVAL_MS, rel=0.5)
    assert all(bid < ask for _, bid, ask in books)


async def test_d12_depths_are_the_ten_best_levels_of_the_venues_books(run: Run) -> None:
    heard = [heard_depth(depth) for depth in run.tester.seen["on_order_book_depth"]]

    told = [told_book(book) for book in run.ledger.of(Book, "BTC")]
    best = [(ts, bids[:10], asks[:10]) for ts, bids, asks in told]
    assert heard == run_of(heard, best)


async def test_d13_a_requested_book_snapshot_is_one_of_the_venues(run: Run) -> None:
    (snapshot,) = run.tester.past(OrderBookDeltas)

    assert heard_book(snapshot) in [told_book(book) for book in run.ledger.of(Book, "BTC")]
    assert {"type": "l2Book", "coin": "BTC"} in run.asked("l2Book")


async def test_d14_the_managed_book_is_the_last_of_the_venues(run: Run) -> None:
    book = run.tester._books[BTC]

    bids = [numbers(level.price, level.size()) for level in book.bids()]
    asks = [numbers(level.price, level.size()) for level in book.asks()]
    assert bids == sorted(bids, reverse=True)
    assert asks == sorted(asks)
    _, last_bids, last_asks = heard_book(run.tester.seen["on_order_book_deltas"][-1])
    assert (bids, asks) == (last_bids, last_asks)


async def test_d20_quotes_are_the_venues(run: Run) -> None:
    quotes = run.tester.seen["on_quote_tick"]
    heard = [heard_quote(quote) for quote in quotes]

    assert heard == run_of(heard, [told_quote(quote) for quote in run.ledger.of(Bbo, "BTC")])
    assert all(quote.bid_price < quote.ask_price for quote in quotes)
    assert {(quote.bid_price.precision, quote.bid_size.precision) for quote in quotes} == {(1, 5)}


async def test_d30_trades_are_the_venues(run: Run) -> None:
    heard = [heard_trade(trade) for trade in run.tester.seen["on_trade_tick"]]

    assert heard == run_of(heard, [told_trade(trade) for trade in run.ledger.trades("BTC")])


async def test_d31_past_trades_are_the_venues_oldest_first(run: Run) -> None:
    heard = [heard_trade(trade) for trade in run.tester.past(TradeTick)]

    assert heard == run_of(heard, [told_trade(trade) for trade in run.ledger.trades("BTC")])


async def test_d40_bars_are_the_venues_final_candles_stamped_at_their_close(run: Run) -> None:
    heard = [heard_bar(bar) for bar in run.tester.seen["on_bar"]]

    assert heard == run_of(heard, told_bars(run))
    assert all(close % MINUTE_NS == 0 for close, *_ in heard)
    assert all(low <= min(o, c) <= max(o, c) <= high for _, o, high, low, c, _ in heard)


async def test_d41_past_bars_are_the_venues_and_meet_the_live_ones(run: Run) -> None:
    heard = [heard_bar(bar) for bar in run.tester.past(Bar)]

    assert len(heard) >= 50
    assert heard == run_of(heard, told_bars(run))
    assert run.tester.seen["on_bar"][0].ts_event <= heard[-1][0] + MINUTE_NS


async def test_d50_d51_mark_and_index_prices_are_the_venues(run: Run) -> None:
    marks, indexes = run.tester.seen["on_mark_price"], run.tester.seen["on_index_price"]
    heard = [numbers(m.value, i.value) for m, i in zip(marks, indexes, strict=True)]

    told = [numbers(told.mark, told.oracle) for told in run.ledger.of(Reference, "BTC")]
    starts = range(len(told) - len(heard) + 1)
    assert any(told[start : start + len(heard)] == heard for start in starts)
    assert len([s for s in run.frames("subscribe") if s["type"] == "activeAssetCtx"]) == 1


async def test_d52_funding_rate_says_when_it_is_paid_next(run: Run) -> None:
    funding = run.tester.seen["on_funding_rate"][-1]

    assert abs(funding.rate) < Decimal("0.04")
    assert funding.interval == 60
    assert funding.next_funding_ns % HOUR_NS == 0
    assert 0 < funding.next_funding_ns - funding.ts_event <= HOUR_NS


async def test_d53_past_funding_rates_are_the_venues(run: Run) -> None:
    past = run.tester.past(FundingRateUpdate)

    entries = run.venue.market.coin("BTC").funding
    told = [(Decimal(entry.funding_rate), entry.time * MILLI_NS) for entry in entries]
    assert len(past) >= 8
    assert [(rate.rate, rate.ts_event) for rate in past] == told[: len(past)]


async def test_d60_delisting_comes_as_a_status(run: Run) -> None:
    statuses = run.status.seen["on_instrument_status"]

    assert [status.action for status in statuses] == [
        MarketStatusAction.TRADING,
        MarketStatusAction.NOT_AVAILABLE_FOR_TRADING,
    ]


async def test_d61_instrument_close_is_refused_and_not_held(run: Run) -> None:
    assert run.refused["close"] == []


async def test_d62_option_greeks_are_refused_and_not_held(run: Run) -> None:
    assert run.refused["greeks"] == []


@pytest.mark.parametrize("kind", [OrderBookDeltas, QuoteTick], ids=["d15", "d21"])
async def test_history_that_the_venue_does_not_keep_is_answered_with_nothing(
    run: Run, kind: type
) -> None:
    assert not run.tester.has_pending_requests()
    snapshots = 1 if kind is OrderBookDeltas else 0
    assert len(run.tester.past(kind)) == snapshots


async def test_d70_the_venue_sees_every_unsubscription_and_nothing_comes_after(run: Run) -> None:
    wanted = sorted(map(sorted, (s.items() for s in run.frames("subscribe"))))
    dropped = sorted(map(sorted, (s.items() for s in run.frames("unsubscribe"))))

    assert dropped == wanted
    assert run.late == []


async def test_d71_subscription_parameters_reach_the_venue_and_take_effect(run: Run) -> None:
    assert {"type": "l2Book", "coin": "ETH", "nSigFigs": 3} in run.frames("subscribe")
    depth = run.with_params.seen["on_order_book_depth"][-1]
    prices = [order.price.as_decimal() for order in depth.asks if order.size]
    assert all(price % 10 == 0 for price in prices)  # ETH near 3,400: three figures are tens


async def test_d72_request_parameters_reach_the_venue_and_take_effect(run: Run) -> None:
    assert {"type": "l2Book", "coin": "ETH", "nSigFigs": 2} in run.asked("l2Book")
    (snapshot,) = run.with_params.past(OrderBookDeltas)
    assert all(delta.order.price.as_decimal() % 100 == 0 for delta in snapshot.deltas[1:])
