"""Translate the venue's word on orders, fills and positions into Nautilus reports; pure.

`ts_init` is always given in nanoseconds; the other times are the venue's.
"""

from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum, auto

from nautilus_trader.core.uuid import UUID4
from nautilus_trader.execution.reports import (
    FillReport,
    OrderStatusReport,
    PositionStatusReport,
)
from nautilus_trader.model.enums import (
    LiquiditySide,
    OrderSide,
    OrderStatus,
    OrderType,
    PositionSide,
    TimeInForce,
    TriggerType,
)
from nautilus_trader.model.identifiers import AccountId, ClientOrderId, TradeId, VenueOrderId
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.objects import Money

from adapters.synthetix.account_schemas import AccountOrder, AccountTrade, Position
from adapters.synthetix.constants import NANOS_PER_SECOND
from adapters.synthetix.parsing import parse_price, parse_quantity


class OrderState(Enum):
    """What a status of the venue comes to."""

    OPEN = auto()
    FILLED = auto()
    CANCELED = auto()
    EXPIRED = auto()
    REJECTED = auto()


# As `_plain` writes them. What is on its way to an end stands until it has ended.
_STATES = {
    "started": OrderState.OPEN,
    "new": OrderState.OPEN,
    "open": OrderState.OPEN,
    "pending": OrderState.OPEN,
    "placed": OrderState.OPEN,
    "resting": OrderState.OPEN,
    "accepted": OrderState.OPEN,
    "modified": OrderState.OPEN,
    "modify": OrderState.OPEN,
    "modifying": OrderState.OPEN,
    "partiallyfilled": OrderState.OPEN,
    "cancel": OrderState.OPEN,
    "cancelling": OrderState.OPEN,
    "canceling": OrderState.OPEN,
    "filled": OrderState.FILLED,
    "cancelled": OrderState.CANCELED,
    "canceled": OrderState.CANCELED,
    "expired": OrderState.EXPIRED,
    "rejected": OrderState.REJECTED,
}
_EXPIRED = "EXPIRED"
_ORDER_TYPES = {
    "limit": OrderType.LIMIT,
    "market": OrderType.MARKET,
    "stopmarket": OrderType.STOP_MARKET,
    "stoplimit": OrderType.STOP_LIMIT,
    "takeprofitmarket": OrderType.MARKET_IF_TOUCHED,
    "takeprofitlimit": OrderType.LIMIT_IF_TOUCHED,
    "twap": OrderType.MARKET,
}
_PRICED = {OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.LIMIT_IF_TOUCHED}
_TRIGGERS = {
    OrderType.STOP_MARKET,
    OrderType.STOP_LIMIT,
    OrderType.MARKET_IF_TOUCHED,
    OrderType.LIMIT_IF_TOUCHED,
}
_TIMES_IN_FORCE = {
    "GTC": TimeInForce.GTC,
    "IOC": TimeInForce.IOC,
    "FOK": TimeInForce.FOK,
    "GTD": TimeInForce.GTD,
}
_BUYS, _SELLS = {"buy", "long"}, {"sell", "short"}


def _plain(text: str) -> str:
    """Return a word as the venue's two ways of writing it share it: "Stop Market", stopMarket."""
    return text.lower().replace("_", "").replace(" ", "").removeprefix("orderstate")


def order_state(order: AccountOrder) -> OrderState:
    """
    Return what the order's status comes to.

    Raises
    ------
    ValueError
        If the status is unknown: an order's state is never guessed.

    """
    state = _STATES.get(_plain(order.status))
    if state is None:
        raise ValueError(f"Expected an order status that Synthetix has, was {order.status!r}")
    is_expired = state is OrderState.CANCELED and order.cancelReason.upper() == _EXPIRED
    return OrderState.EXPIRED if is_expired else state


def parse_order_status_report(
    order: AccountOrder,
    instrument: Instrument,
    account_id: AccountId,
    client_order_id: ClientOrderId | None,
    ts_init: int,
    *,
    filled: Decimal | None = None,
    average_price: Decimal | None = None,
) -> OrderStatusReport:
    """
    Return the order as Nautilus would have it.

    Parameters
    ----------
    order : AccountOrder
        The venue's word.
    instrument : Instrument
        The order's.
    account_id : AccountId
        The account's.
    client_order_id : ClientOrderId, optional
        The order's here; None is an order of somebody else.
    ts_init : int
        Nanoseconds.
    filled : Decimal, optional
        The sum of its fills, which may know more than the order itself.
    average_price : Decimal, optional
        Of all its fills; without it the order's own, where it has one.

    Raises
    ------
    ValueError
        If status, side, kind or time in force is unknown, or its size is 0, as that of a trigger
        that closes the whole position.

    """
    order_type = _order_type(order)
    state = order_state(order)
    told = order.quantity if state is OrderState.FILLED else order.filledQuantity
    done = max(told, filled or Decimal(0))
    size = max(order.quantity, done)
    if size <= 0:
        raise ValueError(f"Expected a size of order {order.venue_id} ({order.symbol}), was {size}")
    is_trigger = order_type in _TRIGGERS
    time_in_force = _time_in_force(order)
    updated = order.updatedTime or order.updateTime or order.createdTime or ts_init
    average = average_price or order.filledPrice or None
    return OrderStatusReport(
        account_id=account_id,
        instrument_id=instrument.id,
        venue_order_id=VenueOrderId(order.venue_id),
        order_side=_order_side(order.side),
        order_type=order_type,
        time_in_force=time_in_force,
        order_status=_order_status(state, size - done, done),
        quantity=parse_quantity(size, instrument),
        filled_qty=parse_quantity(done, instrument),
        report_id=UUID4(),
        ts_accepted=order.createdTime or updated,
        ts_last=updated,
        ts_init=ts_init,
        client_order_id=client_order_id,
        expire_time=_expire_time(order) if time_in_force == TimeInForce.GTD else None,
        price=parse_price(order.price, instrument) if order_type in _PRICED else None,
        trigger_price=parse_price(order.triggerPrice, instrument) if is_trigger else None,
        trigger_type=_trigger_type(order) if is_trigger else TriggerType.NO_TRIGGER,
        avg_px=None if average is None or not done else Decimal(average),
        post_only=order.postOnly,
        reduce_only=order.reduceOnly or order.closePosition,
        cancel_reason=order.cancelReason or None,
    )


def parse_fill_report(
    trade: AccountTrade,
    instrument: Instrument,
    account_id: AccountId,
    client_order_id: ClientOrderId | None,
    ts_init: int,
) -> FillReport:
    """Return the fill under the venue's trade id; its fee is in the settlement currency."""
    return FillReport(
        account_id=account_id,
        instrument_id=instrument.id,
        venue_order_id=VenueOrderId(trade.venue_id),
        trade_id=TradeId(str(trade.tradeId)),
        order_side=_order_side(trade.side),
        last_qty=parse_quantity(trade.quantity, instrument),
        last_px=parse_price(trade.price, instrument),
        commission=Money.from_decimal(Decimal(trade.fee), instrument.settlement_currency),
        liquidity_side=LiquiditySide.MAKER if trade.maker else LiquiditySide.TAKER,
        report_id=UUID4(),
        ts_event=trade.timestamp or trade.tradedAt or ts_init,
        ts_init=ts_init,
        client_order_id=client_order_id,
    )


def parse_position_status_report(
    position: Position | None, instrument: Instrument, account_id: AccountId, ts_init: int
) -> PositionStatusReport:
    """Return the position, flat if there is none."""
    signed = Decimal(0) if position is None else position.signed
    side = PositionSide.LONG if signed > 0 else PositionSide.SHORT
    entry_price = None if position is None or not signed else Decimal(position.entryPrice)
    return PositionStatusReport(
        account_id=account_id,
        instrument_id=instrument.id,
        position_side=side if signed else PositionSide.FLAT,
        quantity=parse_quantity(abs(signed), instrument),
        report_id=UUID4(),
        ts_last=(position.updatedAt if position else 0) or ts_init,
        ts_init=ts_init,
        avg_px_open=entry_price or None,
    )


def _order_type(order: AccountOrder) -> OrderType:
    order_type = _ORDER_TYPES.get(_plain(order.type))
    if order_type is None:
        raise ValueError(
            f"Expected an order type that Synthetix has, was {order.type!r}"
            f" of order {order.venue_id} ({order.symbol})"
        )
    return order_type


def _order_status(state: OrderState, remaining: Decimal, filled: Decimal) -> OrderStatus:
    """Return the status that lets Nautilus apply the fills: it does so to none but a few."""
    if filled and not remaining:
        return OrderStatus.FILLED
    if state is OrderState.OPEN:
        return OrderStatus.PARTIALLY_FILLED if filled else OrderStatus.ACCEPTED
    if state is OrderState.REJECTED and not filled:
        return OrderStatus.REJECTED
    return OrderStatus.EXPIRED if state is OrderState.EXPIRED else OrderStatus.CANCELED


def _time_in_force(order: AccountOrder) -> TimeInForce:
    if not order.timeInForce:
        return TimeInForce.GTD if order.expiresAt else TimeInForce.GTC
    time_in_force = _TIMES_IN_FORCE.get(order.timeInForce.upper())
    if time_in_force is None:
        raise ValueError(f"Expected GTC, IOC, FOK or GTD, was {order.timeInForce!r}")
    return time_in_force


def _expire_time(order: AccountOrder) -> datetime | None:
    return (
        datetime.fromtimestamp(order.expiresAt / NANOS_PER_SECOND, UTC) if order.expiresAt else None
    )


def _trigger_type(order: AccountOrder) -> TriggerType:
    is_last = _plain(order.triggerPriceType) == "last"
    return TriggerType.LAST_PRICE if is_last else TriggerType.MARK_PRICE


def _order_side(side: str) -> OrderSide:
    word = side.lower()
    if word in _BUYS:
        return OrderSide.BUY
    if word in _SELLS:
        return OrderSide.SELL
    raise ValueError(f"Expected a side of buy, sell, long or short, was {side!r}")
