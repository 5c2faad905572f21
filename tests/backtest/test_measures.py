"""Numbers of curves and trades, each worked out by hand."""

from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from backtest.measures import Holding, drawdowns, hold, measure_curve, measure_trades, months
from backtest.recorder import Trade
from backtest.tables import FundingRate
from backtest.times import to_ns

DAY_NS = 86_400 * 10**9


def curve_of(*worths: str) -> list[tuple[int, Decimal]]:
    return [(day * DAY_NS, Decimal(worth)) for day, worth in enumerate(worths, start=1)]


def trade(opened_ns: int, closed_ns: int, pnl: str) -> Trade:
    return Trade(
        strategy="s",
        instrument="i",
        side="long",
        quantity=Decimal(1),
        entry_price=Decimal(1),
        exit_price=Decimal(1),
        opened_ns=opened_ns,
        closed_ns=closed_ns,
        fees=Decimal(0),
        pnl=Decimal(pnl),
        exit="",
    )


def test_the_deepest_fall_is_measured_from_the_high_before_it() -> None:
    curve = curve_of("100", "120", "90", "130", "117", "140")

    measures = measure_curve(curve)

    assert measures.drawdown_percent == Decimal("25.00")  # 120 to 90
    assert (measures.drawdown_from_ns, measures.drawdown_to_ns) == (2 * DAY_NS, 3 * DAY_NS)
    assert measures.return_percent == Decimal("40.00")
    assert drawdowns(curve) == [0, 0, Decimal(-25), 0, Decimal(-10), 0]


def test_the_sharpe_ratio_is_of_daily_returns_per_year() -> None:
    # Returns of 10 %, 0 % and 10 %: mean 1/15, deviation 0.057735, times the root of 365.
    assert measure_curve(curve_of("100", "110", "110", "121")).sharpe == Decimal("22.06")
    assert measure_curve(curve_of("100", "100", "100", "100")).sharpe is None
    assert measure_curve(curve_of("100", "110")).sharpe is None


def test_trades_are_counted_and_their_times_not_twice() -> None:
    trades = [trade(0, 10, "30"), trade(5, 20, "-10"), trade(50, 60, "-5")]

    measures = measure_trades(trades, 0, 100)

    assert (measures.count, measures.wins) == (3, 1)
    assert measures.profit_factor == Decimal("2.00")
    assert measures.average == Decimal("5.00")
    assert (measures.best, measures.worst) == (30, -10)
    assert measures.held_percent == Decimal("30.00")


def test_no_trades_have_no_averages() -> None:
    measures = measure_trades([], 0, 100)

    assert (measures.profit_factor, measures.average, measures.best) == (None, None, None)


def test_who_holds_pays_one_fee_and_all_funding() -> None:
    closes = curve_of("100", "110", "120")
    rates = [
        FundingRate(DAY_NS, Decimal("0.5")),  # before there was a position
        FundingRate(2 * DAY_NS, Decimal("0.01")),  # at a close: valued at it
        FundingRate(2 * DAY_NS + 5, Decimal("-0.02")),  # inside of a bar: at the close before
    ]

    curve = hold(Decimal(1000), [Holding(closes=closes, fee=Decimal("0.001"), rates=rates)])

    assert curve == [
        (DAY_NS, Decimal(999)),  # 10 at 100, less 1000 * 0.001
        (2 * DAY_NS, Decimal(1088)),  # 1100 - 1 - 11
        (3 * DAY_NS, Decimal(1210)),  # 1200 - 1 - 11 + 22
    ]


def test_two_holdings_get_half_each() -> None:
    first = Holding(closes=curve_of("100", "200"), fee=Decimal(0), rates=[])
    second = Holding(closes=curve_of("10", "5", "5"), fee=Decimal(0), rates=[])

    curve = hold(Decimal(1000), [first, second])

    assert [worth for _, worth in curve] == [1000, 1250, 1250]


def test_a_close_at_midnight_belongs_to_the_month_that_it_ends() -> None:
    days = (datetime(2026, 1, 15), datetime(2026, 2, 1), datetime(2026, 2, 2))  # noqa: DTZ001
    times = [to_ns(day.replace(tzinfo=UTC)) for day in days]
    ours = list(zip(times, map(Decimal, ("100", "110", "99")), strict=True))
    theirs = list(zip(times, map(Decimal, ("100", "90", "90")), strict=True))

    found = [msgspec.structs.astuple(month) for month in months(ours, theirs)]

    assert found == [
        ("2026-01", Decimal("10.00"), Decimal("-10.00")),
        ("2026-02", Decimal("-10.00"), Decimal("0.00")),
    ]
