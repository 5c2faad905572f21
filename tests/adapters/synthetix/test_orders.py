"""Orders go over the wire as they were meant, and rounding never crosses a limit."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nautilus_trader.model.enums import OrderSide, OrderType, TimeInForce, TriggerType
from nautilus_trader.model.identifiers import ClientOrderId
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.model.orders import Order

from adapters.synthetix.actions import Grouping
from adapters.synthetix.orders import Asset, grouping_of, normalize_price, order_to_wire
from tests.adapters.synthetix.test_order_checks import (
    ASSET,
    BTC,
    FACTORY,
    NOW,
    SELL,
    SIZE,
    gtd,
    limit,
    market,
    stop,
    stop_limit,
)

PLAIN = {
    "symbol": "BTC-USDT", "side": "buy", "orderType": "limitGtc", "price": "60000",
    "triggerPrice": "", "quantity": "0.01", "reduceOnly": False, "isTriggerMarket": False,
    "clientOrderId": "c-1", "closePosition": False,
}  # fmt: skip
CLOID = {"client_order_id": ClientOrderId("c-1")}


@pytest.mark.parametrize(
    ("order", "changes"),
    [
        (limit(**CLOID), {}),
        (limit(post_only=True, **CLOID), {"postOnly": True}),
        (limit(reduce_only=True, **CLOID), {"reduceOnly": True}),
        (limit(time_in_force=TimeInForce.IOC, **CLOID), {"orderType": "limitIoc"}),
        (
            gtd(60.9, **CLOID),
            {"orderType": "limitGtd", "expiresAt": int(NOW.timestamp()) + 60},
        ),
        (market(**CLOID), {"orderType": "market", "price": ""}),
        (
            market(time_in_force=TimeInForce.IOC, **CLOID),
            {"orderType": "market", "price": ""},
        ),
        (
            stop(reduce_only=True, **CLOID),
            {"side": "sell", "orderType": "triggerSl", "price": "", "triggerPrice": "59000",
             "isTriggerMarket": True, "reduceOnly": True},
        ),
        (
            stop_limit(trigger_type=TriggerType.LAST_PRICE, **CLOID),
            {"side": "sell", "orderType": "triggerSl", "price": "58900", "triggerPrice": "59000",
             "triggerPriceType": "last"},
        ),
        (
            FACTORY.market_if_touched(BTC, SELL, SIZE, Price.from_str("61000"), **CLOID),
            {"side": "sell", "orderType": "triggerTp", "price": "", "triggerPrice": "61000",
             "isTriggerMarket": True},
        ),
        (
            FACTORY.limit_if_touched(
                BTC, SELL, SIZE, Price.from_str("60900"), Price.from_str("61000"), **CLOID
            ),
            {"side": "sell", "orderType": "triggerTp", "price": "60900", "triggerPrice": "61000"},
        ),
    ],
    ids=str,
)  # fmt: skip
def test_an_order_is_written_in_the_venues_words(order: Order, changes: dict[str, Any]) -> None:
    assert msgspec.to_builtins(order_to_wire(order, ASSET)) == PLAIN | changes


def test_a_limit_child_of_a_bracket_goes_as_a_take_profit() -> None:
    order = FACTORY.limit(BTC, SELL, SIZE, Price.from_str("61000"), post_only=True, **CLOID)
    wire = msgspec.to_builtins(order_to_wire(order, ASSET, in_bracket=True))
    expected = {"side": "sell", "orderType": "triggerTp", "price": "61000", "triggerPrice": "61000"}
    assert wire == PLAIN | expected


def test_an_asset_is_read_of_its_instrument(btc: Instrument) -> None:
    assert Asset.of(btc) == ASSET


@given(
    price=st.decimals(min_value="0.01", max_value=200_000, places=6),
    step=st.sampled_from(["0.01", "0.1", "0.5", "1", "10"]),
    is_buy=st.booleans(),
)
def test_rounding_never_crosses_the_limit(price: Decimal, step: str, is_buy: bool) -> None:
    asset = Asset("X-USDT", Decimal(step), Decimal(1))
    rounded = normalize_price(price, asset, is_buy=is_buy)
    assert rounded % Decimal(step) == 0
    assert 0 <= (price - rounded if is_buy else rounded - price) < Decimal(step)


def test_a_price_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="Expected a positive price, was 0"):
        normalize_price(Decimal(0), ASSET, is_buy=True)


def bracket(**terms: Any) -> list[Order]:  # noqa: ANN401 (Nautilus's own terms)
    orders: list[Order] = FACTORY.bracket(
        BTC,
        OrderSide.BUY,
        Quantity.from_str("0.01000"),
        entry_order_type=OrderType.LIMIT,
        entry_price=Price.from_str("60000"),
        sl_trigger_price=Price.from_str("59000"),
        tp_price=Price.from_str("61000"),
        **terms,
    ).orders
    return orders


def test_an_entry_with_its_exits_is_one_group() -> None:
    assert grouping_of(bracket()) is Grouping.NORMAL_TPSL
    assert grouping_of(bracket()[:2]) is Grouping.NORMAL_TPSL


def test_exits_alone_are_of_the_position() -> None:
    assert grouping_of([stop()]) is Grouping.POSITION_TPSL
    assert grouping_of([stop(), stop_limit()]) is Grouping.POSITION_TPSL
    assert grouping_of([stop()] * 3) is Grouping.NONE


def test_other_orders_are_no_group() -> None:
    assert grouping_of([limit(), limit()]) is Grouping.NONE
    assert grouping_of([limit(), stop()]) is Grouping.NONE
    assert grouping_of([limit(post_only=True)]) is Grouping.NONE
    entry, first, second = bracket()
    assert grouping_of([entry, first, first]) is Grouping.NONE
    assert grouping_of([first, entry, second]) is Grouping.NONE
