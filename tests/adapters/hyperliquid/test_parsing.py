"""Every recorded payload of the venue parses, and each field arrives where it belongs."""

import gzip
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from nautilus_trader.model.book import OrderBook
from nautilus_trader.model.data import (
    BarType,
    BookOrder,
    FundingRateUpdate,
    IndexPriceUpdate,
    MarkPriceUpdate,
    OrderBookDelta,
    OrderBookDeltas,
    QuoteTick,
    TradeTick,
)
from nautilus_trader.model.enums import (
    AggressorSide,
    BookAction,
    BookType,
    OrderSide,
    RecordFlag,
)
from nautilus_trader.model.identifiers import TradeId
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Price, Quantity

from adapters.hyperliquid.constants import INTERVAL_MILLIS, INTERVALS
from adapters.hyperliquid.instruments import BASE_TIER, parse_perps
from adapters.hyperliquid.parsing import (
    parse_bar,
    parse_bar_interval,
    parse_funding_entry,
    parse_funding_rate,
    parse_index_price,
    parse_mark_price,
    parse_order_book_deltas,
    parse_order_book_depth10,
    parse_quote_tick,
    parse_trade_tick,
)
from adapters.hyperliquid.schemas import (
    WS_DECODER,
    AssetCtx,
    Bbo,
    Book,
    Candle,
    FundingEntry,
    PerpMeta,
    Trade,
    WsAssetCtx,
    WsBbo,
    WsBook,
    WsCandle,
    WsError,
    WsMessage,
    WsPong,
    WsSpotAssetCtx,
    WsSubscriptionResponse,
    WsTrades,
)

MS = 1_000_000
SNAPSHOT = RecordFlag.F_SNAPSHOT.value
LAST = RecordFlag.F_LAST.value
NO_TIME_TO_INIT = 7


def decode[T](raw: bytes | str, kind: type[T]) -> T:
    return msgspec.json.decode(raw, type=kind, strict=False)


def nautilus_fixture(shared_data: Path, name: str) -> bytes:
    return (shared_data / "api_fixtures" / "hyperliquid_nautilus" / name).read_bytes()


def cassette_bodies(shared_data: Path, name: str) -> list[str]:
    """Return the response bodies of a recorded session, one quoted line each."""
    folder = shared_data / "api_fixtures" / "hyperliquid_sdk_cassettes"
    return re.findall(r"^      string: '(.*)'$", (folder / name).read_text(), re.MULTILINE)


def coin_of(meta_body: str, coin: str) -> Instrument:
    perps = parse_perps(decode(meta_body, PerpMeta), 0, {}, BASE_TIER, 1, pytest.fail)
    return next(perp for perp in perps if perp.raw_symbol.value == coin)


def frame(channel: str, data: object) -> WsMessage:
    return WS_DECODER.decode(json.dumps({"channel": channel, "data": data}).encode())


def test_quote(btc: Instrument) -> None:
    bbo = {
        "coin": "BTC",
        "time": 1765887848009,
        "bbo": [
            {"px": "111065.0", "sz": "36.93", "n": 2},
            {"px": "111066.5", "sz": "18.70001", "n": 2},
        ],
    }
    message = frame("bbo", bbo)

    quote = parse_quote_tick(message.data, btc, NO_TIME_TO_INIT)

    assert isinstance(message, WsBbo)
    assert message.stream == ("bbo", "BTC")
    assert quote == QuoteTick(
        btc.id,
        Price.from_str("111065.0"),
        Price.from_str("111066.5"),
        Quantity.from_str("36.93000"),
        Quantity.from_str("18.70001"),
        1765887848009 * MS,
        NO_TIME_TO_INIT,
    )
    assert (quote.ts_event, quote.ts_init) == (1765887848009 * MS, NO_TIME_TO_INIT)


def test_there_is_no_quote_while_a_side_is_empty(btc: Instrument) -> None:
    level = {"px": "1.0", "sz": "1.0", "n": 1}
    for sides in ([level, None], [None, level], [None, None]):
        bbo = decode(json.dumps({"coin": "BTC", "time": 1, "bbo": sides}), Bbo)
        assert parse_quote_tick(bbo, btc, 0) is None


def test_trades(btc: Instrument, shared_data: Path) -> None:
    raw = nautilus_fixture(shared_data, "http_recent_trades_btc.json")
    trades = decode(raw, list[Trade])

    ticks = [parse_trade_tick(trade, btc, NO_TIME_TO_INIT) for trade in trades]

    for tick, source in zip(ticks, json.loads(raw), strict=True):
        assert tick.instrument_id == btc.id
        assert tick.price == Price.from_str(f"{Decimal(source['px']):.1f}")
        assert tick.size == Quantity.from_str(f"{Decimal(source['sz']):.5f}")
        assert tick.trade_id == TradeId(str(source["tid"]))
        is_buyer = tick.aggressor_side == AggressorSide.BUYER
        assert is_buyer == (source["side"] == "B")
        assert (tick.ts_event, tick.ts_init) == (source["time"] * MS, NO_TIME_TO_INIT)


def test_order_book_deltas_clear_then_add_every_level(btc: Instrument, shared_data: Path) -> None:
    raw = nautilus_fixture(shared_data, "http_l2_book_btc.json")
    source = json.loads(raw)

    deltas = parse_order_book_deltas(decode(raw, Book), btc, NO_TIME_TO_INIT)

    clear, *adds = deltas.deltas
    assert deltas.instrument_id == btc.id
    assert clear.action == BookAction.CLEAR
    assert {delta.action for delta in adds} == {BookAction.ADD}
    expected = [
        (side, f"{Decimal(level['px']):.1f}", f"{Decimal(level['sz']):.5f}")
        for side, levels in zip((OrderSide.BUY, OrderSide.SELL), source["levels"], strict=True)
        for level in levels
    ]
    assert [(d.order.side, str(d.order.price), str(d.order.size)) for d in adds] == expected
    assert [d.flags for d in deltas.deltas] == [SNAPSHOT] * len(adds) + [SNAPSHOT | LAST]
    assert {(d.ts_event, d.ts_init) for d in deltas.deltas} == {
        (source["time"] * MS, NO_TIME_TO_INIT)
    }


def test_an_empty_book_is_one_clear_that_ends_its_event(btc: Instrument) -> None:
    deltas = parse_order_book_deltas(Book("BTC", 5, ([], [])), btc, 0)

    assert [(d.action, d.flags) for d in deltas.deltas] == [(BookAction.CLEAR, SNAPSHOT | LAST)]


def test_no_level_of_an_earlier_book_survives(btc: Instrument, shared_data: Path) -> None:
    raw = nautilus_fixture(shared_data, "http_l2_book_btc.json")
    book = OrderBook(btc.id, BookType.L2_MBP)
    old = decode(raw.replace(b'"1104', b'"1094'), Book)
    new = decode(raw, Book)

    book.apply_deltas(parse_order_book_deltas(old, btc, 0))
    book.apply_deltas(parse_order_book_deltas(new, btc, 0))

    assert [float(level.price) for level in book.bids()] == [x.px for x in new.levels[0]]
    assert [float(level.price) for level in book.asks()] == [x.px for x in new.levels[1]]


def test_depth10_keeps_the_best_and_fills_a_short_side(btc: Instrument) -> None:
    bids = [{"px": f"{100 - i}.0", "sz": f"{i + 1}.0", "n": i + 3} for i in range(12)]
    asks = [{"px": "101.0", "sz": "0.5", "n": 2}]
    book = decode(json.dumps({"coin": "BTC", "time": 9, "levels": [bids, asks]}), Book)

    depth = parse_order_book_depth10(book, btc, NO_TIME_TO_INIT)

    assert [str(order.price) for order in depth.bids] == [f"{100 - i}.0" for i in range(10)]
    assert [str(order.size) for order in depth.bids] == [f"{i + 1}.00000" for i in range(10)]
    assert {order.side for order in depth.bids} == {OrderSide.BUY}
    assert list(depth.bid_counts) == [i + 3 for i in range(10)]
    assert (str(depth.asks[0].price), str(depth.asks[0].size)) == ("101.0", "0.50000")
    assert depth.asks[0].side == OrderSide.SELL
    assert [float(order.size) for order in depth.asks[1:]] == [0.0] * 9
    assert list(depth.ask_counts) == [2] + [0] * 9
    assert (depth.flags, depth.ts_event, depth.ts_init) == (SNAPSHOT | LAST, 9 * MS, 7)


def test_candles_of_a_recorded_session_close_one_millisecond_after_their_end(
    shared_data: Path,
) -> None:
    meta_body, body = cassette_bodies(shared_data, "test_get_candles_snapshot.yaml")
    kpepe = coin_of(meta_body, "kPEPE")
    bar_type = BarType.from_str(f"{kpepe.id}-1-HOUR-LAST-EXTERNAL")

    bars = [parse_bar(c, bar_type, kpepe, 7) for c in decode(body, list[Candle])]

    assert bars
    for bar, source in zip(bars, json.loads(body), strict=True):
        expected = [Price.from_str(f"{Decimal(source[key]):.6f}") for key in "ohlc"]
        assert [bar.open, bar.high, bar.low, bar.close] == expected
        assert bar.volume == Quantity.from_str(f"{Decimal(source['v']):.0f}")
        assert bar.bar_type == bar_type
        assert (bar.ts_event, bar.ts_init) == ((source["t"] + 3_600_000) * MS, 7)


def test_recorded_candles_keep_every_field_of_the_venue(shared_data: Path) -> None:
    _, body = cassette_bodies(shared_data, "test_get_candles_snapshot.yaml")
    for candle, source in zip(decode(body, list[Candle]), json.loads(body), strict=True):
        assert (candle.t, candle.T, candle.s, candle.i) == (
            source["t"],
            source["T"],
            source["s"],
            source["i"],
        )
        assert candle.n == source["n"]
        assert frame("candle", source) == WsCandle(candle)
        assert WsCandle(candle).stream == ("candle", "kPEPE", "1h")


def test_every_interval_of_the_venue_has_its_bar_type(btc: Instrument) -> None:
    specs = "1-MINUTE 3-MINUTE 5-MINUTE 15-MINUTE 30-MINUTE 1-HOUR 2-HOUR 4-HOUR 8-HOUR 12-HOUR"
    specs += " 1-DAY 3-DAY 1-WEEK 1-MONTH"
    bar_types = [BarType.from_str(f"{btc.id}-{spec}-LAST-EXTERNAL") for spec in specs.split()]

    assert [parse_bar_interval(bar_type) for bar_type in bar_types] == list(INTERVAL_MILLIS)
    assert list(INTERVALS.values()) == list(INTERVAL_MILLIS)


@pytest.mark.parametrize(
    "spec", ["10-MINUTE-LAST", "1-MINUTE-BID", "100-TICK-LAST", "5-SECOND-LAST"]
)
def test_bars_that_the_venue_does_not_build_are_refused(btc: Instrument, spec: str) -> None:
    with pytest.raises(ValueError, match=f"1m, 3m.*was {btc.id}-{spec}"):
        parse_bar_interval(BarType.from_str(f"{btc.id}-{spec}-EXTERNAL"))


def test_context_of_a_perpetual(btc: Instrument) -> None:
    hour = 3_600_000_000_000
    message = frame(
        "activeAssetCtx",
        {
            "coin": "BTC",
            "ctx": {
                "funding": "-0.0000015186",
                "openInterest": "27353.17682",
                "prevDayPx": "76317.0",
                "dayNtlVlm": "1516669192.1953897476",
                "premium": "-0.0005927453",
                "oraclePx": "77605.0",
                "markPx": "77562.5",
                "midPx": "77558.5",
                "impactPxs": ["77558.0", "77559.0"],
                "dayBaseVlm": "19707.77457",
            },
        },
    )
    ctx = message.data.ctx
    ts_event = 5 * hour + 1

    assert isinstance(message, WsAssetCtx)
    assert message.stream == ("activeAssetCtx", "BTC")
    assert parse_mark_price(ctx, btc, ts_event, 7) == MarkPriceUpdate(
        btc.id, Price.from_str("77562.5"), ts_event, 7
    )
    assert parse_index_price(ctx, btc, ts_event, 7) == IndexPriceUpdate(
        btc.id, Price.from_str("77605.0"), ts_event, 7
    )
    funding = parse_funding_rate(ctx, btc, ts_event, 7)
    assert funding == FundingRateUpdate(
        btc.id, Decimal("-0.0000015186"), ts_event, 7, interval=60, next_funding_ns=6 * hour
    )
    assert (funding.ts_event, funding.ts_init) == (ts_event, 7)


def test_the_next_funding_of_a_full_hour_is_the_following_hour(btc: Instrument) -> None:
    hour = 3_600_000_000_000
    ctx = AssetCtx(markPx=1.0, funding=Decimal(1))

    assert parse_funding_rate(ctx, btc, 5 * hour, 0).next_funding_ns == 6 * hour


def test_context_of_a_spot_pair_has_a_mark_price_only(btc: Instrument) -> None:
    message = frame(
        "activeSpotAssetCtx", {"coin": "@107", "ctx": {"markPx": "22.5", "midPx": None}}
    )

    assert isinstance(message, WsSpotAssetCtx)
    assert message.stream == ("activeAssetCtx", "@107")
    assert parse_mark_price(message.data.ctx, btc, 1, 2).value == Price.from_str("22.5")
    assert parse_index_price(message.data.ctx, btc, 1, 2) is None
    assert parse_funding_rate(message.data.ctx, btc, 1, 2) is None


def test_every_recorded_context_of_every_dex_decodes(shared_data: Path) -> None:
    source = json.loads(nautilus_fixture(shared_data, "ws_all_dexs_asset_ctxs.json"))
    contexts = [ctx for _, ctxs in source["data"]["ctxs"] for ctx in ctxs]

    assert len(contexts) > 300
    for raw in contexts:
        ctx = decode(json.dumps(raw), AssetCtx)
        assert Decimal(str(ctx.markPx)) == Decimal(raw["markPx"])
        assert Decimal(str(ctx.oraclePx)) == Decimal(raw["oraclePx"])
        assert ctx.funding == Decimal(raw["funding"])


def test_funding_history(btc: Instrument, shared_data: Path) -> None:
    bodies = [
        nautilus_fixture(shared_data, "http_funding_history.json").decode(),
        cassette_bodies(shared_data, "test_get_funding_history[None].yaml")[-1],
        cassette_bodies(shared_data, "test_get_funding_history[1684811870000].yaml")[-1],
    ]
    for body in bodies:
        for entry, source in zip(decode(body, list[FundingEntry]), json.loads(body), strict=True):
            update = parse_funding_entry(entry, btc)
            assert update == FundingRateUpdate(
                btc.id, Decimal(source["fundingRate"]), 0, 0, interval=60
            )
            assert update.ts_event == update.ts_init == source["time"] * MS
            assert str(entry.premium) == source.get("premium", "None")
            assert entry.coin == source["coin"]


def test_recorded_rest_books_keep_every_level(shared_data: Path) -> None:
    meta_body, body = cassette_bodies(shared_data, "test_get_l2_snapshot.yaml")
    source = json.loads(body)
    instrument = coin_of(meta_body, source["coin"])

    book = decode(body, Book)
    deltas = parse_order_book_deltas(book, instrument, 0)

    assert (book.coin, book.time) == (source["coin"], source["time"])
    assert [[level.n for level in side] for side in book.levels] == [
        [level["n"] for level in side] for side in source["levels"]
    ]
    assert deltas == naive_deltas(source, instrument, 0)


@pytest.mark.parametrize("name", ["http_l2_book_snapshot.json", "ws_book_data.json"])
def test_books_with_and_without_order_counts_decode(shared_data: Path, name: str) -> None:
    raw = nautilus_fixture(shared_data, name)
    source = json.loads(raw)
    book = decode(raw, Book)

    assert (book.coin, book.time) == (source["coin"], source["time"])
    for side, expected in zip(book.levels, source["levels"], strict=True):
        assert [level.px for level in side] == [float(level["px"]) for level in expected]
        assert [level.sz for level in side] == [float(level["sz"]) for level in expected]
        assert [level.n for level in side] == [level.get("n", 0) for level in expected]


def naive_deltas(source: dict[str, Any], instrument: Instrument, ts_init: int) -> OrderBookDeltas:
    """Build the same deltas from the printed decimals, the slow and obvious way."""
    ts_event = source["time"] * MS
    orders = [
        BookOrder(
            side,
            Price.from_str(f"{Decimal(level['px']):.{instrument.price_precision}f}"),
            Quantity.from_str(f"{Decimal(level['sz']):.{instrument.size_precision}f}"),
            0,
        )
        for side, levels in zip((OrderSide.BUY, OrderSide.SELL), source["levels"], strict=True)
        for level in levels
    ]
    add = BookAction.ADD
    deltas = [OrderBookDelta(instrument.id, BookAction.CLEAR, None, SNAPSHOT, 0, ts_event, ts_init)]
    deltas += [
        OrderBookDelta(instrument.id, add, order, SNAPSHOT, 0, ts_event, ts_init)
        for order in orders[:-1]
    ]
    flags = SNAPSHOT | LAST
    deltas.append(OrderBookDelta(instrument.id, add, orders[-1], flags, 0, ts_event, ts_init))
    return OrderBookDeltas(instrument.id, deltas)


def test_recorded_raw_frames_equal_the_decimal_path(btc: Instrument, shared_data: Path) -> None:
    path = shared_data / "ticks" / "hyperliquid_BTC_rawws_25s_20250126.gz"
    lines = gzip.decompress(path.read_bytes()).splitlines()
    kinds = set()
    for line in lines:
        received_ns, raw = line.split(b" ", 1)
        ts_init = int(received_ns)
        message, source = WS_DECODER.decode(raw), json.loads(raw)["data"]
        kinds.add(type(message))
        if isinstance(message, WsBook):
            deltas = parse_order_book_deltas(message.data, btc, ts_init)
            assert deltas == naive_deltas(source, btc, ts_init)
            depth = parse_order_book_depth10(message.data, btc, ts_init)
            assert str(depth.bids[0].price) == source["levels"][0][0]["px"]
        else:
            for trade, expected in zip(message.data, source, strict=True):
                assert parse_trade_tick(trade, btc, ts_init) == TradeTick(
                    btc.id,
                    Price.from_str(expected["px"]),
                    Quantity.from_str(f"{Decimal(expected['sz']):.5f}"),
                    AggressorSide.BUYER if expected["side"] == "B" else AggressorSide.SELLER,
                    TradeId(str(expected["tid"])),
                    expected["time"] * MS,
                    ts_init,
                )
    assert kinds == {WsBook, WsTrades}


def test_control_frames() -> None:
    ack = {"method": "subscribe", "subscription": {"type": "l2Book", "coin": "BTC", "fast": False}}

    assert WS_DECODER.decode(b'{"channel":"pong"}') == WsPong()
    assert frame("error", "Already subscribed: {}") == WsError("Already subscribed: {}")
    response = frame("subscriptionResponse", ack)
    assert isinstance(response, WsSubscriptionResponse)
    assert response.data.subscription.stream == ("l2Book", "BTC")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"Websocket connection established.",
        b"[]",
        b'{"data":{}}',
        b'{"channel":"unheard-of","data":{}}',
        b'{"channel":"bbo","data":{"coin":"BTC","time":1}}',
        b'{"channel":"bbo","data":{"coin":"BTC","time":1,"bbo":[null]}}',
        b'{"channel":"bbo","data":{"coin":"BTC","time":1,"bbo":[{"px":"one","sz":"1"},null]}}',
        b'{"channel":"trades","data":[{"coin":"BTC","side":"X","px":"1","sz":"1","time":1,"tid":1}]}',
        b'{"channel":"candle","data":{"t":1}}',
    ],
)
def test_frames_that_are_not_the_venues_are_refused(raw: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        WS_DECODER.decode(raw)


@pytest.mark.parametrize("text", ["nan", "inf", "-1.0", "1e300"])
def test_numbers_that_no_market_has_do_not_become_quotes(btc: Instrument, text: str) -> None:
    level = {"px": "1.0", "sz": text}
    bbo = decode(json.dumps({"coin": "BTC", "time": 1, "bbo": [level, level]}), Bbo)

    with pytest.raises(ValueError, match="invalid `value`"):
        parse_quote_tick(bbo, btc, 0)


def test_a_bar_whose_high_is_not_highest_is_refused(btc: Instrument) -> None:
    bar_type = BarType.from_str(f"{btc.id}-1-MINUTE-LAST-EXTERNAL")
    candle = Candle(0, 59_999, "BTC", "1m", o=5.0, c=5.0, h=4.0, l=3.0, v=1.0, n=1)

    with pytest.raises(ValueError, match="high"):
        parse_bar(candle, bar_type, btc, 0)
