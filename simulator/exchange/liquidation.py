"""Accounts below maintenance margin: first sold into the book, then taken over by the backstop.

Rules are those of the Hyperliquid fact sheet 5.6; auto-deleveraging is left out, since the backstop
takes an account of any value.
"""

from decimal import Decimal

from simulator.exchange.accounts import Account, Position
from simulator.exchange.events import Liquidated, LiquidationMark, LiquidationMethod
from simulator.exchange.margin import cross_maintenance, cross_summary, maintenance
from simulator.exchange.matching import execute
from simulator.exchange.model import ZERO, Order, OrderRequest, Side, Status, Tif
from simulator.exchange.placing import cancel_all
from simulator.exchange.settling import settle
from simulator.exchange.state import State, Trade
from simulator.numbers import truncate

LIQUIDATOR = "liquidator"
"""The account that takes what the book does not: the venue's liquidator vault."""
BACKSTOP_FRACTION = Decimal(2) / 3
"""Below this fraction of the maintenance margin the backstop takes over."""
LARGE_POSITION = Decimal(100_000)
LARGE_FRACTION = Decimal("0.2")
COOLDOWN_MS = 30_000
"""Of a position above 100k only 20 % is sold at first; for 30 s after that, all of it."""


def liquidate(state: State, asset: int) -> None:
    """Liquidate whoever the market's new mark, or its funding, put below maintenance."""
    for account in tuple(state.accounts.values()):
        position = account.positions.get(asset)
        if account.name == LIQUIDATOR or position is None or not position.size:
            continue
        while (found := _shortfall(state, account, position)) is not None:
            if not _liquidate_once(state, account, position, found):
                break


def _shortfall(
    state: State, account: Account, position: Position
) -> tuple[Decimal, Decimal] | None:
    """Return value and maintenance of what margins the position, if it is below."""
    market = state.markets[position.asset]
    if position.is_isolated:
        value, needed = position.equity(market.mark), maintenance(position, market)
    else:
        value = cross_summary(account, state.markets).account_value
        needed = cross_maintenance(account, state.markets)
    return (value, needed) if value < needed else None


def _liquidate_once(
    state: State, account: Account, position: Position, found: tuple[Decimal, Decimal]
) -> bool:
    """Cancel the orders, then sell or hand over; say whether more may follow at once."""
    value, needed = found
    asset = position.asset if position.is_isolated else None
    cancel_all(state, account.name, Status.LIQUIDATED_CANCELED, asset=asset)
    method = LiquidationMethod.MARKET
    if value < BACKSTOP_FRACTION * needed:
        method = LiquidationMethod.BACKSTOP
    pledged = _pledged(account, position)
    sizes = tuple((x.asset, x.size) for x in pledged)
    notional = sum((abs(x.size) * state.markets[x.asset].mark for x in pledged), ZERO)
    kept = account.raw if position.is_isolated else ZERO
    if method is LiquidationMethod.BACKSTOP:
        for each in pledged:
            _hand_over(state, account, each)
        seized, goes_on = account.raw - kept, False
    else:
        largest = max(pledged, key=lambda x: abs(x.size) * state.markets[x.asset].mark)
        goes_on = _sell(state, account, largest)
        seized = ZERO if any(x.size for x in pledged) else min(account.raw - kept, ZERO)
    account.raw -= seized
    state.accounts[LIQUIDATOR].raw += seized
    settle(state)
    state.events.append(
        Liquidated(
            lid=state.new_id(),
            account=account.name,
            asset=asset,
            method=method,
            notional=notional,
            account_value=value,
            positions=sizes,
            seized=seized,
            time=state.now,
        )
    )
    return goes_on


def _pledged(account: Account, position: Position) -> list[Position]:
    """Return the positions that share the margin of one."""
    if position.is_isolated:
        return [position]
    return [x for x in account.positions.values() if x.size and not x.is_isolated]


def _sell(state: State, account: Account, position: Position) -> bool:
    """Send a market order for the position or a part of it; say whether more may go."""
    market, size = state.markets[position.asset], abs(position.size)
    is_part = size * market.mark > LARGE_POSITION and state.now >= account.liquidated_until
    if is_part:
        size = truncate(size * LARGE_FRACTION, market.rules.size_decimals) or size
        account.liquidated_until = state.now + COOLDOWN_MS
    side = Side.SELL if position.size > 0 else Side.BUY
    order = _order(state, account.name, position.asset, side, size)
    execute(state, order, LiquidationMark(account.name, market.mark, LiquidationMethod.MARKET))
    return not is_part and order.filled > 0


def _hand_over(state: State, account: Account, position: Position) -> None:
    """Match the whole position with the liquidator at the mark."""
    mark, size = state.markets[position.asset].mark, abs(position.size)
    side = Side.SELL if position.size > 0 else Side.BUY
    given = _order(state, account.name, position.asset, side, size)
    taken = _order(state, LIQUIDATOR, position.asset, side.opposite, size)
    state.open(given)
    state.open(taken)
    metadata = LiquidationMark(account.name, mark, LiquidationMethod.BACKSTOP)
    state.trade(given, taken, Trade(state.new_id(), mark, size, metadata))
    state.finish(given, Status.FILLED)


def _order(state: State, account: str, asset: int, side: Side, size: Decimal) -> Order:
    mark = state.markets[asset].mark
    return state.new_order(account, OrderRequest(asset, side, mark, size, Tif.LIQUIDATION))
