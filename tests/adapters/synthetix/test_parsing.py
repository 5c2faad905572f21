"""Every field of what the venue tells is where Nautilus looks for it."""

from decimal import Decimal

import pytest
from nautilus_trader.model.data import BarType
from nautilus_trader.model.enums import AggressorSide, BookAction, MarketStatusAction, OrderSide
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Price, Quantity

from adapters.synthetix.order_book import LevelChange
from adapters.synthetix.parsing import (
    parse_bar,
    parse_bar_interval,
    parse_funding_entry,
    parse_funding_rate,
    parse_index_price,
    parse_mark_price,
    parse_order_book_deltas,
    parse_order_book_depth10,
    parse_order_book_snapshot,
    parse_quote_tick,
    parse_trade_tick,
)
from adapters.synthetix.schemas import (
    Candle,
    EdgeStatus,
    FundingEntry,
    FundingRate,
    Market,
    MarketPrice,
    Trade,
    interval_end_ms,
)
from adapters.synthetix.statuses import MarketState, market_state
from adapters.synthetix.wire import convert
from tests.adapters.synthetix.conftest import BTC

EVENT, INIT = 1_704_067_200_000_000_000, 99
MINUTE_MS = 60_000
BIDS = [(99_999.0, 1.5), (99_998.0, 2.0)]
ASKS = [(100_001.0, 1.0)]


def bar_type(spec: str) -> BarType:
    return BarType.from_str(f"BTC-USDT-PERP.SYNTHETIX-{spec}-EXTERNAL")


def test_a_quote_is_the_top_of_the_book(btc: Instrument) -> None:
    quote = parse_quote_tick(BIDS[0], ASKS[0], btc, EVENT, INIT)
    assert (quote.bid_price, quote.ask_price) == (Price(99_999, 0), Price(100_001, 0))
    assert (quote.bid_size, quote.ask_size) == (Quantity(1.5, 5), Quantity(1, 5))
    assert (quote.instrument_id, quote.ts_event, quote.ts_init) == (btc.id, EVENT, INIT)


@pytest.mark.parametrize(
    ("side", "aggressor"),
    [
        ("buy", AggressorSide.BUYER),
        ("sell", AggressorSide.SELLER),
        ("SELL", AggressorSide.SELLER),
        ("", AggressorSide.NO_AGGRESSOR),
    ],
)
def test_a_trade_keeps_its_id_and_side(
    btc: Instrument, side: str, aggressor: AggressorSide
) -> None:
    record = {"tradeId": 7, "symbol": "BTC-USDT", "side": side, "price": "50000.0",
              "quantity": "0.1", "timestamp": EVENT}  # fmt: skip
    tick = parse_trade_tick(convert(record, Trade), btc, INIT)
    assert (tick.price, tick.size) == (Price(50_000, 0), Quantity(0.1, 5))
    assert (tick.trade_id.value, tick.aggressor_side) == ("7", aggressor)
    assert (tick.instrument_id, tick.ts_event, tick.ts_init) == (btc.id, EVENT, INIT)


def test_a_whole_book_clears_what_was_before(btc: Instrument) -> None:
    deltas = parse_order_book_snapshot(BIDS, ASKS, btc, 10, EVENT, INIT).deltas
    assert [delta.action for delta in deltas] == [BookAction.CLEAR] + [BookAction.ADD] * 3
    assert [delta.flags for delta in deltas] == [32, 32, 32, 32 | 128]
    assert {(delta.sequence, delta.ts_event, delta.ts_init) for delta in deltas} == {
        (10, EVENT, INIT)
    }
    assert [(one.order.side, one.order.price, one.order.size) for one in deltas[1:]] == [
        (OrderSide.BUY, Price(99_999, 0), Quantity(1.5, 5)),
        (OrderSide.BUY, Price(99_998, 0), Quantity(2, 5)),
        (OrderSide.SELL, Price(100_001, 0), Quantity(1, 5)),
    ]


def test_an_empty_book_is_one_last_clear(btc: Instrument) -> None:
    (delta,) = parse_order_book_snapshot([], [], btc, 10, EVENT, INIT).deltas
    assert (delta.action, delta.flags) == (BookAction.CLEAR, 32 | 128)


def test_a_difference_is_added_updated_and_deleted(btc: Instrument) -> None:
    levels = [
        LevelChange(is_bid=True, price=99_999.0, quantity=0.0, is_new=False),
        LevelChange(is_bid=True, price=99_997.0, quantity=3.0, is_new=True),
        LevelChange(is_bid=False, price=100_001.0, quantity=0.5, is_new=False),
    ]
    parsed = parse_order_book_deltas(levels, btc, 11, EVENT, INIT)
    assert parsed is not None
    deltas = parsed.deltas
    assert [delta.action for delta in deltas] == [
        BookAction.DELETE,
        BookAction.ADD,
        BookAction.UPDATE,
    ]
    assert [delta.flags for delta in deltas] == [0, 0, 128]
    assert [(one.order.side, one.order.price, one.order.size) for one in deltas] == [
        (OrderSide.BUY, Price(99_999, 0), Quantity(0, 5)),
        (OrderSide.BUY, Price(99_997, 0), Quantity(3, 5)),
        (OrderSide.SELL, Price(100_001, 0), Quantity(0.5, 5)),
    ]
    assert {(delta.sequence, delta.ts_event, delta.ts_init) for delta in deltas} == {
        (11, EVENT, INIT)
    }
    assert parse_order_book_deltas([], btc, 11, EVENT, INIT) is None


def test_depth_has_ten_levels_and_fills_up_the_shorter_side(btc: Instrument) -> None:
    bids = [(float(price), 1.0) for price in range(120, 100, -1)]
    depth = parse_order_book_depth10(bids, ASKS, btc, 12, EVENT, INIT)
    assert [order.price for order in depth.bids] == [
        Price(price, 0) for price in range(120, 110, -1)
    ]
    assert depth.asks[0].price == Price(100_001, 0)
    assert (depth.bid_counts, depth.ask_counts) == ([1] * 10, [1] + [0] * 9)
    assert (depth.sequence, depth.ts_event, depth.ts_init) == (12, EVENT, INIT)


CANDLE = {
    "symbol": "BTC-USDT", "timeframe": "1m", "open_time": EVENT, "open_price": "2",
    "high_price": "4", "low_price": "1", "close_price": "3", "volume": "0.5", "trade_count": 4,
}  # fmt: skip


def test_a_bar_is_stamped_at_its_close(btc: Instrument) -> None:
    kind = bar_type("1-MINUTE-LAST")
    bar = parse_bar(convert(CANDLE, Candle), kind, btc, INIT)
    assert (bar.open, bar.high, bar.low, bar.close) == tuple(Price(x, 0) for x in (2, 4, 1, 3))
    assert (bar.volume, bar.bar_type) == (Quantity(0.5, 5), kind)
    assert (bar.ts_event, bar.ts_init) == (EVENT + 60 * 10**9, INIT)


@pytest.mark.parametrize(
    ("spec", "interval"),
    [
        ("1-MINUTE-LAST", "1m"),
        ("30-MINUTE-LAST", "30m"),
        ("12-HOUR-LAST", "12h"),
        ("1-WEEK-LAST", "1w"),
        ("3-MONTH-LAST", "3M"),
    ],
)
def test_intervals_have_the_venues_names(spec: str, interval: str) -> None:
    assert parse_bar_interval(bar_type(spec)) == interval


@pytest.mark.parametrize("spec", ["3-MINUTE-LAST", "2-HOUR-LAST", "1-MINUTE-MID", "100-TICK-LAST"])
def test_bars_that_the_venue_does_not_build_are_refused(spec: str) -> None:
    with pytest.raises(ValueError, match="Expected bars of last prices at one of 1m, 5m"):
        parse_bar_interval(bar_type(spec))


@pytest.mark.parametrize(
    ("interval", "days"), [("1m", None), ("1d", 1), ("1w", 7), ("1M", 31), ("3M", 31 + 29 + 31)]
)
def test_a_candle_ends_where_the_next_one_begins(interval: str, days: int | None) -> None:
    opened = EVENT // 10**6  # 2024-01-01, a leap year
    millis = MINUTE_MS if days is None else days * 24 * 60 * MINUTE_MS
    assert interval_end_ms(opened, interval) == opened + millis


def test_december_ends_with_the_year() -> None:
    assert interval_end_ms(1_701_388_800_000, "1M") == EVENT // 10**6  # of 2023-12-01
    assert interval_end_ms(1_696_118_400_000, "3M") == EVENT // 10**6  # of 2023-10-01


def test_prices_and_rates_keep_their_times(btc: Instrument) -> None:
    mark = parse_mark_price(Decimal("100000.4"), btc, EVENT, INIT)
    index = parse_index_price(Decimal("99998.7"), btc, EVENT, INIT)
    assert (mark.value, mark.ts_event, mark.ts_init) == (Price(100_000, 0), EVENT, INIT)
    assert (index.value, index.ts_event, index.ts_init) == (Price(99_999, 0), EVENT, INIT)
    rate = convert({"symbol": "BTC-USDT", "estimatedFundingRate": "0.0000125",
                    "nextFundingTime": 1704070800000}, FundingRate)  # fmt: skip
    update = parse_funding_rate(rate, btc, INIT)
    assert (update.rate, update.interval) == (Decimal("0.0000125"), 60)
    assert (update.next_funding_ns, update.ts_event) == (EVENT + 3_600 * 10**9, INIT)
    entry = convert({"fundingRate": "-0.00001", "fundingTime": 1704067200000}, FundingEntry)
    past = parse_funding_entry(entry, btc)
    assert (past.rate, past.ts_event, past.ts_init) == (Decimal("-0.00001"), EVENT, EVENT)
    assert (past.interval, past.next_funding_ns) == (60, None)


@pytest.mark.parametrize(
    ("changes", "on_hours", "maintenance", "expected"),
    [
        ({}, True, False, MarketState(MarketStatusAction.TRADING, "open", is_trading=True)),
        ({}, None, None, MarketState(MarketStatusAction.TRADING, "open", is_trading=True)),
        (
            {"isCloseOnly": True},
            True,
            False,
            MarketState(MarketStatusAction.PRE_CLOSE, "close only", is_trading=True),
        ),
        (
            {"isOpen": False},
            None,
            False,
            MarketState(MarketStatusAction.CLOSE, "closed", is_trading=False),
        ),
        ({}, False, False, MarketState(MarketStatusAction.PAUSE, "out of hours", is_trading=False)),
        (
            {},
            True,
            True,
            MarketState(MarketStatusAction.HALT, "maintenance: new", is_trading=False),
        ),
        (
            None,
            True,
            False,
            MarketState(MarketStatusAction.NOT_AVAILABLE_FOR_TRADING, "delisted", is_trading=False),
        ),
    ],
)
def test_the_state_of_a_market_is_concluded_from_all_that_is_told(
    changes: dict[str, object] | None,
    on_hours: bool | None,
    maintenance: bool | None,
    expected: MarketState,
) -> None:
    market = None if changes is None else convert(BTC | changes, Market)
    price = None if on_hours is None else MarketPrice("BTC-USDT", onHours=on_hours)
    edge = None if maintenance is None else EdgeStatus(maintenance, "new" if maintenance else "")
    assert market_state(market, price, edge) == expected
