"""
Nautilus's data cases over Synthetix: one run of its DataTester, judged from what arrived.

The cases are numbered as in test_data_tester.py; what the venue has told is in the ledger.
"""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
import pytest_asyncio
from nautilus_trader.model.data import (
    Bar,
    FundingRateUpdate,
    OrderBookDeltas,
    QuoteTick,
    TradeTick,
)
from nautilus_trader.model.enums import AggressorSide, MarketStatusAction, OrderSide

from simulator.events import Book, Reference
from simulator.wire import Candle, Trade
from tests.acceptance.ledgers import run_of
from tests.acceptance.synthetix_tester_run import BTC, Run, ran

MINUTE_NS = 60_000_000_000
MILLI_NS = 1_000_000
HOUR_NS = 3_600_000_000_000
TICK = Decimal(1)

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


def told_trade(trade: Trade) -> Row:
    aggressor = AggressorSide.BUYER if trade.side == "B" else AggressorSide.SELLER
    return (trade.time * MILLI_NS, aggressor, *numbers(trade.px, trade.sz))


def heard_trade(trade: TradeTick) -> Row:
    return (trade.ts_event, trade.aggressor_side, *numbers(trade.price, trade.size))


def told_bar(candle: Candle) -> Row:
    values = numbers(candle.o, candle.h, candle.l, candle.c, candle.v)
    return (candle.t * MILLI_NS + MINUTE_NS, *values)


def heard_bar(bar: Bar) -> Row:
    return (bar.ts_event, *numbers(bar.open, bar.high, bar.low, bar.close, bar.volume))


def told_bars(run: Run) -> list[Row]:
    series = run.venue.market.coin("BTC").series
    return [told_bar(candle) for candle in series.between("1m", 0, run.venue.clock.now_ms())]


async def test_d01_d03_instruments_come_with_the_venues_rules(run: Run) -> None:
    seen = {instrument.id for instrument in run.tester.seen["on_instrument"]}
    btc = run.cache.instrument(BTC)

    assert BTC in seen
    assert (btc.price_precision, btc.size_precision) == (0, 5)
    assert (btc.maker_fee, btc.taker_fee) == (Decimal("0.0002"), Decimal("0.0005"))


async def test_d02_a_subscribed_instrument_comes(run: Run) -> None:
    # More often than the one answer to the request above.
    assert len([i for i in run.tester.seen["on_instrument"] if i.id == BTC]) >= 2


async def test_d10_d14_the_managed_book_is_the_venues(run: Run) -> None:
    book = run.tester._books[BTC]
    last = run.tester.seen["on_order_book_deltas"][-1]

    shown = {numbers(level.price, level.size()) for level in [*book.bids(), *book.asks()]}
    books = run.ledger.of(Book, "BTC")
    told = [{numbers(x.px, x.sz) for x in [*one.bids, *one.asks]} for one in books]
    assert any(shown >= whole or shown <= whole for whole in told)
    assert last.sequence == max(one.sequence for one in run.tester.seen["on_order_book_deltas"])
    snapshots = [one for one in run.tester.seen["on_order_book_deltas"] if one.is_snapshot]
    assert len(snapshots) == 1  # nothing broke


async def test_d11_d12_d20_books_depths_and_quotes_agree(run: Run) -> None:
    depths = {one.ts_event: one for one in run.tester.seen["on_order_book_depth"]}
    quotes = run.tester.seen["on_quote_tick"]

    assert all(bid < ask for _, bid, ask in run.tester.seen["on_order_book"])
    both = [quote for quote in quotes if quote.ts_event in depths]
    assert both
    for quote in both:
        best_bid, best_ask = depths[quote.ts_event].bids[0], depths[quote.ts_event].asks[0]
        assert (quote.bid_price, quote.bid_size) == (best_bid.price, best_bid.size)
        assert (quote.ask_price, quote.ask_size) == (best_ask.price, best_ask.size)


async def test_d13_a_requested_book_snapshot_has_both_sides(run: Run) -> None:
    (snapshot,) = run.tester.past(OrderBookDeltas)
    sides = {delta.order.side for delta in snapshot.deltas[1:]}
    assert sides == {OrderSide.BUY, OrderSide.SELL}


async def test_d30_d31_trades_are_the_venues(run: Run) -> None:
    told = [told_trade(trade) for trade in run.ledger.trades("BTC")]
    live = [heard_trade(trade) for trade in run.tester.seen["on_trade_tick"]]
    past = [heard_trade(trade) for trade in run.tester.past(TradeTick)]

    assert live == run_of(live, told)
    assert past == run_of(past, told)


async def test_d40_d41_bars_are_the_venues_and_past_and_present_meet(run: Run) -> None:
    live = [heard_bar(bar) for bar in run.tester.seen["on_bar"]]
    past = [heard_bar(bar) for bar in run.tester.past(Bar)]

    assert live == run_of(live, told_bars(run))
    assert past == run_of(past, told_bars(run))
    assert len(past) >= 50
    assert live[0][0] <= past[-1][0] + MINUTE_NS  # type: ignore[operator]


async def test_d50_d51_mark_and_index_prices_are_the_venues(run: Run) -> None:
    told = run.ledger.of(Reference, "BTC")
    marks = {Decimal(one.mark) for one in told}
    oracles = {Decimal(one.oracle) for one in told}

    for mark in run.tester.seen["on_mark_price"]:
        assert any(abs(mark.value.as_decimal() - price) < TICK for price in marks)
    for index in run.tester.seen["on_index_price"]:
        assert any(abs(index.value.as_decimal() - price) < TICK for price in oracles)
    assert len([s for s in run.frames("subscribe") if s["type"] == "marketPrices"]) == 1


async def test_d52_d53_funding_rates_are_the_venues(run: Run) -> None:
    funding = run.tester.seen["on_funding_rate"][-1]
    past = run.tester.past(FundingRateUpdate)

    assert (funding.interval, funding.next_funding_ns % HOUR_NS) == (60, 0)
    entries = run.venue.market.coin("BTC").funding
    told = [(Decimal(entry.funding_rate), entry.time // 1000) for entry in entries]
    heard = [(rate.rate, rate.ts_event // 10**9) for rate in past]
    assert len(past) >= 8
    assert [rate for rate, _ in heard] == [rate for rate, _ in told[: len(heard)]]


async def test_d60_a_closed_market_comes_as_a_status(run: Run) -> None:
    statuses = run.status.seen["on_instrument_status"]
    assert [status.action for status in statuses] == [
        MarketStatusAction.TRADING,
        MarketStatusAction.CLOSE,
    ]


async def test_d61_d62_closes_and_greeks_are_refused_and_not_held(run: Run) -> None:
    assert run.refused == []


@pytest.mark.parametrize("kind", [OrderBookDeltas, QuoteTick], ids=["d15", "d21"])
async def test_d15_d21_history_that_the_venue_does_not_keep_is_answered_with_nothing(
    run: Run, kind: type
) -> None:
    assert not run.tester.has_pending_requests()
    assert len(run.tester.past(kind)) == (1 if kind is OrderBookDeltas else 0)


async def test_d70_the_venue_sees_every_unsubscription_and_nothing_comes_after(run: Run) -> None:
    wanted = sorted(map(str, run.frames("subscribe")))
    assert sorted(map(str, run.frames("unsubscribe"))) == wanted
    assert set(run.late.values()) == {0}
