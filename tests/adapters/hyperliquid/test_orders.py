"""Nautilus orders as wire orders: every type, the rounding rules, and brackets."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from nautilus_trader.common.component import TestClock
from nautilus_trader.common.factories import OrderFactory
from nautilus_trader.core.nautilus_pyo3 import (
    ClientOrderId,
    hyperliquid_cloid_from_client_order_id,
)
from nautilus_trader.model.enums import ContingencyType, OrderSide, OrderType, TimeInForce
from nautilus_trader.model.identifiers import InstrumentId, StrategyId, TraderId
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.model.orders import Order

from adapters.hyperliquid.actions import Grouping, OrderAction, OrderWire
from adapters.hyperliquid.orders import (
    Asset,
    base_size,
    cloid_from_client_order_id,
    decimal_to_wire,
    grouping_of,
    isolated_margin_action,
    normalize_price,
    order_to_wire,
    slippage_price,
    twap_action,
)

BTC = InstrumentId.from_str("BTC-USD-PERP.HYPERLIQUID")
ASSET = Asset(asset_id=3, price_decimals=1, size_decimals=5)
SIZE = Quantity.from_str("0.01000")
FACTORY = OrderFactory(TraderId("TESTER-000"), StrategyId("S-001"), TestClock())


def px(text: str) -> Price:
    return Price.from_str(text)


def wire_of(order: Order, **terms: object) -> dict[str, Any]:
    wire = order_to_wire(order, ASSET, **terms)
    assert wire.c == cloid_from_client_order_id(order.client_order_id.value)
    built = msgspec.to_builtins(wire)
    del built["c"]
    return built


# --- Each order type ---


def test_limit_gtc() -> None:
    order = FACTORY.limit(BTC, OrderSide.BUY, SIZE, px("60000.0"))
    assert wire_of(order) == {
        "a": 3, "b": True, "p": "60000", "s": "0.01", "r": False, "t": {"limit": {"tif": "Gtc"}},
    }  # fmt: skip


def test_limit_ioc_and_post_only() -> None:
    ioc = FACTORY.limit(BTC, OrderSide.SELL, SIZE, px("60000"), time_in_force=TimeInForce.IOC)
    assert wire_of(ioc)["t"] == {"limit": {"tif": "Ioc"}}
    assert wire_of(ioc)["b"] is False
    alo = FACTORY.limit(BTC, OrderSide.SELL, SIZE, px("60000"), post_only=True, reduce_only=True)
    assert wire_of(alo)["t"] == {"limit": {"tif": "Alo"}}
    assert wire_of(alo)["r"] is True


def test_market_is_an_ioc_limit_at_the_price_given() -> None:
    order = FACTORY.market(BTC, OrderSide.BUY, SIZE)
    wire = wire_of(order, price=slippage_price(Decimal("60000.5"), 50, ASSET, is_buy=True))
    assert wire["t"] == {"limit": {"tif": "Ioc"}}
    assert wire["p"] == "60300"  # 60000.5 * 1.005 = 60300.5025, five figures, down


def test_market_without_a_price_is_refused() -> None:
    order = FACTORY.market(BTC, OrderSide.BUY, SIZE)
    with pytest.raises(ValueError, match=r"Expected a price for O-.*, a market order, had none"):
        order_to_wire(order, ASSET)


@pytest.mark.parametrize(
    ("side", "price"),
    [(OrderSide.BUY, "64900"), (OrderSide.SELL, "53100")],
)
def test_stop_market_may_slip_ten_percent_behind_its_trigger(side: OrderSide, price: str) -> None:
    order = FACTORY.stop_market(BTC, side, SIZE, px("59000.0"), reduce_only=True)
    wire = wire_of(order)
    assert wire["p"] == price
    assert wire["t"] == {"trigger": {"isMarket": True, "triggerPx": "59000", "tpsl": "sl"}}
    assert list(wire["t"]["trigger"]) == ["isMarket", "triggerPx", "tpsl"]
    assert wire_of(order, trigger_slippage_bps=0)["p"] == "59000"


def test_stop_limit_market_if_touched_and_limit_if_touched() -> None:
    stop = FACTORY.stop_limit(BTC, OrderSide.SELL, SIZE, px("58900"), px("59000"))
    assert wire_of(stop)["p"] == "58900"
    assert wire_of(stop)["t"]["trigger"] == {
        "isMarket": False, "triggerPx": "59000", "tpsl": "sl",
    }  # fmt: skip
    touched = FACTORY.market_if_touched(BTC, OrderSide.SELL, SIZE, px("61000"))
    assert wire_of(touched)["p"] == "54900"
    assert wire_of(touched)["t"]["trigger"] == {
        "isMarket": True, "triggerPx": "61000", "tpsl": "tp",
    }  # fmt: skip
    limit = FACTORY.limit_if_touched(BTC, OrderSide.SELL, SIZE, px("61100"), px("61000"))
    assert wire_of(limit)["p"] == "61100"
    assert wire_of(limit)["t"]["trigger"] == {
        "isMarket": False, "triggerPx": "61000", "tpsl": "tp",
    }  # fmt: skip


def test_b6_a_modified_stop_keeps_what_is_not_modified() -> None:
    order = FACTORY.stop_limit(BTC, OrderSide.SELL, SIZE, px("58900"), px("59000"))
    moved = wire_of(order, trigger_price=Decimal(58950), size=Decimal("0.004"))
    assert (moved["p"], moved["t"]["trigger"]["triggerPx"], moved["s"]) == (
        "58900",
        "58950",
        "0.004",
    )


def test_a_moved_stop_market_takes_its_price_bound_along() -> None:
    order = FACTORY.stop_market(BTC, OrderSide.SELL, SIZE, px("59000"))
    moved = wire_of(order, trigger_price=Decimal(50000))
    assert (moved["p"], moved["t"]["trigger"]["triggerPx"]) == ("45000", "50000")


# --- Lists ---


def test_bracket_is_one_normal_tpsl_group_of_an_entry_and_two_triggers() -> None:
    orders = FACTORY.bracket(
        BTC, OrderSide.BUY, SIZE, sl_trigger_price=px("50000"), tp_price=px("70000")
    ).orders
    assert grouping_of(orders) is Grouping.NORMAL_TPSL
    entry, stop, target = orders
    assert wire_of(entry, price=Decimal(60300))["r"] is False
    assert wire_of(stop, in_bracket=True)["t"]["trigger"]["tpsl"] == "sl"
    assert target.order_type == OrderType.LIMIT
    wire = wire_of(target, in_bracket=True)
    assert wire["t"] == {"trigger": {"isMarket": False, "triggerPx": "70000", "tpsl": "tp"}}
    assert (wire["p"], wire["r"]) == ("70000", True)


def test_lists_that_are_no_bracket_are_not_grouped() -> None:
    bracket = FACTORY.bracket(
        BTC, OrderSide.BUY, SIZE, sl_trigger_price=px("50000"), tp_price=px("70000")
    ).orders
    single = FACTORY.limit(BTC, OrderSide.BUY, SIZE, px("60000"))
    for orders in ([single], [single, single], bracket[:1], bracket[1:], [bracket[0], single]):
        assert grouping_of(orders) is Grouping.NONE
    assert bracket[0].contingency_type == ContingencyType.OTO


def test_wire_order_survives_the_wire() -> None:
    order = FACTORY.stop_limit(BTC, OrderSide.SELL, SIZE, px("58900"), px("59000"))
    action = OrderAction((order_to_wire(order, ASSET),), Grouping.NONE)
    sent = msgspec.json.encode(action)
    assert msgspec.json.decode(sent, type=OrderAction) == action
    assert list(msgspec.json.decode(sent)) == ["type", "orders", "grouping"]
    assert list(msgspec.json.decode(sent)["orders"][0]) == ["a", "b", "p", "s", "r", "t", "c"]
    assert OrderWire.__struct_encode_fields__ == ("a", "b", "p", "s", "r", "t", "c")


# --- Numbers ---


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        ("100.0", "100"), ("100", "100"), ("0.00061", "0.00061"), ("1E+5", "100000"),
        ("1E-8", "0.00000001"), ("0.10", "0.1"), ("0", "0"), ("0.000", "0"), ("123456", "123456"),
    ],
)  # fmt: skip
def test_wire_numbers_have_no_exponent_and_no_trailing_zeros(text: str, wire: str) -> None:
    assert decimal_to_wire(Decimal(text)) == wire


@given(st.decimals(min_value=0, max_value=10**12, allow_nan=False, places=8))
def test_wire_numbers_are_the_same_number(value: Decimal) -> None:
    assert Decimal(decimal_to_wire(value)) == value


@pytest.mark.parametrize(
    ("price", "price_decimals", "buy", "sell"),
    [
        # The examples of the venue's page: 1234.5 ok, 1234.56 no; 0.001234 ok, 0.0012345 no.
        ("1234.5", 6, "1234.5", "1234.5"),
        ("1234.56", 6, "1234.5", "1234.6"),
        ("0.001234", 6, "0.001234", "0.001234"),
        ("0.0012345", 6, "0.001234", "0.001235"),
        ("0.01234", 5, "0.01234", "0.01234"),
        ("0.012345", 5, "0.01234", "0.01235"),
        ("12345.6", 1, "12345", "12346"),
        ("99999.5", 1, "99999", "100000"),
        ("9.99999", 6, "9.9999", "10.0000"),
    ],
)
def test_prices_follow_the_tick_rule(price: str, price_decimals: int, buy: str, sell: str) -> None:
    asset = Asset(0, price_decimals, 0)
    assert normalize_price(Decimal(price), asset, is_buy=True) == Decimal(buy)
    assert normalize_price(Decimal(price), asset, is_buy=False) == Decimal(sell)


@pytest.mark.parametrize("price", ["123456", "100001", "9999999"])
def test_b11_whole_prices_above_a_hundred_thousand_are_left_alone(price: str) -> None:
    for is_buy in (True, False):
        assert normalize_price(Decimal(price), ASSET, is_buy=is_buy) == Decimal(price)


def test_price_that_is_not_positive_is_refused() -> None:
    with pytest.raises(ValueError, match="Expected a positive price, was 0"):
        normalize_price(Decimal(0), ASSET, is_buy=True)


prices = st.decimals(min_value="0.0001", max_value=10**7, allow_nan=False, places=8)
assets = st.integers(0, 8).map(lambda decimals: Asset(0, decimals, 0))


def is_valid(price: Decimal, asset: Asset) -> bool:
    if price == price.to_integral_value():
        return True
    digits = price.normalize().as_tuple()
    return len(digits.digits) <= 5 and -int(digits.exponent) <= asset.price_decimals


@given(prices, assets, st.booleans())
def test_rounding_is_valid_never_crosses_the_limit_and_is_the_nearest(
    price: Decimal, asset: Asset, is_buy: bool
) -> None:
    rounded = normalize_price(price, asset, is_buy=is_buy)
    assert is_valid(rounded, asset)
    assert rounded <= price if is_buy else rounded >= price
    if is_valid(price, asset):
        assert rounded == price
    if rounded:
        assert normalize_price(rounded, asset, is_buy=is_buy) == rounded
        tick = Decimal(1).scaleb(max(price.adjusted() - 4, -asset.price_decimals))
        assert abs(price - rounded) < min(tick, Decimal(1))


@given(prices, assets, st.integers(0, 1_000), st.booleans())
def test_slippage_is_a_bound_and_reaches_the_quote(
    price: Decimal, asset: Asset, slippage_bps: int, is_buy: bool
) -> None:
    quote = normalize_price(price, asset, is_buy=is_buy)
    assume(quote)
    worst = slippage_price(quote, slippage_bps, asset, is_buy=is_buy)
    assert is_valid(worst, asset)
    bound = quote * slippage_bps / 10_000
    assert quote <= worst <= quote + bound if is_buy else quote - bound <= worst <= quote


@given(prices, st.decimals(min_value=10, max_value=10**6, places=2), st.integers(0, 8))
def test_quote_quantity_never_buys_more_than_it_pays(
    price: Decimal, quote_quantity: Decimal, size_decimals: int
) -> None:
    size = base_size(quote_quantity, price, Asset(0, 1, size_decimals))
    assert size * price <= quote_quantity < (size + Decimal(1).scaleb(-size_decimals)) * price


def test_b1_quote_quantity_is_sent_in_base_units() -> None:
    order = FACTORY.market(BTC, OrderSide.BUY, Quantity.from_int(60), quote_quantity=True)
    size = base_size(Decimal(60), Decimal(60_000), ASSET)
    assert wire_of(order, size=size, price=Decimal(60_300))["s"] == "0.001"


# --- Names and account actions ---


def test_cloid_is_the_known_answer() -> None:
    assert (
        cloid_from_client_order_id("O-20241210-123456-001-001-1")
        == "0x7824fcada984a4aa731780e8326c1932"
    )


@given(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=36))
def test_cloid_is_the_one_that_nautilus_derives(text: str) -> None:
    assert cloid_from_client_order_id(text) == hyperliquid_cloid_from_client_order_id(
        ClientOrderId(text)
    )


def test_isolated_margin_is_in_millionths_and_may_be_taken_away() -> None:
    assert isolated_margin_action(4, Decimal("1.5")).ntli == 1_500_000
    assert isolated_margin_action(4, Decimal("-0.000001")).ntli == -1
    with pytest.raises(ValueError, match="Expected a margin with at most 6 decimals, was 1E-7"):
        isolated_margin_action(4, Decimal("0.0000001"))


def test_twap_trades_the_quantity_of_the_order() -> None:
    order = FACTORY.market(BTC, OrderSide.SELL, SIZE, reduce_only=True)
    assert msgspec.to_builtins(twap_action(order, ASSET, 30, randomize=True)) == {
        "type": "twapOrder",
        "twap": {"a": 3, "b": False, "s": "0.01", "r": True, "m": 30, "t": True},
    }
