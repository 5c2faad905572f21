"""What a restart must not change in orders and positions; it compares nothing by itself."""

from typing import NamedTuple

import pytest
from nautilus_trader.model.enums import OrderType
from nautilus_trader.model.orders import Order
from nautilus_trader.model.position import Position


class Held(NamedTuple):
    """What a restart must not change in an order."""

    name: object
    kind: object
    side: object
    size: object
    filled: object
    price: object
    trigger_price: object
    time_in_force: object
    post_only: object
    reduce_only: object
    status: object


class Deed(NamedTuple):
    """What a restart must not change in an order that is filled."""

    name: object
    side: object
    size: object
    filled: object
    average_price: object
    trade_ids: object
    commission: object
    liquidity_side: object
    status: object


class Worth(NamedTuple):
    """What a restart must not change in a position."""

    side: object
    size: object
    average_price: object
    profit: object
    commission: object


def terms_of(order: Order) -> Held:
    """Return what an open order must be after a restart."""
    kind, trigger_price = order.order_type, getattr(order, "trigger_price", None)
    if order.is_child_order and kind == OrderType.LIMIT:
        # The target of a bracket waits at the venue for its own price, and comes back as that.
        kind, trigger_price = OrderType.LIMIT_IF_TOUCHED, order.price
    return Held(
        order.client_order_id,
        kind,
        order.side,
        order.quantity,
        order.filled_qty,
        order.price if order.has_price else None,
        trigger_price,
        order.time_in_force,
        order.is_post_only,
        order.is_reduce_only,
        order.status,
    )


def deed_of(order: Order) -> Deed:
    """Return what a filled order must be after a restart."""
    # Not its kind: Hyperliquid knows no market orders, each comes back as the immediate limit sent.
    return Deed(
        order.client_order_id,
        order.side,
        order.quantity,
        order.filled_qty,
        order.avg_px,
        order.trade_ids,
        order.commissions(),
        order.liquidity_side,
        order.status,
    )


def worth_of(position: Position) -> Worth:
    """Return what a position must be after a restart."""
    return Worth(
        position.side,
        position.quantity,
        pytest.approx(position.avg_px_open),
        str(position.realized_pnl),
        [str(money) for money in position.commissions()],
    )


def held(orders: list[Order]) -> dict[str, Held]:
    """Return the terms of open orders by the venue's id."""
    return {order.venue_order_id.value: terms_of(order) for order in orders}


def deeds(orders: list[Order]) -> dict[str, Deed]:
    """Return what filled orders came to, by the venue's id."""
    return {order.venue_order_id.value: deed_of(order) for order in orders}
