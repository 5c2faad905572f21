"""Why one order of a request failed: the venue's codes and words for it (fact sheet 2.4, 2.5)."""

import msgspec

from simulator.exchange import Exchange
from simulator.exchange.model import Fault, Order, Status


class OrderError(msgspec.Struct, frozen=True):
    """Why an order failed; the request it came in did not."""

    code: str
    message: str


_STATUSES = {
    Status.TICK_REJECTED: OrderError("INVALID_VALUE", "invalid price"),
    Status.MIN_NOTIONAL_REJECTED: OrderError("QUANTITY_TOO_SMALL", "quantity below minimum"),
    Status.MIN_SIZE_REJECTED: OrderError("QUANTITY_TOO_SMALL", "quantity below minimum"),
    Status.MARGIN_REJECTED: OrderError("INSUFFICIENT_MARGIN", "insufficient margin"),
    Status.MAX_POSITION_REJECTED: OrderError("INSUFFICIENT_MARGIN", "insufficient margin"),
    Status.EXCEEDS_POSITION_REJECTED: OrderError(
        "REDUCE_ONLY_WOULD_INCREASE", "reduce-only orders would exceed position size"
    ),
    Status.NO_POSITION_REJECTED: OrderError("POSITION_NOT_FOUND", "position not found"),
    Status.POSITION_SIDE_REJECTED: OrderError(
        "INVALID_ORDER_SIDE", "conditional order must have opposite side to position"
    ),
    Status.TOO_MANY_IN_MARKET_REJECTED: OrderError(
        "MAX_ORDERS_PER_MARKET", "max open orders per market exceeded"
    ),
    Status.TOO_MANY_ORDERS_REJECTED: OrderError(
        "MAX_TOTAL_ORDERS", "max total open orders exceeded"
    ),
    # The fact sheet has codes but no words for these; clients must not tell by them.
    Status.TRIGGER_REJECTED: OrderError("INVALID_TRIGGER_PRICE", "invalid trigger price"),
    Status.POST_ONLY_REJECTED: OrderError("POST_ONLY_WOULD_TRADE", "post-only order would trade"),
    Status.IOC_REJECTED: OrderError("IOC_NOT_FILLED", "IOC order not filled"),
    Status.FOK_REJECTED: OrderError("FOK_NOT_FILLED", "FOK order not filled"),
    Status.NO_LIQUIDITY_REJECTED: OrderError("NO_LIQUIDITY", "no liquidity"),
    Status.COLLAR_REJECTED: OrderError("PRICE_OUT_OF_BOUNDS", "price out of bounds"),
    Status.SELF_TRADE_REJECTED: OrderError("SELF_TRADE_PREVENTED", "self trade prevented"),
}
_FAULTS = {
    Fault.UNKNOWN_ASSET: OrderError("MARKET_CLOSED", "market is not open"),
    Fault.INVALID_PRICE: OrderError("INVALID_VALUE", "invalid price"),
    Fault.INVALID_SIZE: OrderError("INVALID_VALUE", "invalid quantity"),
    Fault.ZERO_SIZE: OrderError("INVALID_VALUE", "invalid quantity"),
    Fault.PRICE_BAND: OrderError("PRICE_OUT_OF_BOUNDS", "price out of bounds"),
    Fault.MISSING_ORDER: OrderError("ORDER_NOT_FOUND", "order not found"),
    Fault.MODIFY_GONE: OrderError("ORDER_NOT_FOUND", "order not found"),
    Fault.MODIFY_INVALID: OrderError("INVALID_VALUE", "invalid quantity"),
    Fault.BELOW_FILLED: OrderError("QUANTITY_BELOW_FILLED", "quantity below filled amount"),
    Fault.INSUFFICIENT_MARGIN: OrderError("INSUFFICIENT_MARGIN", "insufficient margin"),
    Fault.UNEXPECTED_TRIGGERS: OrderError("INVALID_ORDER_SIDE", "invalid order side"),
    Fault.NOT_REDUCE_ONLY: OrderError("INVALID_ORDER_SIDE", "invalid order side"),
    Fault.TWAP_DURATION: OrderError("INVALID_VALUE", "invalid TWAP duration"),
    Fault.TWAP_VALUE: OrderError("QUANTITY_TOO_SMALL", "quantity below minimum"),
    Fault.TWAP_MISSING: OrderError("ORDER_NOT_FOUND", "order not found"),
}
_NO_POSITION = OrderError(
    "REDUCE_ONLY_NO_POSITION", "no open position found, cannot place reduce-only order"
)
_SAME_SIDE = OrderError(
    "REDUCE_ONLY_SAME_SIDE", "same side position found, reduce-only order failed"
)
MARKET_CLOSED = _FAULTS[Fault.UNKNOWN_ASSET]
MARKET_NOT_FOUND = OrderError("MARKET_NOT_FOUND", "market not found")
DUPLICATE = OrderError("IDEMPOTENCY_CONFLICT", "duplicate clientOrderId")
NOT_FOUND = _FAULTS[Fault.MISSING_ORDER]


def order_error(exchange: Exchange, order: Order, status: Status) -> OrderError:
    """Return why the engine refused an order."""
    if status is Status.REDUCE_ONLY_REJECTED:
        return reduction_error(exchange, order.account, order.asset)
    return _STATUSES[status]


def reduction_error(exchange: Exchange, account: str, asset: int) -> OrderError:
    """Return why there is nothing to reduce: no position, or one on the order's own side."""
    position = exchange.account(account).positions.get(asset)
    return _SAME_SIDE if position is not None and position.size else _NO_POSITION


def status_error(status: Status) -> OrderError:
    """Return why an order of some reject class was refused."""
    return _STATUSES[status]


def fault_error(fault: Fault) -> OrderError:
    """Return why the engine denied a request before any order came of it."""
    return _FAULTS[fault]
