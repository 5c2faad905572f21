"""Accounts and their positions: cash and entries moved by fills and funding; no market, no margin.

Cash is counted raw: a fill moves it by minus price times signed size, so that an account's value is
its raw cash plus the worth of its positions at the mark (Hyperliquid 2.3), and nothing is lost to
rounding. An isolated position has raw cash of its own.
"""

from collections import deque
from decimal import Decimal

import msgspec

from simulator.exchange.events import Fill, FundingPaid, OrderChanged, TwapChanged
from simulator.exchange.model import ZERO, Order
from simulator.exchange.rules import FEE_DECIMALS
from simulator.numbers import truncate

HISTORY_MAX = 10_000
"""How many fills and order changes an account keeps; the venues show no more (2.3)."""
DAY_MS = 86_400_000
FEE_WINDOW_DAYS = 14


def sign(size: Decimal) -> Decimal:
    """Return 1 for a long and -1 for a short."""
    return Decimal(1).copy_sign(size)


class Position(msgspec.Struct):
    """One account in one market, with its leverage; kept while it is flat.

    Attributes
    ----------
    entry_notional : Decimal
        Sum of price times size that opened it; positive.
    raw : Decimal
        Its own cash when isolated.
    realized : Decimal
        What its closed parts earned since ever, without fees and funding.
    funding_all_time, funding_since_open, funding_since_change : Decimal
        Funding paid (positive) or received, since ever, since it was flat and since its last fill.
    """

    asset: int
    leverage: int
    is_isolated: bool
    size: Decimal = ZERO
    entry_notional: Decimal = ZERO
    raw: Decimal = ZERO
    realized: Decimal = ZERO
    funding_all_time: Decimal = ZERO
    funding_since_open: Decimal = ZERO
    funding_since_change: Decimal = ZERO

    def closing(self, change: Decimal) -> Decimal:
        """Return the part of a signed change that reduces the position, signed as the change."""
        if self.size * change >= 0:
            return ZERO
        return change if abs(change) <= abs(self.size) else -self.size

    def equity(self, price: Decimal) -> Decimal:
        """Return what an isolated position is worth at `price`, its cash included."""
        return self.raw + self.size * price

    def unrealized(self, mark: Decimal) -> Decimal:
        """Return what closing at the mark would earn."""
        return self.size * mark - self.entry_notional * sign(self.size)

    def fill(self, change: Decimal, price: Decimal) -> Decimal:
        """Add a signed change at a price and return the closed profit."""
        closed = self.closing(change)
        profit = ZERO
        if closed:
            entry = self.entry_notional * abs(closed) / abs(self.size)
            profit = (abs(closed) * price - entry) * sign(self.size)
            self.entry_notional -= entry
        if closed == -self.size:
            self.funding_since_open = ZERO
        self.entry_notional += abs(change - closed) * price
        self.size += change
        self.realized += profit
        self.funding_since_change = ZERO
        return profit

    def pay_funding(self, payment: Decimal) -> None:
        """Count funding that was paid (positive) or received."""
        self.funding_all_time += payment
        self.funding_since_open += payment
        self.funding_since_change += payment


class DayVolume(msgspec.Struct):
    """Notional traded on one day, as taker and as maker."""

    taker: Decimal = ZERO
    maker: Decimal = ZERO


class Account:
    """One trader's cash, positions, live orders and history; newest last everywhere.

    `fee_scale` is what discounts leave of its fees.
    """

    def __init__(self, name: str, fee_scale: Decimal = Decimal(1)) -> None:
        self.name = name
        self.fee_scale = fee_scale
        self.raw = ZERO
        self.positions: dict[int, Position] = {}
        self.live: dict[int, Order] = {}
        self.volume = ZERO
        self.days: dict[int, DayVolume] = {}
        self.fills: deque[Fill] = deque(maxlen=HISTORY_MAX)
        self.history: deque[OrderChanged] = deque(maxlen=HISTORY_MAX)
        self.fundings: deque[FundingPaid] = deque(maxlen=HISTORY_MAX)
        self.twaps: deque[TwapChanged] = deque(maxlen=HISTORY_MAX)
        self.cancel_at: int | None = None
        self.cancel_days: list[int] = []
        self.liquidated_until = 0

    def fee_volume(self, now: int) -> Decimal:
        """Return the notional of the last 14 days, by which the fee tier is chosen."""
        first = now // DAY_MS - FEE_WINDOW_DAYS
        days = (volume for day, volume in self.days.items() if day > first)
        return sum((volume.taker + volume.maker for volume in days), ZERO)

    def count_volume(self, notional: Decimal, now: int, *, crossed: bool) -> None:
        """Add a fill to the volume of its day."""
        self.volume += notional
        day = self.days.setdefault(now // DAY_MS, DayVolume())
        if crossed:
            day.taker += notional
        else:
            day.maker += notional

    def fill(self, position: Position, change: Decimal, price: Decimal, fee: Decimal) -> Decimal:
        """Move cash and position by a fill and return the closed profit.

        An isolated position draws initial margin for what it opens from the account and gives back
        its share of the equity for what it closes; fees are always paid by the account.
        """
        self.raw -= fee
        if not position.is_isolated:
            self.raw -= change * price
            return position.fill(change, price)
        closed = position.closing(change)
        if closed:
            self._release(position, closed, price)
        opened = change - closed
        margin = truncate(abs(opened) * price / position.leverage, FEE_DECIMALS)
        self.move_margin(position, margin)
        position.raw -= opened * price
        return position.fill(change, price)

    def move_margin(self, position: Position, amount: Decimal) -> None:
        """Move cash from the account into an isolated position; a negative amount comes back."""
        self.raw -= amount
        position.raw += amount

    def _release(self, position: Position, closed: Decimal, price: Decimal) -> None:
        equity = position.equity(price)
        share = equity
        if closed != -position.size:
            share = truncate(equity * abs(closed) / abs(position.size), FEE_DECIMALS)
        position.raw -= closed * price
        self.move_margin(position, -share)

    def pay_funding(self, position: Position, payment: Decimal) -> None:
        """Pay funding (negative receives) from the cash that margins the position."""
        if position.is_isolated:
            position.raw -= payment
        else:
            self.raw -= payment
        position.pay_funding(payment)
