"""What the market of others offers in one coin, from its newest book and quote; no engine here."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from simulator.events import Bbo, Book
from simulator.wire import Level

type Levels = Iterable[tuple[Decimal, Decimal]]


class Outside:
    """One coin's outside liquidity: the quote is its top once it is as new as the book.

    `is_new` says that the engine has not seen it. What has the same time is one change: a quote and
    the book under it do not offer the same size twice.
    """

    def __init__(self) -> None:
        self.time = 0
        self.is_new = False
        self._book: Book | None = None
        self._quote: Bbo | None = None

    def put(self, change: Book | Bbo) -> None:
        """Take a change in."""
        if isinstance(change, Book):
            self._book = change
        else:
            self._quote = change
        self.time, self.is_new = change.time, True

    def clear(self) -> None:
        """Forget everything, as at the end of a listing."""
        self._book = self._quote = None
        self.is_new = False

    def sides(self) -> tuple[Levels, Levels]:
        """Return bids and asks from the best on; read once, when somebody looks."""
        self.is_new = False
        book, quote = self._book, self._quote
        bids = book.bids if book else ()
        asks = book.asks if book else ()
        if quote is None or (book is not None and book.time > quote.time):
            return _all(bids), _all(asks)
        return _under(quote.bid, bids, -1), _under(quote.ask, asks, 1)


def _all(levels: Iterable[Level]) -> Iterator[tuple[Decimal, Decimal]]:
    return ((Decimal(level.px), Decimal(level.sz)) for level in levels)


def _under(
    top: Level | None, levels: Iterable[Level], direction: int
) -> Iterator[tuple[Decimal, Decimal]]:
    """Give the top and the levels behind it; a side without a top is empty."""
    if top is None:
        return
    best = Decimal(top.px)
    yield best, Decimal(top.sz)
    for price, size in _all(levels):
        if (price - best) * direction > 0:
            yield price, size
