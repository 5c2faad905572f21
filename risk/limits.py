"""The limits that may be set in four scopes, and the strictest of them; nothing is judged."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import StrEnum

import msgspec


class Scope(StrEnum):
    """Whose limit it is, from the widest to the narrowest."""

    DESK = "desk"
    VENUE = "venue"
    STRATEGY = "strategy"
    INSTRUMENT = "instrument"


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """
    Limit what may be opened; None does not.

    Parameters
    ----------
    order_size_max : Decimal or None
        Base units of one order.
    order_notional_max : Decimal or None
        Value of one order, in quote currency.
    price_collar_percent : Decimal or None
        How far a price may be on the losing side of the mark.
    position_size_max, position_notional_max : Decimal or None
        Position in one instrument once all that is open has filled, in base units and as value.
    leverage_max : Decimal or None
        Exposure at a venue over the equity there.
    gross_notional_max : Decimal or None
        Exposure of the whole scope: the values of its positions without their signs, summed up.
    open_orders_max : int or None
        Orders of the scope that are not done, those that only reduce left out.
    orders_per_minute_max : int or None
        Orders of the scope in any 60 seconds, those that only reduce left out.
    data_age_secs_max : Decimal or None
        Age of the newest price.
    """

    order_size_max: Decimal | None = None
    order_notional_max: Decimal | None = None
    price_collar_percent: Decimal | None = None
    position_size_max: Decimal | None = None
    position_notional_max: Decimal | None = None
    leverage_max: Decimal | None = None
    gross_notional_max: Decimal | None = None
    open_orders_max: int | None = None
    orders_per_minute_max: int | None = None
    data_age_secs_max: Decimal | None = None


class Bound(msgspec.Struct, frozen=True):
    """A limit and the scope that set it."""

    value: Decimal
    scope: Scope


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """
    What holds for the orders of one strategy in one instrument.

    Of a limit on an order, a position or an account only the strictest counts. One on all of a
    scope is measured anew in each, so there are as many as scopes that set it.
    """

    order_size: Bound | None
    order_notional: Bound | None
    price_collar: Bound | None
    position_size: Bound | None
    position_notional: Bound | None
    leverage: Bound | None
    data_age: Bound | None
    gross: tuple[Bound, ...]
    open_orders: tuple[Bound, ...]
    rate: tuple[Bound, ...]


def bounds_of(limits: Mapping[Scope, Limits]) -> Bounds:
    """Return what the limits of the scopes come to; a scope that is missing sets none."""
    return Bounds(
        order_size=_strictest(limits, lambda its: its.order_size_max),
        order_notional=_strictest(limits, lambda its: its.order_notional_max),
        price_collar=_strictest(limits, lambda its: its.price_collar_percent),
        position_size=_strictest(limits, lambda its: its.position_size_max),
        position_notional=_strictest(limits, lambda its: its.position_notional_max),
        leverage=_strictest(limits, lambda its: its.leverage_max),
        data_age=_strictest(limits, lambda its: its.data_age_secs_max),
        gross=_each(limits, lambda its: its.gross_notional_max),
        open_orders=_each(limits, lambda its: its.open_orders_max),
        rate=_each(limits, lambda its: its.orders_per_minute_max),
    )


type _Read = Callable[[Limits], Decimal | int | None]


def _each(limits: Mapping[Scope, Limits], read: _Read) -> tuple[Bound, ...]:
    found = ((scope, read(limits[scope])) for scope in Scope if scope in limits)
    return tuple(Bound(Decimal(value), scope) for scope, value in found if value is not None)


def _strictest(limits: Mapping[Scope, Limits], read: _Read) -> Bound | None:
    return min(_each(limits, read), key=lambda bound: bound.value, default=None)


class LimitBook(msgspec.Struct, frozen=True, kw_only=True):
    """
    All limits of a desk.

    Parameters
    ----------
    desk : Limits
        What holds for everything.
    venues, strategies, instruments : Mapping[str, Limits]
        What holds more narrowly, by the name of the venue in capitals, the strategy's id without
        its tag, and the instrument's id.
    """

    desk: Limits = Limits()
    venues: Mapping[str, Limits] = {}
    strategies: Mapping[str, Limits] = {}
    instruments: Mapping[str, Limits] = {}

    def bounds(self, venue: str, strategy: str, instrument: str) -> Bounds:
        """Return what holds for the orders of a strategy in an instrument."""
        return bounds_of(
            {
                Scope.DESK: self.desk,
                Scope.VENUE: self.venues.get(venue, Limits()),
                Scope.STRATEGY: self.strategies.get(strategy, Limits()),
                Scope.INSTRUMENT: self.instruments.get(instrument, Limits()),
            }
        )
