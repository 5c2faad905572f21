"""Losses are measured from the day's start and from the peak, and halt past their limit."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.events import Cause
from risk.losses import EquityMarks, LossLimits, loss_of, marks_at

D = Decimal
DAY_NS = 86_400_000_000_000
LIMITS = LossLimits(daily_loss_percent_max=D(10), drawdown_percent_max=D(25))
amounts = st.decimals(min_value=1, max_value=1_000_000, places=2)


def test_the_first_look_is_the_start_and_the_peak() -> None:
    marks = marks_at(None, D(500), 3 * DAY_NS)
    assert marks == EquityMarks(day="1970-01-04", day_start=D(500), peak=D(500))


def test_a_new_day_starts_anew_and_keeps_the_peak() -> None:
    marks = marks_at(marks_at(None, D(500), DAY_NS), D(700), DAY_NS + 1)
    assert (marks.day_start, marks.peak) == (D(500), D(700))
    marks = marks_at(marks, D(600), 2 * DAY_NS)
    assert marks == EquityMarks(day="1970-01-03", day_start=D(600), peak=D(700))


@pytest.mark.parametrize(
    ("equity", "cause"),
    [("900", None), ("899.99", Cause.DAILY_LOSS), ("1500", None), ("1", Cause.DAILY_LOSS)],
)
def test_a_day_may_lose_its_share_and_no_more(equity: str, cause: Cause | None) -> None:
    marks = EquityMarks(day="1970-01-01", day_start=D(1000), peak=D(1000))
    loss = loss_of(marks, D(equity), LIMITS)
    assert (loss and loss.cause) == cause


def test_a_slow_loss_over_days_is_a_drawdown() -> None:
    marks = EquityMarks(day="1970-01-09", day_start=D(760), peak=D(1000))
    assert loss_of(marks, D(750), LIMITS) is None
    loss = loss_of(marks, D(749), LIMITS)
    assert loss is not None
    assert loss.cause is Cause.DRAWDOWN
    assert loss.words == (
        "Expected to lose at most 25 % since the peak, was 25.1 % (equity 1000 -> 749)"
    )


@given(st.lists(amounts, min_size=1), amounts)
def test_without_limits_any_loss_is_borne(equities: list[Decimal], last: Decimal) -> None:
    marks = None
    for index, equity in enumerate(equities):
        marks = marks_at(marks, equity, index * DAY_NS)
    assert marks is not None
    assert marks.peak == max(equities)
    assert loss_of(marks, last, LossLimits()) is None
    assert loss_of(marks, marks.peak, LIMITS) is None
