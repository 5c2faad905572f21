"""Decides what is due for a position whose stop does not rest; time is passed in."""

from collections.abc import Iterable
from decimal import Decimal
from enum import Enum, auto

import msgspec

from risk.events import StopAction


class Cover(Enum):
    """How far a position is covered by stops."""

    RESTING = auto()
    """The venue holds stops for all of it."""
    ON_ITS_WAY = auto()
    """It will, once what was sent has been accepted."""
    MISSING = auto()
    """Neither."""


class Stop(msgspec.Struct, frozen=True):
    """A stop order that reduces a position: what it may still fill, and whether it rests."""

    size: Decimal
    is_resting: bool


def cover_of(size: Decimal, stops: Iterable[Stop]) -> Cover:
    """Return how far a position of `size` base units is covered."""
    known = list(stops)
    if sum((stop.size for stop in known if stop.is_resting), Decimal(0)) >= size:
        return Cover.RESTING
    if sum((stop.size for stop in known), Decimal(0)) >= size:
        return Cover.ON_ITS_WAY
    return Cover.MISSING


class StopWatch:
    """
    Follow positions that should have a stop.

    One whose stop does not rest may be in the midst of a replacement, so nothing is done on the
    first look. From the second on its strategy is asked to rest it again, on every look while
    none is on its way; what has had none for `naked_ns_max` is closed.

    Parameters
    ----------
    naked_ns_max : int
        The longest time, in nanoseconds, that a position may be without a resting stop.
    """

    def __init__(self, naked_ns_max: int) -> None:
        self._naked_ns_max = naked_ns_max
        self._since: dict[str, int] = {}

    def look(self, position: str, cover: Cover, now_ns: int) -> StopAction | None:
        """Return what is due for a position, by its id."""
        if cover is Cover.RESTING:
            self._since.pop(position, None)
            return None
        is_first = position not in self._since
        since = self._since.setdefault(position, now_ns)
        if now_ns - since >= self._naked_ns_max:
            return StopAction.FLATTEN
        if is_first or cover is Cover.ON_ITS_WAY:
            return None
        return StopAction.REATTACH

    def naked_ns(self, position: str, now_ns: int) -> int:
        """Return for how long a position has been without a resting stop."""
        return now_ns - self._since.get(position, now_ns)

    def keep_only(self, positions: Iterable[str]) -> None:
        """Forget all positions but these."""
        kept = set(positions)
        self._since = {each: since for each, since in self._since.items() if each in kept}
