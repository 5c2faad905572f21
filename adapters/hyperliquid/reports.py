"""Translate the venue's word on orders, fills and positions into Nautilus reports; pure.

`ts_init` is always given in nanoseconds; the other times are the venue's.
"""

from collections.abc import Iterable
from decimal import Decimal
from enum import Enum, auto
from hashlib import blake2b
from typing import cast

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
from nautilus_trader.model.objects import Currency, Money, Price, Quantity

from adapters.common.currencies import parse_currency
from adapters.common.order_events import Fill
from adapters.hyperliquid.account_schemas import Position
from adapters.hyperliquid.constants import MAX_DECIMALS_SPOT, NANOS_PER_MILLI
from adapters.hyperliquid.user_schemas import FrontendOrder, UserFill


class OrderState(Enum):
    """What a status of the venue comes to."""

    OPEN = auto()
    TRIGGERED = auto()
    FILLED = auto()
    CANCELED = auto()
    REJECTED = auto()


LIVE_STATES = {OrderState.OPEN, OrderState.TRIGGERED}

# https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/info-endpoint, "Order status".
_STATES = {
    "open": OrderState.OPEN,
    "triggered": OrderState.TRIGGERED,
    "filled": OrderState.FILLED,
    "canceled": OrderState.CANCELED,
    "scheduledCancel": OrderState.CANCELED,
    "rejected": OrderState.REJECTED,
    # The venue took an immediate-or-cancel order and found nothing to match: that is its cancel.
    "iocCancelRejected": OrderState.CANCELED,
}
_PLAIN_STATUSES = {"open", "triggered", "filled", "canceled", "rejected"}
_POST_ONLY_STATUS = "badAloPxRejected"
_TWAP = "twap-"
_POST_ONLY_TEXT = "Post only order would have immediately matched"

_ORDER_TYPES = {
    None: OrderType.LIMIT,  # where the venue leaves it out
    "Limit": OrderType.LIMIT,
    "Market": OrderType.MARKET,
    "Stop Market": OrderType.STOP_MARKET,
    "Stop Limit": OrderType.STOP_LIMIT,
    "Take Profit Market": OrderType.MARKET_IF_TOUCHED,
    "Take Profit Limit": OrderType.LIMIT_IF_TOUCHED,
    "Twap Slice": OrderType.MARKET,
    "Vault Close": OrderType.MARKET,
    "Spot Dust Conversion": OrderType.MARKET,
}
_PRICED = {OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.LIMIT_IF_TOUCHED}
_TRIGGERED_TO_LIMIT = {OrderType.STOP_LIMIT, OrderType.LIMIT_IF_TOUCHED}
_TRIGGERS = _TRIGGERED_TO_LIMIT | {OrderType.STOP_MARKET, OrderType.MARKET_IF_TOUCHED}
_IMMEDIATE_TIFS = {"Ioc", "FrontendMarket", "LiquidationMarket"}

# The venue tells dollars with 6 decimals and cuts the rest off.
_DOLLAR_STEP = Decimal("0.000001")
_AVERAGE_STEP = Decimal("1e-10")
# Nautilus takes trade ids of 36 characters; an oid has 12 and the dash one.
_DIGEST_BYTES = 8


def order_state(status: str) -> OrderState:
    """
    Return what the status comes to; new cancels and rejects of the venue follow its suffixes.

    Raises
    ------
    ValueError
        If the status is of neither kind: an order's state is never guessed.

    """
    state = _STATES.get(status)
    if state is not None:
        return state
    if status.endswith("Canceled"):
        return OrderState.CANCELED
    if status.endswith("Rejected"):
        return OrderState.REJECTED
    raise ValueError(f"Expected an order status that Hyperliquid documents, was {status!r}")


def is_post_only_reject(text: str) -> bool:
    """Return whether a status, or the reason of a refusal, says that a post-only order crossed."""
    return text == _POST_ONLY_STATUS or text.startswith(_POST_ONLY_TEXT)


def filled_size(order: FrontendOrder, status: str, by_fills: Decimal = Decimal(0)) -> Decimal:
    """
    Return how much of the order is filled, by its own word or by its fills, whichever is ahead.

    Its own word is the size less what remains. But some histories repeat the whole size as what
    remains, and triggers with their position's size tell nothing remains: then the status decides.
    """
    told = order.size - order.sz
    if order.sz == order.size or order.isPositionTpsl:
        told = order.size if order_state(status) is OrderState.FILLED else Decimal(0)
    return max(told, by_fills)


def parse_order_status_report(
    order: FrontendOrder,
    status: str,
    status_time_ms: int,
    instrument: Instrument,
    account_id: AccountId,
    client_order_id: ClientOrderId | None,
    ts_init: int,
    *,
    average_price: Decimal | None = None,
    filled: Decimal | None = None,
    filled_before: Decimal = Decimal(0),
    venue_order_id: str | None = None,
) -> OrderStatusReport:
    """
    Return the order as Nautilus would have it.

    Parameters
    ----------
    order, status, status_time_ms
        The venue's word, and since when.
    instrument : Instrument
        The order's.
    account_id : AccountId
        The account's.
    client_order_id : ClientOrderId, optional
        The order's here; None is an order of somebody else.
    ts_init : int
        Nanoseconds.
    average_price : Decimal, optional
        Of all its fills, those before included.
    filled : Decimal, optional
        The sum of its fills, which may know more than the order itself.
    filled_before : Decimal, default 0
        What earlier venue orders under the same client order id have filled: the venue replaces a
        modified order by a new one for the rest, Nautilus counts it all as one.
    venue_order_id : str, optional
        Another id than the oid: that of a TWAP.

    Raises
    ------
    ValueError
        If the status or the kind of order is unknown, or its size is 0.

    """
    order_type = _order_type(order)
    done = filled_size(order, status, filled or Decimal(0))
    size = max(order.size, done)
    state = order_state(status)
    if size + filled_before <= 0:
        raise ValueError(f"Expected a size of order {order.oid} ({order.coin}), was {size}")
    is_trigger = order_type in _TRIGGERS
    return OrderStatusReport(
        account_id=account_id,
        instrument_id=instrument.id,
        venue_order_id=VenueOrderId(venue_order_id or str(order.oid)),
        order_side=_order_side(order.side),
        order_type=order_type,
        time_in_force=TimeInForce.IOC if order.tif in _IMMEDIATE_TIFS else TimeInForce.GTC,
        order_status=_order_status(state, order_type, size - done, done + filled_before),
        quantity=_quantity(size + filled_before, instrument),
        filled_qty=_quantity(done + filled_before, instrument),
        report_id=UUID4(),
        ts_accepted=order.timestamp * NANOS_PER_MILLI,
        ts_last=status_time_ms * NANOS_PER_MILLI,
        ts_init=ts_init,
        client_order_id=client_order_id,
        # Of a market trigger the venue's price is but the bound of its slippage.
        price=_price(order.limitPx, instrument) if order_type in _PRICED else None,
        trigger_price=_price(order.triggerPx, instrument) if is_trigger else None,
        trigger_type=TriggerType.MARK_PRICE if is_trigger else TriggerType.NO_TRIGGER,
        avg_px=average_price,
        post_only=order.tif == "Alo",
        reduce_only=order.reduceOnly,
        cancel_reason=None if status in _PLAIN_STATUSES else status,
        ts_triggered=status_time_ms * NANOS_PER_MILLI if state is OrderState.TRIGGERED else None,
    )


def _order_type(order: FrontendOrder) -> OrderType:
    order_type = _ORDER_TYPES.get(order.orderType)
    if order_type is None:
        raise ValueError(
            f"Expected an order type that Hyperliquid documents, was {order.orderType!r} "
            f"of order {order.oid} ({order.coin})"
        )
    return order_type


def _order_status(
    state: OrderState, order_type: OrderType, remaining: Decimal, filled: Decimal
) -> OrderStatus:
    """Return the status that lets Nautilus apply the fills: it does so to none but a few."""
    if filled and not remaining:
        return OrderStatus.FILLED
    if state in LIVE_STATES:
        if filled:
            return OrderStatus.PARTIALLY_FILLED
        is_triggered = state is OrderState.TRIGGERED and order_type in _TRIGGERED_TO_LIMIT
        return OrderStatus.TRIGGERED if is_triggered else OrderStatus.ACCEPTED
    if state is OrderState.REJECTED and not filled:
        return OrderStatus.REJECTED
    return OrderStatus.CANCELED


def trade_id_of(fill: UserFill) -> str:
    """
    Return what tells the fill from all others of the account.

    That is the venue's own id. Fills without one, such as dust conversions, are told apart by
    their order, time and starting position, which moves with every fill.
    """
    if fill.tid:
        return str(fill.tid)
    facts = f"{fill.time}:{fill.startPosition.normalize():f}"
    return f"{fill.oid}-{blake2b(facts.encode(), digest_size=_DIGEST_BYTES).hexdigest()}"


def order_key_of(fill: UserFill) -> str:
    """Return the venue order id that a fill counts for: the slices of a TWAP are one order."""
    return twap_key(fill.twapId) if fill.twapId is not None else str(fill.oid)


def neutral_fill(fill: UserFill) -> Fill:
    """Return the fill as the rooms that venues share know it; `parse_neutral_fill` reports it."""
    return Fill(trade_id_of(fill), order_key_of(fill), fill.sz, fill.px, fill.time, fill)


def twap_key(twap_id: int) -> str:
    """Return what stands for the venue order id of a TWAP."""
    return f"{_TWAP}{twap_id}"


def twap_id_of(venue_order_id: str) -> int | None:
    """Return the TWAP that a venue order id stands for, None for one of an order."""
    number = venue_order_id.removeprefix(_TWAP)
    return None if number == venue_order_id else int(number)


def parse_fill_report(
    fill: UserFill,
    instrument: Instrument,
    account_id: AccountId,
    client_order_id: ClientOrderId | None,
    ts_init: int,
    *,
    venue_order_id: str | None = None,
) -> FillReport:
    """
    Return the fill under the venue's trade id, its fee exact and in the token it was paid in.

    Parameters
    ----------
    fill : UserFill
        The venue's word.
    instrument : Instrument
        The fill's.
    account_id : AccountId
        The account's.
    client_order_id : ClientOrderId, optional
        The order's here.
    ts_init : int
        Nanoseconds.
    venue_order_id : str, optional
        Another order than the one filled: the one that has replaced it.

    Raises
    ------
    ValueError
        If the size is no whole number of lots, as that of swept spot dust.

    """
    quantity = _quantity(fill.sz, instrument)
    if quantity.as_decimal() != fill.sz:
        raise ValueError(f"Expected whole lots of {instrument.id}, was {fill.sz} ({fill.dir})")
    return FillReport(
        account_id=account_id,
        instrument_id=instrument.id,
        venue_order_id=VenueOrderId(venue_order_id or order_key_of(fill)),
        trade_id=TradeId(trade_id_of(fill)),
        order_side=_order_side(fill.side),
        last_qty=quantity,
        last_px=_price(fill.px, instrument),
        commission=Money.from_decimal(fill.fee, _fee_currency(fill.feeToken, instrument)),
        liquidity_side=LiquiditySide.TAKER if fill.crossed else LiquiditySide.MAKER,
        report_id=UUID4(),
        ts_event=fill.time * NANOS_PER_MILLI,
        ts_init=ts_init,
        client_order_id=client_order_id,
    )


def parse_neutral_fill(
    fill: Fill,
    instrument: Instrument,
    account_id: AccountId,
    client_order_id: ClientOrderId,
    ts_init: int,
) -> FillReport:
    """Return the report of a fill that `neutral_fill` has made, as `parse_fill_report` does."""
    record = cast("UserFill", fill.record)
    return parse_fill_report(record, instrument, account_id, client_order_id, ts_init)


def _fee_currency(token: str | None, instrument: Instrument) -> Currency:
    quote: Currency = instrument.quote_currency
    return quote if token in {None, quote.code} else parse_currency(token, MAX_DECIMALS_SPOT)


def average_price_of(fills: Iterable[UserFill]) -> Decimal | None:
    """Return the mean price by size, or None of no fills."""
    size = notional = Decimal(0)
    for fill in fills:
        size += fill.sz
        notional += fill.px * fill.sz
    return (notional / size).quantize(_AVERAGE_STEP) if size else None


def parse_position_status_report(
    position: Position | None, instrument: Instrument, account_id: AccountId, ts_init: int
) -> PositionStatusReport:
    """Return the position, flat if there is none; its price is that of `average_entry_price`."""
    signed = position.szi if position else Decimal(0)
    side = PositionSide.LONG if signed > 0 else PositionSide.SHORT
    return PositionStatusReport(
        account_id=account_id,
        instrument_id=instrument.id,
        position_side=side if signed else PositionSide.FLAT,
        quantity=_quantity(abs(signed), instrument),
        report_id=UUID4(),
        ts_last=ts_init,
        ts_init=ts_init,
        avg_px_open=average_entry_price(position, instrument) if position else None,
    )


def average_entry_price(position: Position, instrument: Instrument) -> Decimal | None:
    """
    Return what the position was opened at in the mean, or None if it is flat.

    The venue cuts `entryPx` off at the price's decimals, but value and unrealised profit are exact
    to a millionth of a dollar, and their difference is what was paid. That is taken wherever it
    agrees with what is left of entryPx.
    """
    size = abs(position.szi)
    if not size:
        return None
    gain = position.unrealizedPnl if position.szi > 0 else -position.unrealizedPnl
    exact = ((position.positionValue - gain) / size).quantize(_AVERAGE_STEP)
    tick = Decimal(1).scaleb(-instrument.price_precision)
    tolerance = tick + 2 * _DOLLAR_STEP / size
    if position.entryPx is None or abs(exact - position.entryPx) <= tolerance:
        return exact
    return position.entryPx


def _order_side(side: str) -> OrderSide:
    return OrderSide.BUY if side == "B" else OrderSide.SELL


# Given a Decimal, the constructors of Price, Quantity and Money go through a float.
def _price(price: Decimal, instrument: Instrument) -> Price:
    return Price.from_str(f"{price:.{instrument.price_precision}f}")


def _quantity(size: Decimal, instrument: Instrument) -> Quantity:
    return Quantity.from_str(f"{size:.{instrument.size_precision}f}")
