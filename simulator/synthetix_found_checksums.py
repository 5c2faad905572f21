"""One recorded book, kept in every way in which its checksum may be meant; pure.

It is written from the fact sheet alone, so that the adapter's book is judged by another.
"""

import zlib
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

import msgspec

from simulator.synthetix_dialect import short

type Levels = dict[Decimal, tuple[str, str]]


class Decimals(msgspec.Struct, frozen=True):
    """How many decimals a market's prices and sizes have, as getMarkets says."""

    price: int
    size: int


CANDIDATES = (
    "raw strings, cut at the depth",
    "raw strings, not cut",
    "shortened strings, cut at the depth",
    "shortened strings, not cut",
    "padded strings, cut at the depth",
    "padded strings, not cut",
)
"""What the checksum may cover; the first is what the adapter takes it to be."""


class BookError(ValueError):
    """A frame that is no book: `str()` says what was found."""


class RecordedBook:
    """The levels of a stream since its last snapshot, by price, with the strings as they came."""

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.bids: Levels = {}
        self.asks: Levels = {}

    def take(self, data: dict[str, object], *, is_snapshot: bool) -> dict[str, int]:
        """Take a frame in; return how many levels were new, gone, or gone without being known."""
        if is_snapshot:
            self.bids, self.asks = {}, {}
        seen = {"new": 0, "gone": 0, "gone unknown": 0}
        for name, side in (("bids", self.bids), ("asks", self.asks)):
            for price, size in read_levels(data.get(name)):
                number = _number(price)
                if _number(size):
                    seen["new"] += number not in side
                    side[number] = (price, size)
                else:
                    seen["gone" if side.pop(number, None) else "gone unknown"] += 1
        return seen

    def agrees(self, checksum: str, decimals: Decimals | None) -> dict[str, bool]:
        """Tell for each candidate whether it gives this checksum."""
        found = {}
        for name in CANDIDATES:
            if name.startswith("padded") and decimals is None:
                continue
            found[name] = self.checksum(name, decimals) == checksum.lower()
        return found

    def checksum(self, candidate: str, decimals: Decimals | None = None) -> str:
        """Return the checksum of a candidate."""
        cut = self.depth if candidate.endswith("cut at the depth") else None
        write = _WRITERS[candidate.partition(" ")[0]]
        text = "".join(
            f"{letter}{write(price, size, decimals)}|"
            for letter, side in (("b", self.bids), ("a", self.asks))
            for price, size in (side[key] for key in sorted(side, reverse=letter == "b")[:cut])
        )
        return f"{zlib.crc32(text.encode()):08x}"


def read_levels(side: object) -> list[tuple[str, str]]:
    """Read the levels of a side, as objects or as pairs; raise BookError if they are neither."""
    if side is None:
        return []
    if not isinstance(side, list):
        raise BookError(f"Expected levels, was {side!r:.60}")
    return [_read_level(level) for level in side]


def _read_level(level: object) -> tuple[str, str]:
    match level:
        case {"price": price, "quantity": size} | [price, size]:
            return str(price), str(size)
        case _:
            raise BookError(f"Expected a price and a quantity, was {level!r:.60}")


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as e:
        raise BookError(f"Expected a number, was {text!r:.60}") from e


def _raw(price: str, size: str, _decimals: Decimals | None) -> str:
    return f"{price}:{size}"


def _shortened(price: str, size: str, _decimals: Decimals | None) -> str:
    return f"{short(Decimal(price))}:{short(Decimal(size))}"


def _padded(price: str, size: str, decimals: Decimals | None) -> str:
    assert decimals is not None  # noqa: S101  (no such candidate without them)
    return f"{Decimal(price):.{decimals.price}f}:{Decimal(size):.{decimals.size}f}"


_WRITERS: dict[str, Callable[[str, str, Decimals | None], str]] = {
    "raw": _raw,
    "shortened": _shortened,
    "padded": _padded,
}
