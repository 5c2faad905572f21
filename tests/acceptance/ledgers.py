"""What the loopback venue has told, kept beside it: the other side of every judgment."""

from collections.abc import Iterable, Iterator

from simulator.events import Bbo, Book, Event, Reference, Source, Trades
from simulator.wire import Trade


class Ledger:
    """A source that hands on another's events and keeps them."""

    def __init__(self, source: Source) -> None:
        self.universe = source.universe
        self.start_ms = source.start_ms
        self.gives = source.gives
        self.told: list[Event] = []
        self._source = source

    def history(self) -> Iterable[Event]:
        return self._source.history()

    def due(self, now_ms: int) -> Iterator[Event]:
        for event in self._source.due(now_ms):
            self.told.append(event)
            yield event

    def of[E: (Bbo, Book, Reference, Trades)](self, kind: type[E], coin: str) -> list[E]:
        return [event for event in self.told if isinstance(event, kind) and event.coin == coin]

    def trades(self, coin: str) -> list[Trade]:
        return [trade for event in self.of(Trades, coin) for trade in event.trades]


def run_of[T](heard: list[T], told: list[T]) -> list[T]:
    """Return the part of `told` that should have been heard: as many, from the first heard on."""
    assert heard, "nothing was heard"
    assert heard[0] in told, f"never told: {heard[0]}"
    first = told.index(heard[0])
    return told[first : first + len(heard)]
