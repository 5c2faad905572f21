"""What broken alerts are told: which field or placeholder, what was expected and what was found."""

from typing import Any

import pytest
from nautilus_trader.model.identifiers import InstrumentId

from webhook.dialects import parse_alert, read_fields
from webhook.errors import WebhookError

BTC = InstrumentId.from_str("BTC-USD-PERP.VENUE")
NOW = 1_795_428_000_000_000_000
TIME = "2026-11-23T10:00:00Z"
OWN: dict[str, Any] = {"strategy": "alerts", "action": "buy", "ticker": "BTCUSD", "id": "1"}
TV: dict[str, Any] = {
    "strategy": "alerts",
    "ticker": "BTCUSD",
    "action": "sell",
    "market_position": "short",
    "market_position_size": "0.15",
    "order_id": "Exit long",
    "time": TIME,
}
POST: dict[str, Any] = {
    "strategy": "alerts",
    "ticker": "BTCUSD",
    "action": "buy",
    "sentiment": "bullish",
    "time": TIME,
}
COMMAS: dict[str, Any] = {
    "bot_uuid": "alerts",
    "tv_instrument": "BTCUSD",
    "action": "enter_long",
    "timestamp": TIME,
}


def refusal(base: dict[str, Any], **changes: object) -> WebhookError:
    fields = {name: value for name, value in (base | changes).items() if value is not ...}
    with pytest.raises(WebhookError) as caught:
        parse_alert(fields, {"BTCUSD": BTC}, received_ns=NOW)
    return caught.value


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "Expected JSON"),
        (b"buy 1 BTC", "Expected JSON or key=value text"),
        (b'{"strategy": "alerts"', "truncated"),
        (b'{"strategy": "\xff"}', "in UTF-8"),
        (b"[1]", "Expected a JSON object, was list"),
        (b'"a=b"', "Expected a JSON object, was str"),
        (b"7", "Expected a JSON object, was int"),
        (b"[" * 8000, "Expected JSON with at most 64 opening brackets, found 8000"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "at most 64 opening brackets, found 65"),
        (b'{"a": ' + b"9" * 5000 + b"}", "out of range"),
        (b'{"a": "\\ud800"}', "Expected JSON"),
        (
            b'{"quantity": NaN}',
            "quantity: expected a JSON value (usually of {{strategy.order.contracts}}), was NaN",
        ),
        (b'{"contracts": , "a": 1}', "contracts: expected a JSON value"),
        (b'{"contracts": , "a": 1}', "was nothing; quote placeholders"),
        (b'{"order": {"amount": }}', "amount: expected a JSON value"),
        (b'{"contracts": {{strategy.order.contracts}}}', "was {{"),
        (b'{"a": true, "action": buy}', "action: expected a JSON value"),
        (b'{"action": "buy", "comment": "the "big" one", "id": "1"}', "comment: its value breaks"),
        (b"so strategy=alerts", "begins with a name and ="),
        (b"strategy=alerts action=buy action=sell", "each name once, found action again"),
        (b" ".join(b"a%d=1" % n for n in range(65)), "at most 64 pairs, found 65"),
    ],
)
def test_what_cannot_be_read_is_named(body: bytes, words: str) -> None:
    with pytest.raises(WebhookError) as caught:
        read_fields(body)
    assert caught.value.status == 400
    assert caught.value.code in {"malformed_json", "malformed_text"}
    assert words in caught.value.message


def test_as_many_brackets_as_are_allowed_are_read() -> None:
    body = b'{"a":' * 64 + b"1" + b"}" * 64
    assert list(read_fields(body)) == ["a"]


@pytest.mark.parametrize(
    "body", [b'{"secret": canary}', b'{"secret" "canary"}', b"canary strategy=x", b"canary"]
)
def test_what_cannot_be_read_is_not_repeated(body: bytes) -> None:
    with pytest.raises(WebhookError) as caught:
        read_fields(body)
    assert "canary" not in caught.value.message


@pytest.mark.parametrize(
    ("base", "changes", "words"),
    [
        (OWN, {"quantity": "NaN"}, "quantity: its placeholder gave no value (usually of {{strateg"),
        (OWN, {"quantity": " "}, "quantity: its placeholder gave no value"),
        (OWN, {"stop_percent": "na"}, "stop_percent: its placeholder gave no value, was 'na'"),
        (OWN, {"quantity": None}, "quantity: expected a value (usually of {{strategy.order.contra"),
        (
            TV,
            {"market_position": "{{strategy.market_position}}"},
            "market_position: TradingView did not fill in the placeholder {{strategy.market_posit",
        ),
        (TV, {"prev_market_position": ""}, "no value (usually of {{strategy.prev_market_position}"),
        (POST, {"stopLoss": {"percent": "NaN"}}, "stopLoss.percent: its placeholder gave no value"),
        (
            COMMAS,
            {"strategy_info": {"market_position": ""}},
            "strategy_info.market_position: its placeholder gave no value (usually of {{strategy.m",
        ),
        (
            COMMAS,
            {"order": {"amount": "{{strategy.order.contracts}}"}},
            "order.amount: TradingView",
        ),
    ],
)
def test_a_placeholder_that_failed_is_named(
    base: dict[str, Any], changes: dict[str, object], words: str
) -> None:
    error = refusal(base, **changes)
    assert (error.status, error.code) == (422, "placeholder")
    assert words in error.message


@pytest.mark.parametrize(
    ("base", "changes", "words"),
    [
        (OWN, {"strategy": ...}, "missing required field `strategy`"),
        (OWN, {"strategy": 5}, "Expected `str`, got `int`"),
        (OWN, {"strategy": "*"}, "strategy: expected 1 to 64"),
        (OWN, {"strategy": "a:b"}, "strategy: expected 1 to 64"),
        (OWN, {"action": ...}, "action: expected one of"),
        (OWN, {"action": "hold"}, '"buy", "sell", "close", "target", "heartbeat", was \'hold\''),
        (OWN, {"ticker": ...}, "ticker: expected either a ticker or an instrument, was 'none'"),
        (OWN, {"instrument": "A.B"}, "either a ticker or an instrument, was 'both'"),
        (OWN, {"ticker": "DOGE"}, "one of the known tickers (BTCUSD), was 'DOGE'"),
        (OWN, {"ticker": ..., "instrument": "BTC"}, "instrument: expected an instrument such as"),
        (OWN, {"quantitty": 1}, "unknown field `quantitty`"),
        (OWN, {"quantity": -0.1}, "quantity: expected a number above 0"),
        (OWN, {"quantity": "0"}, "quantity: expected a number above 0"),
        (OWN, {"quantity": "lots"}, "quantity: expected a number, was 'lots'"),
        (OWN, {"quantity": "1_000"}, "quantity: expected a number"),
        (OWN, {"quantity": "inf"}, "expected a finite number"),
        (OWN, {"quantity": "1e999999"}, "at most 1000000000"),
        (OWN, {"quantity": "0." + "1" * 60}, "quantity: expected a number"),
        (OWN, {"quantity": [1]}, "`$.quantity`"),
        (OWN, {"quantity": True}, "`$.quantity`"),
        (OWN, {"quantity": 1, "notional": 5}, "notional: expected none along with quantity"),
        (OWN, {"action": "close", "quantity": 1}, 'quantity: expected none with action "close"'),
        (OWN, {"action": "close", "percent": 1}, 'percent: expected none with action "close"'),
        (OWN, {"action": "close", "position": 1}, "position: expected none, or 0"),
        (OWN, {"action": "target"}, 'a signed size with action "target", was missing'),
        (OWN, {"action": "target", "position": 1, "quantity": 1}, "quantity: expected none with"),
        (OWN, {"type": "order"}, 'type: expected one of "heartbeat"'),
        (OWN, {"type": "heartbeat"}, 'action: expected "heartbeat" or none'),
        (OWN, {"action": "heartbeat", "quantity": 1}, "quantity: expected none"),
        (OWN, {"stop_percent": 100}, "stop_percent: expected a percentage below 100"),
        (OWN, {"stop_percent": 1, "stop_price": 2}, "stop_price: expected none along with stop_pe"),
        (OWN, {"take_profit_price": 0}, "take_profit_price: expected a number above 0"),
        (OWN, {"sequence": 1.5}, "sequence: expected a whole number"),
        (OWN, {"sequence": -1}, "sequence: expected a whole number"),
        (OWN, {"max_age_secs": 0}, "max_age_secs: expected a number above 0"),
        (OWN, {"max_age_secs": 604801}, "max_age_secs: expected at most 604800 seconds"),
        (OWN, {"id": ...}, "time: expected an id or a time"),
        (OWN, {"id": "a b"}, "id: expected 1 to 64 letters"),
        (OWN, {"time": "yesterday"}, "time: expected a time with its zone"),
        (OWN, {"time": "2026-11-23T10:00:00"}, "with its zone"),
        (OWN, {"time": "9999-11-23T10:00:00Z"}, "with its zone"),
        (OWN, {"time": "2026-11-23T10:00:06Z"}, "time: expected a time of at most 5 s after its"),
        (OWN, {"comment": "\ud800"}, "Expected values that JSON can hold"),
        (TV, {"action": "close"}, 'action: expected one of "buy", "sell", was \'close\''),
        (TV, {"market_position": "up"}, 'one of "long", "short", "flat", was \'up\''),
        (TV, {"market_position": "flat"}, "market_position_size: expected 0 with market_position"),
        (TV, {"market_position_size": ...}, "a size with market_position, was missing"),
        (TV, {"market_position_size": "0"}, "market_position_size: expected a number above 0"),
        (TV, {"market_position": ...}, "market_position: expected it along with market_position_s"),
        (TV, {"prev_market_position_size": 1}, "prev_market_position: expected it along with"),
        (TV, {"qty": "1"}, "unknown field `qty`"),
        (TV, {"sentiment": "flat"}, "unknown field `sentiment`"),
        (TV, {"price": "high"}, "price: expected a number"),
        (TV, {"time": ...}, "time: expected an id or a time"),
        (TV, {"bar_time": "2026-11-23T10:00:06Z"}, "bar_time: expected a time of at most 5 s"),
        (POST, {"action": "cancel"}, "action: expected no cancel"),
        (POST, {"action": "short"}, 'one of "buy", "sell", "exit", "add"'),
        (POST, {"sentiment": "up"}, 'sentiment: expected one of "bullish"'),
        (POST, {"action": "add", "sentiment": ...}, 'sentiment: expected "bullish" or "bearish"'),
        (POST, {"action": "exit", "quantity": 1}, 'quantity: expected none with action "exit"'),
        (POST, {"quantityType": "dollar_amount"}, "quantity: expected a number with quantityType"),
        (POST, {"quantity": 1, "quantityType": "risk_dollar_amount"}, "quantityType: expected one"),
        (POST, {"orderType": "limit"}, "orderType: expected one of \"market\", was 'limit'"),
        (POST, {"limitPrice": 5}, "unknown field `limitPrice`"),
        (
            POST,
            {"stopLoss": {"type": "trailing_stop", "percent": 1}},
            "stopLoss.type: expected one",
        ),
        (POST, {"stopLoss": {"trailPercent": 1}}, "unknown field `trailPercent`"),
        (POST, {"stopLoss": {}}, "stopLoss: expected one of percent, amount and stopPrice"),
        (POST, {"takeProfit": {}}, "takeProfit: expected one of percent, amount and limitPrice"),
        (
            POST,
            {"takeProfit": {"amount": 1, "limitPrice": 2}},
            "takeProfit.amount: expected none along with takeProfit.limitPrice",
        ),
        (POST, {"time": ...}, "time: expected an id or a time"),
        (
            COMMAS,
            {"order": {"amount": {"b": {"c": {"d": 1}}}}},
            "order.amount.b.c: expected fewer levels",
        ),
        (COMMAS, {"bot_uuid": ...}, "bot_uuid: expected the name of a strategy"),
        (COMMAS, {"bot_uuid": "a b"}, "bot_uuid: expected 1 to 64"),
        (COMMAS, {"tv_instrument": "DOGE"}, "tv_instrument: expected one of the known tickers"),
        (COMMAS, {"action": "hold"}, '"enter_long", "enter_short", "exit_long", "exit_short"'),
        (
            COMMAS,
            {"strategy_info": {"market_position": "flat"}},
            'action: expected "buy" or "sell" with strategy_info',
        ),
        (
            COMMAS,
            {"action": "buy", "strategy_info": {"market_position": "long"}},
            "strategy_info.market_position_size: expected a size",
        ),
        (COMMAS, {"order": {"amount": 0}}, "order.amount: expected a number above 0"),
        (
            COMMAS,
            {"order": {"amount": 1, "currency_type": "margin_percent"}},
            'order.currency_type: expected one of "base", "quote", was \'margin_percent\'',
        ),
        (COMMAS, {"order": {"amount": 1, "order_type": "limit"}}, "order.order_type: expected one"),
        (COMMAS, {"order": {"amount": 1, "price": 2}}, "unknown field `price`"),
        (COMMAS, {"max_lag": "-1"}, "max_lag: expected a number above 0"),
        (COMMAS, {"timestamp": ...}, "timestamp: expected an id or a time"),
        (COMMAS, {"timestamp": "2026-11-23T10:00:06Z"}, "timestamp: expected a time of at most"),
        (COMMAS, {"trigger_price": "?"}, "trigger_price: expected a number"),
        (COMMAS, {"quantity": 1}, "unknown field `quantity`"),
    ],
)
def test_what_means_nothing_is_named(
    base: dict[str, Any], changes: dict[str, object], words: str
) -> None:
    error = refusal(base, **changes)
    assert (error.status, error.code) == (422, "invalid_field")
    assert words in error.message


@pytest.mark.parametrize(("base", "name"), [(OWN, "time"), (TV, "time"), (COMMAS, "timestamp")])
def test_a_clock_may_run_five_seconds_ahead(base: dict[str, Any], name: str) -> None:
    fields = base | {name: "2026-11-23T10:00:05Z"}
    alert = parse_alert(fields, {"BTCUSD": BTC}, received_ns=NOW)
    assert alert.ts_event == NOW + 5_000_000_000
