"""Why an order was refused, as a code with its numbers."""

from decimal import Decimal
from enum import StrEnum

import msgspec

from risk.limits import Scope

DIGITS = 12  # significant ones shown: enough for any size, and no tail of a division


class Reason(StrEnum):
    """Why an order was refused, as a code that stays the same."""

    HALTED = "RISK_HALTED"
    """Trading is halted, and the order would open something."""
    NO_PRICE = "RISK_NO_PRICE"
    """There is no price to value the order with."""
    STALE_DATA = "RISK_STALE_DATA"
    """The newest price is too old."""
    ORDER_SIZE = "RISK_ORDER_SIZE"
    """The order is too large, in base units."""
    ORDER_NOTIONAL = "RISK_ORDER_NOTIONAL"
    """The order is worth too much."""
    PRICE_COLLAR = "RISK_PRICE_COLLAR"
    """Its limit is too far on the losing side of the mark."""
    POSITION_SIZE = "RISK_POSITION_SIZE"
    """The position would be too large, in base units."""
    POSITION_NOTIONAL = "RISK_POSITION_NOTIONAL"
    """The position would be worth too much."""
    NO_EQUITY = "RISK_NO_EQUITY"
    """The account's equity is unknown, or there is none."""
    LEVERAGE = "RISK_LEVERAGE"
    """The exposure at the venue would be too much for the equity there."""
    GROSS_NOTIONAL = "RISK_GROSS_NOTIONAL"
    """The exposure of the scope would be too much."""
    OPEN_ORDERS = "RISK_OPEN_ORDERS"
    """Too many orders are open."""
    ORDER_RATE = "RISK_ORDER_RATE"
    """Too many orders were sent in the last minute."""
    SIBLING = "RISK_SIBLING"
    """Another order of its list was refused."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """
    Say why an order is refused.

    Parameters
    ----------
    reason : Reason
        The code.
    words : str
        What was expected and what was found.
    scope : Scope or None
        Whose limit it is; None where it is no limit.
    limit, found : Decimal or None
        The numbers, in the unit that docs/risk.md gives for the code.
    """

    reason: Reason
    words: str
    scope: Scope | None = None
    limit: Decimal | None = None
    found: Decimal | None = None

    def __str__(self) -> str:
        """Return code and words in one line, as it stands on the denied order."""
        return f"{self.reason}: {self.words}"


def plain(number: Decimal) -> str:
    """Return a number without exponent and without a long tail."""
    rounded = Decimal(f"{number:.{DIGITS}g}")
    return f"{rounded.normalize():f}"
