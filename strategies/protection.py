"""Where a stop and a take-profit rest: pure decimal arithmetic, rounded to the safe side."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Protocol

import msgspec

from strategies.sizing import WHOLE, require_positive
from strategies.wilder import PERIOD_MIN


class PercentDistance(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="percent"
):
    """Keep a distance of so many percent of the entry price, above 0 and below 100."""

    percent: Decimal

    def __post_init__(self) -> None:
        """Refuse an impossible value."""
        require_positive("percent", self.percent)
        if self.percent >= WHOLE:
            raise ValueError(f"Expected a percent below {WHOLE}, was {self.percent}")


class AtrDistance(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="atr"
):
    """Keep a distance of so many average true ranges."""

    multiple: Decimal
    period: int = 14

    def __post_init__(self) -> None:
        """Refuse an impossible value."""
        require_positive("multiple", self.multiple)
        if self.period < PERIOD_MIN:
            raise ValueError(f"Expected a period of at least {PERIOD_MIN}, was {self.period}")


class AmountDistance(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="amount"
):
    """Keep a distance of so much in price, in quote currency per base unit."""

    amount: Decimal

    def __post_init__(self) -> None:
        """Refuse an impossible value."""
        require_positive("amount", self.amount)


class PriceLevel(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="price"
):
    """Rest at this price, wherever the entry was."""

    price: Decimal

    def __post_init__(self) -> None:
        """Refuse an impossible value."""
        require_positive("price", self.price)


Distance = PercentDistance | AtrDistance | AmountDistance | PriceLevel


class PriceRule(Protocol):
    """Either of `stop_price` and `take_profit_price`."""

    def __call__(
        self, entry: Decimal, distance: Decimal, tick: Decimal, *, is_long: bool
    ) -> Decimal:
        """Return the price on the tick grid."""


def distance_in_price(distance: Distance, entry: Decimal, atr: Decimal | None) -> Decimal | None:
    """
    Return a distance in price units.

    Parameters
    ----------
    distance : Distance
        The rule.
    entry : Decimal
        The average entry price.
    atr : Decimal or None
        The average true range, None while it is unknown.

    Returns
    -------
    Decimal or None
        None if the rule needs a range that is not known yet. Of a `PriceLevel` the gap to the
        entry, on whatever side: `resting_price` knows the side.
    """
    match distance:
        case PercentDistance(percent):
            return entry * percent / WHOLE
        case AmountDistance(amount):
            return amount
        case PriceLevel(price):
            return abs(entry - price)
        case AtrDistance(multiple):
            return None if atr is None else atr * multiple


def resting_price(
    rule: Distance,
    entry: Decimal,
    atr: Decimal | None,
    tick: Decimal,
    *,
    is_long: bool,
    is_stop: bool,
) -> Decimal | None:
    """
    Return the price at which a stop, or else a take-profit, rests by its rule.

    A level that the entry has passed already, such as a stop above a long entry, rests one tick
    from the entry on its own side: the first move that way ends the position.

    Parameters
    ----------
    rule, entry, atr
        As for `distance_in_price`.
    tick : Decimal
        The price increment.
    is_long : bool
        The side of the position.
    is_stop : bool
        Whether it is the stop.

    Returns
    -------
    Decimal or None
        None if the rule needs a range that is not known yet.
    """
    is_below = is_long == is_stop
    if isinstance(rule, PriceLevel):
        gap = entry - rule.price if is_below else rule.price - entry
        distance: Decimal | None = max(gap, tick)
    else:
        distance = distance_in_price(rule, entry, atr)
    if distance is None:
        return None
    return _price(entry, distance, tick, is_below=is_below)


def stop_price(entry: Decimal, distance: Decimal, tick: Decimal, *, is_long: bool) -> Decimal:
    """
    Return the trigger price of a stop that loses at most `distance`, give or take one tick.

    It lies below a long entry and above a short one, rounded towards the entry so that rounding
    never adds to the loss; always at least one tick from the entry and one above zero.
    """
    return _price(entry, distance, tick, is_below=is_long)


def take_profit_price(
    entry: Decimal, distance: Decimal, tick: Decimal, *, is_long: bool
) -> Decimal:
    """
    Return the limit price of a take-profit that asks for at most `distance`, or for one tick.

    It lies above a long entry and below a short one, rounded towards the entry so that rounding
    never puts it out of reach; always at least one tick from the entry and one above zero.
    """
    return _price(entry, distance, tick, is_below=not is_long)


def _price(entry: Decimal, distance: Decimal, tick: Decimal, *, is_below: bool) -> Decimal:
    if is_below:
        below = _round(entry, tick, ROUND_CEILING) - tick
        return max(tick, min(below, _round(entry - distance, tick, ROUND_CEILING)))
    above = _round(entry, tick, ROUND_FLOOR) + tick
    return max(above, _round(entry + distance, tick, ROUND_FLOOR))


def _round(price: Decimal, tick: Decimal, rounding: str) -> Decimal:
    return (price / tick).to_integral_value(rounding) * tick
