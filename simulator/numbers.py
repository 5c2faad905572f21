"""Hyperliquid's rules for decimal numbers: how they are written and which prices exist."""

import math
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, Decimal

SIGNIFICANT_FIGURES = 5
"""A price has at most 5 significant figures unless it is an integer (fact sheet 5.2)."""

MAX_DECIMALS_PERP = 6
MAX_DECIMALS_SPOT = 8
"""A price has at most this many decimals less the coin's `szDecimals` (fact sheet 5.2)."""


def to_wire(value: Decimal) -> str:
    """Write a number as the venue does: no trailing zeros, but one decimal at least ("1.0")."""
    text = f"{value:f}"
    if "." not in text:
        return text + ".0"
    text = text.rstrip("0")
    return text + "0" if text.endswith(".") else text


def price_exponent(price: float, max_decimals: int) -> int:
    """Return k such that 10**k is the price step at `price`: 0 at most, -max_decimals at least."""
    return min(0, max(-max_decimals, math.floor(math.log10(price)) - SIGNIFICANT_FIGURES + 1))


def truncate(value: Decimal, decimals: int) -> Decimal:
    """Cut a number to `decimals` decimals, toward zero."""
    return value.quantize(Decimal(1).scaleb(-decimals), ROUND_DOWN)


def group_price(price: Decimal, figures: int, mantissa: int, *, up: bool) -> Decimal:
    """Move a price to the next multiple of `mantissa` units of its `figures`-th significant figure.

    Bids go down and asks go up, so that an aggregated book never looks tighter than it is
    (fact sheet 2.2, l2Book).
    """
    step = Decimal(mantissa).scaleb(price.adjusted() - figures + 1)
    return (price / step).to_integral_value(ROUND_CEILING if up else ROUND_FLOOR) * step


def is_tick(price: Decimal, max_decimals: int) -> bool:
    """Tell whether a price exists: an integer, or 5 figures and `max_decimals` decimals at most."""
    if price == price.to_integral_value():
        return True
    figures = len(price.normalize().as_tuple().digits)
    return figures <= SIGNIFICANT_FIGURES and truncate(price, max_decimals) == price
