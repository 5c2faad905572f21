"""What a soak found: failures with their time and evidence, and the figures; it prints nothing."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from tests.soak.naked import Span, naked_spans, overlap_ms
from tests.soak.profile import EXPIRES_AFTER_SECS, NAKED_SECS_MAX
from tests.soak.sides import Side

LOOK_SECS = 1
"""How often the guard looks."""
BOUND_SECS = NAKED_SECS_MAX + LOOK_SECS + EXPIRES_AFTER_SECS
"""The guard's own bound, and the one order that may be lost on its way before it is sent again."""


class Failure(msgspec.Struct, frozen=True):
    """Something that must not be: when, in seconds of the soak, and what is known of it."""

    secs: float
    what: str
    evidence: tuple[str, ...]


class Naked(msgspec.Struct, frozen=True):
    """
    A stretch in which a position of a venue had no stop for all of it.

    `reachable_secs` is the part of it in which the desk lived and the venue could be reached.
    """

    venue: str
    asset: str
    start_ms: int
    secs: float
    reachable_secs: float


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


def naked_of(side: Side, away: Sequence[Span]) -> list[Naked]:
    """Return a venue's naked stretches so far; `away` is when it could not be traded."""
    found = []
    for span in naked_spans(side.fills, side.rows, side.now_ms):
        length_ms = span.end_ms - span.start_ms
        reachable_ms = length_ms - overlap_ms(span, away)
        found.append(
            Naked(side.name, span.what, span.start_ms, length_ms / 1000, reachable_ms / 1000)
        )
    return found
