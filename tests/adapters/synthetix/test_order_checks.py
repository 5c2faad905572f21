"""What is denied before it is sent, with which words; and that nothing else is."""

from decimal import Decimal

import pandas as pd
import pytest
from nautilus_trader.common.component import TestClock
from nautilus_trader.common.factories import OrderFactory
from nautilus_trader.model.enums import OrderSide, TimeInForce, TrailingOffsetType, TriggerType
from nautilus_trader.model.identifiers import ClientOrderId, InstrumentId, StrategyId, TraderId
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.model.orders import Order

from adapters.synthetix.order_checks import check_order
from adapters.synthetix.orders import Asset

BTC = InstrumentId.from_str("BTC-USDT-PERP.SYNTHETIX")
ASSET = Asset("BTC-USDT", Decimal(1), Decimal("0.00001"), Decimal("0.001"), Decimal(10), Decimal(1),
              Decimal(100), Decimal(10))  # fmt: skip
SIZE = Quantity.from_str("0.01000")
FACTORY = OrderFactory(TraderId("TESTER-000"), StrategyId("S-001"), TestClock())
NOW = pd.Timestamp("2026-11-26 12:00:00", tz="UTC")
BUY, SELL = OrderSide.BUY, OrderSide.SELL


def limit(price: str = "60000", size: str = "0.01000", **terms: object) -> Order:
    return FACTORY.limit(BTC, BUY, Quantity.from_str(size), Price.from_str(price), **terms)


def gtd(secs: float, **terms: object) -> Order:
    until = NOW + pd.Timedelta(seconds=secs)
    return limit(time_in_force=TimeInForce.GTD, expire_time=until, **terms)


def stop_limit(**terms: object) -> Order:
    price, trigger = Price.from_str("58900"), Price.from_str("59000")
    return FACTORY.stop_limit(BTC, SELL, SIZE, price, trigger, **terms)


def stop(side: OrderSide = SELL, **terms: object) -> Order:
    return FACTORY.stop_market(BTC, side, SIZE, Price.from_str("59000"), **terms)


def market(size: str = "0.01000", **terms: object) -> Order:
    return FACTORY.market(BTC, BUY, Quantity.from_str(size), **terms)


def reason(order: Order, **more: object) -> str | None:
    return check_order(order, ASSET, NOW.value, **more)


@pytest.mark.parametrize(
    "order",
    [
        limit(),
        limit(time_in_force=TimeInForce.IOC),
        limit(post_only=True),
        gtd(10),
        gtd(60, post_only=True),
        gtd(86_399),
        limit("60000.7"),
        limit(size="100.00000"),
        limit(size="0.00020", reduce_only=True),
        stop_limit(),
        stop_limit(trigger_type=TriggerType.MARK_PRICE, reduce_only=True),
        stop(trigger_type=TriggerType.LAST_PRICE),
        FACTORY.market_if_touched(BTC, SELL, SIZE, Price.from_str("61000")),
        FACTORY.limit_if_touched(BTC, SELL, SIZE, Price.from_str("61000"), Price.from_str("60900")),
        market(),
        market(time_in_force=TimeInForce.IOC),
        market("10.00000"),
    ],
    ids=str,
)
def test_what_the_venue_takes_is_not_denied(order: Order) -> None:
    assert reason(order) is None


TRAILING = FACTORY.trailing_stop_market(
    BTC, SELL, SIZE, Decimal(100), trailing_offset_type=TrailingOffsetType.PRICE
)
TYPES = "LIMIT, LIMIT_IF_TOUCHED, MARKET, MARKET_IF_TOUCHED, STOP_LIMIT, STOP_MARKET"


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (
            limit(time_in_force=TimeInForce.FOK),
            "Expected time in force GTC or GTD or IOC for a LIMIT order, was FOK",
        ),
        (
            limit(time_in_force=TimeInForce.DAY),
            "Expected time in force GTC or GTD or IOC for a LIMIT order, was DAY",
        ),
        (
            limit(time_in_force=TimeInForce.AT_THE_OPEN),
            "Expected time in force GTC or GTD or IOC for a LIMIT order, was AT_THE_OPEN",
        ),
        (
            limit(time_in_force=TimeInForce.IOC, post_only=True),
            "Expected time in force GTC or GTD for a post-only LIMIT order, was IOC",
        ),
        (
            market(time_in_force=TimeInForce.FOK),
            "Expected time in force GTC or IOC for a MARKET order, was FOK",
        ),
        (
            stop(time_in_force=TimeInForce.GTD, expire_time=NOW + pd.Timedelta(minutes=1)),
            "Expected time in force GTC for a STOP_MARKET order, was GTD",
        ),
        (gtd(9.9), "Expected an expiry from 10 to 86400 s ahead, was 9.0 s ahead"),
        (gtd(86_400), "Expected an expiry from 10 to 86400 s ahead, was 86400.0 s ahead"),
        (TRAILING, f"Expected an order type of {TYPES}, was TRAILING_STOP_MARKET"),
        (
            FACTORY.market_to_limit(BTC, BUY, SIZE),
            f"Expected an order type of {TYPES}, was MARKET_TO_LIMIT",
        ),
        (
            stop(trigger_type=TriggerType.INDEX_PRICE),
            "Expected trigger type DEFAULT, MARK_PRICE or LAST_PRICE, was INDEX_PRICE",
        ),
        (
            stop_limit(post_only=True),
            "Expected no post-only on a STOP_LIMIT order, which the venue has on LIMIT alone",
        ),
        (
            limit(display_qty=Quantity.from_str("0.00500")),
            "Expected an order that shows its whole size, was a display size of 0.00500",
        ),
        (limit(size="0.010001"), "Expected a size in steps of 0.00001, was 0.010001"),
        (limit(size="0.00099"), "Expected a size of at least 0.001, was 0.00099"),
        (limit(size="100.00001"), "Expected a size of at most 100, was 100.00001"),
        (market("10.00001"), "Expected a size of at most 10, was 10.00001"),
        (limit("0.9"), "Expected a price of at least 1, was 0.9"),
        (limit("999"), "Expected a value of at least 10, was 9.99 at 999"),
    ],
    ids=str,
)
def test_what_the_venue_lacks_is_denied_with_its_reason(order: Order, words: str) -> None:
    assert reason(order) == words


@pytest.mark.parametrize(
    ("order", "position", "words"),
    [
        (stop(), "0.01", None),
        (stop(BUY), "-0.01", None),
        (stop(), None, None),
        (
            stop(),
            "0",
            (
                "Expected a long position for a STOP_MARKET sell, was 0:"
                " the venue takes triggers only against a position"
            ),
        ),
        (
            stop(BUY),
            "0.01",
            (
                "Expected a short position for a STOP_MARKET buy, was 0.01:"
                " the venue takes triggers only against a position"
            ),
        ),
        (
            limit(reduce_only=True),
            "0.01",
            "Expected a short position for a reduce-only buy, was 0.01",
        ),
        (limit(reduce_only=True), "-0.01", None),
        (limit(), "0", None),
    ],
    ids=str,
)
def test_a_trigger_and_a_reduction_need_a_position(
    order: Order, position: str | None, words: str | None
) -> None:
    assert reason(order, position=None if position is None else Decimal(position)) == words


def test_the_exits_of_a_bracket_need_none_yet() -> None:
    assert reason(stop(), position=Decimal(0), in_bracket=True) is None


@pytest.mark.parametrize("text", ["a b", "snx-system/1", "x" * 256, "a;b"])
def test_a_client_order_id_that_the_venue_refuses_is_denied(text: str) -> None:
    order = limit(client_order_id=ClientOrderId(text))
    assert (reason(order) or "").startswith("Expected a client order id of at most 255 letters")


def test_nautiluss_own_client_order_ids_are_legal() -> None:
    assert reason(limit(client_order_id=ClientOrderId("O-20261122-110937-001-000-1"))) is None
