"""How much equity was lost since the day began and since its highest; pure arithmetic."""

from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from risk.events import Cause
from risk.refusals import plain

WHOLE = Decimal(100)
"""One hundred percent."""

NANOS_PER_SECOND = 1_000_000_000


class LossLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How much of the equity may be lost, in percent; None is any."""

    daily_loss_percent_max: Decimal | None = None
    drawdown_percent_max: Decimal | None = None


class EquityMarks(msgspec.Struct, frozen=True, kw_only=True):
    """
    What losses are measured from.

    Parameters
    ----------
    day : str
        The day, UTC, as 2026-11-30.
    day_start : Decimal
        The equity that it began with, or the first that was known on it.
    peak : Decimal
        The highest ever seen.
    """

    day: str
    day_start: Decimal
    peak: Decimal


class Loss(msgspec.Struct, frozen=True):
    """More was lost than is allowed: what of the two it is, and the same in words."""

    cause: Cause
    words: str


def marks_at(marks: EquityMarks | None, equity: Decimal, now_ns: int) -> EquityMarks:
    """Return the marks after one look at the equity; None before are the first."""
    day = datetime.fromtimestamp(now_ns / NANOS_PER_SECOND, tz=UTC).date().isoformat()
    if marks is None:
        return EquityMarks(day=day, day_start=equity, peak=equity)
    is_same_day = marks.day == day
    return EquityMarks(
        day=day,
        day_start=marks.day_start if is_same_day else equity,
        peak=max(marks.peak, equity),
    )


def loss_of(marks: EquityMarks, equity: Decimal, limits: LossLimits) -> Loss | None:
    """Return which loss is over its limit; None if neither is."""
    measured = (
        (Cause.DAILY_LOSS, limits.daily_loss_percent_max, marks.day_start, f"on {marks.day}"),
        (Cause.DRAWDOWN, limits.drawdown_percent_max, marks.peak, "since the peak"),
    )
    for cause, limit, start, since in measured:
        if limit is None or start <= 0:
            continue
        percent = (start - equity) / start * WHOLE
        if percent > limit:
            words = (
                f"Expected to lose at most {plain(limit)} % {since}, was {plain(percent)} %"
                f" (equity {plain(start)} -> {plain(equity)})"
            )
            return Loss(cause, words)
    return None
