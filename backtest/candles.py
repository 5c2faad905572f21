"""Candles as they were read, and what is wrong with them; pure, it reads nothing."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

import msgspec

from backtest.times import in_words

PRICE_MAX = Decimal(17_014_118_346_046)
SIZE_MAX = Decimal(34_028_236_692_093)
"""Nautilus has no larger prices and sizes."""

NAMED_MAX = 5
"""So many of a kind are named in words; the rest is counted."""


class Candle(msgspec.Struct, frozen=True):
    """
    One candle of a file or a venue.

    Attributes
    ----------
    open_ns : int
        When it opened, nanoseconds UTC.
    open, high, low, close : Decimal
        Prices.
    volume : Decimal
        In base units; 0 where the source does not say.

    """

    open_ns: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


class Gap(msgspec.Struct, frozen=True):
    """
    Candles that are missing in a row.

    Attributes
    ----------
    from_ns : int
        When the first missing one would have opened.
    missing : int
        How many there are.

    """

    from_ns: int
    missing: int


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """
    What is noteworthy about candles; times are opens, nanoseconds UTC.

    Attributes
    ----------
    gaps : list of Gap
        Missing candles, oldest first. A market that was closed has gaps too.
    duplicates : list of int
        Times that came more than once with the same values: harmless.
    contradictions : list of int
        Times that came with different values.
    impossible : list of int
        Candles whose high or low does not hold the rest, or with a price of zero or less, or with
        a price or a volume that nothing has.
    off_grid : list of int
        Times that are no multiple of the bar's length.

    """

    gaps: list[Gap]
    duplicates: list[int]
    contradictions: list[int]
    impossible: list[int]
    off_grid: list[int]

    @property
    def is_usable(self) -> bool:
        """Whether what remains after dropping duplicates can be traded on."""
        return not (self.contradictions or self.impossible or self.off_grid)

    def lines(self) -> list[str]:
        """Return what was found, a line for each kind."""
        lines = []
        if self.gaps:
            missing = sum(gap.missing for gap in self.gaps)
            named = [f"{in_words(gap.from_ns)} ({gap.missing})" for gap in self.gaps]
            lines.append(f"{len(self.gaps)} gaps, {missing} candles missing: {_some(named)}")
        for kind, times in (
            ("duplicates", self.duplicates),
            ("contradictions", self.contradictions),
            ("impossible candles", self.impossible),
            ("candles off the grid", self.off_grid),
        ):
            if times:
                lines.append(f"{len(times)} {kind}: {_some([in_words(time) for time in times])}")
        return lines


def clean(candles: Sequence[Candle], step_ns: int) -> tuple[list[Candle], Findings]:
    """
    Put candles in order and look at them.

    Parameters
    ----------
    candles : sequence of Candle
        In any order.
    step_ns : int
        The length of one, nanoseconds.

    Returns
    -------
    tuple
        Each candle once, oldest first (of contradicting ones the first that came), and what was
        found.

    """
    kept: dict[int, Candle] = {}
    duplicates: list[int] = []
    contradictions: list[int] = []
    for candle in candles:
        before = kept.get(candle.open_ns)
        if before is None:
            kept[candle.open_ns] = candle
        else:
            (duplicates if before == candle else contradictions).append(candle.open_ns)
    ordered = [kept[time] for time in sorted(kept)]
    return ordered, Findings(
        gaps=find_gaps([candle.open_ns for candle in ordered], step_ns),
        duplicates=sorted(duplicates),
        contradictions=sorted(contradictions),
        impossible=[candle.open_ns for candle in ordered if not _is_possible(candle)],
        off_grid=[candle.open_ns for candle in ordered if candle.open_ns % step_ns],
    )


def find_gaps(times_ns: Sequence[int], step_ns: int) -> list[Gap]:
    """Return what is missing between ordered times that should be `step_ns` apart."""
    return [
        Gap(before + step_ns, missing)
        for before, after in pairwise(times_ns)
        if (missing := (after - before) // step_ns - 1) > 0
    ]


def _is_possible(candle: Candle) -> bool:
    prices = (candle.open, candle.high, candle.low, candle.close)
    is_ordered = candle.low == min(prices) and candle.high == max(prices)
    is_in_range = candle.low > 0 and candle.high <= PRICE_MAX and 0 <= candle.volume <= SIZE_MAX
    return is_ordered and is_in_range


def _some(named: list[str]) -> str:
    rest = len(named) - NAMED_MAX
    return ", ".join(named[:NAMED_MAX]) + (f" and {rest} more" if rest > 0 else "")
