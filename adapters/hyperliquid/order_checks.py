"""Why an order is denied before it is sent to Hyperliquid; pure, each reason is one sentence."""

from decimal import Decimal

from nautilus_trader.model.enums import (
    OrderSide,
    OrderType,
    TimeInForce,
    TriggerType,
    order_type_to_str,
    time_in_force_to_str,
    trigger_type_to_str,
)
from nautilus_trader.model.orders import Order

from adapters.hyperliquid.constants import MIN_NOTIONAL
from adapters.hyperliquid.orders import Asset, normalize_price

# "Invalid TWAP duration" outside 5 minutes to 24 hours; "Min is ... $10 per minute".
TWAP_MINUTES_MIN, TWAP_MINUTES_MAX = 5, 1_440

_TRIGGERS = {
    OrderType.STOP_MARKET,
    OrderType.STOP_LIMIT,
    OrderType.MARKET_IF_TOUCHED,
    OrderType.LIMIT_IF_TOUCHED,
}
_TYPES = _TRIGGERS | {OrderType.MARKET, OrderType.LIMIT}
_TRIGGER_TYPES = {TriggerType.DEFAULT, TriggerType.MARK_PRICE}


def check_order(
    order: Order,
    asset: Asset,
    *,
    size: Decimal | None = None,
    price: Decimal | None = None,
    trigger_price: Decimal | None = None,
    position: Decimal | None = None,
) -> str | None:
    """
    Return why the order must be denied before it is sent, or None.

    Nothing is denied on a guess: what only the venue can know, it may refuse itself.

    Parameters
    ----------
    order, asset, size, price, trigger_price
        As for `orders.order_to_wire`; an order in quote units is denied without a `size`, and a
        market order without a `price`.
    position : Decimal, optional
        The signed position that a reduce-only order meets; None if it is not known, as for an exit
        whose entry is in the same list.

    """
    reason = _check_kind(order)
    if reason is not None:
        return reason
    if size is None:
        if order.is_quote_quantity:
            return f"Expected a quantity in base units, was {order.quantity} in quote units"
        size = order.quantity.as_decimal()
    if price is None and order.has_price:
        price = order.price.as_decimal()
    if trigger_price is None and order.has_trigger_price:
        trigger_price = order.trigger_price.as_decimal()
    worth = trigger_price if price is None else price
    if worth is None:
        return "Expected a quote to bound the price of a market order, found none"
    return (
        _check_size(size, asset)
        or _check_price(price, asset, order.side)
        or _check_price(trigger_price, asset, order.side)
        or _check_reduce_only(order, position)
        or _check_notional(order, size, worth, position)
    )


def check_twap(size: Decimal, price: Decimal, minutes: int) -> str | None:
    """Return why the venue would refuse a TWAP of this size near this price, or None."""
    if not TWAP_MINUTES_MIN <= minutes <= TWAP_MINUTES_MAX:
        return f"Expected a TWAP of {TWAP_MINUTES_MIN} to {TWAP_MINUTES_MAX} minutes, was {minutes}"
    if size * price < MIN_NOTIONAL * minutes:
        return f"Expected a TWAP value of {MIN_NOTIONAL} a minute, was {size * price} in {minutes}"
    return None


def _check_kind(order: Order) -> str | None:
    name = order_type_to_str(order.order_type)
    if order.order_type not in _TYPES:
        names = ", ".join(sorted(order_type_to_str(order_type) for order_type in _TYPES))
        return f"Expected an order type of {names}, was {name}"
    is_trigger = order.order_type in _TRIGGERS
    if is_trigger and order.trigger_type not in _TRIGGER_TYPES:
        return (
            "Expected trigger type DEFAULT or MARK_PRICE, the venue's only one,"
            f" was {trigger_type_to_str(order.trigger_type)}"
        )
    if is_trigger and order.is_post_only:
        return f"Expected no post-only on a {name} order, which the venue has on LIMIT alone"
    may_be_immediate = not is_trigger and not order.is_post_only
    allowed = (TimeInForce.GTC, TimeInForce.IOC) if may_be_immediate else (TimeInForce.GTC,)
    if order.time_in_force not in allowed:
        return (
            f"Expected time in force {' or '.join(tif.name for tif in allowed)} for a"
            f" {'post-only ' if order.is_post_only else ''}{name} order,"
            f" was {time_in_force_to_str(order.time_in_force)}"
        )
    display_qty = getattr(order, "display_qty", None)  # limit orders alone have the attribute
    if display_qty is not None:
        return f"Expected an order that shows its whole size, was a display size of {display_qty}"
    return None


def _check_size(size: Decimal, asset: Asset) -> str | None:
    if size <= 0:
        return f"Expected a size of at least 1e-{asset.size_decimals}, was {size}"
    if size != round(size, asset.size_decimals):
        return f"Expected a size with at most {asset.size_decimals} decimals, was {size}"
    return None


def _check_price(price: Decimal | None, asset: Asset, side: OrderSide) -> str | None:
    if price is None:
        return None
    if price <= 0 or not normalize_price(price, asset, is_buy=side == OrderSide.BUY):
        return f"Expected a price of at least 1e-{asset.price_decimals}, was {price}"
    return None


def _check_reduce_only(order: Order, position: Decimal | None) -> str | None:
    if not order.is_reduce_only or position is None:
        return None
    if order.side == OrderSide.BUY:
        wanted, side, reduces = "short", "buy", position < 0
    else:
        wanted, side, reduces = "long", "sell", position > 0
    return (
        None
        if reduces
        else f"Expected a {wanted} position for a reduce-only {side}, was {position}"
    )


def _check_notional(
    order: Order, size: Decimal, price: Decimal, position: Decimal | None
) -> str | None:
    # "Reduce-only closing of a full dust position" is exempt from the minimum.
    if order.is_reduce_only and (position is None or size >= abs(position)):
        return None
    if size * price < MIN_NOTIONAL:
        return f"Expected a value of at least {MIN_NOTIONAL}, was {size * price}: {size} at {price}"
    return None
