"""Frames are read in either dialect, as an object or a list; the payloads are the sheet's."""

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from adapters.synthetix.frames import (
    WsAccount,
    WsBook,
    WsCandles,
    WsLiquidations,
    WsOther,
    WsPrices,
    WsReply,
    WsTrades,
    parse_frame,
)
from adapters.synthetix.schemas import RateLimit

SECOND_NS = 1_704_067_200_000_000_000
TRADE = {
    "tradeId": "7",
    "symbol": "BTC-USDT",
    "side": "buy",
    "price": "50000.50",
    "quantity": "0.1",
    "timestamp": "2024-01-01T00:00:00Z",
    "isMaker": False,
}
CANDLE = {
    "symbol": "BTC-USDT",
    "timeframe": "1m",
    "open_price": "1",
    "high_price": "4",
    "low_price": "0.5",
    "close_price": "2",
    "volume": "3",
    "quote_volume": "5",
    "trade_count": 4,
    "open_time": "2024-01-01T00:00:00Z",
    "close_time": "2024-01-01T00:01:00Z",
}


def read(**frame: Any) -> Any:  # noqa: ANN401 (any JSON)
    return parse_frame(json.dumps(frame).encode())


DIALECTS = [
    ("market_price_update", "marketPriceUpdate"),
    ("trade", "trade"),
    ("candle_update", "candleUpdate"),
]


@pytest.mark.parametrize("keys", [["method"], ["channel"], ["method", "channel"]])
@pytest.mark.parametrize("as_list", [False, True])
def test_trades_are_read_in_either_dialect(keys: list[str], as_list: bool) -> None:
    names = dict.fromkeys(keys, "trade")
    message = read(**names, data=[TRADE, TRADE] if as_list else TRADE)
    assert isinstance(message, WsTrades)
    assert len(message.data) == 1 + as_list
    trade = message.data[0]
    assert (trade.tradeId, trade.symbol, trade.side) == ("7", "BTC-USDT", "buy")
    assert (trade.price, trade.quantity) == (Decimal("50000.5"), Decimal("0.1"))
    assert trade.timestamp == SECOND_NS
    assert message.stream == ("trades", "BTC-USDT")


@pytest.mark.parametrize(
    "names",
    [
        {"method": "orderbook_depth_update"},
        {"channel": "orderbookUpdate"},
        {"method": "orderbook_depth_update", "channel": "orderbookUpdate"},
    ],
)
def test_a_book_keeps_its_texts(names: dict[str, str]) -> None:
    data = {
        "symbol": "BTC-USDT",
        "timestamp": "2024-01-01T00:00:00.000Z",
        "bids": [{"price": "99999.0", "quantity": "1.50"}],
        "asks": [],
    }
    message = read(
        **names, type="diff", meseq=11, prevMeseq=10, checksum="21795529", timestamp=1, data=data
    )
    assert isinstance(message, WsBook)
    assert (message.meseq, message.prev_meseq, message.checksum) == (11, 10, "21795529")
    assert (message.is_snapshot, message.needs_resync) == (False, False)
    assert [(one.price, one.quantity) for one in message.bids] == [("99999.0", "1.50")]
    assert message.asks == []
    assert message.ts_event == SECOND_NS
    assert message.stream == ("orderbook", "BTC-USDT")


def test_a_book_without_a_time_of_its_own_has_the_frames() -> None:
    message = read(channel="orderbookUpdate", type="snapshot", meseq=1, timestamp=1704067200000,
                   data={"symbol": "BTC-USDT"})  # fmt: skip
    assert (message.ts_event, message.is_snapshot, message.bids) == (SECOND_NS, True, [])


@pytest.mark.parametrize("frame", [{"type": "other", "meseq": 1}, {"type": "diff"}])
def test_a_book_of_no_known_kind_is_refused(frame: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError, match="Expected a snapshot or a diff"):
        read(channel="orderbookUpdate", data={"symbol": "BTC-USDT"}, **frame)


@pytest.mark.parametrize(
    "names",
    [
        {"method": "market_price_update"},
        {"channel": "marketPriceUpdate"},
        {"channel": "priceUpdate"},
    ],
)
def test_prices_are_read_in_their_newer_and_older_form(names: dict[str, str]) -> None:
    newer = {"symbol": "BTC-USDT", "price": "100000", "updateType": "mark",
             "lastUpdateTime": "2024-01-01T00:00:00Z"}  # fmt: skip
    message = read(**names, data=newer)
    assert isinstance(message, WsPrices)
    assert (message.data[0].price, message.data[0].updateType) == (100_000, "mark")
    assert message.data[0].lastUpdateTime == SECOND_NS
    older = {"symbol": "BTC-USDT", "markPrice": "100000", "indexPrice": "99998.7", "lastPrice": ""}
    message = read(**names, timestamp=1704067200000, data=[older])
    assert (message.data[0].markPrice, message.data[0].indexPrice) == (100_000, Decimal("99998.7"))
    assert message.ts_event == SECOND_NS
    assert message.stream == ("marketPrices", "BTC-USDT")


@pytest.mark.parametrize("names", [{"method": "candle_update"}, {"channel": "candleUpdate"}])
def test_a_candle_is_read(names: dict[str, str]) -> None:
    message = read(**names, timestamp=1704067200000, data=CANDLE)
    assert isinstance(message, WsCandles)
    (candle,) = message.data
    prices = (candle.open_price, candle.high_price, candle.low_price, candle.close_price)
    assert prices == (1, 4, Decimal("0.5"), 2)
    assert (candle.volume, candle.trade_count, candle.open_time) == (3, 4, SECOND_NS)
    assert message.stream == ("candles", "BTC-USDT", "1m")


def test_a_liquidation_is_read() -> None:
    data = {"eventId": "1", "market": "BTC-USDT", "tsMs": 1704067200000, "side": "buy",
            "size": "1", "liquidationPrice": "90000"}  # fmt: skip
    message = read(method="liquidation", data=data)
    assert isinstance(message, WsLiquidations)
    assert (message.data[0].tsMs, message.data[0].size) == (SECOND_NS, 1)
    assert message.stream == ("liquidations", "BTC-USDT")


@pytest.mark.parametrize("names", [{"method": "subAccountEvent"}, {"channel": "subAccountUpdate"}])
def test_an_event_of_the_account_stays_as_it_is(names: dict[str, str]) -> None:
    message = read(**names, timestamp=1704067200000, needsResync=True, data={"eventType": "x"})
    assert isinstance(message, WsAccount)
    assert json.loads(bytes(message.data)) == {"eventType": "x"}
    assert (message.ts_event, message.needs_resync) == (SECOND_NS, True)
    assert message.stream == ("subAccountUpdates", "")


@pytest.mark.parametrize("ids", [{"id": "3"}, {"requestId": "3"}, {"id": 3, "requestId": "3"}])
def test_an_answer_is_found_by_either_id(ids: dict[str, Any]) -> None:
    buckets = {"rateLimit": {"requestsCap": 1000, "remainingTokens": 995}}
    message = read(**ids, **buckets, status=200, result={"status": "subscribed"})
    assert isinstance(message, WsReply)
    assert (message.id, message.status) == ("3", 200)
    assert json.loads(bytes(message.body)) == {"status": "subscribed"}
    assert (message.rate_limit, message.ip_rate_limit) == (RateLimit(1_000, 995), None)


def test_a_refusal_has_the_error_for_its_body() -> None:
    message = read(id="3", requestId="3", status=400, error={"code": 400, "message": "no"})
    assert (message.status, json.loads(bytes(message.body))["message"]) == (400, "no")


def test_what_nobody_listens_to_is_named() -> None:
    assert read(method="new_thing", data={}) == WsOther("new_thing")


@pytest.mark.parametrize("raw", [b"", b"[]", b'{"method":"trade","data":{"symbol":1}}', b"\xff"])
def test_what_is_no_frame_is_refused(raw: bytes) -> None:
    with pytest.raises((msgspec.MsgspecError, UnicodeDecodeError)):
        parse_frame(raw)
