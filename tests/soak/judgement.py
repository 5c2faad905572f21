"""What a soak found: failures with their time and evidence, and the figures; it prints nothing."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from tests.soak.naked import Span, naked_spans, overlap_ms
from tests.soak.profile import NAKED_SECS_MAX
from tests.soak.sides import Side

CALM_BOUND_SECS = NAKED_SECS_MAX + 2
"""What the guard promises: 15 s without a stop, a look each second, and the way of one order."""
STORM_BOUND_SECS = 60
"""While requests meet faults the stop, and the closing that takes its place, may be lost in turn:
each is known to be so after its expiry and the look-ups, which may fail as well. Longer than this
is for a person to look at."""


class Failure(msgspec.Struct, frozen=True):
    """Something that must not be: when, in seconds of the soak, and what is known of it."""

    secs: float
    what: str
    evidence: tuple[str, ...]


class Naked(msgspec.Struct, frozen=True):
    """
    A stretch in which a position of a venue had no stop for all of it.

    `reachable_secs` is the part of it in which the desk lived and the venue could be reached;
    `is_calm` tells that all of it was, in fine weather, with all books the same before.
    """

    venue: str
    asset: str
    start_ms: int
    secs: float
    reachable_secs: float
    is_calm: bool

    @property
    def is_too_long(self) -> bool:
        """Tell whether it broke its bound."""
        return self.reachable_secs > (CALM_BOUND_SECS if self.is_calm else STORM_BOUND_SECS)


class Failures:
    """Failures in the order in which they were found, each written down at once."""

    def __init__(self, path: Path) -> None:
        self.found: list[Failure] = []
        self._path = path

    def add(self, secs: float, what: str, evidence: Sequence[str]) -> None:
        failure = Failure(round(secs, 1), what, tuple(evidence))
        self.found.append(failure)
        with self._path.open("ab") as file:
            file.write(msgspec.json.encode(failure) + b"\n")


def naked_of(side: Side, away: Sequence[Span], calms: Sequence[Span]) -> list[Naked]:
    """Return a venue's naked stretches so far; `away` is when it could not be traded."""
    found = []
    for span in naked_spans(side.fills, side.rows, side.now_ms):
        away_ms = overlap_ms(span, away)
        length_ms = span.end_ms - span.start_ms
        found.append(
            Naked(
                side.name,
                span.what,
                span.start_ms,
                span.secs,
                (length_ms - away_ms) / 1000,
                not away_ms and overlap_ms(span, calms) == length_ms,
            )
        )
    return found
