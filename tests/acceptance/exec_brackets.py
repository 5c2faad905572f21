"""Brackets whose target waits for a touch: the tester itself only has limit orders as targets."""

from nautilus_trader.model.enums import OrderSide, OrderType
from nautilus_trader.model.orders import Order

from tests.acceptance.exec_run import BID, SIZE, Trial

OFFSET = 500
"""How far the entry is from the market, and each exit from the entry, in dollars."""


def bracket_of(trial: Trial, side: OrderSide) -> list[Order]:
    """Submit a bracket in the tester's name; return its entry, target and stop."""
    tester, sign = trial.tester, 1 if side == OrderSide.BUY else -1
    entry = BID - OFFSET if sign > 0 else BID + 1 + OFFSET
    orders = tester.order_factory.bracket(
        tester.config.instrument_id,
        side,
        tester.instrument.make_qty(SIZE),
        entry_order_type=OrderType.LIMIT,
        entry_price=tester.instrument.make_price(entry),
        tp_order_type=OrderType.MARKET_IF_TOUCHED,
        tp_trigger_price=tester.instrument.make_price(entry + OFFSET * sign),
        sl_trigger_price=tester.instrument.make_price(entry - OFFSET * sign),
    )
    tester.submit_order_list(orders)
    return sorted(orders.orders, key=lambda order: order.client_order_id.value)
