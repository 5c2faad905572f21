"""Place, modify, cancel: what they ask of the engine, and what the venue says of it (3.1-3.3)."""

from decimal import Decimal

import msgspec

from simulator.exchange.checks import RESTING_VALUE_FACTOR
from simulator.exchange.events import Denied, Done, Outcome, Refused
from simulator.exchange.model import (
    Fault,
    Grouping,
    OrderRequest,
    Side,
    Tif,
    Trigger,
    TriggerKind,
)
from simulator.exchange.placing import OrderKey
from simulator.hyperliquid_answers import (
    PLACING_FAILED,
    Json,
    RefusedError,
    dollars,
    done,
    error,
    fault_words,
    listed,
    of_asset,
    order_entry,
)
from simulator.hyperliquid_calls import Call, grouped
from simulator.hyperliquid_l1_actions import (
    BatchModify,
    Builder,
    Cancel,
    CancelByCloid,
    Modify,
    ModifyWire,
    Order,
    OrderWire,
    TriggerWire,
)
from simulator.universe import BUILDER_ASSET, SPOT_ASSET

BUILDER_UNIT = Decimal("0.00001")
"""A builder's fee is written in tenths of a basis point (3.1)."""
BUILDER_FEE_MAX = 100

_TIFS = {"Gtc": Tif.GTC, "Alo": Tif.ALO, "Ioc": Tif.IOC, "FrontendMarket": Tif.MARKET}
_KINDS = {"sl": TriggerKind.STOP, "tp": TriggerKind.TAKE_PROFIT}
_GROUPINGS = {
    "na": Grouping.NONE,
    "normalTpsl": Grouping.NORMAL_TPSL,
    "positionTpsl": Grouping.POSITION_TPSL,
}


def place(call: Call, action: Order) -> Json:
    """Place a batch; a batch over several dexs is one for each of them."""
    if action.builder is not None and not _may_take(call, action.builder):
        return listed("order", [error("Builder fee has not been approved.")])
    rate = action.builder.f * BUILDER_UNIT if action.builder else Decimal(0)
    requests = [order_request(wire, rate) for wire in action.orders]
    if requests and all(_is_spot(request.asset) for request in requests):
        return listed("order", [_spot_entry(call, request) for request in requests])
    named = action.grouping if isinstance(action.grouping, str) else "na"
    entries: list[object] = [None] * len(requests)
    for name, places in grouped(call.name_for(x.asset) for x in requests).items():
        batch = [requests[place] for place in places]
        reply = call.trading.exchange.place(name, batch, call.now_ms, _GROUPINGS[named])
        outcomes = call.tell(reply)
        if isinstance(outcomes[0], Denied):
            return listed("order", [error(_batch_words(call, batch, outcomes[0].fault))])
        for place, outcome in zip(places, outcomes, strict=True):
            entries[place] = _entry(call, requests[place].asset, outcome)
    return listed("order", entries or [error(fault_words(Fault.EMPTY_BATCH))])


def order_request(wire: OrderWire, builder_rate: Decimal = Decimal(0)) -> OrderRequest:
    """Return what an order on the wire asks of the engine."""
    limit, trigger = wire.t.limit, wire.t.trigger
    return OrderRequest(
        asset=wire.a,
        side=Side.BUY if wire.b else Side.SELL,
        price=Decimal(wire.p),
        size=Decimal(wire.s),
        tif=_TIFS[limit.tif] if limit else Tif.GTC,
        reduce_only=wire.r,
        trigger=None if trigger is None else _trigger(trigger),
        client_id=wire.c and str(wire.c),
        builder_rate=builder_rate,
    )


def _trigger(wire: TriggerWire) -> Trigger:
    return Trigger(_KINDS[wire.tpsl], Decimal(wire.trigger_px), wire.is_market)


def modify(call: Call, action: Modify) -> Json:
    """Replace one order: nothing is said but that it was done, or the old one's being gone."""
    wire = ModifyWire(action.oid, action.order)
    outcome = _modify_one(call, wire, always=bool(action.a))
    if outcome == Denied(Fault.MODIFY_GONE):
        raise RefusedError(fault_words(Fault.MODIFY_GONE))
    if isinstance(outcome, Denied | Refused):
        return listed("order", [_modify_entry(call, wire, outcome)])
    return done()


def batch_modify(call: Call, action: BatchModify) -> Json:
    """Replace orders, each judged by itself."""
    always = bool(action.a)
    entries = [
        _modify_entry(call, wire, _modify_one(call, wire, always=always))
        for wire in action.modifies
    ]
    return listed("order", entries or [error(fault_words(Fault.EMPTY_BATCH))])


def cancel(call: Call, action: Cancel) -> Json:
    """Cancel orders by id."""
    return _cancel(call, [(wire.a, wire.o) for wire in action.cancels])


def cancel_by_cloid(call: Call, action: CancelByCloid) -> Json:
    """Cancel orders by client id."""
    return _cancel(call, [(wire.asset, str(wire.cloid)) for wire in action.cancels])


def _may_take(call: Call, builder: Builder) -> bool:
    approved = call.trading.directory.builder_fees.get((call.user, builder.b), 0)
    return builder.f <= min(approved, BUILDER_FEE_MAX)


def _is_spot(asset: int) -> bool:
    return SPOT_ASSET <= asset < BUILDER_ASSET


def _spot_entry(call: Call, request: OrderRequest) -> Json:
    """Refuse a spot order: nobody owns a token at this venue, and its USDC is for transfers."""
    pairs = call.trading.market.universe.pairs()
    if all(pair.asset != request.asset for pair in pairs):
        return error(fault_words(Fault.UNKNOWN_ASSET))
    return error(of_asset("Insufficient spot balance", request.asset))


def _entry(call: Call, asset: int, outcome: Outcome) -> object:
    return order_entry(outcome, call.trading.exchange.market(asset).rules.size_decimals)


def _batch_words(call: Call, batch: list[OrderRequest], fault: Fault) -> str:
    if fault is not Fault.VALUE_TOO_LARGE:
        return fault_words(fault)
    for request in batch:
        most = call.trading.exchange.market(request.asset).rules.market_value_max
        if most is None:
            continue
        most *= RESTING_VALUE_FACTOR if request.tif.rests else 1
        if request.price * request.size > most:
            return f"Order value too large. Max is {dollars(most)}."
    raise AssertionError("An order of the batch is too large")


def _modify_one(call: Call, wire: ModifyWire, *, always: bool) -> Outcome:
    key: OrderKey = wire.oid if isinstance(wire.oid, int) else wire.oid.lower()
    name, request = call.name_for(wire.order.a), order_request(wire.order)
    exchange = call.trading.exchange
    old = exchange.order(name, key)
    if old is not None:  # the builder goes on taking its fee
        request = msgspec.structs.replace(request, builder_rate=old.request.builder_rate)
    (outcome,) = call.tell(exchange.modify(name, [(key, request)], call.now_ms, always=always))
    return outcome


def _modify_entry(call: Call, wire: ModifyWire, outcome: Outcome) -> object:
    if isinstance(outcome, Denied):
        return error(_batch_words(call, [order_request(wire.order)], outcome.fault))
    entry = _entry(call, wire.order.a, outcome)
    if isinstance(outcome, Refused) and isinstance(entry, dict):
        return error(PLACING_FAILED + str(entry["error"]))
    return entry


def _cancel(call: Call, cancels: list[tuple[int, OrderKey]]) -> Json:
    entries: list[object] = [None] * len(cancels)
    for name, places in grouped(call.name_for(asset) for asset, _ in cancels).items():
        batch = [cancels[place] for place in places]
        outcomes = call.tell(call.trading.exchange.cancel(name, batch, call.now_ms))
        for place, outcome in zip(places, outcomes, strict=True):
            missing = error(of_asset(fault_words(Fault.MISSING_ORDER), cancels[place][0]))
            entries[place] = "success" if isinstance(outcome, Done) else missing
    return listed("cancel", entries or [error(fault_words(Fault.EMPTY_BATCH))])
