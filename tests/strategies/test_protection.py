"""Stops and take-profits: on the grid, on the right side, rounded to the safe side."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies.protection import (
    AtrDistance,
    Distance,
    PercentDistance,
    distance_in_price,
    stop_price,
    take_profit_price,
)

ticks = st.sampled_from([Decimal(text) for text in ("0.00001", "0.01", "0.5", "1", "10")])


@given(
    tick=ticks,
    steps=st.decimals(min_value="1.5", max_value="1e6", places=4),
    share=st.decimals(min_value="0.0001", max_value="0.99", places=4),
    is_long=st.booleans(),
)
def test_prices_round_towards_the_entry_and_never_reach_it(
    *, tick: Decimal, steps: Decimal, share: Decimal, is_long: bool
) -> None:
    entry = steps * tick
    distance = entry * share
    sign = 1 if is_long else -1
    stop = stop_price(entry, distance, tick, is_long=is_long)
    profit = take_profit_price(entry, distance, tick, is_long=is_long)
    for price, direction in ((stop, -sign), (profit, sign)):
        assert price % tick == 0
        assert price >= tick
        away = (price - entry) * direction
        # At least some way off, at most one tick, or the distance where that is more.
        assert 0 < away <= max(distance, tick)


def test_examples() -> None:
    entry, distance, tick = Decimal("100.3"), Decimal("2.45"), Decimal("0.5")
    assert stop_price(entry, distance, tick, is_long=True) == Decimal("98.0")
    assert stop_price(entry, distance, tick, is_long=False) == Decimal("102.5")
    assert take_profit_price(entry, distance, tick, is_long=True) == Decimal("102.5")
    assert take_profit_price(entry, distance, tick, is_long=False) == Decimal("98.0")


def test_a_distance_beyond_zero_stops_at_the_smallest_price() -> None:
    assert stop_price(Decimal(10), Decimal(50), Decimal("0.1"), is_long=True) == Decimal("0.1")


@pytest.mark.parametrize(
    ("rule", "atr", "distance"),
    [
        (PercentDistance(Decimal("1.5")), None, Decimal("1.5")),
        (AtrDistance(Decimal(2)), Decimal("0.7"), Decimal("1.4")),
        (AtrDistance(Decimal(2)), None, None),
    ],
)
def test_distances(rule: Distance, atr: Decimal | None, distance: Decimal | None) -> None:
    assert distance_in_price(rule, Decimal(100), atr) == distance


def test_a_stop_of_100_percent_is_refused() -> None:
    with pytest.raises(ValueError, match="Expected a percent below 100, was 100"):
        PercentDistance(Decimal(100))
