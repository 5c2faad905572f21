"""What the venue tells of orders reaches Nautilus as what it is."""

import pytest
from nautilus_trader.execution.reports import OrderStatusReport
from nautilus_trader.model.enums import OrderSide, OrderStatus, OrderType, TimeInForce, TriggerType
from nautilus_trader.model.identifiers import VenueOrderId
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Price, Quantity

from adapters.hyperliquid.reports import OrderState, is_post_only_reject, order_state
from tests.adapters.hyperliquid.account_rows import order_row, stop_row
from tests.adapters.hyperliquid.report_makers import ACCOUNT, MINE, MS, NOW, D, report_of


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("open", OrderState.OPEN),
        ("triggered", OrderState.TRIGGERED),
        ("filled", OrderState.FILLED),
        ("canceled", OrderState.CANCELED),
        ("scheduledCancel", OrderState.CANCELED),
        ("marginCanceled", OrderState.CANCELED),
        ("siblingFilledCanceled", OrderState.CANCELED),
        ("liquidatedCanceled", OrderState.CANCELED),
        ("outcomeSettledCanceled", OrderState.CANCELED),
        ("iocCancelRejected", OrderState.CANCELED),
        ("rejected", OrderState.REJECTED),
        ("perpMarginRejected", OrderState.REJECTED),
        ("tooManyOpenOrdersRejected", OrderState.REJECTED),
    ],
)
def test_order_states(status: str, state: OrderState) -> None:
    assert order_state(status) is state


@pytest.mark.parametrize("status", ["", "Open", "accepted", "internalCancel", "canceledRejectedX"])
def test_an_unknown_order_state_is_never_guessed(status: str) -> None:
    with pytest.raises(ValueError, match="Expected an order status that Hyperliquid documents"):
        order_state(status)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("badAloPxRejected", True),
        ("Post only order would have immediately matched, bbo was 1870.1@1870.2. asset=1", True),
        ("Only post-only orders allowed immediately after a network upgrade", False),
        ("perpMarginRejected", False),
        ("", False),
    ],
)
def test_post_only_rejects(text: str, *, expected: bool) -> None:
    assert is_post_only_reject(text) is expected


def test_a_resting_limit_order(btc: Instrument) -> None:
    report = report_of(order_row(7, sz="0.75"), btc, average_price=D("60001.5"))

    assert report.account_id == ACCOUNT
    assert report.instrument_id == btc.id
    assert report.client_order_id == MINE
    assert report.venue_order_id == VenueOrderId("7")
    assert report.order_side == OrderSide.BUY
    assert report.order_type == OrderType.LIMIT
    assert report.time_in_force == TimeInForce.GTC
    assert report.order_status == OrderStatus.PARTIALLY_FILLED
    assert report.price == Price.from_str("60000.0")
    assert (report.trigger_price, report.trigger_type) == (None, TriggerType.NO_TRIGGER)
    assert (report.quantity, report.filled_qty) == (Quantity(1, 5), Quantity(0.25, 5))
    assert report.leaves_qty == Quantity(0.75, 5)
    assert report.avg_px == D("60001.5")
    assert (report.post_only, report.reduce_only, report.cancel_reason) == (False, False, None)
    assert (report.ts_accepted, report.ts_last, report.ts_init) == (1_007 * MS, 5_000 * MS, NOW)
    assert report.ts_triggered == 0


@pytest.mark.parametrize(
    ("venue_type", "order_type", "price", "trigger_price"),
    [
        ("Market", OrderType.MARKET, None, None),
        ("Limit", OrderType.LIMIT, "59694.0", None),
        ("Stop Market", OrderType.STOP_MARKET, None, "59994.0"),
        ("Stop Limit", OrderType.STOP_LIMIT, "59694.0", "59994.0"),
        ("Take Profit Market", OrderType.MARKET_IF_TOUCHED, None, "59994.0"),
        ("Take Profit Limit", OrderType.LIMIT_IF_TOUCHED, "59694.0", "59994.0"),
        (None, OrderType.LIMIT, "59694.0", None),
    ],
)
def test_b3_a_resting_order_is_reported_as_what_it_is(
    btc: Instrument,
    venue_type: str | None,
    order_type: OrderType,
    price: str | None,
    trigger_price: str | None,
) -> None:
    """A stop at 59,994 is not a limit order at the bound of its slippage, 59,694."""
    report = report_of(stop_row(orderType=venue_type), btc)

    assert report.order_type == order_type
    assert report.price == (Price.from_str(price) if price else None)
    assert report.trigger_price == (Price.from_str(trigger_price) if trigger_price else None)
    assert report.reduce_only
    # B12: a trigger price without a trigger type is no report at all.
    has_trigger = report.trigger_type == TriggerType.MARK_PRICE
    assert has_trigger == (trigger_price is not None)
    assert OrderStatusReport.from_pyo3(report.to_pyo3()).to_dict() == report.to_dict()


def test_an_order_type_of_no_known_kind_is_refused(btc: Instrument) -> None:
    with pytest.raises(ValueError, match=r"Expected an order type .* 'Iceberg' of order 3 \(BTC\)"):
        report_of(order_row(3, orderType="Iceberg"), btc)


@pytest.mark.parametrize(
    ("tif", "time_in_force", "post_only"),
    [
        ("Gtc", TimeInForce.GTC, False),
        ("Alo", TimeInForce.GTC, True),
        ("Ioc", TimeInForce.IOC, False),
        ("FrontendMarket", TimeInForce.IOC, False),
        ("LiquidationMarket", TimeInForce.IOC, False),
        (None, TimeInForce.GTC, False),
    ],
)
def test_times_in_force(
    btc: Instrument, tif: str | None, time_in_force: TimeInForce, *, post_only: bool
) -> None:
    report = report_of(order_row(tif=tif), btc)

    assert (report.time_in_force, report.post_only) == (time_in_force, post_only)


@pytest.mark.parametrize(
    ("status", "remains", "by_fills", "filled", "expected"),
    [
        ("open", "1.0", None, 0, OrderStatus.ACCEPTED),
        ("open", "0.4", None, 0.6, OrderStatus.PARTIALLY_FILLED),
        # Fills may know more than the order, and the order more than the fills at hand.
        ("open", "1.0", "0.3", 0.3, OrderStatus.PARTIALLY_FILLED),
        ("open", "0.4", "0.3", 0.6, OrderStatus.PARTIALLY_FILLED),
        ("open", "0.4", "1.0", 1, OrderStatus.FILLED),
        ("filled", "0.0", None, 1, OrderStatus.FILLED),
        # Some histories repeat the whole size as what remains of a filled order.
        ("filled", "1.0", None, 1, OrderStatus.FILLED),
        # A reduce-only order that was capped at the position ends as filled, for less.
        ("filled", "0.4", None, 0.6, OrderStatus.CANCELED),
        ("canceled", "1.0", None, 0, OrderStatus.CANCELED),
        ("canceled", "0.4", None, 0.6, OrderStatus.CANCELED),
        ("canceled", "1.0", "0.3", 0.3, OrderStatus.CANCELED),
        ("iocCancelRejected", "1.0", None, 0, OrderStatus.CANCELED),
        ("perpMarginRejected", "1.0", None, 0, OrderStatus.REJECTED),
        # Nautilus applies no fills to a rejected order.
        ("perpMarginRejected", "0.4", "0.6", 0.6, OrderStatus.CANCELED),
    ],
)
def test_how_much_is_filled(
    btc: Instrument,
    status: str,
    remains: str,
    by_fills: str | None,
    filled: float,
    expected: OrderStatus,
) -> None:
    known = {} if by_fills is None else {"filled": D(by_fills)}

    report = report_of(order_row(sz=remains), btc, status, **known)

    assert (report.filled_qty, report.quantity) == (Quantity(filled, 5), Quantity(1, 5))
    assert report.order_status == expected
    plain = {"open", "filled", "canceled"}
    assert report.cancel_reason == (None if status in plain else status)


def test_what_a_modified_order_filled_before_counts(btc: Instrument) -> None:
    report = report_of(order_row(sz="0.5", origSz="0.7"), btc, filled_before=D("0.3"))

    assert (report.quantity, report.filled_qty) == (Quantity(1, 5), Quantity(0.5, 5))
    assert report.order_status == OrderStatus.PARTIALLY_FILLED

    report = report_of(order_row(), btc, "perpMarginRejected", filled_before=D("0.3"))
    assert report.order_status == OrderStatus.CANCELED


@pytest.mark.parametrize(
    ("venue_type", "expected"),
    [
        ("Stop Limit", OrderStatus.TRIGGERED),
        ("Take Profit Limit", OrderStatus.TRIGGERED),
        # For Nautilus a market trigger that fires is only on its way to be filled.
        ("Stop Market", OrderStatus.ACCEPTED),
        ("Take Profit Market", OrderStatus.ACCEPTED),
    ],
)
def test_a_trigger_that_has_fired(btc: Instrument, venue_type: str, expected: OrderStatus) -> None:
    report = report_of(stop_row(orderType=venue_type), btc, "triggered")

    assert report.order_status == expected
    assert report.ts_triggered == 5_000 * MS


def test_a_trigger_of_its_positions_size_is_not_filled(btc: Instrument) -> None:
    row = stop_row(isPositionTpsl=True, sz="0.0", origSz="2.5")

    report = report_of(row, btc)
    assert (report.quantity, report.filled_qty) == (Quantity(2.5, 5), Quantity(0, 5))
    assert report_of(row, btc, "canceled").filled_qty == Quantity(0, 5)
    assert report_of(row, btc, "filled").order_status == OrderStatus.FILLED

    with pytest.raises(ValueError, match="Expected a size of order 1"):
        report_of(row | {"origSz": "0.0"}, btc)
