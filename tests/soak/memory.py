"""How a process grew over its lives: samples, and a straight line through those of the longest."""

from collections.abc import Sequence
from statistics import linear_regression

import msgspec

SETTLED_SECS = 300.0
"""What a life needs to come to its size: caches fill, pools grow."""
SAMPLES_MIN = 12


class Sample(msgspec.Struct, frozen=True):
    """A process at a moment, `secs` after the soak began."""

    secs: float
    life: int
    age_secs: float
    rss_mb: float
    threads: int
    files: int
    tasks: int
    orders: int


class Growth(msgspec.Struct, frozen=True):
    """
    The longest life, after its first minutes.

    `mb_per_hour` is the slope of the line; None where the life was too short for one.
    `kb_per_order` is the same against orders that the node knows.
    """

    life: int
    minutes: float
    start_mb: float
    settled_mb: float | None
    end_mb: float
    mb_per_hour: float | None
    kb_per_order: float | None
    files: tuple[int, int]
    threads: tuple[int, int]
    tasks: tuple[int, int]


def growth(samples: Sequence[Sample]) -> Growth | None:
    """Return how the longest life grew; ranges are least and most; None without a sample."""
    if not samples:
        return None
    last = max(samples, key=lambda sample: sample.age_secs)
    life = [sample for sample in samples if sample.life == last.life]
    settled = [sample for sample in life if sample.age_secs >= SETTLED_SECS]
    per_hour = per_order = None
    if len(settled) >= SAMPLES_MIN:
        rss = [sample.rss_mb for sample in settled]
        per_hour = 3600 * linear_regression([s.secs for s in settled], rss).slope
        orders = [float(sample.orders) for sample in settled]
        if len(set(orders)) > 1:
            per_order = 1024 * linear_regression(orders, rss).slope
    return Growth(
        life=last.life,
        minutes=round(last.age_secs / 60, 1),
        start_mb=round(life[0].rss_mb, 1),
        settled_mb=round(settled[0].rss_mb, 1) if settled else None,
        end_mb=round(last.rss_mb, 1),
        mb_per_hour=None if per_hour is None else round(per_hour, 2),
        kb_per_order=None if per_order is None else round(per_order, 2),
        files=_range([sample.files for sample in life]),
        threads=_range([sample.threads for sample in life]),
        tasks=_range([sample.tasks for sample in life]),
    )


def _range(values: Sequence[int]) -> tuple[int, int]:
    return min(values), max(values)
