"""Views of a book as Hyperliquid sends it: whole, aggregated by significant figures, or its top."""

from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby

from simulator.market import CoinState
from simulator.numbers import group_price, to_wire
from simulator.wire import Level

FAST_LEVELS = 5
"""A `fast` subscriber gets so many levels a side (fact sheet 6.3)."""
FIGURES = (2, 3, 4, 5)
MANTISSAS = (1, 2, 5)


def valid_aggregation(figures: int | None, mantissa: int | None) -> bool:
    """Tell whether the venue knows this: 2 to 5 figures; mantissa 1, 2 or 5 with 5 figures only."""
    if figures is not None and figures not in FIGURES:
        return False
    return mantissa is None or (mantissa in MANTISSAS and figures == max(FIGURES))


def l2_book(
    state: CoinState,
    figures: int | None = None,
    mantissa: int | None = None,
    depth: int | None = None,
) -> dict[str, object]:
    """Write a coin's book as `l2Book` has it, bids then asks, the best first."""
    bids, asks = state.bids, state.asks
    if figures is not None:
        bids = _grouped(bids, figures, mantissa or 1, up=False)
        asks = _grouped(asks, figures, mantissa or 1, up=True)
    levels = (bids[:depth], asks[:depth])
    return {"coin": state.listing.coin, "time": state.book_time, "levels": levels}


def bbo(state: CoinState) -> dict[str, object]:
    """Write the top of the book of a coin as `bbo` has it; an empty side is null."""
    quote = state.quote
    return {"coin": quote.coin, "time": quote.time, "bbo": (quote.bid, quote.ask)}


def _grouped(
    levels: Iterable[Level], figures: int, mantissa: int, *, up: bool
) -> tuple[Level, ...]:
    def price(level: Level) -> Decimal:
        return group_price(Decimal(level.px), figures, mantissa, up=up)

    return tuple(_sum(key, list(same)) for key, same in groupby(levels, key=price))


def _sum(price: Decimal, levels: list[Level]) -> Level:
    size = sum((Decimal(level.sz) for level in levels), Decimal(0))
    return Level(to_wire(price), to_wire(size), sum(level.n for level in levels))
