"""The venue's number formats and price rules."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.numbers import group_price, price_exponent, to_wire, truncate


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        ("1", "1.0"),
        ("0", "0.0"),
        ("0E-8", "0.0"),
        ("111065.000", "111065.0"),
        ("0.00061", "0.00061"),
        ("6.98048", "6.98048"),
        ("1E+2", "100.0"),
        ("1E-7", "0.0000001"),
        ("-0.0000015186", "-0.0000015186"),
        ("128.540", "128.54"),
    ],
)
def test_a_number_is_written_as_the_venue_does(value: str, wire: str) -> None:
    assert to_wire(Decimal(value)) == wire


@given(st.decimals(allow_nan=False, allow_infinity=False, places=8))
def test_the_wire_keeps_the_value(value: Decimal) -> None:
    assert Decimal(to_wire(value)) == value


@pytest.mark.parametrize(
    ("price", "sz_decimals", "exponent"),
    [
        (123_456.0, 5, 0),
        (12_345.0, 5, 0),
        (1_234.5, 4, -1),
        (1.2345, 2, -4),
        (0.001234, 0, -6),
        (0.01234, 1, -5),
        (99_999.0, 0, 0),
    ],
)
def test_the_price_step_has_five_figures_and_few_decimals(
    price: float, sz_decimals: int, exponent: int
) -> None:
    assert price_exponent(price, 6 - sz_decimals) == exponent


@pytest.mark.parametrize(
    ("figures", "mantissa", "down", "up"),
    [
        (5, 1, "111060", "111070"),
        (5, 2, "111060", "111080"),
        (5, 5, "111050", "111100"),
        (4, 1, "111000", "111100"),
        (3, 1, "111000", "112000"),
        (2, 1, "110000", "120000"),
    ],
)
def test_bids_are_grouped_down_and_asks_up(figures: int, mantissa: int, down: str, up: str) -> None:
    price = Decimal("111065.5")

    assert group_price(price, figures, mantissa, up=False) == Decimal(down)
    assert group_price(price, figures, mantissa, up=True) == Decimal(up)


@given(st.decimals("0.0001", "200000", places=4), st.integers(2, 5), st.sampled_from([1, 2, 5]))
def test_grouping_never_makes_a_book_tighter(price: Decimal, figures: int, mantissa: int) -> None:
    assert group_price(price, figures, mantissa, up=False) <= price
    assert group_price(price, figures, mantissa, up=True) >= price


def test_figures_are_cut_and_not_rounded() -> None:
    assert truncate(Decimal("1.999"), 2) == Decimal("1.99")
    assert truncate(Decimal("-1.999"), 2) == Decimal("-1.99")
