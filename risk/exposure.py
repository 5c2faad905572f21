"""What positions and open orders may come to at worst: pure decimal arithmetic."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

import msgspec


class Holding(msgspec.Struct, frozen=True):
    """
    A position, or orders that may add to one: some of one strategy, on one side.

    Parameters
    ----------
    instrument, venue, strategy : str
        Their ids.
    signed : Decimal
        Base units, negative for short and for a sale.
    price : Decimal
        What a base unit is worth, the instrument's multiplier in it; of several orders the most.
    is_order : bool
        Whether it is an order, which may fill or not.
    count : int
        How many orders.
    """

    instrument: str
    venue: str
    strategy: str
    signed: Decimal
    price: Decimal
    is_order: bool = False
    count: int = 1


def worst_position(holdings: Iterable[Holding], *, is_long: bool) -> Decimal:
    """Return the signed position once every order that goes this way has filled, and no other."""
    return sum(
        (each.signed for each in holdings if not each.is_order or (each.signed > 0) == is_long),
        Decimal(0),
    )


def worst_gross(holdings: Iterable[Holding]) -> Decimal:
    """Return the sum over the instruments of the larger value that each position may come to."""
    by_instrument: defaultdict[str, list[Holding]] = defaultdict(list)
    for each in holdings:
        by_instrument[each.instrument].append(each)
    return sum(map(_worst_value, by_instrument.values()), Decimal(0))


def only_reduces(position: Decimal, waiting: Decimal, order: Decimal) -> bool:
    """
    Tell whether an order can do nothing but make a position smaller.

    Parameters
    ----------
    position : Decimal
        Signed base units.
    waiting : Decimal
        Signed base units of open orders on the order's side, those marked reduce-only left out.
    order : Decimal
        Signed base units of the order.
    """
    if position * order >= 0:
        return False
    return position * (position + waiting + order) >= 0


def _worst_value(holdings: list[Holding]) -> Decimal:
    price = max(each.price for each in holdings)
    worst = max(abs(worst_position(holdings, is_long=is_long)) for is_long in (True, False))
    return worst * price
