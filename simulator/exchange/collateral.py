"""Commands on leverage, isolated margin and cash: what an account pledges, and what may leave it.

Rules are those of the Hyperliquid fact sheet 3.4 and 5.5.
"""

from decimal import Decimal

from simulator.exchange.accounts import Account, Position
from simulator.exchange.events import Denied, Done, Outcome
from simulator.exchange.margin import (
    WITHDRAW_FLOOR,
    Market,
    cross_summary,
    initial_margin,
    withdrawable,
)
from simulator.exchange.model import ZERO, Fault
from simulator.exchange.state import State


def update_leverage(
    state: State, account: Account, asset: int, leverage: int, *, is_isolated: bool
) -> Outcome:
    """Set leverage and margin mode, with an open position too if its margin suffices."""
    market = state.markets.get(asset)
    if market is None:
        return Denied(Fault.UNKNOWN_ASSET)
    position = state.position(account, asset)
    most = market.rules.tier(abs(position.size) * market.mark).max_leverage
    crosses = not is_isolated and market.rules.only_isolated
    if crosses or not 1 <= leverage <= most:
        return Denied(Fault.INVALID_LEVERAGE)
    needed = initial_margin(position.size, leverage, market.mark)
    if is_isolated:
        pledged = _isolate(state, account, position, needed)
    else:
        pledged = _merge(state, account, position, needed)
    if not pledged:
        return Denied(Fault.INSUFFICIENT_MARGIN)
    position.leverage = leverage
    return Done()


def update_isolated_margin(state: State, account: Account, asset: int, amount: Decimal) -> Outcome:
    """Add cash to an isolated position, or take some out with a negative amount."""
    market = state.markets.get(asset)
    if market is None:
        return Denied(Fault.UNKNOWN_ASSET)
    position = state.position(account, asset)
    if not position.is_isolated or not position.size:
        return Denied(Fault.NOT_ISOLATED)
    limit = withdrawable(account, state.markets) if amount > 0 else _removable(position, market)
    if abs(amount) > limit:
        return Denied(Fault.INSUFFICIENT_MARGIN)
    account.move_margin(position, amount)
    return Done()


def withdraw(state: State, account: Account, amount: Decimal) -> Outcome:
    """Take cash out; initial margin and 10 % of the notional stay."""
    if amount > withdrawable(account, state.markets):
        return Denied(Fault.INSUFFICIENT_MARGIN)
    account.raw -= amount
    return Done()


def _removable(position: Position, market: Market) -> Decimal:
    if market.rules.strict_isolated:
        return ZERO
    notional = abs(position.size) * market.mark
    used = initial_margin(position.size, position.leverage, market.mark)
    return position.equity(market.mark) - max(used, WITHDRAW_FLOOR * notional)


def _isolate(state: State, account: Account, position: Position, needed: Decimal) -> bool:
    """Give the position its own cash up to its margin; False leaves all as it is."""
    mark = state.markets[position.asset].mark
    free = cross_summary(account, state.markets).free
    if position.is_isolated:
        pledge = cash = max(needed - position.equity(mark), ZERO)
    else:
        free += initial_margin(position.size, position.leverage, mark)
        pledge, cash = needed, needed - position.size * mark
    if pledge > max(free, ZERO):
        return False
    position.is_isolated = True
    account.move_margin(position, cash)
    return True


def _merge(state: State, account: Account, position: Position, needed: Decimal) -> bool:
    """Margin the position with the account's cash; False leaves all as it is."""
    mark = state.markets[position.asset].mark
    free = cross_summary(account, state.markets).free
    if position.is_isolated:
        free += position.equity(mark)
    else:
        free += initial_margin(position.size, position.leverage, mark)
    if needed > max(free, ZERO):
        return False
    account.move_margin(position, -position.raw)
    position.is_isolated = False
    return True
