"""Views of a book in the venue's own strings: their checksum, and what changed between two."""

import zlib
from collections.abc import Iterable, Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import msgspec

from simulator.market import CoinState
from simulator.synthetix_dialect import Dialect
from simulator.synthetix_markets import Terms
from simulator.wire import Level

NOTHING = "0"
"""A level of this size is gone (fact sheet 6.4), however other sizes are written."""

type Side = tuple[tuple[str, str], ...]
"""Levels as price and size, the best first."""


class View(msgspec.Struct, frozen=True):
    """The best levels of a book."""

    bids: Side = ()
    asks: Side = ()


def view(state: CoinState, terms: Terms, depth: int, dialect: Dialect) -> View:
    """Return the best `depth` levels of each side of a market's book."""
    decimals = tick_decimals(terms)
    return View(
        tuple(_side(state.bids, terms, decimals, depth, dialect, ROUND_FLOOR)),
        tuple(_side(state.asks, terms, decimals, depth, dialect, ROUND_CEILING)),
    )


def tick_decimals(terms: Terms) -> int:
    """Return how many decimals a market's prices have."""
    exponent = terms.tick.as_tuple().exponent
    assert isinstance(exponent, int)  # noqa: S101  (a tick is a number)
    return max(0, -exponent)


def checksum(book: View) -> str:
    """Return the CRC32 over the levels' strings, as 8 hex digits (fact sheet 6.4)."""
    bids = (f"b{price}:{size}|" for price, size in book.bids)
    asks = (f"a{price}:{size}|" for price, size in book.asks)
    return f"{zlib.crc32(''.join((*bids, *asks)).encode()):08x}"


def changes(before: View, after: View) -> View:
    """Return what makes one view another: levels that are new or differ, and 0 for those gone."""
    return View(
        tuple(_changes(before.bids, after.bids)),
        tuple(_changes(before.asks, after.asks)),
    )


def levels(side: Side) -> list[dict[str, str]]:
    """Write levels as a push does."""
    return [{"price": price, "quantity": size} for price, size in side]


def _side(
    source: Iterable[Level], terms: Terms, decimals: int, depth: int, dialect: Dialect, away: str
) -> Iterator[tuple[str, str]]:
    """Give levels on the market's ticks; prices between them move away from the other side."""
    count = 0
    price: Decimal | None = None
    size = Decimal(0)
    for level in source:
        on_tick = (Decimal(level.px) / terms.tick).to_integral_value(away) * terms.tick
        if price is not None and on_tick != price:
            yield dialect.level(price, decimals), dialect.level(size, terms.size_decimals)
            count += 1
            size = Decimal(0)
            if count == depth:
                return
        price = on_tick
        size += Decimal(level.sz)
    if price is not None:
        yield dialect.level(price, decimals), dialect.level(size, terms.size_decimals)


def _changes(before: Side, after: Side) -> Iterator[tuple[str, str]]:
    old, new = dict(before), dict(after)
    yield from ((price, size) for price, size in after if old.get(price) != size)
    yield from ((price, NOTHING) for price, _ in before if price not in new)
