"""What is denied before it is sent, with which words; and that nothing else is."""

from decimal import Decimal

import pandas as pd
import pytest
from nautilus_trader.common.component import TestClock
from nautilus_trader.common.factories import OrderFactory
from nautilus_trader.model.enums import OrderSide, TimeInForce, TrailingOffsetType, TriggerType
from nautilus_trader.model.identifiers import InstrumentId, StrategyId, TraderId
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.model.orders import Order

from adapters.hyperliquid.order_checks import check_order, check_twap
from adapters.hyperliquid.orders import Asset

BTC = InstrumentId.from_str("BTC-USD-PERP.HYPERLIQUID")
ASSET = Asset(asset_id=3, price_decimals=1, size_decimals=5)
SIZE = Quantity.from_str("0.01000")
FACTORY = OrderFactory(TraderId("TESTER-000"), StrategyId("S-001"), TestClock())


def limit(price: str = "60000", size: Quantity = SIZE, **terms: object) -> Order:
    return FACTORY.limit(BTC, OrderSide.BUY, size, Price.from_str(price), **terms)


def stop_limit(**terms: object) -> Order:
    price, trigger = Price.from_str("58900"), Price.from_str("59000")
    return FACTORY.stop_limit(BTC, OrderSide.SELL, SIZE, price, trigger, **terms)


@pytest.mark.parametrize(
    "order",
    [
        limit(),
        limit(time_in_force=TimeInForce.IOC),
        limit(post_only=True),
        limit("123456"),
        limit("0.1", Quantity.from_str("100.00000")),
        stop_limit(),
        stop_limit(trigger_type=TriggerType.MARK_PRICE, reduce_only=True),
        FACTORY.market_if_touched(BTC, OrderSide.SELL, SIZE, Price.from_str("61000")),
    ],
    ids=str,
)
def test_what_the_venue_takes_is_not_denied(order: Order) -> None:
    assert check_order(order, ASSET) is None


def test_market_order_needs_a_quote() -> None:
    for tif in (TimeInForce.GTC, TimeInForce.IOC):
        order = FACTORY.market(BTC, OrderSide.BUY, SIZE, time_in_force=tif)
        assert check_order(order, ASSET, price=Decimal(60_000)) is None
        assert check_order(order, ASSET) == (
            "Expected a quote to bound the price of a market order, found none"
        )


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (
            limit(time_in_force=TimeInForce.FOK),
            "Expected time in force GTC or IOC for a LIMIT order, was FOK",
        ),
        (
            limit(time_in_force=TimeInForce.DAY),
            "Expected time in force GTC or IOC for a LIMIT order, was DAY",
        ),
        (
            limit(time_in_force=TimeInForce.GTD, expire_time=pd.Timestamp("2030-01-01", tz="UTC")),
            "Expected time in force GTC or IOC for a LIMIT order, was GTD",
        ),
        (
            limit(time_in_force=TimeInForce.IOC, post_only=True),
            "Expected time in force GTC for a post-only LIMIT order, was IOC",
        ),
        (
            FACTORY.market(BTC, OrderSide.BUY, SIZE, time_in_force=TimeInForce.FOK),
            "Expected time in force GTC or IOC for a MARKET order, was FOK",
        ),
        (
            stop_limit(time_in_force=TimeInForce.IOC),
            "Expected time in force GTC for a STOP_LIMIT order, was IOC",
        ),
        (
            stop_limit(post_only=True),
            "Expected no post-only on a STOP_LIMIT order, which the venue has on LIMIT alone",
        ),
        (
            stop_limit(trigger_type=TriggerType.LAST_PRICE),
            "Expected trigger type DEFAULT or MARK_PRICE, the venue's only one, was LAST_PRICE",
        ),
        (
            limit(display_qty=Quantity.from_str("0.00100")),
            "Expected an order that shows its whole size, was a display size of 0.00100",
        ),
        (
            stop_limit(display_qty=Quantity.from_str("0.00100")),
            "Expected an order that shows its whole size, was a display size of 0.00100",
        ),
        (
            limit(size=Quantity.from_int(60), quote_quantity=True),
            "Expected a quantity in base units, was 60 in quote units",
        ),
        (
            limit(size=Quantity.from_str("0.0100001")),
            "Expected a size with at most 5 decimals, was 0.0100001",
        ),
        (limit("0.04"), "Expected a price of at least 1e-1, was 0.04"),
        (
            limit(size=Quantity.from_str("0.00010")),
            "Expected a value of at least 10, was 6.0000: 0.0001 at 60000",
        ),
        (
            FACTORY.market_to_limit(BTC, OrderSide.BUY, SIZE),
            (
                "Expected an order type of LIMIT, LIMIT_IF_TOUCHED, MARKET, MARKET_IF_TOUCHED,"
                " STOP_LIMIT, STOP_MARKET, was MARKET_TO_LIMIT"
            ),
        ),
        (
            FACTORY.trailing_stop_market(
                BTC, OrderSide.SELL, SIZE, Decimal(100),
                trailing_offset_type=TrailingOffsetType.BASIS_POINTS,
            ),
            (
                "Expected an order type of LIMIT, LIMIT_IF_TOUCHED, MARKET, MARKET_IF_TOUCHED,"
                " STOP_LIMIT, STOP_MARKET, was TRAILING_STOP_MARKET"
            ),
        ),
    ],
)  # fmt: skip
def test_what_the_venue_cannot_do_is_denied_with_the_reason(order: Order, reason: str) -> None:
    assert check_order(order, ASSET) == reason


def test_b1_quote_quantity_passes_with_its_size_in_base_units() -> None:
    order = limit(size=Quantity.from_int(60), quote_quantity=True)
    assert check_order(order, ASSET, size=Decimal("0.001")) is None
    assert check_order(order, ASSET, size=Decimal(0)) == ("Expected a size of at least 1e-5, was 0")


@pytest.mark.parametrize(
    ("side", "position", "reason"),
    [
        (OrderSide.SELL, "0.01", None),
        (OrderSide.SELL, "0.005", None),
        (OrderSide.SELL, "0", "Expected a long position for a reduce-only sell, was 0"),
        (OrderSide.SELL, "-0.01", "Expected a long position for a reduce-only sell, was -0.01"),
        (OrderSide.BUY, "-0.01", None),
        (OrderSide.BUY, "0.01", "Expected a short position for a reduce-only buy, was 0.01"),
    ],
)
def test_reduce_only_must_meet_a_position_it_reduces(
    side: OrderSide, position: str, reason: str | None
) -> None:
    order = FACTORY.limit(BTC, side, SIZE, Price.from_str("60000"), reduce_only=True)
    assert check_order(order, ASSET, position=Decimal(position)) == reason
    assert check_order(order, ASSET) is None


def test_minimum_value_exempts_a_reduce_only_order_that_closes_all() -> None:
    dust = Quantity.from_str("0.00010")
    order = FACTORY.limit(BTC, OrderSide.SELL, dust, Price.from_str("60000"), reduce_only=True)
    assert check_order(order, ASSET, position=Decimal("0.0001")) is None
    assert check_order(order, ASSET, position=Decimal("0.0002")) == (
        "Expected a value of at least 10, was 6.0000: 0.0001 at 60000"
    )


def test_modified_terms_are_what_is_checked() -> None:
    assert check_order(limit(), ASSET, size=Decimal("0.0001")) == (
        "Expected a value of at least 10, was 6.0000: 0.0001 at 60000"
    )
    assert check_order(limit(), ASSET, price=Decimal("0.01")) == (
        "Expected a price of at least 1e-1, was 0.01"
    )
    assert check_order(stop_limit(), ASSET, trigger_price=Decimal(-1)) == (
        "Expected a price of at least 1e-1, was -1"
    )


@pytest.mark.parametrize(
    ("size", "minutes", "reason"),
    [
        ("0.01", 30, None),
        ("0.01", 4, "Expected a TWAP of 5 to 1440 minutes, was 4"),
        ("0.01", 1_441, "Expected a TWAP of 5 to 1440 minutes, was 1441"),
        ("0.01", 120, "Expected a TWAP value of 10 a minute, was 600.00 in 120"),
    ],
)
def test_twap_limits(size: str, minutes: int, reason: str | None) -> None:
    assert check_twap(Decimal(size), Decimal(60_000), minutes) == reason
