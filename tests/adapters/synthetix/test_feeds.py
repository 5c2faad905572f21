"""One stream serves all that is wanted of it, and nothing of a broken book."""

from typing import Any

import pytest
from nautilus_trader.model.book import OrderBook
from nautilus_trader.model.data import (
    IndexPriceUpdate,
    MarkPriceUpdate,
    OrderBookDeltas,
    OrderBookDepth10,
    QuoteTick,
    TradeTick,
)
from nautilus_trader.model.enums import BookType
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Price, Quantity

from adapters.synthetix.feeds import REMEMBERED_TRADES, MarketFeed
from adapters.synthetix.order_book import BrokenBook
from adapters.synthetix.schemas import PriceUpdate, Trade
from adapters.synthetix.wire import Amount, Id, Moment
from tests.adapters.synthetix.test_order_book import DIFF, SNAPSHOT, frame

ALL = (OrderBookDeltas, OrderBookDepth10, QuoteTick)


def feed_of(instrument: Instrument, *wanted: Any) -> MarketFeed:  # noqa: ANN401 (types of data)
    feed = MarketFeed(instrument, book_depth=10)
    for data_type in wanted:
        assert feed.begin(data_type, 1) is None
    return feed


def test_a_book_comes_in_every_wanted_form(btc: Instrument) -> None:
    feed = feed_of(btc, *ALL)
    whole, depth, quote = feed.on_book(SNAPSHOT, 9)
    assert isinstance(whole, OrderBookDeltas)
    assert (len(whole.deltas), whole.is_snapshot, whole.ts_init) == (5, True, 9)
    assert isinstance(depth, OrderBookDepth10)
    assert depth.sequence == 10
    assert isinstance(quote, QuoteTick)
    assert (quote.bid_price, quote.bid_size) == (Price(99_999, 0), Quantity(1.5, 5))


def test_differences_make_the_book_that_the_venue_has(btc: Instrument) -> None:
    feed = feed_of(btc, OrderBookDeltas)
    book = OrderBook(btc.id, BookType.L2_MBP)
    for one in (SNAPSHOT, DIFF, frame(12, [("99998", "0"), ("99997", "4")], prev=11)):
        (deltas,) = feed.on_book(one, 9)
        book.apply_deltas(deltas)
    assert [(level.price, level.size()) for level in book.bids()] == [
        (Price(99_999, 0), 1.25),
        (Price(99_997, 0), 4.0),
    ]
    assert len(book.asks()) == 2


def test_nothing_is_made_that_is_not_wanted(btc: Instrument) -> None:
    feed = feed_of(btc)
    assert feed.on_book(SNAPSHOT, 9) == []
    trade = Trade(Id("1"), "BTC-USDT", "buy", Amount(5), Amount(1), Moment(5))
    assert list(feed.on_trades([trade], 9)) == []
    assert list(feed.on_price(PriceUpdate("BTC-USDT", Amount(5), "mark"), 1, 9)) == []


def test_a_quote_is_told_when_the_top_of_the_book_moves(btc: Instrument) -> None:
    feed = feed_of(btc, QuoteTick)
    assert len(feed.on_book(SNAPSHOT, 9)) == 1
    assert feed.on_book(frame(11, [("99998", "7")], prev=10), 9) == []
    (quote,) = feed.on_book(frame(12, [("99999", "1.25")], prev=11), 9)
    assert quote.bid_size == Quantity(1.25, 5)


def test_a_quote_comes_again_after_a_side_was_empty(btc: Instrument) -> None:
    feed = feed_of(btc, QuoteTick)
    feed.on_book(frame(1, [("9", "1")], [("11", "1")]), 9)
    assert feed.on_book(frame(2, [("9", "0")], prev=1), 9) == []
    assert len(feed.on_book(frame(3, [("9", "1")], prev=2), 9)) == 1


@pytest.mark.parametrize("late", ALL)
def test_who_comes_late_gets_the_book_as_it_is(btc: Instrument, late: type) -> None:
    feed = feed_of(btc)
    feed.on_book(SNAPSHOT, 9)
    feed.on_book(DIFF, 9)
    first = feed.begin(late, 10)
    assert isinstance(first, late)
    if isinstance(first, OrderBookDeltas):
        assert (first.is_snapshot, len(first.deltas), first.sequence) == (True, 5, 11)


@pytest.mark.parametrize("late", ALL)
def test_nothing_is_told_of_a_broken_book(btc: Instrument, late: type) -> None:
    feed = feed_of(btc, OrderBookDeltas, QuoteTick)
    feed.on_book(SNAPSHOT, 9)
    broken = feed.on_book(frame(13, [("99999", "9")], prev=12), 9)
    assert isinstance(broken, BrokenBook)
    assert feed.on_book(frame(14, [("99999", "9")], prev=13), 9) == []
    assert feed.begin(late, 10) is None
    assert len(feed.on_book(SNAPSHOT, 9)) >= 1


def test_after_a_gap_only_a_whole_book_counts(btc: Instrument) -> None:
    feed = feed_of(btc, OrderBookDeltas)
    feed.on_book(SNAPSHOT, 9)
    feed.mark_gap()
    assert feed.on_book(DIFF, 9) == []
    assert len(feed.on_book(SNAPSHOT, 9)) == 1


def test_a_trade_is_told_once(btc: Instrument) -> None:
    feed = feed_of(btc, TradeTick)

    def trades(*ids: int) -> list[str]:
        rows = [Trade(Id(n), "BTC-USDT", "buy", Amount(5), Amount(1), Moment(5)) for n in ids]
        return [tick.trade_id.value for tick in feed.on_trades(rows, 9)]

    assert trades(1, 2, 2) == ["1", "2"]
    assert trades(2, 3, 1) == ["3"]
    assert len(trades(*range(10, 10 + REMEMBERED_TRADES))) == REMEMBERED_TRADES
    assert trades(3, 10 + REMEMBERED_TRADES - 1) == []


@pytest.mark.parametrize(
    ("update", "told"),
    [
        (PriceUpdate("BTC-USDT", Amount(5), "mark", Moment(7)), [(MarkPriceUpdate, 5, 7)]),
        (PriceUpdate("BTC-USDT", Amount(6), "index"), [(IndexPriceUpdate, 6, 3)]),
        (PriceUpdate("BTC-USDT", Amount(6), "last"), []),
        (
            PriceUpdate("BTC-USDT", timestamp=Moment(8), markPrice=Amount(5), indexPrice=Amount(6)),
            [(MarkPriceUpdate, 5, 8), (IndexPriceUpdate, 6, 8)],
        ),
    ],
)
def test_prices_are_told_in_either_form(
    btc: Instrument, update: PriceUpdate, told: list[Any]
) -> None:
    feed = feed_of(btc, MarkPriceUpdate, IndexPriceUpdate)
    rows = list(feed.on_price(update, 3, 9))
    assert [(type(row), int(row.value), row.ts_event) for row in rows] == told
