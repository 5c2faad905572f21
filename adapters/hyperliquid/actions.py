"""The actions Hyperliquid signs, as structs whose field order is the hashed key order; no logic."""

from enum import StrEnum

import msgspec

# https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/exchange-endpoint
# The venue hashes the msgpack of its own typed struct, so key order is part of a signature and a
# key that is not used is absent, never null.


class Tif(StrEnum):
    """How long a limit order stands: post-only, immediate-or-cancel, until canceled."""

    ALO = "Alo"
    IOC = "Ioc"
    GTC = "Gtc"


class Tpsl(StrEnum):
    """Which way a trigger looks: a take-profit fires on a better mark price, a stop on a worse."""

    TAKE_PROFIT = "tp"
    STOP_LOSS = "sl"


class Grouping(StrEnum):
    """How the orders of one action hang together."""

    NONE = "na"
    NORMAL_TPSL = "normalTpsl"
    """The first order is the parent; the triggers after it arm when it has filled entirely."""
    POSITION_TPSL = "positionTpsl"
    """The triggers belong to the position and scale with it."""


class _Wire(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    pass


class LimitKind(_Wire, frozen=True):
    """``{"tif": "Gtc"}``."""

    tif: Tif


class TriggerKind(_Wire, frozen=True):
    """``{"isMarket": true, "triggerPx": "103", "tpsl": "sl"}``."""

    is_market: bool
    trigger_px: str
    tpsl: Tpsl


class OrderKind(_Wire, frozen=True):
    """``{"limit": {...}}`` or ``{"trigger": {...}}``: exactly one of the two is set."""

    limit: LimitKind | None = None
    trigger: TriggerKind | None = None


class OrderWire(_Wire, frozen=True):
    """
    One order: asset, is buy, limit price, size, reduce-only, kind, client order id.

    ``{"a":4,"b":true,"p":"1100","s":"0.2","r":false,"t":{"limit":{"tif":"Gtc"}},"c":"0x00..01"}``
    """

    a: int
    b: bool
    p: str
    s: str
    r: bool
    t: OrderKind
    c: str | None = None


class Builder(_Wire, frozen=True):
    """The front end that is paid `f` tenths of a basis point, and its lower-case address `b`."""

    b: str
    f: int


class OrderAction(_Wire, frozen=True, tag_field="type", tag="order"):
    """Place orders; the answer holds one status per order, in the same order."""

    orders: tuple[OrderWire, ...]
    grouping: Grouping
    builder: Builder | None = None


class CancelWire(_Wire, frozen=True):
    """An order by asset and venue order id."""

    a: int
    o: int


class CancelAction(_Wire, frozen=True, tag_field="type", tag="cancel"):
    """Cancel by venue order id."""

    cancels: tuple[CancelWire, ...]


class CancelByCloidWire(_Wire, frozen=True):
    """An order by asset and client order id."""

    asset: int
    cloid: str


class CancelByCloidAction(_Wire, frozen=True, tag_field="type", tag="cancelByCloid"):
    """Cancel by client order id; ``f=True`` asks for the fast path, which trigger orders lack."""

    cancels: tuple[CancelByCloidWire, ...]
    f: bool | None = None


class ModifyWire(_Wire, frozen=True):
    """The order to replace, by venue order id or cloid, and the order that takes its place."""

    oid: int | str
    order: OrderWire


class ModifyAction(_Wire, frozen=True, tag_field="type", tag="modify"):
    """Replace one order; the answer does not name the new venue order id."""

    oid: int | str
    order: OrderWire


class BatchModifyAction(_Wire, frozen=True, tag_field="type", tag="batchModify"):
    """Replace orders; the answer holds one status per order and names each new venue order id."""

    modifies: tuple[ModifyWire, ...]


class ScheduleCancelAction(_Wire, frozen=True, tag_field="type", tag="scheduleCancel"):
    """Cancel all orders at `time` (ms, at least 5 s ahead); None takes the schedule back."""

    time: int | None = None


class UpdateLeverageAction(_Wire, frozen=True, tag_field="type", tag="updateLeverage"):
    """Set the leverage (a whole number) and the margin mode of an asset."""

    asset: int
    is_cross: bool
    leverage: int


class UpdateIsolatedMarginAction(_Wire, frozen=True, tag_field="type", tag="updateIsolatedMargin"):
    """Add (or, if negative, remove) `ntli` millionths of a dollar of isolated margin."""

    asset: int
    is_buy: bool
    ntli: int


class TwapWire(_Wire, frozen=True):
    """Asset, is buy, size, reduce-only, minutes, randomize."""

    a: int
    b: bool
    s: str
    r: bool
    m: int
    t: bool


class TwapOrderAction(_Wire, frozen=True, tag_field="type", tag="twapOrder"):
    """Trade a size in equal parts over some minutes; the answer names the twap id."""

    twap: TwapWire


class TwapCancelAction(_Wire, frozen=True, tag_field="type", tag="twapCancel"):
    """Stop the twap `t` of the asset `a`."""

    a: int
    t: int


class ReserveRequestWeightAction(_Wire, frozen=True, tag_field="type", tag="reserveRequestWeight"):
    """Buy `weight` requests on top of the address budget (0.0005 USDC each)."""

    weight: int


class NoopAction(_Wire, frozen=True, tag_field="type", tag="noop"):
    """Do nothing but use up the nonce: what was signed with the same nonce can no longer run."""


type Action = (
    OrderAction
    | CancelAction
    | CancelByCloidAction
    | ModifyAction
    | BatchModifyAction
    | ScheduleCancelAction
    | UpdateLeverageAction
    | UpdateIsolatedMarginAction
    | TwapOrderAction
    | TwapCancelAction
    | ReserveRequestWeightAction
    | NoopAction
)
