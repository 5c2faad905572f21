"""Amounts between text and integer units: exact, and strict about what is no amount."""

from decimal import Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.amounts import format_units, parse_amount
from custody.errors import WrongRequest

DECIMALS = st.sampled_from([0, 6, 18])


@given(st.integers(1, 10**30), DECIMALS)
def test_text_and_units_are_the_same_amount(units: int, decimals: int) -> None:
    if units // 10**decimals >= 10**20:
        return
    text = format_units(units, decimals)

    assert parse_amount(text, decimals, "X") == units
    assert Decimal(text).scaleb(decimals, Context(prec=60)) == units


@pytest.mark.parametrize(
    ("text", "units"),
    [("100", 100_000_000), ("0.5", 500_000), ("0.000001", 1), ("1.50", 1_500_000), ("01", 10**6)],
)
def test_decimals_become_units(text: str, units: int) -> None:
    assert parse_amount(text, 6, "USDT") == units


def test_zeros_beyond_the_tokens_decimals_are_no_decimals() -> None:
    assert parse_amount("1.00000000", 6, "USDT") == 1_000_000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "0.0",
        "-1",
        "+1",
        "1e3",
        "1,000",
        "1_000",
        " 1",
        "1 ",
        ".5",
        "1.",
        "٣",
        "nan",
        "0x1",
    ],
)
def test_what_is_no_positive_amount_is_refused(text: str) -> None:
    with pytest.raises(WrongRequest):
        parse_amount(text, 6, "USDT")


def test_a_decimal_too_many_is_refused() -> None:
    with pytest.raises(WrongRequest, match=r"at most 6 decimals .* USDT, found 7 in 1\.0000001"):
        parse_amount("1.0000001", 6, "USDT")
