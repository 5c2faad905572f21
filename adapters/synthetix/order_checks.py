"""Why an order is denied before it is sent to Synthetix; pure, each reason is one sentence."""

import re
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

from adapters.synthetix.constants import (
    CLIENT_ORDER_ID_CHARS_MAX,
    GTD_SECS_MAX,
    GTD_SECS_MIN,
    NANOS_PER_SECOND,
)
from adapters.synthetix.orders import TRIGGERS, Asset, expires_at_secs, normalize_price

_TYPES = TRIGGERS | {OrderType.MARKET, OrderType.LIMIT}
_TRIGGER_TYPES = {TriggerType.DEFAULT, TriggerType.MARK_PRICE, TriggerType.LAST_PRICE}
_CLIENT_ORDER_ID = re.compile(r"[-.=/+_A-Za-z0-9]+")
_RESERVED = "snx-system/"


def check_order(
    order: Order,
    asset: Asset,
    now_ns: int,
    *,
    size: Decimal | None = None,
    position: Decimal | None = None,
    in_bracket: bool = False,
) -> str | None:
    """
    Return why the order must be denied before it is sent, or None.

    Nothing is denied on a guess: what only the venue can know, it may refuse itself.

    Parameters
    ----------
    order, asset, size, in_bracket
        As for `orders.order_to_wire`.
    now_ns : int
        The venue's time, as far as it is known.
    position : Decimal, optional
        The signed position that a reduce-only order or a trigger meets; None if it is not known,
        as for an exit whose entry is in the same list.

    """
    size = order.quantity.as_decimal() if size is None else size
    return (
        _check_kind(order)
        or _check_time_in_force(order)
        or _check_expiry(order, now_ns)
        or _check_client_order_id(order)
        or _check_size(order, asset, size)
        or _check_prices(order, asset)
        or _check_position(order, None if in_bracket else position)
        or _check_notional(order, asset, size)
    )


def _check_kind(order: Order) -> str | None:
    name = order_type_to_str(order.order_type)
    if order.order_type not in _TYPES:
        names = ", ".join(sorted(order_type_to_str(order_type) for order_type in _TYPES))
        return f"Expected an order type of {names}, was {name}"
    if order.order_type in TRIGGERS and order.trigger_type not in _TRIGGER_TYPES:
        return (
            "Expected trigger type DEFAULT, MARK_PRICE or LAST_PRICE,"
            f" was {trigger_type_to_str(order.trigger_type)}"
        )
    if order.is_post_only and order.order_type != OrderType.LIMIT:
        return f"Expected no post-only on a {name} order, which the venue has on LIMIT alone"
    display_qty = getattr(order, "display_qty", None)  # limit orders alone have the attribute
    if display_qty is not None:
        return f"Expected an order that shows its whole size, was a display size of {display_qty}"
    return None


def _check_time_in_force(order: Order) -> str | None:
    if order.time_in_force == TimeInForce.GTC:
        return None
    allowed = [TimeInForce.GTC]
    if order.order_type == OrderType.LIMIT:
        allowed.append(TimeInForce.GTD)
    # "postOnly is silently ignored for IOC": such an order would take.
    if order.order_type not in TRIGGERS and not order.is_post_only:
        allowed.append(TimeInForce.IOC)
    if order.time_in_force in allowed:
        return None
    return (
        f"Expected time in force {' or '.join(tif.name for tif in allowed)} for a"
        f" {'post-only ' if order.is_post_only else ''}{order_type_to_str(order.order_type)} order,"
        f" was {time_in_force_to_str(order.time_in_force)}"
    )


def _check_expiry(order: Order, now_ns: int) -> str | None:
    if order.time_in_force != TimeInForce.GTD:
        return None
    ahead_secs = expires_at_secs(order) - now_ns / NANOS_PER_SECOND
    if GTD_SECS_MIN <= ahead_secs < GTD_SECS_MAX:
        return None
    return (
        f"Expected an expiry from {GTD_SECS_MIN} to {GTD_SECS_MAX} s ahead,"
        f" was {ahead_secs:.1f} s ahead"
    )


def _check_client_order_id(order: Order) -> str | None:
    text = order.client_order_id.value
    is_legal = (
        len(text) <= CLIENT_ORDER_ID_CHARS_MAX
        and _CLIENT_ORDER_ID.fullmatch(text)
        and not text.startswith(_RESERVED)
    )
    if is_legal:
        return None
    return (
        f"Expected a client order id of at most {CLIENT_ORDER_ID_CHARS_MAX} letters, digits and"
        f" -.=/+_ that does not begin with {_RESERVED}, was {text!r}"
    )


def _check_size(order: Order, asset: Asset, size: Decimal) -> str | None:
    if size % asset.size_step:
        return f"Expected a size in steps of {asset.size_step}, was {size}"
    # What closes a position may be a rest that is smaller than any order; the venue decides.
    if size < asset.size_min and not order.is_reduce_only:
        return f"Expected a size of at least {asset.size_min}, was {size}"
    is_market = order.order_type == OrderType.MARKET
    size_max = asset.market_size_max if is_market else asset.limit_size_max
    if size_max and size > size_max:
        return f"Expected a size of at most {size_max}, was {size}"
    return None


def _check_prices(order: Order, asset: Asset) -> str | None:
    prices = [order.price] if order.has_price else []
    prices += [order.trigger_price] if order.has_trigger_price else []
    for price in (one.as_decimal() for one in prices):
        least = max(asset.price_min, asset.price_step)
        is_buy = order.side == OrderSide.BUY
        if price <= 0 or normalize_price(price, asset, is_buy=is_buy) < least:
            return f"Expected a price of at least {least}, was {price}"
    return None


def _check_position(order: Order, position: Decimal | None) -> str | None:
    is_trigger = order.order_type in TRIGGERS
    if position is None or not (order.is_reduce_only or is_trigger):
        return None
    is_buy = order.side == OrderSide.BUY
    if (position < 0) if is_buy else (position > 0):
        return None
    wanted, side = ("short", "buy") if is_buy else ("long", "sell")
    if order.is_reduce_only:
        return f"Expected a {wanted} position for a reduce-only {side}, was {position}"
    # "conditional order must have opposite side to position": a stop opens no position here.
    name = order_type_to_str(order.order_type)
    return (
        f"Expected a {wanted} position for a {name} {side}, was {position}:"
        " the venue takes triggers only against a position"
    )


def _check_notional(order: Order, asset: Asset, size: Decimal) -> str | None:
    if order.is_reduce_only or not (order.has_price or order.has_trigger_price):
        return None
    price = (order.price if order.has_price else order.trigger_price).as_decimal()
    worth = size * price
    if worth >= asset.notional_min:
        return None
    return f"Expected a value of at least {asset.notional_min}, was {worth} at {price}"
