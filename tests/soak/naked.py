"""How long positions stood without a stop, from a venue's own records alone; pure."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import groupby

import msgspec

from simulator.exchange.events import Fill, OrderChanged
from simulator.exchange.model import Side, Status

RESTING = {Status.OPEN}


class Span(msgspec.Struct, frozen=True):
    """A stretch of time, in milliseconds of the venue; `what` says of what."""

    start_ms: int
    end_ms: int
    what: str

    @property
    def secs(self) -> float:
        """Return its length in seconds."""
        return (self.end_ms - self.start_ms) / 1000


def naked_spans(fills: Iterable[Fill], rows: Iterable[OrderChanged], end_ms: int) -> list[Span]:
    """
    Return each stretch in which a position had no stops resting for all of it.

    A stop is a reduce-only trigger on the side that closes the position. What happened in one
    millisecond happened at once.

    Parameters
    ----------
    fills, rows
        The venue's fills and changes of orders, each in the order of their times.
    end_ms
        When to stop: a position that is naked then counts until then.

    """
    changes = [(each.time, each) for each in (*fills, *(r for r in rows if _is_stop(r)))]
    changes.sort(key=lambda pair: pair[0])
    assets: dict[int, _Asset] = {}
    found: list[Span] = []
    for time_ms, group in groupby(changes, key=lambda pair: pair[0]):
        touched = set()
        for _, change in group:
            number = change.asset if isinstance(change, Fill) else change.order.asset
            asset = assets.setdefault(number, _Asset(str(number)))
            asset.take(change)
            touched.add(number)
        for number in touched:
            found += assets[number].look(time_ms)
    for asset in assets.values():
        found += asset.end(end_ms)
    return sorted(found, key=lambda span: span.start_ms)


def overlap_ms(span: Span, others: Sequence[Span]) -> int:
    """Return how much of a span lies in any of the others."""
    inside = sorted(
        (max(span.start_ms, other.start_ms), min(span.end_ms, other.end_ms)) for other in others
    )
    total, reached = 0, span.start_ms
    for start_ms, end_ms in inside:
        if end_ms > max(start_ms, reached):
            total += end_ms - max(start_ms, reached)
            reached = end_ms
    return total


class _Asset:
    """A position and the stops that rest for it, as of the last change."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._position = Decimal(0)
        self._stops: dict[int, tuple[Side, Decimal]] = {}
        self._since_ms: int | None = None

    def take(self, change: Fill | OrderChanged) -> None:
        if isinstance(change, Fill):
            self._position = change.start_position + change.change
        elif change.status in RESTING:
            self._stops[change.order.oid] = (change.order.side, change.order.remaining)
        else:
            self._stops.pop(change.order.oid, None)

    def look(self, now_ms: int) -> list[Span]:
        if self._is_covered():
            return self.end(now_ms)
        if self._since_ms is None:
            self._since_ms = now_ms
        return []

    def end(self, now_ms: int) -> list[Span]:
        since_ms, self._since_ms = self._since_ms, None
        return [] if since_ms is None else [Span(since_ms, now_ms, self._name)]

    def _is_covered(self) -> bool:
        wanted = Side.SELL if self._position > 0 else Side.BUY
        sizes = (size for side, size in self._stops.values() if side is wanted)
        return sum(sizes, Decimal(0)) >= abs(self._position)


def _is_stop(row: OrderChanged) -> bool:
    return row.order.request.trigger is not None and row.order.request.reduce_only
