"""Orders as the venue writes them: in reads, in the history and in pushes (fact sheet 5.5, 6.4)."""

from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from simulator.exchange.model import ZERO, Order, Phase, Side, Status, Tif, TriggerKind
from simulator.synthetix_dialect import Dialect, short
from simulator.universe import Json

SIDES = {Side.BUY: "buy", Side.SELL: "sell"}
PRETTY_SIDES = {Side.BUY: "Long", Side.SELL: "Short"}
PRETTY_TYPES = {
    "limit": "Limit",
    "market": "Market",
    "stopMarket": "Stop Market",
    "stopLimit": "Stop Limit",
    "takeProfitMarket": "Take Profit Market",
    "takeProfitLimit": "Take Profit Limit",
    "twap": "TWAP",
}
STATUSES = {
    "open": "Placed",
    "partiallyFilled": "Partially Filled",
    "filled": "Filled",
    "cancelled": "Cancelled",
    "rejected": "Rejected",
}
"""The states of an order in pushes, and what the history calls them."""
REASONS = {Status.EXPIRED: "EXPIRED", Status.LIQUIDATED_CANCELED: "MMR_BREACH"}
"""Why the venue canceled an order by itself, where the fact sheet has a word for it (5.5)."""


class OrderView(msgspec.Struct, kw_only=True):
    """An order or TWAP as its owner has been told of it, and what became of it.

    `status` is a key of `STATUSES`; `price` and `trigger_price` are None where it has none.
    """

    venue_id: int
    client_id: str | None
    symbol: str
    side: Side
    type: str
    price: Decimal | None
    quantity: Decimal
    placed_at: int
    updated_at: int
    trigger_price: Decimal | None = None
    on_last: bool = False
    tif: str = "GTC"
    reduce_only: bool = False
    post_only: bool = False
    close_position: bool = False
    expires_at: int | None = None
    filled: Decimal = ZERO
    notional: Decimal = ZERO
    status: str = "open"
    cancel_reason: str = ""
    by_liquidation: bool = False
    take_profit: int | None = None
    stop_loss: int | None = None
    twap_id: int | None = None

    @property
    def average_price(self) -> Decimal:
        """Return the mean price of its fills; 0 without one."""
        return self.notional / self.filled if self.filled else ZERO


def view_of(order: Order, symbol: str) -> OrderView:
    """Make the view of an order as it is now."""
    request, trigger = order.request, order.request.trigger
    is_market = order.tif in {Tif.MARKET, Tif.LIQUIDATION}
    return OrderView(
        venue_id=order.oid,
        client_id=request.client_id,
        symbol=symbol,
        side=order.side,
        type=_type(order),
        price=None if is_market else request.price,
        quantity=order.size,
        placed_at=order.time,
        updated_at=order.status_time,
        trigger_price=trigger.price if trigger else None,
        on_last=bool(trigger and trigger.on_last),
        tif=_tif(order),
        reduce_only=request.reduce_only,
        post_only=request.tif is Tif.ALO,
        close_position=request.closes_position,
        expires_at=request.expires_ms,
        filled=order.filled,
        notional=order.notional,
        by_liquidation=order.tif is Tif.LIQUIDATION,
    )


def _type(order: Order) -> str:
    trigger = order.request.trigger
    if trigger is None:
        return "market" if order.tif in {Tif.MARKET, Tif.LIQUIDATION} else "limit"
    kind = "stop" if trigger.kind is TriggerKind.STOP else "takeProfit"
    return kind + ("Market" if trigger.is_market else "Limit")


def _tif(order: Order) -> str:
    if order.request.expires_ms is not None:
        return "GTD"
    waits = order.request.trigger is not None and order.phase is not Phase.WORKING
    return "GTC" if waits or order.tif.rests else "IOC"


def ids(venue_id: int, client_id: str | None) -> Json:
    """Write the two ids of an order; the client's is left out where there is none."""
    return {"venueId": str(venue_id)} | ({} if client_id is None else {"clientId": client_id})


def written(value: Decimal | None) -> str:
    """Write a price that an order may lack."""
    return "" if value is None else short(value)


def expiry(time_ms: int, dialect: Dialect) -> int | str:
    """Write when an order ends, in ms or as a date (5.2)."""
    if dialect.expires_at == "ms":
        return time_ms
    return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat().replace("+00:00", "Z")


def open_row(order: OrderView, dialect: Dialect) -> Json:
    """Write an order as getOpenOrders has it."""
    linked = {"takeProfitOrder": order.take_profit, "stopLossOrder": order.stop_loss}
    return {
        "order": ids(order.venue_id, order.client_id),
        "orderId": str(order.venue_id),
        "symbol": order.symbol,
        "side": SIDES[order.side],
        "type": order.type,
        "quantity": short(order.quantity),
        "price": written(order.price),
        "triggerPrice": written(order.trigger_price),
        "triggerPriceType": "last" if order.on_last else "mark",
        "timeInForce": order.tif,
        "reduceOnly": order.reduce_only,
        "postOnly": order.post_only,
        "createdTime": order.placed_at,
        "updatedTime": order.updated_at,
        "filledQuantity": dialect.figure(order.filled),
        "closePosition": order.close_position,
        **{key: ids(child, None) for key, child in linked.items() if child is not None},
        **_expiry(order, dialect),
    }


def history_row(order: OrderView, dialect: Dialect) -> Json:
    """Write an order as getOrderHistory has it, in its pretty words."""
    linked = {"tpOrder": order.take_profit, "slOrder": order.stop_loss}
    watched: Json = {}
    if order.trigger_price is not None:
        watched["triggerPrice"] = short(order.trigger_price)
        watched["triggerPriceType"] = "last" if order.on_last else "mark"
    return {
        "order": ids(order.venue_id, order.client_id),
        "orderId": str(order.venue_id),
        "symbol": order.symbol,
        "side": PRETTY_SIDES[order.side],
        "type": PRETTY_TYPES[order.type],
        "status": STATUSES[order.status],
        "price": written(order.price),
        "quantity": short(order.quantity),
        "filledQuantity": dialect.figure(order.filled),
        "filledPrice": dialect.figure(order.average_price),
        "timeInForce": order.tif,
        "reduceOnly": order.reduce_only,
        "postOnly": order.post_only,
        "closePosition": order.close_position,
        "createdTime": order.placed_at,
        "updateTime": order.updated_at,
        "triggeredByLiquidation": order.by_liquidation,
        "cancelReason": order.cancel_reason,
        **watched,
        **{key: ids(child, None) for key, child in linked.items() if child is not None},
        **_expiry(order, dialect),
    }


def event_of(kind: str, sub_account_id: str, order: OrderView, dialect: Dialect) -> Json:
    """Write what a push tells of an order; `kind` is its eventType."""
    data: Json = {
        "eventType": kind,
        "subAccountId": sub_account_id,
        "order": ids(order.venue_id, order.client_id),
        "orderId": str(order.venue_id),
        "symbol": order.symbol,
        "side": SIDES[order.side],
        "orderType": order.type,
        "price": written(order.price),
        "quantity": short(order.quantity),
        "filledQuantity": dialect.figure(order.filled),
        "remainingQuantity": dialect.figure(order.quantity - order.filled),
        "status": order.status,
        "timeInForce": order.tif,
        "reduceOnly": order.reduce_only,
        "postOnly": order.post_only,
        "timestamp": order.updated_at,
        "placedAt": order.placed_at,
        **_expiry(order, dialect),
    }
    if order.client_id is not None:
        data["clientOrderId"] = order.client_id
    if order.trigger_price is not None:
        data["triggerPrice"] = short(order.trigger_price)
        data["triggerPriceType"] = "last" if order.on_last else "mark"
    return data


def _expiry(order: OrderView, dialect: Dialect) -> Json:
    return {} if order.expires_at is None else {"expiresAt": expiry(order.expires_at, dialect)}
