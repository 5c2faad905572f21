"""What is recorded in bulk is read as from Nautilus's own analyzer, which records one by one."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nautilus_trader.analysis.analyzer import PortfolioAnalyzer
from nautilus_trader.model.currencies import USDC, USDT
from nautilus_trader.model.identifiers import PositionId
from nautilus_trader.model.objects import Currency, Money

from backtest.bulk_analyzer import BulkAnalyzer

CURRENCIES = (USDC, USDT)

type Trade = tuple[str, int, int, Currency, int | None]

trades = st.tuples(
    st.sampled_from(["add_trade", "record_trade"]),
    st.integers(1, 3),
    st.integers(-5, 5),
    st.sampled_from(CURRENCIES),
    st.none() | st.integers(1, 3),
)
steps = st.lists(trades | st.sampled_from(["read", "reset"]), max_size=30)


def both() -> tuple[PortfolioAnalyzer, PortfolioAnalyzer]:
    """Return Nautilus's own and ours."""
    taken = PortfolioAnalyzer()
    BulkAnalyzer.take_over(taken)
    return PortfolioAnalyzer(), taken


def check_same(theirs: PortfolioAnalyzer, ours: PortfolioAnalyzer) -> None:
    """Expect the same of all that can be read, whichever currency is asked for."""
    asked: tuple[Currency | None, ...] = (None, *CURRENCIES)
    for currency in asked:
        expected, found = theirs.realized_pnls(currency), ours.realized_pnls(currency)
        if expected is None or found is None:
            assert expected is found
        else:
            pd.testing.assert_series_equal(expected, found)


def profits(analyzer: PortfolioAnalyzer) -> list[float]:
    """Return those in USDC."""
    found = analyzer.realized_pnls(USDC)
    return [] if found is None else list(found)


@given(steps=steps)
def test_it_reads_as_nautiluss_own(steps: list[str | Trade]) -> None:
    analyzers = both()
    for step in steps:
        if step == "read":
            check_same(*analyzers)
        elif step == "reset":
            for analyzer in analyzers:
                analyzer.reset()
        elif not isinstance(step, str):
            kind, position, pnl, currency, ts_event = step
            for analyzer in analyzers:
                record = getattr(analyzer, kind)
                record(PositionId(f"P-{position}"), Money(pnl, currency), ts_event)
    check_same(*analyzers)


def test_an_analyzer_that_has_recorded_goes_on() -> None:
    theirs, ours = both()[0], PortfolioAnalyzer()
    for analyzer in (theirs, ours):
        analyzer.record_trade(PositionId("P-1"), Money(1, USDC), 1)
    BulkAnalyzer.take_over(ours)

    for analyzer in (theirs, ours):
        analyzer.record_trade(PositionId("P-2"), Money(2, USDC), 2)

    assert profits(ours) == [1.0, 2.0]
    check_same(theirs, ours)


def test_a_record_is_not_copied_before_somebody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    _, ours = both()
    monkeypatch.setattr(pd, "concat", None)  # what Nautilus's own calls for each record

    for number in range(3):
        ours.record_trade(PositionId(f"P-{number}"), Money(1, USDC), number)
    monkeypatch.undo()

    assert profits(ours) == [1.0, 1.0, 1.0]
