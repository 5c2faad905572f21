"""Nautilus orders as Hyperliquid's wire orders and actions; pure, it judges and sends nothing."""

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import msgspec
from nautilus_trader.model.enums import (
    ContingencyType,
    OrderSide,
    OrderType,
    TimeInForce,
)
from nautilus_trader.model.orders import Order

from adapters.common.wallet import keccak
from adapters.hyperliquid.actions import (
    Grouping,
    LimitKind,
    OrderKind,
    OrderWire,
    Tif,
    Tpsl,
    TriggerKind,
    TwapOrderAction,
    TwapWire,
    UpdateIsolatedMarginAction,
)

# "Prices can have up to 5 significant figures ... Integer prices are always allowed."
# https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/tick-and-lot-size
SIGNIFICANT_FIGURES = 5
# A market TP/SL order tolerates 10% of slippage, says
# https://hyperliquid.gitbook.io/hyperliquid-docs/trading/take-profit-and-stop-loss-orders-tp-sl
TRIGGER_SLIPPAGE_BPS = 1_000
BPS = Decimal(10_000)
USD_DECIMALS = 6

_STOPS = {OrderType.STOP_MARKET, OrderType.STOP_LIMIT}
_MARKET_TRIGGERS = {OrderType.STOP_MARKET, OrderType.MARKET_IF_TOUCHED}
_SIBLINGS = {ContingencyType.OCO, ContingencyType.OUO}


class Asset(msgspec.Struct, frozen=True):
    """
    What an order needs to know of its instrument.

    Parameters
    ----------
    asset_id : int
        The venue's number of the instrument.
    price_decimals : int
        6 less the size decimals on perpetuals, 8 less them on spot.
    size_decimals : int
        Decimals of a size.

    """

    asset_id: int
    price_decimals: int
    size_decimals: int


def decimal_to_wire(value: Decimal) -> str:
    """Return the number as the venue hashes it: no exponent and no trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def cloid_from_client_order_id(client_order_id: str) -> str:
    """Return the 16-byte client order id that the venue knows, the one Nautilus derives too."""
    return "0x" + keccak(client_order_id.encode())[:16].hex()


def normalize_price(price: Decimal, asset: Asset, *, is_buy: bool) -> Decimal:
    """
    Return the nearest price that the venue takes and that is no worse for the order.

    A valid price is whole, or has at most 5 significant figures and the asset's decimals. A buy is
    rounded down and a sell up, so that a limit is never crossed; a trigger rounded the same way
    makes a stop fire no later, and a take-profit no worse, than asked.

    Raises
    ------
    ValueError
        If the price is not positive.

    """
    if price <= 0:
        raise ValueError(f"Expected a positive price, was {price}")
    exponent = max(price.adjusted() - SIGNIFICANT_FIGURES + 1, -asset.price_decimals)
    rounding = ROUND_FLOOR if is_buy else ROUND_CEILING
    return price.quantize(Decimal(1).scaleb(min(exponent, 0)), rounding)


def slippage_price(price: Decimal, slippage_bps: int, asset: Asset, *, is_buy: bool) -> Decimal:
    """
    Return the worst price that an order at the market may trade at.

    Parameters
    ----------
    price : Decimal
        The best ask for a buy and the best bid for a sell, or a trigger price.
    slippage_bps : int
        How much worse the fill may be, in hundredths of a percent; it is a bound, so the result is
        rounded back towards `price`, and never behind it if `price` itself is valid.
    asset : Asset
        Gives the tick.
    is_buy : bool
        A buy pays up to more, a sell takes down to less.

    """
    slippage = price * slippage_bps / BPS
    return normalize_price(price + slippage if is_buy else price - slippage, asset, is_buy=is_buy)


def base_size(quote_quantity: Decimal, price: Decimal, asset: Asset) -> Decimal:
    """Return the size that `quote_quantity` buys at `price`, rounded down to a lot (may be 0)."""
    return (quote_quantity / price).quantize(Decimal(1).scaleb(-asset.size_decimals), ROUND_FLOOR)


def order_to_wire(
    order: Order,
    asset: Asset,
    *,
    size: Decimal | None = None,
    price: Decimal | None = None,
    trigger_price: Decimal | None = None,
    trigger_slippage_bps: int = TRIGGER_SLIPPAGE_BPS,
    in_bracket: bool = False,
) -> OrderWire:
    """
    Return one order that `check_order` has let pass as the venue takes it.

    Parameters
    ----------
    order : Order
        What is not given below is taken from here.
    asset : Asset
        The instrument.
    size : Decimal, optional
        The size that is to rest, in base units: of an order whose quantity is in quote, or, when an
        order is modified, its new quantity less what has been filled (the venue places anew).
    price : Decimal, optional
        The limit price: the `slippage_price` of a market order, or the new one of a modified order.
    trigger_price : Decimal, optional
        The new trigger price of a modified order.
    trigger_slippage_bps : int, default 1,000
        Bound of the fill of a stop-market or market-if-touched order behind its trigger.
    in_bracket : bool, default False
        If the order is a child of a ``normalTpsl`` group. The venue takes only triggers there, so
        that a limit child goes as a take-profit limit whose trigger is its own price; post-only it
        cannot be.

    """
    is_buy = order.side == OrderSide.BUY
    if price is None and order.has_price:
        price = order.price.as_decimal()
    if trigger_price is None and order.has_trigger_price:
        trigger_price = order.trigger_price.as_decimal()
    if in_bracket and order.order_type == OrderType.LIMIT:
        trigger_price = price
    if price is None and trigger_price is not None:
        price = slippage_price(trigger_price, trigger_slippage_bps, asset, is_buy=is_buy)
    if price is None:
        raise ValueError(f"Expected a price for {order.client_order_id}, a market order, had none")
    if trigger_price is not None:
        trigger_price = normalize_price(trigger_price, asset, is_buy=is_buy)
    return OrderWire(
        a=asset.asset_id,
        b=is_buy,
        p=decimal_to_wire(normalize_price(price, asset, is_buy=is_buy)),
        s=decimal_to_wire(order.quantity.as_decimal() if size is None else size),
        r=order.is_reduce_only,
        t=_order_kind(order, trigger_price),
        c=cloid_from_client_order_id(order.client_order_id.value),
    )


def _order_kind(order: Order, trigger_price: Decimal | None) -> OrderKind:
    if trigger_price is not None:
        tpsl = Tpsl.STOP_LOSS if order.order_type in _STOPS else Tpsl.TAKE_PROFIT
        is_market = order.order_type in _MARKET_TRIGGERS
        return OrderKind(trigger=TriggerKind(is_market, decimal_to_wire(trigger_price), tpsl))
    if order.is_post_only:
        return OrderKind(limit=LimitKind(Tif.ALO))
    is_immediate = order.order_type == OrderType.MARKET or order.time_in_force == TimeInForce.IOC
    return OrderKind(limit=LimitKind(Tif.IOC if is_immediate else Tif.GTC))


def grouping_of(orders: Sequence[Order]) -> Grouping:
    """Return ``normalTpsl`` for an entry followed by its reduce-only exits, else ``na``."""
    entry, *exits = orders
    is_bracket = (
        entry.contingency_type == ContingencyType.OTO
        and not entry.is_reduce_only
        and exits
        and all(_is_exit_of(entry, order) for order in exits)
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


def isolated_margin_action(asset_id: int, amount: Decimal) -> UpdateIsolatedMarginAction:
    """
    Return the action that adds `amount` dollars of isolated margin, or removes them if negative.

    Raises
    ------
    ValueError
        If the amount has more than 6 decimals.

    """
    micros = amount.scaleb(USD_DECIMALS)
    if micros != micros.to_integral_value():
        raise ValueError(f"Expected a margin with at most {USD_DECIMALS} decimals, was {amount}")
    return UpdateIsolatedMarginAction(asset_id, is_buy=True, ntli=int(micros))


def twap_action(order: Order, asset: Asset, minutes: int, *, randomize: bool) -> TwapOrderAction:
    """Return the action that trades the order's quantity in equal parts over `minutes`."""
    return TwapOrderAction(
        TwapWire(
            a=asset.asset_id,
            b=order.side == OrderSide.BUY,
            s=decimal_to_wire(order.quantity.as_decimal()),
            r=order.is_reduce_only,
            m=minutes,
            t=randomize,
        )
    )
