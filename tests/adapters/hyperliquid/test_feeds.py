"""A coin's frames become exactly what is wanted of it, and no trade twice."""

from decimal import Decimal

import pytest
from nautilus_trader.model.data import (
    FundingRateUpdate,
    IndexPriceUpdate,
    MarkPriceUpdate,
    OrderBookDeltas,
    OrderBookDepth10,
    QuoteTick,
    TradeTick,
)
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Price

from adapters.hyperliquid.feeds import REMEMBERED_TRADES, CoinFeed
from adapters.hyperliquid.instruments import BASE_TIER, parse_perps
from adapters.hyperliquid.parsing import Prices
from adapters.hyperliquid.schemas import AssetCtx, Bbo, Book, Level, PerpMeta, Trade

HOUR_NS = 3_600_000_000_000
LEVEL = Level(1.0, 1.0)
BBO = Bbo("BTC", 1, (LEVEL, LEVEL))
BOOK = Book("BTC", 1, ([LEVEL], [LEVEL]))
CTX = AssetCtx(markPx=1.0, oraclePx=1.0, funding=Decimal("0.0000125"))


def trade(tid: int) -> Trade:
    return Trade("BTC", "B", 1.0, 1.0, tid, tid)


def feed_of(instrument: Instrument, *wanted: type) -> CoinFeed:
    feed = CoinFeed(instrument)
    feed.wanted.update(wanted)
    return feed


def ids_of(ticks: list[TradeTick]) -> list[int]:
    return [int(tick.trade_id.value) for tick in ticks]


def test_nothing_comes_of_what_is_not_wanted(btc: Instrument) -> None:
    feed = feed_of(btc)

    assert feed.on_bbo(BBO, 0) is None
    assert list(feed.on_trades([trade(1)], 0)) == []
    assert list(feed.on_book(BOOK, 0)) == []
    assert list(feed.on_context(CTX, 0, 0)) == []


def test_one_frame_serves_all_that_is_wanted_of_it(btc: Instrument) -> None:
    prices = (MarkPriceUpdate, IndexPriceUpdate, FundingRateUpdate)
    feed = feed_of(btc, QuoteTick, OrderBookDeltas, OrderBookDepth10, *prices)

    assert isinstance(feed.on_bbo(BBO, 0), QuoteTick)
    assert [type(x) for x in feed.on_book(BOOK, 0)] == [OrderBookDeltas, OrderBookDepth10]
    assert [type(x) for x in feed.on_context(CTX, 0, 0)] == list(prices)


def test_a_book_is_told_in_the_precision_in_force(btc: Instrument) -> None:
    feed = feed_of(btc, OrderBookDeltas)
    list(feed.on_book(BOOK, 0))
    record = {"szDecimals": 2, "name": "BTC", "maxLeverage": 40}
    feed.instrument = parse_perps(PerpMeta(universe=[record]), 0, {}, BASE_TIER, 1, pytest.fail)[0]

    (deltas,) = feed.on_book(BOOK, 0)

    orders = [delta.order for delta in deltas.deltas if delta.order is not None]
    assert feed.instrument.price_precision != btc.price_precision
    assert {order.price.precision for order in orders[1:]} == {feed.instrument.price_precision}


def test_the_memory_of_prices_is_bounded_and_keeps_what_it_made(btc: Instrument) -> None:
    prices = Prices(btc.price_precision)

    assert prices[60_000.0] is prices[60_000.0] == Price(60_000.0, btc.price_precision)
    for number in range(5_000):
        assert prices[float(number)] == Price(number, btc.price_precision)
    assert len(prices) <= 1_000
    with pytest.raises(ValueError, match="value"):
        prices[1e300]


def test_trades_that_a_new_subscription_repeats_are_dropped(btc: Instrument) -> None:
    feed = feed_of(btc, TradeTick)

    first = list(feed.on_trades([trade(1), trade(2), trade(2)], 0))
    again = list(feed.on_trades([trade(1), trade(2), trade(3)], 0))

    assert ids_of(first) == [1, 2]
    assert ids_of(again) == [3]


def test_the_memory_of_trades_is_bounded_and_keeps_the_latest(btc: Instrument) -> None:
    feed = feed_of(btc, TradeTick)
    trades = [trade(tid) for tid in range(2 * REMEMBERED_TRADES)]
    list(feed.on_trades(trades, 0))

    assert ids_of(list(feed.on_trades(trades[:1] + trades[-REMEMBERED_TRADES:], 0))) == [0]
    assert len(feed._trade_ids) + len(feed._older_trade_ids) <= 2 * REMEMBERED_TRADES


def test_funding_is_told_when_the_rate_or_the_hour_changes(btc: Instrument) -> None:
    feed = feed_of(btc, FundingRateUpdate)
    other = AssetCtx(markPx=1.0, funding=Decimal("0.00002"))

    told = [
        len(list(feed.on_context(ctx, ns, 0)))
        for ctx, ns in (
            (CTX, 1),
            (CTX, 2),
            (other, 3),
            (other, HOUR_NS),
            (other, HOUR_NS + 1),
        )
    ]

    assert told == [1, 0, 1, 1, 0]
