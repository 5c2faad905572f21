"""Stops and take-profits: on the grid, on the right side, rounded to the safe side."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies.protection import (
    AmountDistance,
    AtrDistance,
    Distance,
    PercentDistance,
    PriceLevel,
    distance_in_price,
    resting_price,
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
        (AmountDistance(Decimal("2.5")), None, Decimal("2.5")),
        (PriceLevel(Decimal(97)), None, Decimal(3)),
        (PriceLevel(Decimal(102)), None, Decimal(2)),
    ],
)
def test_distances(rule: Distance, atr: Decimal | None, distance: Decimal | None) -> None:
    assert distance_in_price(rule, Decimal(100), atr) == distance


def test_a_stop_of_100_percent_is_refused() -> None:
    with pytest.raises(ValueError, match="Expected a percent below 100, was 100"):
        PercentDistance(Decimal(100))


@pytest.mark.parametrize(
    ("is_long", "is_stop", "level", "price"),
    [
        (True, True, "97.3", "97.5"),
        (True, False, "104.3", "104.0"),
        (False, True, "104.3", "104.0"),
        (False, False, "97.3", "97.5"),
        # Passed by the entry already, or the entry itself: one tick away, on its own side.
        (True, True, "101", "99.5"),
        (True, True, "100", "99.5"),
        (True, False, "97", "100.5"),
        (False, True, "97", "100.5"),
        (False, False, "104", "99.5"),
    ],
)
def test_a_price_is_kept_on_its_side_of_the_entry(
    *, is_long: bool, is_stop: bool, level: str, price: str
) -> None:
    found = resting_price(
        PriceLevel(Decimal(level)),
        Decimal(100),
        None,
        Decimal("0.5"),
        is_long=is_long,
        is_stop=is_stop,
    )
    assert found == Decimal(price)


@given(tick=ticks, steps=st.integers(2, 10**6), is_long=st.booleans(), is_stop=st.booleans())
def test_other_rules_rest_where_their_distance_says(
    *, tick: Decimal, steps: int, is_long: bool, is_stop: bool
) -> None:
    entry = steps * tick
    price = stop_price if is_stop else take_profit_price
    for rule in (PercentDistance(Decimal(2)), AmountDistance(tick), AtrDistance(Decimal(2))):
        found = resting_price(rule, entry, tick, tick, is_long=is_long, is_stop=is_stop)
        distance = distance_in_price(rule, entry, tick)
        assert distance is not None
        assert found == price(entry, distance, tick, is_long=is_long)
    unknown = AtrDistance(Decimal(2))
    assert resting_price(unknown, entry, None, tick, is_long=is_long, is_stop=is_stop) is None
