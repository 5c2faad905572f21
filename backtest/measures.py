"""What an equity curve and its trades say in numbers; pure arithmetic on records."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from statistics import fmean, stdev

import msgspec

from backtest.recorder import Trade
from backtest.tables import FundingRate
from backtest.times import SECOND_NS

type Curve = Sequence[tuple[int, Decimal]]
"""Times, nanoseconds UTC, and what an account was worth then; oldest first, never empty."""

DAYS_A_YEAR = 365
"""These markets never close."""

_CENT = Decimal("0.01")


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """
    What somebody needs who buys an instrument at the start and keeps it.

    Attributes
    ----------
    closes : sequence
        Times and closes of its bars.
    fee : Decimal
        A share of the value, paid at the start.
    rates : sequence of FundingRate
        What a holder pays.

    """

    closes: Curve
    fee: Decimal
    rates: Sequence[FundingRate]


class CurveMeasures(msgspec.Struct, frozen=True, kw_only=True):
    """
    One curve in numbers.

    Attributes
    ----------
    equity : Decimal
        At the end.
    return_percent : Decimal
        Of the start.
    drawdown_percent : Decimal
        The deepest fall from an earlier high, as a share of that high; zero or more.
    drawdown_from_ns, drawdown_to_ns : int
        That high and that low.
    sharpe : Decimal or None
        Of daily returns, per year of 365 days, without a riskless rate; None for under 3 days or a
        curve that never moved.

    """

    equity: Decimal
    return_percent: Decimal
    drawdown_percent: Decimal
    drawdown_from_ns: int
    drawdown_to_ns: int
    sharpe: Decimal | None


class TradeMeasures(msgspec.Struct, frozen=True, kw_only=True):
    """
    Round trips in numbers, after fees and without funding.

    Attributes
    ----------
    count, wins : int
        How many, and how many of them earned something.
    profit_factor : Decimal or None
        What winners earned by what losers lost; None where nothing was lost.
    average, best, worst : Decimal or None
        None without trades.
    held_percent : Decimal
        The share of the time in which a position was held.

    """

    count: int
    wins: int
    profit_factor: Decimal | None
    average: Decimal | None
    best: Decimal | None
    worst: Decimal | None
    held_percent: Decimal


class Month(msgspec.Struct, frozen=True):
    """A calendar month, UTC, such as `2026-01`, and what each curve returned in it, in percent."""

    month: str
    percent: Decimal
    hold_percent: Decimal


def measure_curve(curve: Curve) -> CurveMeasures:
    """Return a curve in numbers."""
    peak_ns, peak = curve[0]
    deepest, high_ns, low_ns = Decimal(0), peak_ns, peak_ns
    for time_ns, worth in curve:
        if worth > peak:
            peak_ns, peak = time_ns, worth
        fall = (peak - worth) / peak if peak > 0 else Decimal(0)
        if fall > deepest:
            deepest, high_ns, low_ns = fall, peak_ns, time_ns
    return CurveMeasures(
        equity=curve[-1][1],
        return_percent=_percent(curve[-1][1], curve[0][1]),
        drawdown_percent=_rounded(deepest * 100),
        drawdown_from_ns=high_ns,
        drawdown_to_ns=low_ns,
        sharpe=_sharpe(curve),
    )


def drawdowns(curve: Curve) -> list[Decimal]:
    """Return how far each point lies below the highest so far, in percent, zero or less."""
    peak, found = curve[0][1], []
    for _, worth in curve:
        peak = max(peak, worth)
        found.append(_rounded((worth - peak) / peak * 100) if peak > 0 else Decimal(0))
    return found


def measure_trades(trades: Sequence[Trade], start_ns: int, end_ns: int) -> TradeMeasures:
    """Return round trips in numbers; the times are those of the whole run."""
    earned = [trade.pnl for trade in trades]
    lost = -sum((pnl for pnl in earned if pnl < 0), Decimal(0))
    won = sum((pnl for pnl in earned if pnl > 0), Decimal(0))
    held_ns = _union_ns([(trade.opened_ns, trade.closed_ns) for trade in trades])
    return TradeMeasures(
        count=len(trades),
        wins=sum(pnl > 0 for pnl in earned),
        profit_factor=_rounded(won / lost) if lost else None,
        average=_rounded(sum(earned, Decimal(0)) / len(earned)) if earned else None,
        best=max(earned, default=None),
        worst=min(earned, default=None),
        held_percent=_rounded(Decimal(100 * held_ns) / max(end_ns - start_ns, 1)),
    )


def hold(balance: Decimal, holdings: Sequence[Holding]) -> list[tuple[int, Decimal]]:
    """
    Return the curve of an account that buys at the first closes and keeps what it has.

    The balance is spent in equal parts, unlevered; the fee and all funding are paid from it.
    """
    part = balance / len(holdings)
    curves = [dict(_held(part, holding)) for holding in holdings]
    worths, total = [part] * len(curves), []
    for time_ns in sorted({time_ns for curve in curves for time_ns in curve}):
        worths = [curve.get(time_ns, last) for curve, last in zip(curves, worths, strict=True)]
        total.append((time_ns, sum(worths, Decimal(0))))
    return total


def months(curve: Curve, hold_curve: Curve) -> list[Month]:
    """Return what both curves returned in each month of the first."""
    ours, theirs = _monthly(curve), _monthly(hold_curve)
    return [
        Month(month=month, percent=percent, hold_percent=theirs.get(month, Decimal(0)))
        for month, percent in ours.items()
    ]


def _held(part: Decimal, holding: Holding) -> list[tuple[int, Decimal]]:
    first_ns, first = holding.closes[0]
    size = part / first
    cash = -part * holding.fee
    rates = [rate for rate in holding.rates if rate.time_ns > first_ns]
    curve, paid, before = [], 0, first
    for time_ns, close in holding.closes:
        while paid < len(rates) and rates[paid].time_ns <= time_ns:
            price = close if rates[paid].time_ns == time_ns else before
            cash -= size * price * rates[paid].rate
            paid += 1
        curve.append((time_ns, cash + size * close))
        before = close
    return curve


def _monthly(curve: Curve) -> Mapping[str, Decimal]:
    ends: dict[str, Decimal] = {}
    for time_ns, worth in curve:
        # A bar that closes at midnight of the first is of the month that it ends.
        moment = datetime.fromtimestamp((time_ns - 1) // SECOND_NS, UTC)
        ends[moment.strftime("%Y-%m")] = worth
    starts = [curve[0][1], *ends.values()]
    return {
        month: _percent(end, start)
        for (month, end), start in zip(ends.items(), starts, strict=False)
    }


def _sharpe(curve: Curve) -> Decimal | None:
    days = {(time_ns - 1) // (86_400 * SECOND_NS): worth for time_ns, worth in curve}
    worths = [float(worth) for worth in days.values()]
    returns = [after / before - 1 for before, after in pairwise(worths) if before > 0]
    if len(returns) < 2:  # noqa: PLR2004 (a deviation needs two)
        return None
    deviation = stdev(returns)
    return (
        _rounded(Decimal(fmean(returns) / deviation * math.sqrt(DAYS_A_YEAR)))
        if deviation
        else None
    )


def _union_ns(spans: Sequence[tuple[int, int]]) -> int:
    total, reached = 0, 0
    for opened, closed in sorted(spans):
        total += max(0, closed - max(opened, reached))
        reached = max(reached, closed)
    return total


def _percent(after: Decimal, before: Decimal) -> Decimal:
    return _rounded((after / before - 1) * 100) if before > 0 else Decimal(0)


def _rounded(number: Decimal) -> Decimal:
    return number.quantize(_CENT)
