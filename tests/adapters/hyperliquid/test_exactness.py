"""Prices and sizes decoded to float are exact: what the venue printed is what Nautilus holds."""

from decimal import Decimal

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st
from nautilus_trader.model.objects import Price, Quantity

from adapters.hyperliquid.schemas import Level

DECODER = msgspec.json.Decoder(Level, strict=False)
DIGITS_MAX = 15


def printed(units: int, decimals: int) -> str:
    """Print units of 10^-decimals as the venue does: no needless zeros, one decimal at least."""
    text = f"{Decimal(units).scaleb(-decimals):f}"
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction.rstrip('0') or '0'}"


def decoded(text: str) -> float:
    return DECODER.decode(f'{{"px":"1.0","sz":"{text}","n":1}}'.encode()).sz


@st.composite
def venue_numbers(draw: st.DrawFn) -> tuple[int, int]:
    """Draw (units, decimals): perp and spot prices and sizes have 0 to 8 decimals."""
    decimals = draw(st.integers(0, 8))
    digits = draw(st.integers(1, DIGITS_MAX))
    # Nautilus holds no price above 17 million million.
    units_max = min(10**digits - 1, 17_000_000_000_000 * 10**decimals)
    return draw(st.integers(0, units_max)), decimals


@given(venue_numbers())
@example((999_999_999_999_999, 8))
@example((999_999_999_999_999, 5))
@example((123_456_789_012_345, 2))
def test_float_path_equals_decimal_path_over_the_whole_range(number: tuple[int, int]) -> None:
    units, decimals = number
    text = printed(units, decimals)
    value = decoded(text)

    price = Price(value, decimals)
    size = Quantity(value, decimals)

    exact = f"{Decimal(units).scaleb(-decimals):.{decimals}f}"
    assert price.as_decimal() == size.as_decimal() == Decimal(text)
    assert price.raw == Price.from_str(exact).raw
    assert size.raw == Quantity.from_str(exact).raw
    assert price.precision == Price.from_str(exact).precision


@given(st.integers(1, 99_999), st.integers(0, 8))
def test_every_price_of_five_significant_figures_is_exact(figures: int, decimals: int) -> None:
    text = printed(figures, decimals)

    assert str(Price(decoded(text), decimals)) == f"{Decimal(text):.{decimals}f}"


@given(st.integers(1, 10_000_000))
def test_every_integer_price_is_exact_at_every_precision(units: int) -> None:
    for precision in range(9):
        value = Price(decoded(f"{units}.0"), precision)
        assert value.as_decimal() == units
