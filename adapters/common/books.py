"""What a venue says that an account has come to, to be set beside our own books; values only."""

from decimal import Decimal

import msgspec


class Books(msgspec.Struct, frozen=True, kw_only=True):
    """
    The books of one account, all amounts in dollars.

    Attributes
    ----------
    pnl
        Earned by closed trades, after fees and without funding.
    equity
        What the account is worth now.
    funding
        Received, or paid if negative; in the equity.
    orders, positions
        How many are open.

    """

    pnl: Decimal
    equity: Decimal
    funding: Decimal
    orders: int
    positions: int
