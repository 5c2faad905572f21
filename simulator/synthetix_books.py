"""The book of a market as one subscriber is told of it: a snapshot, then what changed since."""

from simulator.synthetix_book import View, changes, checksum, levels, view
from simulator.synthetix_feeds import BookFeed
from simulator.synthetix_floor import Floor
from simulator.synthetix_quotes import Wire, rfc3339

FIRST_SEQUENCE = 1


class Sequences:
    """Numbers the states of each market's book, from 1 on; a change is a greater number."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def of(self, symbol: str) -> int:
        """Return the number of a book's state."""
        return self._numbers.get(symbol, FIRST_SEQUENCE)

    def move(self, symbol: str) -> None:
        """Count a change of a book."""
        self._numbers[symbol] = self.of(symbol) + 1


class BookStream:
    """What one subscriber was told, and when it is to hear again."""

    def __init__(self, feed: BookFeed, every_ms: int) -> None:
        self.feed = feed
        self._every_ms = every_ms
        self._due_ms = 0
        self._sequence = 0
        self._told = View()

    def first(self, floor: Floor, sequences: Sequences, now_ms: int) -> Wire:
        """Tell the whole book."""
        self._told = self._look(floor)
        self._sequence = sequences.of(self.feed.symbol)
        self._due_ms = now_ms + self._every_ms
        return self._frame(floor, "snapshot", {}, self._told, now_ms)

    def next(self, floor: Floor, sequences: Sequences, now_ms: int) -> Wire | None:
        """Tell what changed, or the whole book anew if that is asked for; None if it is not time.

        A change below the subscribed depth is told to nobody, and the next diff follows on the
        last one that was sent.
        """
        sequence = sequences.of(self.feed.symbol)
        if now_ms < self._due_ms or sequence == self._sequence:
            return None
        book = self._look(floor)
        if book == self._told:
            return None
        told, before = changes(self._told, book), self._sequence
        self._told, self._sequence = book, sequence
        self._due_ms = now_ms + self._every_ms
        if not self.feed.is_diff:
            return self._frame(floor, "snapshot", {}, book, now_ms)
        return self._frame(floor, "diff", {"prevMeseq": before}, told, now_ms)

    def _look(self, floor: Floor) -> View:
        perp = floor.markets[self.feed.symbol]
        return view(floor.state(perp), perp.terms, self.feed.depth, floor.dialect)

    def _frame(self, floor: Floor, kind: str, before: Wire, told: View, now_ms: int) -> Wire:
        return {
            **floor.dialect.named("orderbook_depth_update", "orderbookUpdate"),
            "type": kind,
            "meseq": self._sequence,
            **before,
            "checksum": checksum(self._told),
            "timestamp": now_ms,
            "data": {
                "symbol": self.feed.symbol,
                "timestamp": rfc3339(now_ms),
                "bids": levels(told.bids),
                "asks": levels(told.asks),
            },
        }
