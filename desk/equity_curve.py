"""What the accounts of a run were worth as it went on, in bounded memory; it asks nobody."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

import msgspec

MARKS_MAX: Final = 20_000
"""At one a second these are five hours and a half; of a week it is one in 32 seconds."""


class EquityPoint(msgspec.Struct, frozen=True):
    """Account value with open positions marked to market, per venue and currency."""

    time: str
    venue: str
    currency: str
    equity: Decimal

    @property
    def account(self) -> tuple[str, str]:
        """Of what it is the value."""
        return self.venue, self.currency


type Mark = Sequence[EquityPoint]
"""The points of one moment, one for each account."""


class EquityCurve:
    """
    The first mark, the last, and so many between them at even distances.

    When there are too many every second one goes, and from then on half as many are kept.

    Parameters
    ----------
    marks_max : int
        How many are kept.

    """

    def __init__(self, marks_max: int = MARKS_MAX) -> None:
        self._marks_max = marks_max
        self._step = 1
        self._kept: list[tuple[int, Mark]] = []
        self._last: tuple[int, Mark] | None = None
        self._points = 0
        self.count = 0
        self.first: dict[tuple[str, str], EquityPoint] = {}
        self.last: dict[tuple[str, str], EquityPoint] = {}

    def add(self, mark: Mark) -> None:
        """Take what the accounts are worth now; `count` says how many were taken."""
        for point in mark:
            self.first.setdefault(point.account, point)
            self.last[point.account] = point
        self._last = (self._points, mark)
        if self.count % self._step == 0:
            self._keep(self._last)
        self.count += 1
        self._points += len(mark)

    def marks(self) -> list[Mark]:
        """Return what is kept, oldest first, and the last."""
        return [mark for _, mark in self._numbered_marks()]

    def points(self) -> list[EquityPoint]:
        """Return the points of all these marks."""
        return [point for mark in self.marks() for point in mark]

    def numbered(self, since: int) -> Iterator[tuple[int, EquityPoint]]:
        """Give the points of these marks with their numbers, from a number on."""
        for number, mark in reversed(self._numbered_marks()):
            if number + len(mark) <= since:
                return
            yield from enumerate(mark, number)

    def _keep(self, numbered: tuple[int, Mark]) -> None:
        self._kept.append(numbered)
        if len(self._kept) > self._marks_max:
            del self._kept[1::2]
            self._step *= 2

    def _numbered_marks(self) -> list[tuple[int, Mark]]:
        if self._last is None or self._kept[-1] is self._last:
            return self._kept
        return [*self._kept, self._last]
