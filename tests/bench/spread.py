"""How long many of the same took: percentiles of one run, and the rows in which pages show them."""

from collections.abc import Sequence
from math import ceil

import msgspec


class Spread(msgspec.Struct, frozen=True):
    """Milliseconds of wall time: a machine's figures, no ratios."""

    count: int
    p50: float
    p95: float
    p99: float
    max: float

    @classmethod
    def of(cls, millis: Sequence[float]) -> "Spread":
        """
        Sum up times; a percentile is one of them, the least that so many are not above.

        Raises
        ------
        ValueError
            If there are none.
        """
        if not millis:
            raise ValueError("Expected times to sum up, were none")
        times = sorted(millis)
        p50, p95, p99 = (times[ceil(len(times) * part / 100) - 1] for part in (50, 95, 99))
        return cls(len(times), p50, p95, p99, times[-1])

    def cells(self) -> tuple[str, ...]:
        """Return its figures for a table: p50, p95, p99 and the most."""
        return tuple(short(value) for value in (self.p50, self.p95, self.p99, self.max))


def short(value: float) -> str:
    """Return a figure with no more digits than mean something: ``0.43``, ``4.3``, ``1,430``."""
    if value >= 10:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def row(*cells: str) -> str:
    """Return a line of a table as docs/performance.md has it."""
    return f"| {' | '.join(cells)} |"
