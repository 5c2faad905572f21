"""One book as the stream tells it, of which nothing is passed on that is not proved; pure."""

from binascii import crc32
from collections.abc import Iterable
from decimal import Decimal
from itertools import islice

import msgspec

from adapters.synthetix.constants import NANOS_PER_SECOND
from adapters.synthetix.frames import WsBook
from adapters.synthetix.schemas import BookLevel
from adapters.synthetix.wire import read_amount

# So many of each side are remembered; the deepest subscription shows 100.
LEVELS_KEPT = 1_000
# A snapshot answers a subscription at once; by the venue's time this is late.
SNAPSHOT_PATIENCE_NS = 5 * NANOS_PER_SECOND


class LevelChange(msgspec.Struct, frozen=True, gc=False):
    """One level's new quantity in place of the old; 0 removes it."""

    is_bid: bool
    price: Decimal
    quantity: Decimal
    is_new: bool


class BookChange(msgspec.Struct, frozen=True):
    """What a frame changes; after a snapshot only what is in it is left."""

    is_snapshot: bool
    levels: list[LevelChange]
    meseq: int
    ts_event: int


class BrokenBook(msgspec.Struct, frozen=True):
    """Why the book is not known any more: it must be subscribed again."""

    reason: str


class _Level(msgspec.Struct, frozen=True, gc=False):
    # The texts as they came: the checksum covers those.
    text: str
    quantity: Decimal


class _Side:
    """One side of a book, best first: what is shown of it, and what has slid behind that."""

    def __init__(self, depth: int, *, is_bid: bool) -> None:
        self._depth = depth
        self._is_bid = is_bid
        # As in the SDK's own book, levels behind the depth are kept: the venue may or may not
        # remove them itself, and need not tell them again when they come back.
        self._levels: dict[Decimal, _Level] = {}
        self.shown: dict[Decimal, _Level] = {}

    def clear(self) -> None:
        """Forget all levels."""
        self._levels, self.shown = {}, {}

    def merge(self, news: Iterable[BookLevel]) -> list[LevelChange]:
        """Take the news and return how what is shown differs; raise ValueError if it is none."""
        levels = self._levels
        is_moved = False
        for level in news:
            price, quantity = read_amount(level.price), read_amount(level.quantity)
            if price <= 0 or quantity < 0:
                raise ValueError(f"Expected a level, was {level.quantity} at {level.price}")
            is_moved = is_moved or not quantity or price not in levels
            if quantity:
                levels[price] = _Level(f"{level.price}:{level.quantity}", quantity)
            else:
                levels.pop(price, None)
        if is_moved:
            best_first = sorted(levels, reverse=self._is_bid)[:LEVELS_KEPT]
            self._levels = {price: levels[price] for price in best_first}
        before = self.shown
        self.shown = dict(islice(self._levels.items(), self._depth))
        return self._changes(before)

    def _changes(self, before: dict[Decimal, _Level]) -> list[LevelChange]:
        is_bid, zero = self._is_bid, Decimal(0)
        changes = [
            LevelChange(is_bid, price, zero, is_new=False)
            for price in before
            if price not in self.shown
        ]
        for price, now in self.shown.items():
            then = before.get(price)
            if then is None or then.quantity != now.quantity:
                changes.append(LevelChange(is_bid, price, now.quantity, is_new=then is None))
        return changes


class OrderBookState:
    """
    The levels of one market, best first, from a snapshot and the differences after it.

    Each frame names the one before it and a checksum of the book after it. When either does not
    fit, the book is broken once; then all is ignored until the next snapshot. A corrupted book
    thus never gets out.

    Parameters
    ----------
    depth : int
        Levels of each side that are subscribed: so many are shown, and covered by the checksum.

    """

    def __init__(self, depth: int) -> None:
        self._bids = _Side(depth, is_bid=True)
        self._asks = _Side(depth, is_bid=False)
        self._meseq: int | None = None
        self._waits_since: int | None = None

    @property
    def is_known(self) -> bool:
        """Whether there is a book that has been proved."""
        return self._meseq is not None

    @property
    def bids(self) -> list[tuple[Decimal, Decimal]]:
        """Price and quantity of each bid, best first."""
        return _pairs(self._bids)

    @property
    def asks(self) -> list[tuple[Decimal, Decimal]]:
        """Price and quantity of each ask, best first."""
        return _pairs(self._asks)

    def forget(self) -> None:
        """Wait for the next snapshot: the stream was interrupted."""
        self._meseq = None
        self._waits_since = None
        self._bids.clear()
        self._asks.clear()

    def apply(self, frame: WsBook) -> BookChange | BrokenBook | None:
        """
        Take one frame and return what it changes, or why the book is broken.

        None is nothing to tell: a repeated frame, or one before the snapshot that is waited for.
        """
        if frame.is_snapshot:
            self.forget()
        elif self._meseq is None:
            return self._wait(frame)
        elif frame.meseq == self._meseq:
            return None
        try:
            changes = self._take(frame)
        except ValueError as e:
            return self._break(frame, str(e))
        self._meseq = frame.meseq
        return BookChange(frame.is_snapshot, changes, frame.meseq, frame.ts_event)

    def _take(self, frame: WsBook) -> list[LevelChange]:
        """Return what the frame changes; raise ValueError with what is wrong with it."""
        if not frame.is_snapshot and frame.prev_meseq != self._meseq:
            raise ValueError(
                f"Expected a difference from {self._meseq}, was from {frame.prev_meseq}"
            )
        if frame.needs_resync:
            raise ValueError("Expected no skipped frames, was told to start again")
        changes = self._bids.merge(frame.bids) + self._asks.merge(frame.asks)
        found = self._checksum()
        if frame.checksum is not None and frame.checksum != found:
            raise ValueError(f"Expected checksum {frame.checksum}, was {found}")
        return changes

    def _wait(self, frame: WsBook) -> BrokenBook | None:
        """Ignore what is on its way from before; complain if the snapshot does not come."""
        if self._waits_since is None:
            self._waits_since = frame.ts_event
        if frame.ts_event - self._waits_since < SNAPSHOT_PATIENCE_NS:
            return None
        return self._break(frame, "Expected a snapshot, were differences only")

    def _break(self, frame: WsBook, words: str) -> BrokenBook:
        self.forget()
        return BrokenBook(f"{words} (book of {frame.symbol}, meseq {frame.meseq})")

    def _checksum(self) -> str:
        texts = [f"b{level.text}|" for level in self._bids.shown.values()]
        texts += [f"a{level.text}|" for level in self._asks.shown.values()]
        return f"{crc32(''.join(texts).encode()):08x}"


def _pairs(side: _Side) -> list[tuple[Decimal, Decimal]]:
    return [(price, level.quantity) for price, level in side.shown.items()]
