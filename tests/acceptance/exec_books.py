"""Orders and fills in words that Nautilus and the venue have alike, to compare the two."""

from decimal import Decimal
from typing import NamedTuple

from nautilus_trader.model.enums import LiquiditySide, OrderSide, OrderStatus, OrderType
from nautilus_trader.model.events import OrderFilled
from nautilus_trader.model.orders import Order

from simulator.exchange.events import Fill
from simulator.exchange.model import Order as VenueOrder
from simulator.exchange.model import Side, Status, TriggerKind


class Terms(NamedTuple):
    """What an order asks for and how far it is, in words that both sides have."""

    kind: str
    side: str
    size: Decimal
    filled: Decimal
    price: Decimal | None
    trigger_price: Decimal | None
    reduce_only: bool
    state: str


class Trade(NamedTuple):
    """A fill, in words that both sides have; the fee in the currency of the account."""

    trade_id: str
    venue_order_id: str
    side: str
    size: Decimal
    price: Decimal
    fee: Decimal
    is_taker: bool
    time_ms: int


_KINDS = {
    OrderType.MARKET: "limit",
    OrderType.LIMIT: "limit",
    OrderType.STOP_MARKET: "stop market",
    OrderType.STOP_LIMIT: "stop limit",
    OrderType.MARKET_IF_TOUCHED: "take-profit market",
    OrderType.LIMIT_IF_TOUCHED: "take-profit limit",
}
_STATES = {
    OrderStatus.ACCEPTED: "open",
    OrderStatus.TRIGGERED: "open",
    OrderStatus.PARTIALLY_FILLED: "open",
    OrderStatus.FILLED: "filled",
    OrderStatus.CANCELED: "ended",
    OrderStatus.REJECTED: "rejected",
}


def terms_here(order: Order) -> Terms:
    """Write an order as Nautilus holds it."""
    is_child = order.parent_order_id is not None
    kind = _KINDS[order.order_type]
    price = order.price.as_decimal() if order.has_price else None
    trigger = order.trigger_price.as_decimal() if order.has_trigger_price else None
    if is_child and order.order_type == OrderType.LIMIT:
        kind, trigger = "take-profit limit", price
    return Terms(
        kind=kind,
        side="BUY" if order.side == OrderSide.BUY else "SELL",
        size=order.quantity.as_decimal(),
        filled=order.filled_qty.as_decimal(),
        price=price,
        trigger_price=trigger,
        reduce_only=order.is_reduce_only,
        state=_STATES.get(order.status, order.status_string()),
    )


def terms_there(order: VenueOrder, *, has_price: bool) -> Terms:
    """Write an order as the venue has it; of a market order the price is only a bound."""
    request, trigger = order.request, order.request.trigger
    kind, price = "limit", request.price if has_price else None
    if trigger is not None:
        kind = "stop" if trigger.kind is TriggerKind.STOP else "take-profit"
        kind += " market" if trigger.is_market else " limit"
        price = None if trigger.is_market else request.price
    return Terms(
        kind=kind,
        side=request.side.name,
        size=order.size,
        filled=order.filled,
        price=price,
        trigger_price=None if trigger is None else trigger.price,
        reduce_only=request.reduce_only,
        state=_state_there(order.status),
    )


def _state_there(status: Status) -> str:
    if not status.is_final:
        return "open"
    if status is Status.FILLED:
        return "filled"
    # An immediate order without a match was taken and has ended (E14).
    is_over = not status.is_rejected or status is Status.IOC_REJECTED
    return "ended" if is_over else "rejected"


def trade_here(event: OrderFilled) -> Trade:
    """Write a fill as Nautilus was told of it."""
    return Trade(
        trade_id=event.trade_id.value,
        venue_order_id=event.venue_order_id.value,
        side="BUY" if event.order_side == OrderSide.BUY else "SELL",
        size=event.last_qty.as_decimal(),
        price=event.last_px.as_decimal(),
        fee=event.commission.as_decimal(),
        is_taker=event.liquidity_side == LiquiditySide.TAKER,
        time_ms=round(event.ts_event / 1_000_000),
    )


def trade_there(fill: Fill, first_trade: int) -> Trade:
    """Write a fill as the venue has it, whose trades are numbered from `first_trade`."""
    return Trade(
        trade_id=str(first_trade + fill.tid),
        venue_order_id=str(fill.oid) if fill.twap_id is None else f"twap-{fill.twap_id}",
        side="BUY" if fill.side is Side.BUY else "SELL",
        size=fill.size,
        price=fill.price,
        fee=fill.fee,
        is_taker=fill.crossed,
        time_ms=fill.time,
    )
