"""What the venue tells of orders, fills and positions reaches Nautilus as what it is."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nautilus_trader.execution.reports import OrderStatusReport
from nautilus_trader.model.currencies import USDC
from nautilus_trader.model.enums import (
    LiquiditySide,
    OrderSide,
    OrderStatus,
    OrderType,
    PositionSide,
    TimeInForce,
    TriggerType,
)
from nautilus_trader.model.identifiers import (
    AccountId,
    ClientOrderId,
    TradeId,
    VenueOrderId,
)
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Money, Price, Quantity

from adapters.hyperliquid.account_schemas import Position
from adapters.hyperliquid.instruments import BASE_TIER, parse_perps, parse_spot_pairs
from adapters.hyperliquid.reports import (
    OrderState,
    average_entry_price,
    average_price_of,
    is_post_only_reject,
    order_state,
    parse_fill_report,
    parse_order_status_report,
    parse_position_status_report,
    trade_id_of,
)
from adapters.hyperliquid.schemas import PerpMeta, SpotMeta, SpotToken
from tests.adapters.hyperliquid.account_rows import (
    fill_of,
    fill_row,
    order_of,
    order_row,
    stop_row,
)

D = Decimal
MS = 1_000_000
NOW = 9_000 * MS
ACCOUNT = AccountId("HYPERLIQUID-001")
MINE = ClientOrderId("O-1")


def report_of(
    row: dict[str, Any],
    instrument: Instrument,
    status: str = "open",
    **known: Any,  # noqa: ANN401
) -> OrderStatusReport:
    return parse_order_status_report(
        order_of(row), status, 5_000, instrument, ACCOUNT, MINE, NOW, **known
    )


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


def test_b11_whole_prices_above_100_000_are_left_alone(btc: Instrument) -> None:
    order = report_of(order_row(limitPx="123456.0"), btc)
    stop = report_of(stop_row(triggerPx="123457.0"), btc)
    fill = parse_fill_report(fill_of(fill_row(px="123456.0")), btc, ACCOUNT, MINE, NOW)

    assert order.price == fill.last_px == Price.from_str("123456.0")
    assert stop.trigger_price == Price.from_str("123457.0")


def test_a_fill(btc: Instrument) -> None:
    row = fill_row(7, tid=343484124188045, side="A", px="66653.0", sz="0.001", fee="0.009997")

    report = parse_fill_report(fill_of(row | {"crossed": False}), btc, ACCOUNT, MINE, NOW)

    assert (report.account_id, report.instrument_id) == (ACCOUNT, btc.id)
    assert (report.client_order_id, report.venue_order_id) == (MINE, VenueOrderId("7"))
    assert report.order_side == OrderSide.SELL
    assert (report.last_qty, report.last_px) == (Quantity(0.001, 5), Price(66653, 1))
    assert report.commission == Money.from_str("0.009997 USDC")
    assert report.liquidity_side == LiquiditySide.MAKER
    assert (report.ts_event, report.ts_init) == (row["time"] * MS, NOW)
    taken = parse_fill_report(fill_of(row), btc, ACCOUNT, MINE, NOW)
    assert taken.liquidity_side == LiquiditySide.TAKER


def test_b14_the_trade_id_is_the_venues_own(btc: Instrument) -> None:
    fill = fill_of(fill_row(tid=343484124188045))

    report = parse_fill_report(fill, btc, ACCOUNT, MINE, NOW)

    assert report.trade_id == TradeId("343484124188045")


def test_fills_without_a_trade_id_are_told_apart(btc: Instrument) -> None:
    rows = [
        fill_row(123456789012, tid=0, time=time, startPosition=position)
        for time in (1_762_732_800_049, 1_762_732_800_050)
        for position in ("0.0000086141", "-1234567.123456")
    ]

    ids = [trade_id_of(fill_of(row)) for row in rows]

    assert len(set(ids)) == 4
    assert all(trade_id.startswith("123456789012-") for trade_id in ids)
    assert ids == [trade_id_of(fill_of(row)) for row in rows]
    parse_fill_report(
        fill_of(rows[0]), btc, ACCOUNT, MINE, NOW
    )  # 36 characters are all it may have


def test_the_parts_of_a_twap_are_fills_of_one_order(btc: Instrument) -> None:
    fill = fill_of(fill_row(7, twapId=77738308))

    report = parse_fill_report(fill, btc, ACCOUNT, None, NOW)

    assert report.venue_order_id == VenueOrderId("twap-77738308")
    moved = parse_fill_report(fill, btc, ACCOUNT, None, NOW, venue_order_id="9")
    assert moved.venue_order_id == VenueOrderId("9")


@given(st.integers(-(10**15), 10**15))
def test_b10_commissions_are_exact_to_a_millionth(btc: Instrument, micros: int) -> None:
    """Also rebates, which are negative."""
    fee = D(micros).scaleb(-6)

    report = parse_fill_report(fill_of(fill_row(fee=f"{fee:f}")), btc, ACCOUNT, MINE, NOW)

    assert report.commission.as_decimal() == fee
    # The position realises its profit in the same currency, so that fees are a part of it.
    assert report.commission.currency == btc.quote_currency == USDC


def test_a_fee_is_paid_in_its_token() -> None:
    spot = SpotMeta(
        universe=[{"tokens": [254, 0], "name": "@156", "index": 156}],
        tokens=[SpotToken("USDC", 8, 8, 0), SpotToken("USOL", 3, 9, 254)],
    )
    usol = parse_spot_pairs(spot, BASE_TIER, 1, pytest.fail)[0]
    flx = parse_perps(
        PerpMeta(
            universe=[{"szDecimals": 2, "name": "flx:CRCL", "maxLeverage": 10}], collateralToken=360
        ),
        1,
        {360: SpotToken("USDH", 2, 8, 360)},
        BASE_TIER,
        1,
        pytest.fail,
    )[0]
    bought = fill_of(fill_row(coin="@156", sz="1.267", fee="0.00088689", feeToken="USOL"))
    traded = fill_of(fill_row(coin="flx:CRCL", fee="0.012896", feeToken="USDH"))
    ancient = msgspec.structs.replace(traded, feeToken=None)

    fees = [
        parse_fill_report(fill, instrument, ACCOUNT, None, NOW).commission
        for fill, instrument in ((bought, usol), (traded, flx), (ancient, flx))
    ]

    assert [str(fee.as_decimal().normalize()) for fee in fees] == ["0.00088689"] + 2 * ["0.012896"]
    assert [fee.currency.code for fee in fees] == ["USOL", "USDH", "USDH"]


def test_sizes_are_exact_beyond_what_a_float_holds(btc: Instrument) -> None:
    size = "123456789012.12345"

    report = parse_fill_report(fill_of(fill_row(sz=size)), btc, ACCOUNT, None, NOW)

    assert report.last_qty == Quantity.from_str(size)
    assert report_of(order_row(origSz=size, sz=size), btc).quantity == Quantity.from_str(size)


def test_dust_is_no_whole_lot(btc: Instrument) -> None:
    dust = fill_of(fill_row(tid=0, sz="0.0000086141", dir="Spot Dust Conversion"))

    with pytest.raises(ValueError, match=r"Expected whole lots .* 0.0000086141 \(Spot Dust"):
        parse_fill_report(dust, btc, ACCOUNT, None, NOW)


def test_the_average_price_is_weighed_by_size() -> None:
    fills = [fill_of(fill_row(px="100.0", sz="1.0")), fill_of(fill_row(px="103.0", sz="2.0"))]

    assert average_price_of(fills) == 102
    assert average_price_of([]) is None


def position_of(**changes: Any) -> Position:  # noqa: ANN401
    row = {
        "coin": "BTC",
        "szi": "0.00061",
        "leverage": {"type": "cross", "value": 20},
        "entryPx": "82771.8",
        "positionValue": "47.66235",
        "unrealizedPnl": "-2.82848",
        "marginUsed": "2.383117",
        "maxLeverage": 40,
    }
    return msgspec.convert(row | changes, Position, strict=False)


def test_a_position(btc: Instrument) -> None:
    report = parse_position_status_report(position_of(), btc, ACCOUNT, NOW)

    assert (report.account_id, report.instrument_id) == (ACCOUNT, btc.id)
    assert (report.position_side, report.quantity) == (PositionSide.LONG, Quantity(0.00061, 5))
    assert report.signed_decimal_qty == D("0.00061")
    # The venue shows 82771.8; 50.49083 were paid for 0.00061.
    assert report.avg_px_open == D("82771.8524590164")
    assert (report.ts_last, report.ts_init) == (NOW, NOW)


def test_a_short_position(btc: Instrument) -> None:
    short = position_of(szi="-0.00061", unrealizedPnl="2.82848")

    report = parse_position_status_report(short, btc, ACCOUNT, NOW)

    assert (report.position_side, report.signed_decimal_qty) == (PositionSide.SHORT, D("-0.00061"))
    assert report.avg_px_open == D("82771.8524590164")


@pytest.mark.parametrize("position", [None, position_of(szi="0.0")])
def test_no_position_is_flat(btc: Instrument, position: Position | None) -> None:
    report = parse_position_status_report(position, btc, ACCOUNT, NOW)

    assert (report.position_side, report.signed_decimal_qty) == (PositionSide.FLAT, 0)
    assert report.avg_px_open is None


def test_an_entry_price_that_nothing_else_supports_is_taken_as_told(btc: Instrument) -> None:
    assert average_entry_price(position_of(entryPx="80000.0"), btc) == 80_000
    assert average_entry_price(position_of(entryPx=None), btc) == D("82771.8524590164")


@given(
    prices=st.lists(st.integers(1, 2_000_000), min_size=1, max_size=5),
    sizes=st.lists(st.integers(1, 10**7), min_size=5, max_size=5),
    mark=st.integers(1, 2_000_000),
    is_long=st.booleans(),
)
def test_the_entry_price_is_what_was_paid(
    btc: Instrument, prices: list[int], sizes: list[int], mark: int, *, is_long: bool
) -> None:
    """To a millionth of a dollar in sum, from figures that are cut off like the venue's."""
    lots = [(D(p).scaleb(-1), D(s).scaleb(-5)) for p, s in zip(prices, sizes, strict=False)]
    size = sum(s for _, s in lots)
    paid = sum(p * s for p, s in lots)
    value = size * D(mark).scaleb(-1)
    position = position_of(
        szi=str(size if is_long else -size),
        entryPx=str((paid / size).quantize(D("0.1"), "ROUND_FLOOR")),
        positionValue=str(value),
        unrealizedPnl=str(value - paid if is_long else paid - value),
    )

    average = average_entry_price(position, btc)

    assert average is not None
    assert abs(average * size - paid) <= D("0.000001")
