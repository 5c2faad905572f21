"""The orders of a request as they are read: each by the rules of its type (fact sheet 5.2).

What no order may look like refuses the whole request; whether the market takes one is not asked.
"""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal

import msgspec

from simulator.exchange.model import Side
from simulator.moments import Moment
from simulator.synthetix_signed_requests import Params, invalid

ORDERS_MAX = 20
EXPIRY_SECS_MIN, EXPIRY_SECS_MAX = 10, 86_400
TWAP_SECS_MIN, TWAP_SECS_MAX = 300, 86_400
VARIANCE_BPS_MAX = 2_000
INTERVAL_SECS = 30
SOURCE_MAX, SYMBOL_MAX = 100, 20
POSITION_TPSL_MAX = 2
CLIENT_ID = re.compile(r"[-.=/+_A-Za-z0-9]{1,255}")
RESERVED = "snx-system/"

LIMITS = frozenset({"limitGtc", "limitIoc", "limitGtd"})
TRIGGERS = frozenset({"triggerSl", "triggerTp"})
GROUPINGS = frozenset({"", "na", "normalTpsl", "positionTpsl", "twap"})
SIDES = {"buy": Side.BUY, "sell": Side.SELL}


class OrderShape(msgspec.Struct, frozen=True, kw_only=True):
    """An order as asked for; None is what was not given, `kind` the venue's order type."""

    symbol: str
    side: Side
    kind: str
    price: Decimal | None
    trigger_price: Decimal | None
    quantity: Decimal | None
    client_id: str | None
    reduce_only: bool = False
    is_trigger_market: bool = False
    close_position: bool = False
    post_only: bool = False
    on_last: bool = False
    expires_at_ms: int | None = None
    duration_secs: int = 0
    interval_secs: int = INTERVAL_SECS
    interval_variance_bps: int = 0
    size_variance_bps: int = 0

    @property
    def is_trigger(self) -> bool:
        """Say whether it waits for a price."""
        return self.kind in TRIGGERS


class PlaceOrders(msgspec.Struct, frozen=True):
    """A whole request to place orders; a `grouping` of "" is "na"."""

    orders: tuple[OrderShape, ...]
    grouping: str


def read_place_orders(params: Params, moment: Moment) -> PlaceOrders:
    """Read the parameters of placeOrders; RefusedError for what no request may look like."""
    grouping = params.text("grouping")
    if grouping not in GROUPINGS:
        raise invalid("invalid grouping")
    params.text("source", longest=SOURCE_MAX)
    parts = params.parts("orders", "order")
    if not parts:
        raise invalid("orders array cannot be empty")
    if len(parts) > ORDERS_MAX:
        raise invalid(f"orders array cannot have more than {ORDERS_MAX} orders")
    orders = tuple(_read_order(part, moment) for part in parts)
    grouping = grouping or "na"
    if refused := _grouping_refusal(grouping, orders):
        raise invalid(refused)
    return PlaceOrders(orders, grouping)


def read_client_id(params: Params, name: str = "clientOrderId") -> str | None:
    """Return a client's order id; None where it is missing or empty."""
    text = params.text(name, longest=10 * ORDERS_MAX * SOURCE_MAX)
    if not text:
        return None
    if text.startswith(RESERVED) or not CLIENT_ID.fullmatch(text):
        raise params.refusal(f"invalid {name}")
    return text


def _read_order(params: Params, moment: Moment) -> OrderShape:
    kind, side = params.text("orderType"), params.text("side")
    if kind not in LIMITS | TRIGGERS | {"market", "twap"}:
        raise params.refusal(f"invalid orderType '{kind}'")
    if side not in SIDES:
        raise params.refusal("invalid order side")
    symbol = params.text("symbol", longest=SYMBOL_MAX)
    if not symbol:
        raise params.refusal("symbol is required")
    watched = params.text("triggerPriceType")
    if watched not in {"", "mark", "last"}:
        raise params.refusal(f"invalid triggerPriceType '{watched}'")
    order = OrderShape(
        symbol=symbol.upper(),
        side=SIDES[side],
        kind=kind,
        price=params.amount("price"),
        trigger_price=params.amount("triggerPrice"),
        quantity=params.amount("quantity"),
        client_id=read_client_id(params),
        reduce_only=params.flag("reduceOnly"),
        is_trigger_market=params.flag("isTriggerMarket"),
        close_position=params.flag("closePosition"),
        post_only=params.flag("postOnly") and kind in {"limitGtc", "limitGtd"},
        on_last=watched == "last",
        expires_at_ms=params.whole("expiresAt") * 1000 or None,
        duration_secs=params.whole("durationSeconds"),
        interval_secs=params.whole("intervalSeconds") or INTERVAL_SECS,
        interval_variance_bps=params.whole("intervalVarianceBps"),
        size_variance_bps=params.whole("sizeVarianceBps"),
    )
    if refused := _order_refusal(order):
        raise params.refusal(refused)
    if order.expires_at_ms is None:
        return order
    if refused := _expiry_refusal(moment.ahead_ms(order.expires_at_ms)):
        raise invalid(refused)
    return msgspec.structs.replace(order, expires_at_ms=moment.venue_time(order.expires_at_ms))


def _order_refusal(order: OrderShape) -> str | None:
    """Return what an order of its type lacks, or has too much; None when it is well-formed."""
    broken = next((words for breaks, words in _RULES if breaks(order)), None)
    if broken is not None:
        return broken.format(kind=order.kind)
    return _trigger_refusal(order) or _twap_refusal(order)


_RULES: tuple[tuple[Callable[[OrderShape], bool], str], ...] = (
    (
        lambda order: order.quantity is None and not (order.close_position and order.is_trigger),
        "quantity is required",
    ),
    (
        lambda order: not order.is_trigger and order.trigger_price is not None,
        "triggerPrice must be empty for {kind} orders",
    ),
    (
        lambda order: not order.is_trigger and order.is_trigger_market,
        "isTriggerMarket must be false for {kind} orders",
    ),
    (
        lambda order: order.kind == "limitGtd" and order.expires_at_ms is None,
        "expiresAt is required for limitGtd orders",
    ),
    (
        lambda order: order.kind != "limitGtd" and order.expires_at_ms is not None,
        "expiresAt is only valid for limitGtd orders",
    ),
    (
        lambda order: order.kind == "market" and order.price is not None,
        "price must be empty for market orders",
    ),
    (
        lambda order: order.kind in LIMITS and order.price is None,
        "price is required for {kind} orders",
    ),
)
"""What breaks an order, whatever its market, and the venue's words for it (2.5)."""


def _trigger_refusal(order: OrderShape) -> str | None:
    if not order.is_trigger:
        return None
    if order.trigger_price is None:
        return f"triggerPrice is required for {order.kind} orders"
    if order.is_trigger_market and order.price is not None:
        return "price must be empty when isTriggerMarket is true"
    if not order.is_trigger_market and order.price is None:
        return "price is required when isTriggerMarket is false"
    return None


def _twap_refusal(order: OrderShape) -> str | None:
    if order.kind != "twap":
        return None
    if not order.duration_secs:
        return "durationSeconds must be positive for twap orders"
    if not TWAP_SECS_MIN <= order.duration_secs <= TWAP_SECS_MAX:
        return f"durationSeconds must be between {TWAP_SECS_MIN} and {TWAP_SECS_MAX}"
    if max(order.interval_variance_bps, order.size_variance_bps) > VARIANCE_BPS_MAX:
        return f"variance must be at most {VARIANCE_BPS_MAX} bps"
    return None


def _expiry_refusal(ahead_ms: int) -> str | None:
    if ahead_ms < EXPIRY_SECS_MIN * 1000 - 999:  # `expiresAt` has no part of a second
        return f"expiresAt needs to be at least {EXPIRY_SECS_MIN} seconds in the future"
    if ahead_ms >= EXPIRY_SECS_MAX * 1000:
        return "expiresAt needs to be less than 24 hours in the future"
    return None


def _grouping_refusal(grouping: str, orders: Sequence[OrderShape]) -> str | None:
    """Return why these orders make no such group; None when they do."""
    if any(order.kind == "twap" for order in orders) or grouping == "twap":
        alone = len(orders) == 1 and grouping == "twap" and orders[0].kind == "twap"
        return None if alone else "TWAP request must contain exactly one order"
    if grouping == "na":
        return None
    if len({order.symbol for order in orders}) != 1:
        return "all orders must be for the same symbol"
    triggers = sum(order.is_trigger for order in orders)
    mains = len(orders) - triggers
    if grouping == "positionTpsl":
        fits = not mains and triggers <= POSITION_TPSL_MAX
        return None if fits else "position TP/SL requires 1-2 orders (take profit and/or stop loss)"
    if mains != 1:
        return "please provide one main order"
    fits = 1 <= triggers <= POSITION_TPSL_MAX
    return None if fits else "please provide a take profit and/or stop loss"
