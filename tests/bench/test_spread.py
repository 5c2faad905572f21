"""The arithmetic of the bench's tables."""

import pytest

from tests.bench.spread import Spread, row, short


def test_percentiles_are_times_that_were_measured() -> None:
    spread = Spread.of([float(number) for number in range(200, 0, -1)])
    assert spread == Spread(count=200, p50=100.0, p95=190.0, p99=198.0, max=200.0)


def test_of_few_times_the_high_percentiles_are_the_most() -> None:
    assert Spread.of([3.0, 1.0, 2.0]) == Spread(count=3, p50=2.0, p95=3.0, p99=3.0, max=3.0)
    assert Spread.of([7.0]) == Spread(count=1, p50=7.0, p95=7.0, p99=7.0, max=7.0)


def test_nothing_has_no_percentiles() -> None:
    with pytest.raises(ValueError, match="were none"):
        Spread.of([])


def test_figures_have_no_more_digits_than_they_mean() -> None:
    assert [short(value) for value in (0.4321, 4.321, 43.21, 4321.0)] == [
        "0.43",
        "4.3",
        "43",
        "4,321",
    ]
    assert row("a", *Spread(1, 1.0, 2.0, 30.0, 4_000.0).cells()) == (
        "| a | 1.0 | 2.0 | 30 | 4,000 |"
    )
