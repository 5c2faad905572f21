"""A run whose books differ from the venue's, or that leaves something behind, has failed."""

from decimal import Decimal
from pathlib import Path

import pytest

from desk.exits import Exit
from desk.ledger import Comparison
from desk.running import judged
from desk.session import SessionResult

RESULT = SessionResult(
    exit=Exit.DONE,
    left=[],
    directory=Path("runs/one"),
    trades=[],
    signals=0,
    fills=0,
    refusals=0,
    equity=[],
)


@pytest.mark.parametrize(
    ("ours", "positions", "ended"),
    [("1.00", 0, Exit.DONE), ("1.02", 0, Exit.FAILED), ("1.00", 1, Exit.FAILED)],
)
def test_books_that_differ_fail_the_run(ours: str, positions: int, ended: Exit) -> None:
    books = Comparison(
        pnl_venue=Decimal(1),
        pnl_ours=Decimal(ours),
        equity_venue=Decimal(10_001),
        equity_ours=Decimal(10_001),
        funding=Decimal(0),
        orders=0,
        positions=positions,
    )

    result = judged(RESULT, books)

    assert (result.exit, result.comparison) == (ended, books)
