"""One market's book: the outside levels and the traders' orders in one queue; no money here.

A trader's order queues behind the outside size that stood at its price when it came. What is taken
from, or printed at, that price moves it up; an outside level that shrinks moves it up as well.
"""

from bisect import insort
from collections.abc import Iterable, Iterator
from decimal import Decimal

import msgspec

from simulator.exchange.model import ZERO, Order, Side


class Level(msgspec.Struct):
    """Outside size at a price."""

    price: Decimal
    size: Decimal


class Entry(msgspec.Struct):
    """A resting order and the outside size before it, never more than its price's level holds."""

    order: Order
    ahead: Decimal

    @property
    def price(self) -> Decimal:
        """Return its limit price."""
        return self.order.request.price


class Offer(msgspec.Struct, frozen=True):
    """What a taker meets next; `order` is None for the outside."""

    price: Decimal
    size: Decimal
    order: Order | None


class Book:
    """Price-time priority over both; each side's lists run from the best price on."""

    def __init__(self) -> None:
        self._outside: dict[Side, list[Level]] = {Side.BUY: [], Side.SELL: []}
        self._coming: dict[Side, Iterable[tuple[Decimal, Decimal]]] = {}
        self._entries: dict[Side, list[Entry]] = {Side.BUY: [], Side.SELL: []}

    def set_outside(self, side: Side, levels: Iterable[tuple[Decimal, Decimal]]) -> None:
        """Replace a side's outside levels, (price, size) from the best on.

        They are read when somebody looks: a book that changes often and that nobody trades costs
        next to nothing.
        """
        self._coming[side] = levels
        if self._entries[side]:
            self._levels(side)

    @property
    def has_orders(self) -> bool:
        """Say whether any trader's order rests here."""
        return any(self._entries.values())

    def rest(self, order: Order) -> None:
        """Put an order at the end of the queue at its price."""
        price = order.request.price
        ahead = sum((x.size for x in self._levels(order.side) if x.price == price), ZERO)
        sign = order.side.value
        insort(self._entries[order.side], Entry(order, ahead), key=lambda e: -sign * e.price)

    def remove(self, order: Order) -> None:
        """Take an order out, if it rests here."""
        entries = self._entries[order.side]
        entries[:] = [entry for entry in entries if entry.order is not order]

    def best(self, side: Side) -> Decimal | None:
        """Return a side's best price; None when it is empty."""
        prices = [tops[0].price for tops in (self._levels(side), self._entries[side]) if tops]
        return (max if side is Side.BUY else min)(prices, default=None)

    def next_offer(self, taker: Side, limit: Decimal | None) -> Offer | None:
        """Return what a taker of that side and limit meets next; None when nothing is in reach.

        A `limit` of None accepts every price.
        """
        side = taker.opposite
        price = self.best(side)
        if price is None or (limit is not None and not taker.passes(price, limit)):
            return None
        entry = next((x for x in self._entries[side][:1] if x.price == price), None)
        if entry is None:
            return Offer(price, self._levels(side)[0].size, None)
        if entry.ahead:
            return Offer(price, entry.ahead, None)
        return Offer(price, entry.order.remaining, entry.order)

    def take_outside(self, side: Side, size: Decimal) -> None:
        """Take `size`, which it must hold, from a side's best outside level until the next book."""
        levels = self._levels(side)
        level = levels[0]
        level.size -= size
        if not level.size:
            del levels[0]
        self.pass_queue(side, level.price, size)

    def pass_queue(self, side: Side, price: Decimal, size: Decimal) -> None:
        """Move the orders at a price up by `size`."""
        for entry in self._entries[side]:
            if entry.price == price:
                entry.ahead = max(entry.ahead - size, ZERO)

    def depth(self, taker: Side, limit: Decimal, account: str) -> Decimal:
        """Return how much a taker could fill up to its limit, its own orders left out."""
        side = taker.opposite
        levels = (x.size for x in self._levels(side) if taker.passes(x.price, limit))
        orders = (
            x.order.remaining
            for x in self._entries[side]
            if taker.passes(x.price, limit) and x.order.account != account
        )
        return sum(levels, ZERO) + sum(orders, ZERO)

    def entries(self, side: Side) -> tuple[Entry, ...]:
        """Return a side's resting orders in their priority."""
        return tuple(self._entries[side])

    def levels(self, side: Side) -> Iterator[tuple[Decimal, Decimal]]:
        """Give a side's price and size as a viewer sees them, traders' orders included."""
        sizes: dict[Decimal, Decimal] = {}
        for level in self._levels(side):
            sizes[level.price] = sizes.get(level.price, ZERO) + level.size
        for entry in self._entries[side]:
            sizes[entry.price] = sizes.get(entry.price, ZERO) + entry.order.remaining
        yield from sorted(sizes.items(), reverse=side is Side.BUY)

    def crossed_outside(self, entry: Entry) -> Decimal:
        """Return the size of the best opposite outside level if it crosses a resting order."""
        top = next(iter(self._levels(entry.order.side.opposite)), None)
        return top.size if top and entry.order.side.passes(top.price, entry.price) else ZERO

    def _levels(self, side: Side) -> list[Level]:
        """Return a side's outside levels, after reading those that came last."""
        coming = self._coming.pop(side, None)
        if coming is not None:
            levels = self._outside[side] = [
                Level(price, size) for price, size in coming if size > 0
            ]
            sizes = {level.price: level.size for level in levels}
            for entry in self._entries[side]:
                entry.ahead = min(entry.ahead, sizes.get(entry.price, ZERO))
        return self._outside[side]
