"""Every recorded quote, trade, candle and frame parses, and each field arrives where it belongs."""

import json
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from nautilus_trader.model.data import BarType, QuoteTick
from nautilus_trader.model.enums import AggressorSide, RecordFlag
from nautilus_trader.model.identifiers import TradeId
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Price, Quantity

from adapters.hyperliquid.constants import INTERVAL_MILLIS, INTERVALS
from adapters.hyperliquid.parsing import (
    parse_bar,
    parse_bar_interval,
    parse_quote_tick,
    parse_trade_tick,
)
from adapters.hyperliquid.schemas import (
    WS_DECODER,
    Bbo,
    Candle,
    Trade,
    WsBbo,
    WsCandle,
    WsError,
    WsPong,
    WsSubscriptionResponse,
)
from tests.adapters.hyperliquid.recordings import (
    cassette_bodies,
    coin_of,
    decode,
    frame,
    raw_fixture,
)

MS = 1_000_000
SNAPSHOT = RecordFlag.F_SNAPSHOT.value
LAST = RecordFlag.F_LAST.value
NO_TIME_TO_INIT = 7


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
    raw = raw_fixture(shared_data, "http_recent_trades_btc.json")
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
