"""Records of an account as they stand on the wire, and how the engine's nouns are written as them.

Numbers are trimmed, USD figures cut to 6 decimals (fact sheet 2). An optional key that is not there
is left out; one that is null is written.
"""

from collections.abc import Iterable
from decimal import Decimal

import msgspec
from msgspec import UNSET, UnsetType

from simulator.exchange.events import Fill, FundingPaid, LiquidationMark, TwapChanged, TwapStatus
from simulator.exchange.liquidation import LIQUIDATOR
from simulator.exchange.model import ZERO, Order, Side, Tif, TriggerKind, TwapRequest
from simulator.exchange.rules import FEE_DECIMALS
from simulator.hyperliquid_directory import split_account_name
from simulator.hyperliquid_perps import Perp
from simulator.numbers import to_wire, truncate
from simulator.universe import Json

LIQUIDATOR_ADDRESS = "0x2e3d94f0562703b25c83308a05046ddaf9a8dd14"
"""The venue's liquidator vault."""
OUTSIDE_ADDRESS = "0x" + "01".rjust(40, "0")
"""Who trades against an account when it is the market that was made up or recorded."""
NO_HASH = "0x" + "0" * 64
"""The hash of what no action caused: the parts of a TWAP (fact sheet 2.3)."""
FIRST_TID = 1 << 52
"""Above every trade id of recordings and generator, and still exact in a double."""

SIDES = {Side.BUY: "B", Side.SELL: "A"}
TIFS = {
    Tif.GTC: "Gtc",
    Tif.ALO: "Alo",
    Tif.IOC: "Ioc",
    Tif.MARKET: "FrontendMarket",
    Tif.LIQUIDATION: "LiquidationMarket",
}
_TRIGGERED_TYPES = {TriggerKind.STOP: "Stop", TriggerKind.TAKE_PROFIT: "Take Profit"}
_TWAP_STATUSES = {
    TwapStatus.ACTIVATED: "activated",
    TwapStatus.FINISHED: "finished",
    TwapStatus.TERMINATED: "terminated",
}


class BasicOrder(msgspec.Struct, frozen=True, rename="camel"):
    """An order as orderUpdates and openOrders have it."""

    coin: str
    side: str
    limit_px: str
    sz: str
    oid: int
    timestamp: int
    orig_sz: str
    cloid: str | UnsetType = UNSET
    reduce_only: bool | UnsetType = UNSET


class FrontendOrder(msgspec.Struct, frozen=True, rename="camel"):
    """An order as frontendOpenOrders, orderStatus and historicalOrders have it."""

    coin: str
    side: str
    limit_px: str
    sz: str
    oid: int
    timestamp: int
    trigger_condition: str
    is_trigger: bool
    trigger_px: str
    children: tuple["FrontendOrder", ...]
    is_position_tpsl: bool
    reduce_only: bool
    order_type: str
    orig_sz: str
    tif: str | None
    cloid: str | None

    @property
    def basic(self) -> BasicOrder:
        """Return the order without what only the web page shows."""
        return BasicOrder(
            coin=self.coin,
            side=self.side,
            limit_px=self.limit_px,
            sz=self.sz,
            oid=self.oid,
            timestamp=self.timestamp,
            orig_sz=self.orig_sz,
            cloid=UNSET if self.cloid is None else self.cloid,
            reduce_only=self.reduce_only or UNSET,
        )


class OrderRow(msgspec.Struct, frozen=True, rename="camel"):
    """An order and the status that it reached."""

    order: FrontendOrder
    status: str
    status_timestamp: int


class OrderUpdate(msgspec.Struct, frozen=True, rename="camel"):
    """An entry of orderUpdates."""

    order: BasicOrder
    status: str
    status_timestamp: int


class FillLiquidation(msgspec.Struct, frozen=True, rename="camel"):
    """What a fill of a liquidation carries, on both sides."""

    liquidated_user: str
    mark_px: str
    method: str


class UserFill(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A fill of an account."""

    coin: str
    px: str
    sz: str
    side: str
    time: int
    start_position: str
    dir: str
    closed_pnl: str
    hash: str
    oid: int
    crossed: bool
    fee: str
    builder_fee: str | UnsetType = UNSET
    tid: int
    cloid: str | UnsetType = UNSET
    liquidation: FillLiquidation | UnsetType = UNSET
    fee_token: str
    twap_id: int | None


class LedgerRow(msgspec.Struct, frozen=True):
    """What moved an account's cash beside its fills; `delta` has a `type`."""

    time: int
    hash: str
    delta: Json

    @property
    def flat(self) -> Json:
        """Return a funding payment as the channels have it."""
        return {"time": self.time} | {k: v for k, v in self.delta.items() if k != "type"}


class TwapFill(msgspec.Struct, frozen=True, rename="camel"):
    """A fill by a TWAP."""

    fill: UserFill
    twap_id: int


def number(value: Decimal) -> str:
    """Write a number; there is no minus zero."""
    return to_wire(value or ZERO)


def usd(value: Decimal) -> str:
    """Write a USD figure, cut to 6 decimals."""
    return number(truncate(value, FEE_DECIMALS))


def address_of(account: str | None) -> str:
    """Return whose an engine's account is; None is the outside."""
    if account is None:
        return OUTSIDE_ADDRESS
    return LIQUIDATOR_ADDRESS if account == LIQUIDATOR else split_account_name(account)[0]


def frontend_order(order: Order, perp: Perp, children: Iterable[Order] = ()) -> FrontendOrder:
    """Write an order as it stands; `sz` is what remains, 0 for a TP/SL of a whole position."""
    request, trigger = order.request, order.request.trigger
    return FrontendOrder(
        coin=perp.coin,
        side=SIDES[order.side],
        limit_px=number(request.price),
        sz=number(order.remaining),
        oid=order.oid,
        timestamp=order.time,
        trigger_condition=_condition(order),
        is_trigger=trigger is not None,
        trigger_px=number(trigger.price if trigger else ZERO),
        children=tuple(frontend_order(child, perp) for child in children),
        is_position_tpsl=order.tracks_position,
        reduce_only=request.reduce_only,
        order_type=_order_type(order),
        orig_sz=number(order.size),
        tif=None if trigger else TIFS[order.tif],
        cloid=request.client_id,
    )


def _condition(order: Order) -> str:
    trigger = order.request.trigger
    if trigger is None:
        return "N/A"
    above = (order.side is Side.BUY) == (trigger.kind is TriggerKind.STOP)
    return f"Price {'above' if above else 'below'} {to_wire(trigger.price)}"


def _order_type(order: Order) -> str:
    trigger = order.request.trigger
    if trigger is not None:
        return f"{_TRIGGERED_TYPES[trigger.kind]} {'Market' if trigger.is_market else 'Limit'}"
    if order.twap_id is not None:
        return "Twap Slice"
    return "Market" if order.tif in {Tif.MARKET, Tif.LIQUIDATION} else "Limit"


def user_fill(fill: Fill, perp: Perp, action_hash: str) -> UserFill:
    """Write a fill."""
    return UserFill(
        coin=perp.coin,
        px=number(fill.price),
        sz=number(fill.size),
        side=SIDES[fill.side],
        time=fill.time,
        start_position=number(fill.start_position),
        dir=fill.direction.value,
        closed_pnl=usd(fill.closed_pnl),
        hash=action_hash if fill.twap_id is None else NO_HASH,
        oid=fill.oid,
        crossed=fill.crossed,
        fee=usd(fill.fee),
        builder_fee=usd(fill.builder_fee) if fill.builder_fee else UNSET,
        tid=FIRST_TID + fill.tid,
        cloid=UNSET if fill.client_id is None else fill.client_id,
        liquidation=_liquidation(fill.liquidation) if fill.liquidation else UNSET,
        fee_token=perp.collateral,
        twap_id=fill.twap_id,
    )


def _liquidation(mark: LiquidationMark) -> FillLiquidation:
    return FillLiquidation(address_of(mark.account), number(mark.mark), mark.method.value)


def funding_row(paid: FundingPaid, perp: Perp, action_hash: str) -> LedgerRow:
    """Write a funding payment; `usdc` is negative when it was paid."""
    delta: Json = {
        "type": "funding",
        "coin": perp.coin,
        "usdc": usd(paid.amount),
        "szi": number(paid.size),
        "fundingRate": number(paid.rate),
        "nSamples": None,
    }
    return LedgerRow(paid.time, action_hash, delta)


def twap_state(
    account: str,
    perp: Perp,
    request: TwapRequest,
    executed: tuple[Decimal, Decimal],
    started: int,
) -> Json:
    """Write a TWAP; `executed` is size and notional so far."""
    size, notional = executed
    return {
        "coin": perp.coin,
        "user": address_of(account),
        "side": SIDES[request.side],
        "sz": number(request.size),
        "executedSz": number(size),
        "executedNtl": usd(notional),
        "minutes": request.minutes,
        "reduceOnly": request.reduce_only,
        "randomize": False,  # the engine has no chance
        "timestamp": started,
        "stopPx": None,
        "trigger": None,
    }


def twap_row(changed: TwapChanged, perp: Perp) -> Json:
    """Write a TWAP's change; its time is in seconds (fact sheet 2.3)."""
    executed = (changed.executed_size, changed.executed_notional)
    state = twap_state(changed.account, perp, changed.request, executed, changed.started)
    return {
        "time": changed.time // 1000,
        "state": state,
        "status": {"status": _TWAP_STATUSES[changed.status]},
        "twapId": changed.twap_id,
    }
