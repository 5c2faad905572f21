"""What a control may look at, as plain numbers; where they come from is for others to say."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from risk.limits import Scope


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """
    What one scope holds.

    Parameters
    ----------
    gross : Decimal
        Its exposure with the order, in quote currency.
    open_orders : int
        Its orders that are not done and may open something, without the order.
    recent_orders : int
        Those that were sent in the last minute, without the order.
    """

    gross: Decimal
    open_orders: int
    recent_orders: int


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """
    An order that may open a position, and all that is around it.

    Parameters
    ----------
    is_buy : bool
        Its side.
    size : Decimal
        Base units that it may still fill.
    price : Decimal or None
        Its limit, else its trigger; None for a market order.
    is_limit : bool
        Whether `price` is a limit, at which it may fill.
    mark : Decimal or None
        The venue's mark, else the middle of its quote; None before either is known.
    data_age_secs : Decimal or None
        The age of the newer of the two; None as for `mark`.
    multiplier : Decimal
        Of the instrument, from size times price to value.
    position_after : Decimal
        Signed base units in the instrument once this and all that adds to it has filled.
    venue_gross : Decimal
        Exposure at the venue with the order, in quote currency.
    adds_exposure : bool
        Whether that is more than without the order.
    equity : Decimal or None
        Of the account there; None while it is unknown.
    totals : Mapping[Scope, Totals]
        What each scope that the order belongs to holds.
    """

    is_buy: bool
    size: Decimal
    price: Decimal | None
    is_limit: bool
    mark: Decimal | None
    data_age_secs: Decimal | None
    multiplier: Decimal
    position_after: Decimal
    venue_gross: Decimal
    adds_exposure: bool
    equity: Decimal | None
    totals: Mapping[Scope, Totals]

    @property
    def value_price(self) -> Decimal:
        """Return the price at which it is valued: the higher of mark and own; 0 without any."""
        return max(self.mark or Decimal(0), self.price or Decimal(0))

    @property
    def notional(self) -> Decimal:
        """Return the value of the order."""
        return self.size * self.value_price * self.multiplier

    @property
    def position_notional(self) -> Decimal:
        """Return the value of the position that it may lead to."""
        return abs(self.position_after) * self.value_price * self.multiplier
