"""The end of trading in a run: strategies stop, and what they sent is waited for."""

import time

from nautilus_trader.accounting.accounts.base import Account
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.execution.messages import QueryAccount
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.enums import OrderStatus, OrderType
from nautilus_trader.model.orders import Order
from nautilus_trader.model.position import Position

from config.settings import StopSettings
from desk.waiting import until

ATTEMPT_SECS = (
    12.0  # an adapter knows by then that an order never arrived: its expiry and a look-up
)
SETTLE_SECS = 30.0  # for all attempts; then a person has to look
RETRIES = 2  # a market order is bounded in price, so that a thin book may leave a rest
BALANCES_SECS = 5.0  # a read with its retries; without an answer the last known balances stand


async def end_trading(
    node: TradingNode, on_stop: StopSettings, timeout_secs: float = SETTLE_SECS
) -> list[str]:
    """
    Stop the strategies, and wait until the venues have settled what they sent while stopping.

    Nautilus alone waits a fixed time and disconnects, whatever is under way. Here the wait ends
    when the orders have come to rest and the balances were read again, or after `timeout_secs`.
    What a strategy could not close or cancel is tried again.

    Returns
    -------
    list[str]
        The orders and positions, in words, that the profile wanted gone and that are still there;
        empty also when the strategies were not running.

    """
    if not node.trader.is_running:
        return []
    deadline = time.monotonic() + timeout_secs
    node.trader.stop()
    for _ in range(RETRIES):
        await until(lambda: not _moving(node), min(deadline, time.monotonic() + ATTEMPT_SECS))
        if time.monotonic() > deadline or not _clear(node, on_stop):
            break
    await until(lambda: not _moving(node), deadline)
    await read_balances(node)
    node.trader.check_residuals()
    left = [*_left(node, on_stop), *_moving(node)]
    return list(dict.fromkeys(map(_in_words, left)))


def _orders(node: TradingNode) -> list[Order]:
    ids = [strategy.id for strategy in node.trader.strategies()]
    orders = [order for id_ in ids for order in node.cache.orders(strategy_id=id_)]
    return [order for order in orders if not order.is_closed]


def _moving(node: TradingNode) -> list[Order]:
    """Return the orders of which the venue's word is still to come; a market order never rests."""
    return [
        order
        for order in _orders(node)
        if order.is_inflight
        or order.status == OrderStatus.INITIALIZED
        or order.order_type == OrderType.MARKET
    ]


def _left(node: TradingNode, on_stop: StopSettings) -> list[Order | Position]:
    """Return what should not rest any more; protective orders stay with a position that stays."""
    resting = [o for o in _orders(node) if o.is_open and not o.is_inflight]
    if on_stop.close_positions:
        ids = [strategy.id for strategy in node.trader.strategies()]
        return [*(p for id_ in ids for p in node.cache.positions_open(strategy_id=id_)), *resting]
    if on_stop.cancel_orders:
        return [order for order in resting if not order.is_reduce_only]
    return []


def _clear(node: TradingNode, on_stop: StopSettings) -> bool:
    """Close and cancel once more what is left; return whether there was any."""
    left = _left(node, on_stop)
    strategies = {strategy.id: strategy for strategy in node.trader.strategies()}
    for each in left:
        strategy = strategies[each.strategy_id]
        if isinstance(each, Position):
            strategy.close_position(each)  # reduce-only, so that it cannot overshoot
        else:
            strategy.cancel_order(each)
    return bool(left)


async def read_balances(node: TradingNode) -> None:
    """Ask for the balances until an answer repeats: one may be from before the last fill."""
    deadline = time.monotonic() + BALANCES_SECS
    before: list[object] = []
    while (now := _balances(node)) != before and time.monotonic() < deadline:
        before = now
        await _query_accounts(node, deadline)


async def _query_accounts(node: TradingNode, deadline: float) -> None:
    accounts = node.cache.accounts()
    heard = {account.id: _answers(account) for account in accounts}
    for account in accounts:
        command = QueryAccount(
            trader_id=node.trader_id,
            account_id=account.id,
            command_id=UUID4(),
            ts_init=node.kernel.clock.timestamp_ns(),
        )
        node.kernel.exec_engine.execute(command)
    await until(
        lambda: all(_answers(account) > heard[account.id] for account in accounts), deadline
    )


def _answers(account: Account) -> int:
    """Count what the venue has said of an account; Nautilus's own sums after a fill are none."""
    return sum(event.is_reported for event in account.events)


def _balances(node: TradingNode) -> list[object]:
    return [account.balances_total() for account in node.cache.accounts()]


def _in_words(left: Order | Position) -> str:
    symbol = left.instrument_id.symbol
    if isinstance(left, Position):
        return f"{left.side.name.lower()} {left.quantity} {symbol}"
    side, kind = left.side_string().lower(), left.type_string().lower().replace("_", " ")
    return f"{side} {left.leaves_qty} {symbol} {kind} ({left.status_string()})"
