"""Our RSI beside the column of an export, value by value; pure but for reading the file."""

import math
from collections.abc import Sequence
from datetime import tzinfo
from itertools import pairwise
from pathlib import Path
from typing import Final

import msgspec

from backtest.errors import BacktestError
from backtest.tables import Row, read_rows
from strategies.rsi import Rsi, crosses_above, crosses_below

FADED_AFTER: Final = 250
"""So many bars on, where an index began is worth less than 1e-6 of its 100 points."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A bar at which the two differ: its open, nanoseconds UTC, and both values."""

    time_ns: int
    ours: float
    theirs: float


class RsiParity(msgspec.Struct, frozen=True, kw_only=True):
    """
    How well an export's column and our RSI agree.

    Attributes
    ----------
    column : str
        The column that was read.
    period : int
        Of our index.
    rows, compared : int
        How many rows the file has, and at how many both have a value that counts.
    skipped : int
        Values not judged, because the export's index began before its first row.
    unmatched : list of int
        Times at which only one of the two has a value, though both should.
    differences : list of Difference
        Where they are further apart than the tolerance.
    largest : float
        The largest difference.
    crossings, crossings_apart : int
        Crossings of the levels that both have, and those that only one has.
    tolerance : float
        In points of the index.

    """

    column: str
    period: int
    rows: int
    compared: int
    skipped: int
    unmatched: list[int]
    differences: list[Difference]
    largest: float
    crossings: int
    crossings_apart: int
    tolerance: float

    @property
    def is_equal(self) -> bool:
        """Whether something was compared and all of it agrees."""
        return bool(self.compared) and not (
            self.differences or self.unmatched or self.crossings_apart
        )


def compare_rsi(
    path: Path,
    *,
    column: str | None,
    period: int,
    levels: Sequence[float],
    tolerance: float,
    zone: tzinfo | None,
) -> RsiParity:
    """
    Compare.

    Closes are read with all the digits that the file has, as the export's own index was computed.

    Parameters
    ----------
    path : Path
        A chart export: time, close, and a column with an index.
    column : str or None
        The column's name; None for the only one with `rsi` in its name.
    period : int
        The index's length.
    levels : sequence of float
        Where crossings are counted.
    tolerance : float
        How far apart two values may be.
    zone : tzinfo or None
        The time zone of times that name none.

    Raises
    ------
    BacktestError
        The file cannot be read, or has no such column.

    """
    rows = sorted(read_rows(path), key=lambda row: row.time_ns(zone))
    if not rows:
        raise BacktestError(f"Expected rows in {path}, found none")
    name = _column(rows[0], column)
    index = Rsi(period)
    ours = [index.update(float(row.cell(("close",)))) for row in rows]
    theirs = [_value(row.cells[name]) for row in rows]
    first = next((i for i, value in enumerate(theirs) if value is not None), len(rows))
    # With a value before one is possible from these rows, the chart has more history than its file.
    skipped = FADED_AFTER if first < period else 0
    times = [row.time_ns(zone) for row in rows]
    pairs = list(zip(times, ours, theirs, strict=True))[max(skipped, period) :]
    both = [(time, a, b) for time, a, b in pairs if a is not None and b is not None]
    apart = [abs(a - b) for _, a, b in both]
    crossed = [_crossings(both, level) for level in levels]
    return RsiParity(
        column=name,
        period=period,
        rows=len(rows),
        compared=len(both),
        skipped=min(skipped, len(rows)),
        unmatched=[time for time, a, b in pairs if (a is None) != (b is None)],
        differences=[
            Difference(time_ns=time, ours=a, theirs=b)
            for time, a, b in both
            if abs(a - b) > tolerance
        ],
        largest=max(apart, default=0.0),
        crossings=sum(len(a & b) for a, b in crossed),
        crossings_apart=sum(len(a ^ b) for a, b in crossed),
        tolerance=tolerance,
    )


def _column(row: Row, wanted: str | None) -> str:
    if wanted is not None:
        if wanted.lower() not in row.cells:
            found = ", ".join(map(repr, row.cells))
            raise BacktestError(f"Expected a column {wanted!r}, found {found}")
        return wanted.lower()
    found_names = [name for name in row.cells if "rsi" in name]
    if len(found_names) != 1:
        found = ", ".join(map(repr, row.cells))
        raise BacktestError(f"Expected one column with 'rsi' in its name (--column), found {found}")
    return found_names[0]


def _value(text: str) -> float | None:
    try:
        value = float(text) if text else math.nan
    except ValueError as e:
        raise BacktestError(f"Expected a number or nothing, found {text!r}") from e
    return None if math.isnan(value) else value


def _crossings(
    both: Sequence[tuple[int, float, float]], level: float
) -> tuple[set[tuple[int, bool]], set[tuple[int, bool]]]:
    """Return when each of the two crossed a level, and whether upwards."""
    ours: set[tuple[int, bool]] = set()
    theirs: set[tuple[int, bool]] = set()
    for (_, a_before, b_before), (time, a, b) in pairwise(both):
        for found, before, now in ((ours, a_before, a), (theirs, b_before, b)):
            if crosses_above(before, now, level):
                found.add((time, True))
            elif crosses_below(before, now, level):
                found.add((time, False))
    return ours, theirs
