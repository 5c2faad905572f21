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


Distance = PercentDistance | AtrDistance


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
        None if the rule needs a range that is not known yet.
    """
    if isinstance(distance, PercentDistance):
        return entry * distance.percent / WHOLE
    return None if atr is None else atr * distance.multiple


def stop_price(entry: Decimal, distance: Decimal, tick: Decimal, *, is_long: bool) -> Decimal:
    """
    Return the trigger price of a stop that loses at most `distance`, give or take one tick.

    It lies below a long entry and above a short one, rounded towards the entry so that rounding
    never adds to the loss; always at least one tick from the entry and one above zero.
    """
    return _price(entry, -distance if is_long else distance, tick)


def take_profit_price(
    entry: Decimal, distance: Decimal, tick: Decimal, *, is_long: bool
) -> Decimal:
    """
    Return the limit price of a take-profit that asks for at most `distance`, or for one tick.

    It lies above a long entry and below a short one, rounded towards the entry so that rounding
    never puts it out of reach; always at least one tick from the entry and one above zero.
    """
    return _price(entry, distance if is_long else -distance, tick)


def _price(entry: Decimal, offset: Decimal, tick: Decimal) -> Decimal:
    if offset < 0:
        below = _round(entry, tick, ROUND_CEILING) - tick
        return max(tick, min(below, _round(entry + offset, tick, ROUND_CEILING)))
    above = _round(entry, tick, ROUND_FLOOR) + tick
    return max(above, _round(entry + offset, tick, ROUND_FLOOR))


def _round(price: Decimal, tick: Decimal, rounding: str) -> Decimal:
    return (price / tick).to_integral_value(rounding) * tick
