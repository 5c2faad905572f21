"""Sizes: never above the wish, on the grid, and refused in words below the venue's minimum."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.objects import Quantity
from nautilus_trader.test_kit.providers import TestInstrumentProvider

from strategies.sizing import (
    FixedSize,
    NotionalSize,
    PercentSize,
    Refusal,
    Sizing,
    round_size,
    wanted_size,
)

PERP = TestInstrumentProvider.btcusdt_perp_binance()
decimals = st.decimals(min_value="1e-12", max_value="1e12", allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("sizing", "size"),
    [
        (FixedSize(Decimal("0.25")), Decimal("0.25")),
        (NotionalSize(Decimal(500)), Decimal("0.01")),
        (PercentSize(Decimal(50)), Decimal("0.1")),
        (PercentSize(Decimal(200)), Decimal("0.4")),
    ],
)
def test_wanted_size(sizing: Sizing, size: Decimal) -> None:
    assert wanted_size(sizing, Decimal(50_000), equity=Decimal(10_000)) == size


@given(size=decimals, price=st.decimals(min_value="0.1", max_value="1e6"))
def test_a_rounded_size_is_on_the_grid_and_within_one_step_below_the_wish(
    size: Decimal, price: Decimal
) -> None:
    rounded = round_size(size, price, PERP)
    if isinstance(rounded, Refusal):
        assert "Expected" in rounded.reason
        return
    value = rounded.as_decimal()
    assert value <= size < value + Decimal("0.001")
    assert value % Decimal("0.001") == 0
    assert value * price >= 10


@pytest.mark.parametrize(
    ("size", "price", "reason"),
    [
        ("0.0009", "50000", "Expected a size of at least 0.001, was 0.0009"),
        ("0", "50000", "Expected a size above 0"),
        ("-1", "50000", "Expected a size above 0"),
        ("NaN", "50000", "Expected a size above 0"),
        ("1e30", "50000", "Expected a size above 0 and at most 1000000000"),
        ("2000", "50000", "Expected a size of at most 1000.000, was 2000 "),
        ("0.001", "50", "Expected an order worth at least 10"),
    ],
)
def test_a_size_that_breaks_a_rule_is_refused_in_words(size: str, price: str, reason: str) -> None:
    refusal = round_size(Decimal(size), Decimal(price), PERP)
    assert isinstance(refusal, Refusal)
    assert refusal.reason.startswith(reason)
    assert "BTCUSDT-PERP" in refusal.reason


def test_the_wish_itself_may_be_traded(instrument: CryptoPerpetual) -> None:
    assert round_size(Decimal("0.123"), Decimal(50_000), instrument) == Quantity.from_str("0.123")


@pytest.mark.parametrize("value", ["0", "-0.1", "NaN", "Infinity"])
def test_a_configured_size_must_be_positive(value: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=f"Expected a positive size, was {value}"):
        msgspec.convert({"kind": "fixed", "size": value}, Sizing)


def test_a_misspelled_field_of_the_configuration_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field `sise`"):
        msgspec.convert({"kind": "fixed", "size": "1", "sise": "2"}, Sizing)
