"""What the venue tells of fills reaches Nautilus as what it is."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nautilus_trader.model.currencies import USDC
from nautilus_trader.model.enums import LiquiditySide, OrderSide
from nautilus_trader.model.identifiers import TradeId, VenueOrderId
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Money, Price, Quantity

from adapters.hyperliquid.instruments import BASE_TIER, parse_perps, parse_spot_pairs
from adapters.hyperliquid.reports import average_price_of, parse_fill_report, trade_id_of
from adapters.hyperliquid.schemas import PerpMeta, SpotMeta, SpotToken
from tests.adapters.hyperliquid.account_rows import fill_of, fill_row, order_row, stop_row
from tests.adapters.hyperliquid.report_makers import ACCOUNT, MINE, MS, NOW, D, report_of


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
