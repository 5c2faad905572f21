"""One book as the stream tells it, of which nothing is passed on that is not proved; pure."""

from binascii import crc32
from collections.abc import Collection, Iterable
from math import inf

import msgspec

from adapters.synthetix.constants import NANOS_PER_SECOND
from adapters.synthetix.frames import WsBook
from adapters.synthetix.schemas import BookLevel

# So many of each side are remembered; the deepest subscription shows 100.
LEVELS_KEPT = 1_000
# A snapshot answers a subscription at once; by the venue's time this is late.
SNAPSHOT_PATIENCE_NS = 5 * NANOS_PER_SECOND


class LevelChange(msgspec.Struct, frozen=True, gc=False):
    """One level's new quantity in place of the old; 0 removes it."""

    is_bid: bool
    price: float
    quantity: float
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


class _Side:
    """
    One side of a book: what is shown of it, and what has slid behind that.

    Numbers are floats, which tell apart all prices of up to 15 digits, and keep their order.
    """

    def __init__(self, depth: int, *, is_bid: bool) -> None:
        self._depth = depth
        self._is_bid = is_bid
        self._letter = "b" if is_bid else "a"
        # By price, the quantity and the text that the checksum covers, as it came. As in the SDK's
        # own book, levels behind the depth are kept: the venue may or may not remove them itself,
        # and need not tell them again when they come back.
        self._levels: dict[float, tuple[float, str]] = {}
        # Best first. Most frames change quantities only, and leave it as it is.
        self._prices: list[float] = []
        self._shown: list[float] = []
        self._shown_set: frozenset[float] = frozenset()
        # None while it has to be put together again.
        self._text: bytes | None = None

    def clear(self) -> None:
        """Forget all levels."""
        self._levels = {}
        self._show([])

    @property
    def best(self) -> tuple[float, float] | None:
        """Price and quantity of the best level; None while there is none."""
        return (self._shown[0], self._levels[self._shown[0]][0]) if self._shown else None

    @property
    def shown(self) -> list[tuple[float, float]]:
        """Price and quantity of each level that is shown, best first."""
        return [(price, self._levels[price][0]) for price in self._shown]

    @property
    def text(self) -> bytes:
        """What the checksum covers of this side."""
        if self._text is None:
            levels = self._levels
            self._text = "".join([levels[price][1] for price in self._shown]).encode()
        return self._text

    def merge(self, news: Iterable[BookLevel]) -> list[LevelChange]:
        """Take the news and return how what is shown differs; raise ValueError if it is none."""
        before = self._take(news)
        if not before:
            return []
        self._text = None
        levels, was_shown, was_set = self._levels, self._shown, self._shown_set
        fresh = [price for price, then in before.items() if then is None and price in levels]
        if fresh or len(levels) < len(self._prices):
            self._sort(fresh)
        is_bid, now_set = self._is_bid, self._shown_set
        changes = []
        if was_set != now_set:
            changes = [
                LevelChange(is_bid, price, 0.0, is_new=False)
                for price in was_shown
                if price not in now_set
            ]
            changes += [
                LevelChange(is_bid, price, levels[price][0], is_new=True)
                for price in self._shown
                if price not in was_set
            ]
        changes += [
            LevelChange(is_bid, price, levels[price][0], is_new=False)
            for price, then in before.items()
            if price in was_set and price in now_set and then != levels[price][0]
        ]
        return changes

    def _take(self, news: Iterable[BookLevel]) -> dict[float, float | None]:
        """Return what the quantity of each level that is told was before; None of a new one."""
        levels, letter = self._levels, self._letter
        before: dict[float, float | None] = {}
        for level in news:
            try:
                price, quantity = float(level.price), float(level.quantity)
            except ValueError:
                price = quantity = -1.0
            if not (0 < price < inf and 0 <= quantity < inf):
                raise ValueError(f"Expected a level, was {level.quantity!r} at {level.price!r}")
            then = levels.get(price)
            if price not in before:
                before[price] = None if then is None else then[0]
            if quantity:
                levels[price] = (quantity, f"{letter}{level.price}:{level.quantity}|")
            elif then is not None:
                del levels[price]
        return before

    def _sort(self, fresh: Collection[float]) -> None:
        levels = self._levels
        prices = [price for price in self._prices if price in levels]
        if fresh:
            prices += fresh
            prices.sort(reverse=self._is_bid)
        for price in prices[LEVELS_KEPT:]:
            del levels[price]
        self._show(prices[:LEVELS_KEPT])

    def _show(self, prices: list[float]) -> None:
        self._prices = prices
        self._shown = prices[: self._depth]
        self._shown_set = frozenset(self._shown)
        self._text = None


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
    def best(self) -> tuple[tuple[float, float], tuple[float, float]] | None:
        """Price and quantity of the best bid, and of the best ask; None while one is missing."""
        bid, ask = self._bids.best, self._asks.best
        return None if bid is None or ask is None else (bid, ask)

    @property
    def bids(self) -> list[tuple[float, float]]:
        """Price and quantity of each bid, best first."""
        return self._bids.shown

    @property
    def asks(self) -> list[tuple[float, float]]:
        """Price and quantity of each ask, best first."""
        return self._asks.shown

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
        return f"{crc32(self._asks.text, crc32(self._bids.text)):08x}"
