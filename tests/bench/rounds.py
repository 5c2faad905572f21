"""Rounds and ratios: contestants take turns, so that a slow minute of the machine hits them all."""

import statistics
import time
from collections.abc import Callable, Mapping

import msgspec


class Figure(msgspec.Struct, frozen=True):
    """Microseconds of CPU per operation: the median of the rounds, with the least and the most."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, rounds: list[float]) -> "Figure":
        """Sum up the rounds."""
        return cls(statistics.median(rounds), min(rounds), max(rounds))

    def __str__(self) -> str:
        """Return ``1.40 [1.34-1.44]``."""
        return f"{self.median:.2f} [{self.low:.2f}-{self.high:.2f}]"


class Comparison(msgspec.Struct, frozen=True):
    """One line of the table: ours beside another's, the ratio of each round, and the goal."""

    name: str
    ours: Figure
    theirs: Figure
    ratio: Figure
    goal: str


def compare(
    name: str, ours: list[float], theirs: list[float], goal: str, *, speedup: bool = False
) -> Comparison:
    """Compare rounds pairwise: ours / theirs, or theirs / ours where a speed-up is the point."""
    pairs = zip(ours, theirs, strict=True)
    ratios = [their / our if speedup else our / their for our, their in pairs]
    return Comparison(name, Figure.of(ours), Figure.of(theirs), Figure.of(ratios), goal)


def take_turns(
    contestants: Mapping[str, Callable[[], object]], *, rounds: int, calls: int
) -> dict[str, list[float]]:
    """Return microseconds of process CPU per call, one figure a round for each contestant."""
    figures: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, call in contestants.items():
            start = time.process_time()
            for _ in range(calls):
                call()
            figures[name].append((time.process_time() - start) / calls * 1e6)
    return figures
