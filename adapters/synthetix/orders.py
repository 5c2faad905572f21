"""Nautilus orders as Synthetix's wire orders; pure, it judges and sends nothing."""

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import msgspec
from nautilus_trader.model.enums import (
    ContingencyType,
    OrderSide,
    OrderType,
    TimeInForce,
    TriggerType,
)
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.orders import Order

from adapters.synthetix.actions import Grouping, OrderKind, OrderWire, Side, decimal_to_wire
from adapters.synthetix.constants import NANOS_PER_SECOND

STOPS = frozenset({OrderType.STOP_MARKET, OrderType.STOP_LIMIT})
TAKE_PROFITS = frozenset({OrderType.MARKET_IF_TOUCHED, OrderType.LIMIT_IF_TOUCHED})
TRIGGERS = STOPS | TAKE_PROFITS
# Those of which Nautilus takes word that they have fired.
LIMIT_TRIGGERS = frozenset({OrderType.STOP_LIMIT, OrderType.LIMIT_IF_TOUCHED})
_MARKET_TRIGGERS = {OrderType.STOP_MARKET, OrderType.MARKET_IF_TOUCHED}
_SIBLINGS = {ContingencyType.OCO, ContingencyType.OUO}
_EXITS_MAX = 2


class Asset(msgspec.Struct, frozen=True):
    """
    What an order needs to know of its instrument.

    Parameters
    ----------
    symbol : str
        The venue's name of the market.
    price_step, size_step : Decimal
        The tick and the lot.
    size_min, notional_min, price_min : Decimal
        The least that the venue takes; 0 for no limit.
    limit_size_max, market_size_max : Decimal
        The most that it takes at once; 0 for no limit.

    """

    symbol: str
    price_step: Decimal
    size_step: Decimal
    size_min: Decimal = Decimal(0)
    notional_min: Decimal = Decimal(0)
    price_min: Decimal = Decimal(0)
    limit_size_max: Decimal = Decimal(0)
    market_size_max: Decimal = Decimal(0)

    @classmethod
    def of(cls, instrument: Instrument) -> "Asset":
        """Read an instrument of `instruments.parse_perpetuals`."""
        return cls(
            instrument.raw_symbol.value,
            instrument.price_increment.as_decimal(),
            instrument.size_increment.as_decimal(),
            _or_zero(instrument.min_quantity),
            _or_zero(instrument.min_notional),
            _or_zero(instrument.min_price),
            _or_zero(instrument.max_quantity),
            Decimal(instrument.info["max_market_quantity"] or 0),
        )


def normalize_price(price: Decimal, asset: Asset, *, is_buy: bool) -> Decimal:
    """
    Return the nearest price on the tick that is no worse for the order.

    A buy is rounded down and a sell up, so that a limit is never crossed; a trigger rounded the
    same way makes a stop fire no later, and a take-profit no worse, than asked.

    Raises
    ------
    ValueError
        If the price is not positive.

    """
    if price <= 0:
        raise ValueError(f"Expected a positive price, was {price}")
    rounding = ROUND_FLOOR if is_buy else ROUND_CEILING
    return (price / asset.price_step).to_integral_value(rounding) * asset.price_step


def base_size(quote_quantity: Decimal, price: Decimal, asset: Asset) -> Decimal:
    """Return the size that `quote_quantity` buys at `price`, rounded down to a lot (may be 0)."""
    lots = (quote_quantity / price / asset.size_step).to_integral_value(ROUND_FLOOR)
    return lots * asset.size_step


def order_to_wire(
    order: Order,
    asset: Asset,
    *,
    size: Decimal | None = None,
    in_bracket: bool = False,
) -> OrderWire:
    """
    Return one order that `check_order` has let pass as the venue takes it.

    Parameters
    ----------
    order : Order
        The order.
    asset : Asset
        The instrument.
    size : Decimal, optional
        The size in base units; the order's own by default.
    in_bracket : bool, default False
        If the order is a child of a ``normalTpsl`` group. The venue takes only triggers there, so
        that a limit child goes as a take-profit limit whose trigger is its own price; post-only it
        cannot be.

    """
    is_buy = order.side == OrderSide.BUY
    price = order.price.as_decimal() if order.has_price else None
    trigger_price = order.trigger_price.as_decimal() if order.has_trigger_price else None
    if in_bracket and order.order_type == OrderType.LIMIT:
        trigger_price = price
    is_trigger = trigger_price is not None
    kind = order_kind(order, in_bracket=in_bracket)
    uses_last = is_trigger and getattr(order, "trigger_type", None) == TriggerType.LAST_PRICE
    return OrderWire(
        symbol=asset.symbol,
        side=Side.BUY if is_buy else Side.SELL,
        order_type=kind,
        price=price_to_wire(price, asset, is_buy=is_buy),
        trigger_price=price_to_wire(trigger_price, asset, is_buy=is_buy),
        quantity=decimal_to_wire(order.quantity.as_decimal() if size is None else size),
        reduce_only=order.is_reduce_only,
        is_trigger_market=order.order_type in _MARKET_TRIGGERS,
        client_order_id=order.client_order_id.value,
        close_position=False,
        post_only=order.is_post_only and not is_trigger,
        expires_at=expires_at_secs(order) if kind is OrderKind.LIMIT_GTD else None,
        trigger_price_type="last" if uses_last else None,
    )


def order_kind(order: Order, *, in_bracket: bool = False) -> OrderKind:
    """Return the venue's order type."""
    if order.order_type in STOPS:
        return OrderKind.STOP_LOSS
    if order.order_type in TAKE_PROFITS or (in_bracket and order.order_type == OrderType.LIMIT):
        return OrderKind.TAKE_PROFIT
    if order.order_type == OrderType.MARKET:
        return OrderKind.MARKET
    if order.time_in_force == TimeInForce.IOC:
        return OrderKind.LIMIT_IOC
    return OrderKind.LIMIT_GTD if order.time_in_force == TimeInForce.GTD else OrderKind.LIMIT_GTC


def expires_at_secs(order: Order) -> int:
    """Return the last whole Unix second at which the order may still stand."""
    expire_time_ns: int = order.expire_time_ns
    return expire_time_ns // NANOS_PER_SECOND


def price_to_wire(price: Decimal | None, asset: Asset, *, is_buy: bool) -> str:
    """Return the price on the tick as a text, which is empty where there is none."""
    return "" if price is None else decimal_to_wire(normalize_price(price, asset, is_buy=is_buy))


def grouping_of(orders: Sequence[Order]) -> Grouping:
    """
    Return how the venue must understand the orders of one request.

    ``normalTpsl`` is an entry followed by its reduce-only exits, at most one stop and one
    take-profit; ``positionTpsl`` is up to two triggers of one market alone; else ``na``.
    """
    if len(orders) == 1:
        is_trigger = orders[0].order_type in TRIGGERS
        return Grouping.POSITION_TPSL if is_trigger else Grouping.NONE
    entry, *exits = orders
    if all(order.order_type in TRIGGERS for order in orders):
        is_pair = len(orders) <= _EXITS_MAX and len({one.instrument_id for one in orders}) == 1
        return Grouping.POSITION_TPSL if is_pair else Grouping.NONE
    is_bracket = (
        entry.contingency_type == ContingencyType.OTO
        and not entry.is_reduce_only
        and 0 < len(exits) <= _EXITS_MAX
        and all(_is_exit_of(entry, order) for order in exits)
        and len({order.order_type in STOPS for order in exits}) == len(exits)
    )
    return Grouping.NORMAL_TPSL if is_bracket else Grouping.NONE


def _is_exit_of(entry: Order, order: Order) -> bool:
    return (
        order.parent_order_id == entry.client_order_id
        and order.instrument_id == entry.instrument_id
        and order.side != entry.side
        and order.is_reduce_only
        and order.contingency_type in _SIBLINGS
        and order.order_type != OrderType.MARKET
    )


def _or_zero(limit: object) -> Decimal:
    return Decimal(0) if limit is None else limit.as_decimal()  # type: ignore[attr-defined]  # Price, Quantity or Money
