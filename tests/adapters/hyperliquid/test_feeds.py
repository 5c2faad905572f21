"""A coin's frames become exactly what is wanted of it, and no trade twice."""

from decimal import Decimal

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

from adapters.hyperliquid.feeds import REMEMBERED_TRADES, CoinFeed
from adapters.hyperliquid.schemas import AssetCtx, Bbo, Book, Level, Trade

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


def test_trades_that_a_new_subscription_repeats_are_dropped(btc: Instrument) -> None:
    feed = feed_of(btc, TradeTick)

    first = list(feed.on_trades([trade(1), trade(2), trade(2)], 0))
    again = list(feed.on_trades([trade(1), trade(2), trade(3)], 0))

    assert ids_of(first) == [1, 2]
    assert ids_of(again) == [3]


def test_the_memory_of_trades_is_bounded_and_keeps_the_latest(btc: Instrument) -> None:
    feed = feed_of(btc, TradeTick)
    trades = [trade(tid) for tid in range(REMEMBERED_TRADES + 1)]
    list(feed.on_trades(trades, 0))

    assert ids_of(list(feed.on_trades(trades[:1] + trades[-2:], 0))) == [0]


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
