"""Both of the venue's ways to tell of orders, its fills, positions and money become reports."""

from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from nautilus_trader.model.enums import (
    LiquiditySide,
    OrderSide,
    OrderStatus,
    OrderType,
    PositionSide,
    TimeInForce,
    TriggerType,
)
from nautilus_trader.model.identifiers import AccountId, ClientOrderId
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Money, Price, Quantity

from adapters.synthetix.account_schemas import (
    AccountOrder,
    AccountTrade,
    Position,
    SubAccount,
    TradePage,
)
from adapters.synthetix.balances import parse_balances, parse_margins
from adapters.synthetix.reports import (
    OrderState,
    order_state,
    parse_fill_report,
    parse_order_status_report,
    parse_position_status_report,
)
from adapters.synthetix.wire import convert

ACCOUNT = AccountId("SYNTHETIX-1867542890123456789")
MS, NS = 1_704_067_200_000, 1_704_067_200_000_000_000
# Section 5.5 of the protocol sheet.
OPEN: dict[str, Any] = {
    "order": {"venueId": "19587", "clientId": "c-1"}, "orderId": "19587", "symbol": "BTC-USDT",
    "side": "buy", "type": "limit", "quantity": "0.01", "price": "90000", "triggerPrice": "",
    "triggerPriceType": "mark", "timeInForce": "GTC", "reduceOnly": False, "postOnly": True,
    "createdTime": MS, "updatedTime": MS + 5, "filledQuantity": "0", "closePosition": False,
}  # fmt: skip
PAST: dict[str, Any] = {
    "order": {"venueId": "19587"}, "symbol": "BTC-USDT", "side": "Long", "type": "Limit",
    "quantity": "0.01", "price": "90000", "status": "Cancelled", "createdTime": MS,
    "updateTime": MS + 7, "filledQuantity": "0.004", "filledPrice": "89999.5", "cancelReason": "",
}  # fmt: skip
TRADE: dict[str, Any] = {
    "tradeId": "7", "order": {"venueId": "19587", "clientId": "c-1"}, "symbol": "BTC-USDT",
    "side": "buy", "price": "100001", "quantity": "0.004", "fee": "0.2", "timestamp": MS,
    "maker": False,
}  # fmt: skip


def report(btc: Instrument, record: dict[str, Any], **more: Any) -> Any:  # noqa: ANN401
    order = convert(record, AccountOrder)
    return parse_order_status_report(order, btc, ACCOUNT, ClientOrderId("c-1"), 99, **more)


def test_an_open_order_is_reported_whole(btc: Instrument) -> None:
    one = report(btc, OPEN)
    assert (one.account_id, one.instrument_id) == (ACCOUNT, btc.id)
    assert (one.venue_order_id.value, one.client_order_id.value) == ("19587", "c-1")
    assert (one.order_side, one.order_type) == (OrderSide.BUY, OrderType.LIMIT)
    assert (one.time_in_force, one.order_status) == (TimeInForce.GTC, OrderStatus.ACCEPTED)
    assert (one.quantity, one.filled_qty) == (Quantity(0.01, 5), Quantity(0, 5))
    assert (one.price, one.trigger_price) == (Price(90_000, 0), None)
    assert (one.post_only, one.reduce_only, one.avg_px) == (True, False, None)
    assert (one.ts_accepted, one.ts_last, one.ts_init) == (NS, NS + 5_000_000, 99)


def test_a_past_order_is_reported_whole(btc: Instrument) -> None:
    one = report(btc, PAST)
    assert (one.order_side, one.order_status) == (OrderSide.BUY, OrderStatus.CANCELED)
    assert (one.filled_qty, one.avg_px) == (Quantity(0.004, 5), Decimal("89999.5"))
    assert one.ts_last == NS + 7_000_000


@pytest.mark.parametrize(
    ("changes", "status", "filled"),
    [
        ({"filledQuantity": "0.004"}, OrderStatus.PARTIALLY_FILLED, 0.004),
        ({"status": "Filled", "filledQuantity": ""}, OrderStatus.FILLED, 0.01),
        ({"status": "Rejected"}, OrderStatus.REJECTED, 0.0),
        ({"status": "Rejected", "filledQuantity": "0.004"}, OrderStatus.CANCELED, 0.004),
        ({"status": "Cancelled", "cancelReason": "EXPIRED"}, OrderStatus.EXPIRED, 0.0),
        ({"status": "Cancelled", "cancelReason": "ADL"}, OrderStatus.CANCELED, 0.0),
        ({"status": "Cancelled", "filledQuantity": "0.01"}, OrderStatus.FILLED, 0.01),
    ],
)
def test_the_status_lets_nautilus_apply_the_fills(
    btc: Instrument, changes: dict[str, Any], status: OrderStatus, filled: float
) -> None:
    one = report(btc, OPEN | changes)
    assert (one.order_status, one.filled_qty) == (status, Quantity(filled, 5))


def test_fills_may_know_more_than_the_order(btc: Instrument) -> None:
    one = report(btc, OPEN, filled=Decimal("0.004"), average_price=Decimal(90_000))
    assert (one.order_status, one.filled_qty) == (OrderStatus.PARTIALLY_FILLED, Quantity(0.004, 5))
    assert one.avg_px == Decimal(90_000)


@pytest.mark.parametrize(
    ("written", "state"),
    [
        ("Placed", OrderState.OPEN),
        ("orderStatePlaced", OrderState.OPEN),
        ("PARTIALLY_FILLED", OrderState.OPEN),
        ("Partially Filled", OrderState.OPEN),
        ("cancelling", OrderState.OPEN),
        ("orderStateFilled", OrderState.FILLED),
        ("canceled", OrderState.CANCELED),
        ("CANCELLED", OrderState.CANCELED),
        ("Expired", OrderState.EXPIRED),
        ("rejected", OrderState.REJECTED),
    ],
)
def test_statuses_are_the_same_however_they_are_written(written: str, state: OrderState) -> None:
    assert order_state(convert(OPEN | {"status": written}, AccountOrder)) is state


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"status": "gone"}, "Expected an order status that Synthetix has, was 'gone'"),
        ({"type": "odd"}, "Expected an order type that Synthetix has, was 'odd'"),
        ({"side": "up"}, "Expected a side of buy, sell, long or short, was 'up'"),
        ({"timeInForce": "DAY"}, "Expected GTC, IOC, FOK or GTD, was 'DAY'"),
        ({"quantity": ""}, "Expected a size of order 19587"),
    ],
)
def test_nothing_is_guessed_of_an_order(
    btc: Instrument, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        report(btc, OPEN | changes)


@pytest.mark.parametrize(
    ("written", "kind", "has_price"),
    [
        ("stopMarket", OrderType.STOP_MARKET, False),
        ("Stop Limit", OrderType.STOP_LIMIT, True),
        ("takeProfitMarket", OrderType.MARKET_IF_TOUCHED, False),
        ("Take Profit Limit", OrderType.LIMIT_IF_TOUCHED, True),
    ],
)
def test_triggers_keep_their_prices(
    btc: Instrument, written: str, kind: OrderType, has_price: bool
) -> None:
    changes = {"type": written, "triggerPrice": "80000", "triggerPriceType": "last", "side": "sell"}
    one = report(btc, OPEN | changes)
    assert (one.order_type, one.trigger_price) == (kind, Price(80_000, 0))
    assert one.trigger_type == TriggerType.LAST_PRICE
    assert one.price == (Price(90_000, 0) if has_price else None)


@pytest.mark.parametrize("written", [MS + 60_000, "2024-01-01T00:01:00Z"])
def test_an_expiry_is_read_in_either_form(btc: Instrument, written: object) -> None:
    one = report(btc, OPEN | {"timeInForce": "GTD", "expiresAt": written})
    assert one.time_in_force == TimeInForce.GTD
    assert pd.Timestamp(one.expire_time) == pd.Timestamp("2024-01-01 00:01", tz="UTC")


def test_a_fill_is_reported_whole(btc: Instrument) -> None:
    page = convert({"trades": [TRADE, TRADE | {"maker": True, "fee": ""}]}, TradePage)
    taker, maker = (
        parse_fill_report(trade, btc, ACCOUNT, ClientOrderId("c-1"), 99)
        for trade in page.trades or []
    )
    assert (taker.trade_id.value, taker.venue_order_id.value) == ("7", "19587")
    assert (taker.order_side, taker.liquidity_side) == (OrderSide.BUY, LiquiditySide.TAKER)
    assert (taker.last_px, taker.last_qty) == (Price(100_001, 0), Quantity(0.004, 5))
    assert taker.commission == Money(0.2, btc.quote_currency)
    assert (taker.ts_event, taker.ts_init) == (NS, 99)
    assert (maker.liquidity_side, maker.commission) == (
        LiquiditySide.MAKER,
        Money(0, btc.quote_currency),
    )


def test_a_fill_of_the_stream_has_its_other_time(btc: Instrument) -> None:
    record = {key: value for key, value in TRADE.items() if key != "timestamp"}
    trade = convert(record | {"tradedAt": "2024-01-01T00:00:00Z"}, AccountTrade)
    assert parse_fill_report(trade, btc, ACCOUNT, None, 99).ts_event == NS


@pytest.mark.parametrize(
    ("side", "position_side", "signed"),
    [("long", PositionSide.LONG, 0.004), ("Short", PositionSide.SHORT, -0.004)],
)
def test_a_position_is_reported_whole(
    btc: Instrument, side: str, position_side: PositionSide, signed: float
) -> None:
    record = {"symbol": "BTC-USDT", "side": side, "quantity": "0.004", "entryPrice": "100001.5",
              "updatedAt": MS}  # fmt: skip
    one = parse_position_status_report(convert(record, Position), btc, ACCOUNT, 99)
    assert (one.position_side, one.quantity) == (position_side, Quantity(0.004, 5))
    assert (one.avg_px_open, one.ts_last) == (Decimal("100001.5"), NS)
    assert one.signed_decimal_qty == Decimal(str(signed))


def test_no_position_is_flat(btc: Instrument) -> None:
    one = parse_position_status_report(None, btc, ACCOUNT, 99)
    assert (one.position_side, one.quantity) == (PositionSide.FLAT, Quantity(0, 5))


def test_money_is_told_by_collateral(btc: Instrument) -> None:
    record = {
        "subAccountId": 1867542890123456789,
        "collaterals": [
            {"symbol": "WETH", "quantity": "2.5", "withdrawable": "1"},
            {"symbol": "USDT", "quantity": "1000.123456789", "withdrawable": "2000"},
        ],
        "positions": [
            {"symbol": "BTC-USDT", "side": "long", "quantity": "1", "usedMargin": "40.5",
             "maintenanceMargin": "20"},
            {"symbol": "XYZ-USDT", "side": "long", "quantity": "1"},
        ],
        "marketPreferences": {"leverages": {"BTC-USDT": 20}},
    }  # fmt: skip
    account = convert(record, SubAccount)
    assert account.subAccountId == "1867542890123456789"
    usdt, weth = parse_balances(account)
    assert (usdt.total, usdt.free) == (Money(1000.12345678, btc.quote_currency),) * 2
    assert (weth.total.as_decimal(), weth.free.as_decimal(), weth.locked.as_decimal()) == (
        Decimal("2.5"),
        Decimal(1),
        Decimal("1.5"),
    )
    (margin,) = parse_margins(account, {"BTC-USDT": btc}.get)
    assert (margin.initial, margin.maintenance) == (
        Money(40.5, btc.quote_currency),
        Money(20, btc.quote_currency),
    )
    assert margin.instrument_id == btc.id


def test_a_debt_is_a_balance_below_zero() -> None:
    record = {"subAccountId": "1", "collaterals": [{"symbol": "USDT", "quantity": "-5"}]}
    (usdt,) = parse_balances(convert(record, SubAccount))
    assert (usdt.total.as_decimal(), usdt.free.as_decimal()) == (Decimal(-5), Decimal(-5))


def test_an_empty_account_has_no_usdt() -> None:
    (usdt,) = parse_balances(convert({"subAccountId": "1"}, SubAccount))
    assert (usdt.currency.code, usdt.total.as_decimal()) == ("USDT", 0)
