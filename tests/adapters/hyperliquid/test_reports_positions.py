"""What the venue tells of positions reaches Nautilus as what it is."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nautilus_trader.model.enums import PositionSide
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Quantity

from adapters.hyperliquid.account_schemas import Position
from adapters.hyperliquid.reports import average_entry_price, parse_position_status_report
from tests.adapters.hyperliquid.report_makers import ACCOUNT, NOW, D


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
