"""Every recorded book parses: each level arrives, and none of an earlier book survives."""

import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from nautilus_trader.model.book import OrderBook
from nautilus_trader.model.data import BookOrder, OrderBookDelta, OrderBookDeltas, TradeTick
from nautilus_trader.model.enums import AggressorSide, BookAction, BookType, OrderSide, RecordFlag
from nautilus_trader.model.identifiers import TradeId
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Price, Quantity

from adapters.hyperliquid.parsing import (
    parse_order_book_deltas,
    parse_order_book_depth10,
    parse_trade_tick,
)
from adapters.hyperliquid.schemas import WS_DECODER, Book, WsBook, WsTrades
from tests.adapters.hyperliquid.recordings import cassette_bodies, coin_of, decode, raw_fixture

MS = 1_000_000
SNAPSHOT = RecordFlag.F_SNAPSHOT.value
LAST = RecordFlag.F_LAST.value
NO_TIME_TO_INIT = 7


def test_order_book_deltas_clear_then_add_every_level(btc: Instrument, shared_data: Path) -> None:
    raw = raw_fixture(shared_data, "http_l2_book_btc.json")
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
    raw = raw_fixture(shared_data, "http_l2_book_btc.json")
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
    raw = raw_fixture(shared_data, name)
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
