"""What an order may look like: every rule of the fact sheet 5.2 with its words of 2.5."""

from typing import Any

import msgspec
import pytest

from simulator.moments import Moment
from simulator.synthetix_order_shapes import PlaceOrders, read_place_orders
from simulator.synthetix_signed_requests import RefusedError, read_request

NOW_MS = 1_700_000_000_500
LIMIT = {"symbol": "btc-usdt", "side": "buy", "orderType": "limitGtc", "price": "90000",
         "quantity": "0.01", "triggerPrice": ""}  # fmt: skip
MARKET = LIMIT | {"orderType": "market", "price": ""}
STOP = LIMIT | {"orderType": "triggerSl", "side": "sell", "price": "", "triggerPrice": "80000",
                "isTriggerMarket": True}  # fmt: skip
PROFIT = STOP | {"orderType": "triggerTp", "triggerPrice": "99000"}
TWAP = LIMIT | {"orderType": "twap", "durationSeconds": 300}
GTD = LIMIT | {"orderType": "limitGtd"}
SOON = NOW_MS // 1000


def read(*orders: dict[str, Any], grouping: str = "na") -> PlaceOrders:
    params = {"action": "placeOrders", "orders": orders, "grouping": grouping}
    body = msgspec.json.encode({"params": params})
    return read_place_orders(read_request(body).params, Moment(NOW_MS))


def refusal(*orders: dict[str, Any], **more: str) -> str:
    with pytest.raises(RefusedError) as e:
        read(*orders, **more)
    assert e.value.refusal.code == "VALIDATION_ERROR"
    assert e.value.refusal.http_status == 400
    return e.value.refusal.message


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (LIMIT | {"price": ""}, "price is required for limitGtc orders"),
        (LIMIT | {"triggerPrice": "1"}, "triggerPrice must be empty for limitGtc orders"),
        (LIMIT | {"isTriggerMarket": True}, "isTriggerMarket must be false for limitGtc orders"),
        (LIMIT | {"quantity": ""}, "quantity is required"),
        (LIMIT | {"closePosition": True, "quantity": ""}, "quantity is required"),
        (LIMIT | {"price": "-1"}, "price must be a positive value"),
        (LIMIT | {"price": "1e3"}, "price must be a valid decimal number"),
        (LIMIT | {"price": "NaN"}, "price must be a valid decimal number"),
        (LIMIT | {"price": 5}, "price must be a string"),
        (LIMIT | {"orderType": "limitAlo"}, "invalid orderType 'limitAlo'"),
        (LIMIT | {"side": "long"}, "invalid order side"),
        (LIMIT | {"symbol": ""}, "symbol is required"),
        (LIMIT | {"expiresAt": SOON + 60}, "expiresAt is only valid for limitGtd orders"),
        (LIMIT | {"clientOrderId": "a b"}, "invalid clientOrderId"),
        (LIMIT | {"clientOrderId": "a" * 256}, "invalid clientOrderId"),
        (LIMIT | {"clientOrderId": "snx-system/1"}, "invalid clientOrderId"),
        (MARKET | {"price": "1"}, "price must be empty for market orders"),
        (GTD, "expiresAt is required for limitGtd orders"),
        (STOP | {"triggerPrice": ""}, "triggerPrice is required for triggerSl orders"),
        (STOP | {"price": "1"}, "price must be empty when isTriggerMarket is true"),
        (STOP | {"isTriggerMarket": False}, "price is required when isTriggerMarket is false"),
        (STOP | {"triggerPriceType": "Last"}, "invalid triggerPriceType 'Last'"),
    ],
)
def test_an_order_that_breaks_a_rule_refuses_the_request(order: dict[str, Any], words: str) -> None:
    assert refusal(LIMIT, order) == f"order 1: {words}"


@pytest.mark.parametrize(
    ("orders", "grouping", "words"),
    [
        ([], "na", "orders array cannot be empty"),
        ([LIMIT] * 21, "na", "orders array cannot have more than 20 orders"),
        ([LIMIT], "nonsense", "invalid grouping"),
        ([LIMIT], "twap", "TWAP request must contain exactly one order"),
        ([TWAP], "na", "TWAP request must contain exactly one order"),
        ([TWAP | {"durationSeconds": 0}], "twap",
         "order 0: durationSeconds must be positive for twap orders"),
        ([STOP, PROFIT, STOP], "positionTpsl",
         "position TP/SL requires 1-2 orders (take profit and/or stop loss)"),
        ([LIMIT], "positionTpsl",
         "position TP/SL requires 1-2 orders (take profit and/or stop loss)"),
        ([STOP, PROFIT | {"symbol": "ETH-USDT"}], "positionTpsl",
         "all orders must be for the same symbol"),
        ([LIMIT, LIMIT], "normalTpsl", "please provide one main order"),
        ([LIMIT], "normalTpsl", "please provide a take profit and/or stop loss"),
        ([GTD | {"expiresAt": SOON + 9}], "na",
         "expiresAt needs to be at least 10 seconds in the future"),
        ([GTD | {"expiresAt": SOON + 86_401}], "na",
         "expiresAt needs to be less than 24 hours in the future"),
    ],
)  # fmt: skip
def test_orders_that_make_no_such_group(
    orders: list[dict[str, Any]], grouping: str, words: str
) -> None:
    assert refusal(*orders, grouping=grouping) == words


def test_well_formed_orders_are_read() -> None:
    gtd = GTD | {"expiresAt": SOON + 10, "postOnly": True, "clientOrderId": "O-1.2=/+_"}
    (order,) = read(gtd).orders
    assert (order.symbol, order.post_only, order.client_id) == ("BTC-USDT", True, "O-1.2=/+_")
    assert order.expires_at_ms == (SOON + 10) * 1000
    closing = STOP | {"quantity": "", "closePosition": True, "triggerPriceType": "last"}
    stop, profit = read(closing, PROFIT, grouping="positionTpsl").orders
    assert (stop.close_position, stop.quantity, stop.on_last) == (True, None, True)
    assert (profit.close_position, profit.on_last) == (False, False)
    assert read(LIMIT, PROFIT, STOP, grouping="normalTpsl").grouping == "normalTpsl"
    assert read(LIMIT, grouping="").grouping == "na"


def test_post_only_is_ignored_where_it_means_nothing() -> None:
    assert not read(LIMIT | {"orderType": "limitIoc", "postOnly": True}).orders[0].post_only


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "INVALID_FORMAT"),
        (b"[]", "MISSING_REQUIRED_FIELD"),
        (b'{"params":{}}', "MISSING_REQUIRED_FIELD"),
    ],
)
def test_a_body_that_is_no_request(body: bytes, code: str) -> None:
    with pytest.raises(RefusedError) as e:
        read_request(body)
    assert e.value.refusal.code == code


def test_names_are_read_in_any_case() -> None:
    body = {"Nonce": 5, "params": {"action": "getPositions", "subAccountId": "7"}}
    request = read_request(msgspec.json.encode(body))
    assert (request.nonce, request.sub_account_id) == (5, 7)
