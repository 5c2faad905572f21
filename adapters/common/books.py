"""What a venue says of an account as a whole, to be held against what a run says of it."""

from decimal import Decimal

import msgspec


class AccountBooks(msgspec.Struct, frozen=True, kw_only=True):
    """
    An account by the venue's word, in its settlement currency.

    Attributes
    ----------
    pnl
        Earned by closed trades, after fees and without funding.
    equity
        What the account is worth.
    funding
        Received, or paid if negative; in the equity as well.
    orders, positions
        How many are open.

    """

    pnl: Decimal
    equity: Decimal
    funding: Decimal
    orders: int
    positions: int
