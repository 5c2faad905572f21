"""What the alerts of each dialect mean."""

from decimal import Decimal
from typing import Any

import pytest
from nautilus_trader.model.identifiers import InstrumentId

from strategies.protection import AmountDistance, PercentDistance, PriceLevel
from strategies.signals import Action
from strategies.sizing import NotionalSize, PercentSize
from webhook.alerts import Alert
from webhook.dialects import parse_alert, read_fields

BTC = InstrumentId.from_str("BTC-USD-PERP.VENUE")
NOW = 1_795_428_003_000_000_000  # three seconds after the examples' time
TIME = b"2026-11-23T10:00:00Z"
OWN = {"strategy": "alerts", "action": "buy", "ticker": "BTCUSD", "id": "1"}
TRADINGVIEW = {
    "strategy": "alerts",
    "ticker": "BTCUSD",
    "action": "sell",
    "contracts": "0.25",
    "market_position": "long",
    "market_position_size": "0.15",
    "prev_market_position": "long",
    "prev_market_position_size": "0.4",
    "order_id": "Exit long",
    "price": "64123.5",
    "bar_time": "2026-11-23T09:59:00Z",
    "time": "2026-11-23T10:00:00Z",
    "comment": "",
}
TRADERSPOST = {
    "strategy": "alerts",
    "ticker": "BTCUSD",
    "action": "buy",
    "price": "64123.5",
    "time": "2026-11-23T10:00:00Z",
}
THREE_COMMAS: dict[str, Any] = {
    "max_lag": "300",
    "timestamp": "2026-11-23T10:00:00Z",
    "trigger_price": "64123.5",
    "tv_exchange": "BINANCE",
    "tv_instrument": "BTCUSD",
    "action": "enter_long",
    "bot_uuid": "alerts",
}
INFO = {
    "market_position": "short",
    "market_position_size": "0.15",
    "prev_market_position": "flat",
    "prev_market_position_size": "0",
}


def parse(base: dict[str, Any], **changes: object) -> Alert:
    fields = {name: value for name, value in (base | changes).items() if value is not ...}
    return parse_alert(fields, {"BTCUSD": BTC}, received_ns=NOW)


@pytest.mark.parametrize(
    ("changes", "action", "quantity"),
    [
        ({}, Action.BUY, None),
        ({"action": "sell", "quantity": 0.1}, Action.SELL, Decimal("0.1")),
        ({"quantity": "0.10000000000000000001"}, Action.BUY, Decimal("0.10000000000000000001")),
        ({"quantity": "1e-05"}, Action.BUY, Decimal("0.00001")),
        ({"quantity": 3}, Action.BUY, Decimal(3)),
        ({"action": "close"}, Action.CLOSE, None),
        ({"action": "target", "position": -0.5}, Action.TARGET, Decimal("-0.5")),
        ({"action": "target", "position": 0}, Action.TARGET, Decimal(0)),
        ({"ticker": ..., "instrument": "BTC-USD-PERP.VENUE"}, Action.BUY, None),
    ],
)
def test_own_actions(changes: dict[str, object], action: Action, quantity: Decimal | None) -> None:
    alert = parse(OWN, **changes)
    assert (alert.dialect, alert.key) == ("own", "alerts:1")
    assert (alert.strategy, alert.instrument_id) == ("alerts", BTC)
    assert (alert.action, alert.quantity) == (action, quantity)


def test_every_field_of_an_own_alert() -> None:
    alert = parse(
        OWN,
        notional="1000",
        stop_percent=2,
        take_profit_price="70000",
        sequence="7",
        prev_position=-1,
        position=0.5,
        max_age_secs=12.5,
        time="2026-11-23T11:00:00.5+01:00",
        comment="tp 1",
    )
    assert (alert.quantity, alert.sizing) == (None, NotionalSize(Decimal(1000)))
    assert alert.stop == PercentDistance(Decimal(2))
    assert alert.take_profit == PriceLevel(Decimal(70000))
    assert (alert.sequence, alert.max_age_secs) == (7, Decimal("12.5"))
    assert (alert.stated_before, alert.stated) == (Decimal(-1), Decimal("0.5"))
    assert alert.ts_event == 1_795_428_000_500_000_000
    assert alert.comment == "tp 1"
    assert parse(OWN, percent=50).sizing == PercentSize(Decimal(50))


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "heartbeat", "action": ...},
        {"type": "heartbeat", "action": "heartbeat"},
        {"action": "heartbeat"},
    ],
)
def test_a_heartbeat_asks_for_nothing(changes: dict[str, object]) -> None:
    alert = parse(OWN, **changes, position=0.5, sequence=8)
    assert (alert.action, alert.quantity, alert.is_exit) == (None, None, False)
    assert (alert.stated, alert.sequence) == (Decimal("0.5"), 8)


@pytest.mark.parametrize(
    ("changes", "is_exit"),
    [
        ({"action": "close"}, True),
        ({"action": "target", "position": 0}, True),
        ({"action": "target", "position": 1}, False),
        ({"action": "target", "position": 1, "prev_position": 2}, True),
        ({"action": "target", "position": -1, "prev_position": -2}, True),
        ({"action": "target", "position": 1, "prev_position": -2}, False),
        ({"action": "target", "position": 2, "prev_position": 2}, False),
        ({"action": "sell", "position": 1, "prev_position": 2}, True),
        ({"action": "sell", "position": 0, "prev_position": 2}, True),
        ({"action": "sell", "position": -1, "prev_position": 0}, False),
        ({"action": "sell", "position": 0}, False),
        ({"action": "sell"}, False),
    ],
)
def test_an_exit_only_makes_the_position_smaller(
    changes: dict[str, object], *, is_exit: bool
) -> None:
    assert parse(OWN, **changes).is_exit is is_exit


def test_every_field_of_a_tradingview_alert() -> None:
    alert = parse(TRADINGVIEW, comment="tp 1", stop_percent="5", max_age_secs="60", sequence="9")
    assert alert.dialect == "tradingview"
    assert (alert.action, alert.quantity) == (Action.TARGET, Decimal("0.15"))
    assert (alert.stated_before, alert.stated) == (Decimal("0.4"), Decimal("0.15"))
    assert alert.is_exit
    assert alert.ts_event == 1_795_428_000_000_000_000
    assert alert.stop == PercentDistance(Decimal(5))
    assert (alert.max_age_secs, alert.sequence) == (Decimal(60), 9)
    assert alert.comment == "tp 1"
    strategy, _, mark = alert.key.partition(":")
    assert (strategy, len(mark), len(alert.digest)) == ("alerts", 32, 64)


@pytest.mark.parametrize(
    ("after", "before", "target", "is_exit"),
    [
        (("short", "0.15"), ("long", "1"), Decimal("-0.15"), False),
        (("short", "1"), ("short", "2"), Decimal(-1), True),
        (("short", "2"), ("short", "1"), Decimal(-2), False),
        (("flat", "0"), ("short", "2"), Decimal(0), True),
        (("flat", ...), (..., ...), Decimal(0), True),
        (("long", "1"), ("flat", ...), Decimal(1), False),
    ],
)
def test_a_market_position_is_a_target(
    after: tuple[object, object], before: tuple[object, object], target: Decimal, *, is_exit: bool
) -> None:
    alert = parse(
        TRADINGVIEW,
        market_position=after[0],
        market_position_size=after[1],
        prev_market_position=before[0],
        prev_market_position_size=before[1],
    )
    assert (alert.action, alert.quantity) == (Action.TARGET, target)
    assert alert.is_exit is is_exit


def test_without_a_market_position_it_is_an_order() -> None:
    alert = parse(TRADINGVIEW, market_position=..., market_position_size=...)
    assert (alert.action, alert.quantity) == (Action.SELL, Decimal("0.25"))
    assert (alert.stated_before, alert.stated, alert.is_exit) == (Decimal("0.4"), None, False)


@pytest.mark.parametrize(
    ("changes", "action", "quantity", "is_exit"),
    [
        ({}, Action.BUY, None, False),
        ({"quantity": 2, "sentiment": "bullish"}, Action.BUY, Decimal(2), False),
        ({"quantity": "2", "sentiment": "bearish"}, Action.BUY, Decimal(2), True),
        ({"action": "sell", "quantity": 2, "sentiment": "long"}, Action.SELL, Decimal(2), True),
        ({"action": "sell", "quantity": 2, "sentiment": "short"}, Action.SELL, Decimal(2), False),
        ({"action": "sell", "quantity": 2, "sentiment": "flat"}, Action.CLOSE, None, True),
        ({"action": "exit"}, Action.CLOSE, None, True),
        ({"action": "exit", "price": ...}, Action.CLOSE, None, True),
        ({"action": "add", "sentiment": "bearish", "quantity": 1}, Action.SELL, Decimal(1), False),
    ],
)
def test_traderspost_actions(
    changes: dict[str, object], action: Action, quantity: Decimal | None, *, is_exit: bool
) -> None:
    alert = parse(TRADERSPOST, **changes)
    assert alert.dialect == "traderspost"
    assert (alert.action, alert.quantity, alert.is_exit) == (action, quantity, is_exit)


def test_traderspost_sizes_and_protection() -> None:
    alert = parse(
        TRADERSPOST,
        quantity=1000,
        quantityType="dollar_amount",
        stopLoss={"type": "stop", "amount": 500},
        takeProfit={"limitPrice": "70000.5"},
        extras={"note": None, "why": {"rsi": "NaN"}},
        interval="15",
    )
    assert (alert.quantity, alert.sizing) == (None, NotionalSize(Decimal(1000)))
    assert alert.stop == AmountDistance(Decimal(500))
    assert alert.take_profit == PriceLevel(Decimal("70000.5"))
    alert = parse(
        TRADERSPOST,
        quantity="10",
        quantityType="percent_of_equity",
        stopLoss={"stopPrice": 60000},
        takeProfit={"percent": 10},
    )
    assert alert.sizing == PercentSize(Decimal(10))
    assert alert.stop == PriceLevel(Decimal(60000))
    assert alert.take_profit == PercentDistance(Decimal(10))


@pytest.mark.parametrize(
    ("changes", "action", "quantity", "is_exit"),
    [
        ({}, Action.BUY, None, False),
        ({"order": {"amount": "0.2"}}, Action.BUY, Decimal("0.2"), False),
        ({"action": "enter_short", "order": {"amount": 2}}, Action.SELL, Decimal(2), False),
        ({"action": "exit_long"}, Action.CLOSE, None, True),
        ({"action": "exit_short"}, Action.CLOSE, None, True),
        ({"action": "exit_long", "order": {"amount": 1}}, Action.SELL, Decimal(1), True),
        ({"action": "exit_short", "order": {"amount": 1}}, Action.BUY, Decimal(1), True),
        ({"action": "buy", "order": {"amount": 1}}, Action.BUY, Decimal(1), False),
        ({"action": "sell", "strategy_info": INFO}, Action.TARGET, Decimal("-0.15"), False),
    ],
)
def test_three_commas_actions(
    changes: dict[str, object], action: Action, quantity: Decimal | None, *, is_exit: bool
) -> None:
    alert = parse(THREE_COMMAS, **changes)
    assert alert.dialect == "3commas"
    assert (alert.strategy, alert.instrument_id) == ("alerts", BTC)
    assert (alert.action, alert.quantity, alert.is_exit) == (action, quantity, is_exit)
    assert alert.max_age_secs == Decimal(300)
    assert alert.ts_event == 1_795_428_000_000_000_000


def test_three_commas_sizes_positions_and_names() -> None:
    alert = parse(THREE_COMMAS, order={"amount": "100", "currency_type": "quote"})
    assert (alert.quantity, alert.sizing) == (None, NotionalSize(Decimal(100)))
    alert = parse(THREE_COMMAS, action="sell", strategy_info=INFO)
    assert (alert.stated_before, alert.stated) == (Decimal(0), Decimal("-0.15"))
    uuid = "7a1b9f0e-2a64-4f8e-9c0d-1c2b3a4d5e6f"
    assert parse(THREE_COMMAS, bot_uuid=uuid, strategy="other").strategy == "other"
    assert parse(THREE_COMMAS, bot_uuid=uuid).strategy == uuid


@pytest.mark.parametrize(
    "text",
    [
        b"strategy=alerts ticker=BTCUSD action=sell order_id=Close long time=" + TIME,
        b"strategy=alerts\nticker=BTCUSD\r\naction = sell\norder_id=Close long\ntime=" + TIME,
        b"strategy=alerts; ticker=BTCUSD, action=sell,order_id=Close long;\ttime=" + TIME,
        b'\xef\xbb\xbfstrategy="alerts" ticker=BTCUSD action=sell order_id="Close long" time='
        + TIME,
    ],
)
def test_plain_text_says_the_same_as_json(text: bytes) -> None:
    fields = read_fields(text)
    assert fields == {
        "strategy": "alerts",
        "ticker": "BTCUSD",
        "action": "sell",
        "order_id": "Close long",
        "time": "2026-11-23T10:00:00Z",
    }
    assert parse(fields).dialect == "tradingview"


def test_plain_text_of_our_own_fields() -> None:
    alert = parse(read_fields(b"strategy=alerts ticker=BTCUSD action=buy percent=5 sequence=3"))
    assert (alert.dialect, alert.sizing, alert.sequence) == ("own", PercentSize(Decimal(5)), 3)
