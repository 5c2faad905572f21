"""Whether a strategy's alerts have stopped coming; pure, it is told the time."""

from collections.abc import Mapping, Sequence

import msgspec

NANOS_PER_SEC = 1_000_000_000


class Silent(msgspec.Struct, frozen=True):
    """A strategy of which nothing was heard for so long, in nanoseconds."""

    strategy: str
    for_ns: int
    limit_ns: int


class Silence:
    """
    Tell of each silence once, until the strategy is heard again.

    Parameters
    ----------
    limits_secs : mapping of str to float
        How long each strategy may be silent; others are not watched.
    start_ns : int
        From when on silence counts, nanoseconds.
    """

    def __init__(self, limits_secs: Mapping[str, float], start_ns: int) -> None:
        self._limits_ns = {name: int(s * NANOS_PER_SEC) for name, s in limits_secs.items()}
        self._heard_ns = dict.fromkeys(limits_secs, start_ns)
        self._told: set[str] = set()

    def heard(self, strategy: str, now_ns: int) -> None:
        """Note that an alert has come, a heartbeat or any other."""
        if strategy in self._limits_ns:
            self._heard_ns[strategy] = max(now_ns, self._heard_ns[strategy])
            self._told.discard(strategy)

    def due(self, now_ns: int) -> Sequence[Silent]:
        """Return the silences that have become too long and were not returned before."""
        found = []
        for strategy, limit_ns in self._limits_ns.items():
            for_ns = now_ns - self._heard_ns[strategy]
            if for_ns >= limit_ns and strategy not in self._told:
                self._told.add(strategy)
                found.append(Silent(strategy, for_ns, limit_ns))
        return found

    def next_ns(self) -> int | None:
        """Return when `due` may have something to say, or None while nothing can."""
        waiting = [
            self._heard_ns[strategy] + limit_ns
            for strategy, limit_ns in self._limits_ns.items()
            if strategy not in self._told
        ]
        return min(waiting, default=None)
