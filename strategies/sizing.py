"""How much to trade: pure decimal arithmetic from a wish to a size the venue takes, or why not."""

from decimal import ROUND_DOWN, Decimal

import msgspec
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Quantity

WHOLE = Decimal(100)
"""One hundred percent."""

SIZE_MAX = Decimal(1_000_000_000)
"""More base units than any order may have; Nautilus itself ends near 3.4e13."""


class FixedSize(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="fixed"
):
    """Trade the same size each time, in base units."""

    size: Decimal

    def __post_init__(self) -> None:
        """Refuse an impossible value."""
        require_positive("size", self.size)


class NotionalSize(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="notional"
):
    """Trade the same value each time, in quote currency."""

    amount: Decimal

    def __post_init__(self) -> None:
        """Refuse an impossible value."""
        require_positive("amount", self.amount)


class PercentSize(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="percent"
):
    """Trade a share of the account's equity, in percent; more than 100 uses leverage."""

    percent: Decimal

    def __post_init__(self) -> None:
        """Refuse an impossible value."""
        require_positive("percent", self.percent)


Sizing = FixedSize | NotionalSize | PercentSize


class Refusal(msgspec.Struct, frozen=True):
    """Say in words why no order was made."""

    reason: str


def require_positive(name: str, value: Decimal) -> None:
    """
    Check a number of the configuration.

    Raises
    ------
    ValueError
        If `value` is not finite or not above zero.
    """
    if not value.is_finite() or value <= 0:
        raise ValueError(f"Expected a positive {name}, was {value}")


def wanted_size(sizing: Sizing, price: Decimal, equity: Decimal) -> Decimal:
    """
    Return the size in base units, not yet rounded.

    Parameters
    ----------
    sizing : Sizing
        The rule.
    price : Decimal
        The price per base unit, above zero.
    equity : Decimal
        The account's equity in quote currency; read only by `PercentSize`.
    """
    match sizing:
        case FixedSize(size):
            return size
        case NotionalSize(amount):
            return amount / price
        case PercentSize(percent):
            return equity * percent / WHOLE / price


def round_size(size: Decimal, price: Decimal, instrument: Instrument) -> Quantity | Refusal:
    """
    Round a size down to what the instrument trades.

    Parameters
    ----------
    size : Decimal
        The wish, in base units.
    price : Decimal
        The price at which its value is compared with the venue's minimum.
    instrument : Instrument
        The rules: size increment, smallest and largest size, smallest value.

    Returns
    -------
    Quantity or Refusal
        A size never above the wish, or the rule that it breaks.
    """
    name = instrument.id.symbol
    if not size.is_finite() or not 0 < size <= SIZE_MAX:
        return Refusal(f"Expected a size above 0 and at most {SIZE_MAX}, was {size} ({name})")
    increment = instrument.size_increment.as_decimal()
    rounded = (size / increment).to_integral_value(ROUND_DOWN) * increment
    smallest = instrument.min_quantity or instrument.size_increment
    if rounded < smallest.as_decimal():
        return Refusal(f"Expected a size of at least {smallest}, was {size} ({name})")
    if instrument.max_quantity and rounded > instrument.max_quantity.as_decimal():
        return Refusal(
            f"Expected a size of at most {instrument.max_quantity}, was {rounded} ({name})"
        )
    value = rounded * price * instrument.multiplier.as_decimal()
    if instrument.min_notional and value < instrument.min_notional.as_decimal():
        return Refusal(
            f"Expected an order worth at least {instrument.min_notional}, was {value} ({name})"
        )
    return Quantity(rounded, instrument.size_precision)
