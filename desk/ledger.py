"""A venue's own books of an account after a run, beside ours; no part of the trading."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import msgspec

from adapters.common.books import Books

TOLERANCE: Final = Decimal("0.01")  # a cent, in dollars


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """
    What an account earned and holds, told by the venue and by us, in dollars.

    Attributes
    ----------
    pnl_venue, pnl_ours
        Earned by closed trades, after fees and without funding.
    equity_venue, equity_ours
        What the account is worth at the end.
    funding
        Received, or paid if negative; in the equity of both.
    orders, positions
        How many the venue still has open.

    """

    pnl_venue: Decimal
    pnl_ours: Decimal
    equity_venue: Decimal
    equity_ours: Decimal
    funding: Decimal
    orders: int
    positions: int

    @property
    def is_settled(self) -> bool:
        """Whether both say the same to the cent and nothing is open at the venue."""
        differences = (self.pnl_venue - self.pnl_ours, self.equity_venue - self.equity_ours)
        is_same = all(abs(difference) <= TOLERANCE for difference in differences)
        return is_same and not (self.orders or self.positions)

    def in_words(self) -> list[str]:
        """Return the lines to print."""
        lines = [
            _line("P&L after fees", self.pnl_venue, self.pnl_ours),
            _line("equity", self.equity_venue, self.equity_ours),
        ]
        if self.funding:
            lines.append(f"funding, in the equity alone: {self.funding:+.6f}")
        if self.orders or self.positions:
            lines.append(f"the venue still has {self.orders} orders and {self.positions} positions")
        return lines


def _line(what: str, venue: Decimal, ours: Decimal) -> str:
    return (
        f"{what}: venue says {venue:,.6f}, we say {ours:,.6f}, difference {abs(venue - ours):.6f}"
    )


def compare_books(books: Books, *, pnl: Sequence[Decimal], equity: Decimal) -> Comparison:
    """
    Set a venue's books beside ours.

    Parameters
    ----------
    books
        The venue's, of an account all of whose history is of one run.
    pnl
        What each of our trades earned after fees.
    equity
        What we think the account is worth.

    """
    return Comparison(
        pnl_venue=books.pnl,
        pnl_ours=sum(pnl, Decimal(0)),
        equity_venue=books.equity,
        equity_ours=equity,
        funding=books.funding,
        orders=books.orders,
        positions=books.positions,
    )
