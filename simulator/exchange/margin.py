"""Margin arithmetic over an account and the marks: pure, it changes nothing.

Rules and identities are those of the Hyperliquid fact sheet 2.3, 5.5 and 5.6.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec

from simulator.exchange.accounts import Account, Position, sign
from simulator.exchange.book import Book
from simulator.exchange.model import ZERO, Trigger
from simulator.exchange.rules import FEE_DECIMALS, MarketRules
from simulator.numbers import truncate

WITHDRAW_FLOOR = Decimal("0.1")
"""What stays after a withdrawal is at least 10 % of the notional (5.5)."""
ROE_DECIMALS = 10


class Market(msgspec.Struct):
    """One market's rules, book and reference prices; `armed` are the orders that wait for it.

    A market that `is_halted` takes no order; `last` is the price of its last trade, None before.
    """

    rules: MarketRules
    book: Book
    mark: Decimal
    oracle: Decimal
    armed: dict[int, None] = msgspec.field(default_factory=dict)
    is_halted: bool = False
    last: Decimal | None = None

    def trigger_price(self, trigger: Trigger) -> Decimal | None:
        """Return the price that a trigger watches; None before the first trade."""
        return self.last if trigger.on_last else self.mark


type Markets = Mapping[int, Market]


class MarginSummary(msgspec.Struct, frozen=True):
    """Account value, notional and raw cash of some positions, and the initial margin they use."""

    account_value: Decimal
    notional: Decimal
    raw: Decimal
    margin_used: Decimal

    @property
    def free(self) -> Decimal:
        """Return what no position ties up; less than 0 once losses have eaten into the margin."""
        return self.account_value - self.margin_used


class PositionState(msgspec.Struct, frozen=True):
    """A position as of now; `liquidation_price` is None when no price would liquidate it."""

    position: Position
    entry_price: Decimal
    value: Decimal
    unrealized_pnl: Decimal
    return_on_equity: Decimal
    liquidation_price: Decimal | None
    margin_used: Decimal
    max_leverage: int


class AccountState(msgspec.Struct, frozen=True):
    """An account as of now: everything, the cross part alone, and the open positions by asset."""

    total: MarginSummary
    cross: MarginSummary
    cross_maintenance: Decimal
    withdrawable: Decimal
    positions: tuple[PositionState, ...]


def account_state(account: Account, markets: Markets) -> AccountState:
    """Work out an account's state at the present marks."""
    positions = sorted((x for x in account.positions.values() if x.size), key=lambda x: x.asset)
    cross = _summary(account.raw, (x for x in positions if not x.is_isolated), markets)
    own_cash = sum((x.raw for x in positions if x.is_isolated), ZERO)
    return AccountState(
        total=_summary(account.raw + own_cash, positions, markets),
        cross=cross,
        cross_maintenance=cross_maintenance(account, markets),
        withdrawable=_withdrawable(cross),
        positions=tuple(_position_state(account, x, markets) for x in positions),
    )


def cross_summary(account: Account, markets: Markets) -> MarginSummary:
    """Return the summary of the account's cash and cross positions."""
    return _summary(account.raw, _cross(account), markets)


def cross_maintenance(account: Account, markets: Markets) -> Decimal:
    """Return the maintenance margin of the cross positions."""
    return sum((maintenance(x, markets[x.asset]) for x in _cross(account)), ZERO)


def withdrawable(account: Account, markets: Markets) -> Decimal:
    """Return what could leave the account: initial margin and 10 % of the notional stay."""
    return _withdrawable(cross_summary(account, markets))


def margin_used(position: Position, mark: Decimal) -> Decimal:
    """Return initial margin at the mark, or all of an isolated position's equity."""
    if position.is_isolated:
        return position.equity(mark)
    return initial_margin(position.size, position.leverage, mark)


def initial_margin(size: Decimal, leverage: int, mark: Decimal) -> Decimal:
    """Return |size| * mark / leverage, cut to 6 decimals."""
    return truncate(abs(size) * mark / leverage, FEE_DECIMALS)


def maintenance(position: Position, market: Market) -> Decimal:
    """Return a position's maintenance margin at the mark, cut to 6 decimals.

    Only with the cut does the captured liquidation price 2125.00856238 come out (2.3).
    """
    return truncate(market.rules.maintenance(abs(position.size) * market.mark), FEE_DECIMALS)


def liquidation_price(account: Account, position: Position, markets: Markets) -> Decimal | None:
    """Return the mark at which the position would be liquidated, other marks standing still.

    price - side * margin_available / size / (1 - l * side), with l the maintenance rate of its
    tier (5.6).
    """
    market = markets[position.asset]
    if position.is_isolated:
        available = position.equity(market.mark) - maintenance(position, market)
    else:
        value = cross_summary(account, markets).account_value
        available = value - cross_maintenance(account, markets)
    tier = market.rules.tier(abs(position.size) * market.mark)
    rate = 1 / Decimal(2 * tier.max_leverage)
    side = sign(position.size)
    price = market.mark - side * available / abs(position.size) / (1 - rate * side)
    return price if price > 0 else None


def affords(
    account: Account,
    markets: Markets,
    position: Position,
    change: Decimal,
    price: Decimal,
    fee: Decimal = ZERO,
) -> bool:
    """Say whether the account has the initial margin for a signed change at a price.

    What only reduces needs none. Open orders reserve nothing: each is checked when it is placed
    and again when it matches (5.4).
    """
    closed = position.closing(change)
    opened = change - closed
    if not opened:
        return True
    market, cross = markets[position.asset], cross_summary(account, markets)
    if position.is_isolated:
        released = position.equity(price) if closed else ZERO
        free = cross.free + released - fee
        return _can_isolate(market, position.leverage, opened, price, free)
    before = initial_margin(position.size, position.leverage, market.mark)
    after = initial_margin(position.size + change, position.leverage, market.mark)
    value = cross.account_value + change * (market.mark - price) - fee
    return value >= cross.margin_used - before + after


def _can_isolate(
    market: Market, leverage: int, opened: Decimal, price: Decimal, free: Decimal
) -> bool:
    """Say whether free cash margins what is opened, and that is not liquidated at once."""
    margin = initial_margin(opened, leverage, price)
    equity = margin + opened * (market.mark - price)
    return margin <= free and equity >= market.rules.maintenance(abs(opened) * market.mark)


def _cross(account: Account) -> Iterable[Position]:
    return (x for x in account.positions.values() if x.size and not x.is_isolated)


def _withdrawable(cross: MarginSummary) -> Decimal:
    kept = max(cross.margin_used, WITHDRAW_FLOOR * cross.notional)
    return max(cross.account_value - kept, ZERO)


def _summary(raw: Decimal, positions: Iterable[Position], markets: Markets) -> MarginSummary:
    value, notional, used = raw, ZERO, ZERO
    for position in positions:
        mark = markets[position.asset].mark
        value += position.size * mark
        notional += abs(position.size) * mark
        used += margin_used(position, mark)
    return MarginSummary(value, notional, raw, used)


def _position_state(account: Account, position: Position, markets: Markets) -> PositionState:
    market = markets[position.asset]
    profit = position.unrealized(market.mark)
    at_entry = position.entry_notional / position.leverage
    return PositionState(
        position=msgspec.structs.replace(position),
        entry_price=position.entry_notional / abs(position.size),
        value=abs(position.size) * market.mark,
        unrealized_pnl=profit,
        return_on_equity=truncate(profit / at_entry, ROE_DECIMALS),
        liquidation_price=liquidation_price(account, position, markets),
        margin_used=margin_used(position, market.mark),
        max_leverage=market.rules.max_leverage,
    )
