"""placeOrders: what its orders ask of the engine, and what the venue says of them (5.2, 5.3)."""

from decimal import Decimal

from simulator.exchange.events import Denied, Done, Filled, Outcome, Refused
from simulator.exchange.model import (
    ZERO,
    Fault,
    Grouping,
    OrderRequest,
    Status,
    Tif,
    Trigger,
    TriggerKind,
    TwapRequest,
)
from simulator.synthetix_account_wire import price
from simulator.synthetix_calls import Call
from simulator.synthetix_dialect import short
from simulator.synthetix_errors import (
    DUPLICATE,
    MARKET_CLOSED,
    MARKET_NOT_FOUND,
    OrderError,
    fault_error,
    reduction_error,
    status_error,
)
from simulator.synthetix_order_shapes import OrderShape, PlaceOrders
from simulator.synthetix_order_wire import OrderView, expiry, ids
from simulator.synthetix_perps import SynthetixPerp
from simulator.synthetix_trading import FIRST_TWAP
from simulator.universe import Json

TOO_LARGE = OrderError("INVALID_VALUE", "invalid quantity")
_KINDS = {"triggerSl": TriggerKind.STOP, "triggerTp": TriggerKind.TAKE_PROFIT}
_GROUPINGS = {"normalTpsl": Grouping.NORMAL_TPSL, "positionTpsl": Grouping.POSITION_TPSL}


def place_orders(call: Call, command: PlaceOrders) -> Json:
    """Place the orders; each item has a status, in the order of the request."""
    if command.grouping == "twap":
        return {"statuses": [_place_twap(call, command.orders[0])]}
    if command.grouping in _GROUPINGS:
        return {"statuses": _place_group(call, command)}
    return {"statuses": [_place_one(call, shape) for shape in command.orders]}


def order_request(call: Call, shape: OrderShape) -> OrderRequest | OrderError:
    """Return what an order asks of the engine, or why no engine need be asked."""
    perp = call.trading.perp(shape.symbol)
    if perp is None:
        return MARKET_NOT_FOUND
    if shape.client_id is not None and _is_taken(call, shape.client_id):
        return DUPLICATE
    if perp.symbol in call.trading.close_only and not (shape.reduce_only or shape.is_trigger):
        return MARKET_CLOSED
    terms, size = perp.market.terms, shape.quantity or ZERO
    most = terms.max_market_size if shape.kind == "market" else terms.max_limit_size
    if size > most:
        return TOO_LARGE
    closes = shape.close_position and shape.is_trigger
    return OrderRequest(
        asset=perp.rules.asset,
        side=shape.side,
        price=shape.price or _worst_price(call, shape, perp),
        size=ZERO if closes else size,
        tif=_tif(shape),
        reduce_only=shape.reduce_only,
        trigger=_trigger(shape),
        client_id=shape.client_id,
        expires_ms=shape.expires_at_ms,
        closes_position=closes,
    )


def outcome_error(call: Call, outcome: Outcome) -> OrderError | None:
    """Return why an order failed; None when it did not."""
    match outcome:
        case Refused(status=Status.REDUCE_ONLY_REJECTED):
            return reduction_error(call.trading.exchange, call.id, outcome.asset)
        case Refused():
            return status_error(outcome.status)
        case Denied():
            return fault_error(outcome.fault)
        case _:
            return None


def error_item(error: OrderError, venue_id: int | None, client_id: str | None) -> Json:
    """Write the item of an order that failed."""
    named: Json = {"venueId": None if venue_id is None else str(venue_id)}
    if client_id is not None:
        named["clientId"] = client_id
    return {"error": error.message, "errorCode": error.code, "order": named}


def _place_one(call: Call, shape: OrderShape) -> Json:
    request = order_request(call, shape)
    if isinstance(request, OrderError):
        return error_item(request, None, shape.client_id)
    (outcome,) = call.tell(call.trading.exchange.place(call.id, [request], call.now_ms))
    return _item(call, shape, outcome)


def _place_group(call: Call, command: PlaceOrders) -> list[Json]:
    """Place orders that belong together: the main one goes first, whatever its place."""
    places = sorted(range(len(command.orders)), key=lambda i: command.orders[i].is_trigger)
    shapes = [command.orders[place] for place in places]
    requests = [order_request(call, shape) for shape in shapes]
    names = [shape.client_id for shape in shapes if shape.client_id is not None]
    failed = next((x for x in requests if isinstance(x, OrderError)), None)
    if failed is None and len(set(names)) < len(names):
        failed = DUPLICATE
    if failed is not None:
        return [error_item(failed, None, shape.client_id) for shape in command.orders]
    reply = call.trading.exchange.place(
        call.id,
        [x for x in requests if isinstance(x, OrderRequest)],
        call.now_ms,
        _GROUPINGS[command.grouping],
    )
    _link(call, shapes, reply.outcomes)
    outcomes = call.tell(reply)
    if len(outcomes) < len(shapes):  # one Denied stands for all
        outcomes *= len(shapes)
    items = dict(zip(places, zip(shapes, outcomes, strict=True), strict=True))
    return [_item(call, *items[place]) for place in range(len(shapes))]


def _link(call: Call, shapes: list[OrderShape], outcomes: tuple[Outcome, ...]) -> None:
    """Let the reads of a main order name its take-profit and its stop."""
    found: dict[str, int] = {}
    for shape, outcome in zip(shapes, outcomes, strict=False):
        oid = None if isinstance(outcome, Denied | Done) else outcome.oid
        if oid is not None:
            found[shape.kind if shape.is_trigger else "main"] = oid
    if "main" in found:
        children = found.get("triggerTp"), found.get("triggerSl")
        call.records.links[found["main"]] = children


def _place_twap(call: Call, shape: OrderShape) -> Json:
    perp, size = call.trading.perp(shape.symbol), shape.quantity or ZERO
    if perp is None:
        return error_item(MARKET_NOT_FOUND, None, shape.client_id)
    if shape.client_id is not None and _is_taken(call, shape.client_id):
        return error_item(DUPLICATE, None, shape.client_id)
    minutes, seconds = divmod(shape.duration_secs, 60)
    request = TwapRequest(
        asset=perp.rules.asset,
        side=shape.side,
        size=size,
        minutes=minutes,
        seconds=seconds,
        reduce_only=shape.reduce_only,
        every_secs=shape.interval_secs,
        limit=shape.price,
    )
    reply = call.trading.exchange.start_twap(call.id, request, call.now_ms)
    (outcome,) = reply.outcomes
    if not isinstance(outcome, Done) or outcome.id is None:
        call.tell(reply)
        return error_item(_twap_error(call, outcome, perp), None, shape.client_id)
    venue_id = FIRST_TWAP + outcome.id
    call.trading.scribe.twaps[outcome.id] = OrderView(
        venue_id=venue_id,
        client_id=shape.client_id,
        symbol=perp.symbol,
        side=shape.side,
        type="twap",
        price=shape.price,
        quantity=size,
        placed_at=call.now_ms,
        updated_at=call.now_ms,
        reduce_only=shape.reduce_only,
        twap_id=outcome.id,
    )
    call.tell(reply)
    return {"resting": {"order": ids(venue_id, shape.client_id), "id": str(venue_id)}}


def _twap_error(call: Call, outcome: Outcome, perp: SynthetixPerp) -> OrderError:
    fault = outcome.fault if isinstance(outcome, Denied) else Fault.INVALID_SIZE
    if fault is Fault.TWAP_REDUCE_ONLY:
        return reduction_error(call.trading.exchange, call.id, perp.rules.asset)
    return fault_error(fault)


def _is_taken(call: Call, client_id: str) -> bool:
    """Say whether an order of the scope that counts has this client id (12.1 e)."""
    order = call.trading.exchange.order(call.id, client_id)
    views = call.records.orders.values()
    if call.trading.options.client_id_scope == "ever":
        return order is not None or any(view.client_id == client_id for view in views)
    running = {view.client_id for view in call.trading.twaps(call.id)}
    return client_id in running or (order is not None and not order.status.is_final)


def _tif(shape: OrderShape) -> Tif:
    if shape.kind == "market":
        return Tif.MARKET
    if shape.kind == "limitIoc":
        return Tif.IOC
    return Tif.ALO if shape.post_only else Tif.GTC


def _trigger(shape: OrderShape) -> Trigger | None:
    if shape.trigger_price is None:
        return None
    market = shape.is_trigger_market
    return Trigger(_KINDS[shape.kind], shape.trigger_price, market, on_last=shape.on_last)


def _worst_price(call: Call, shape: OrderShape, perp: SynthetixPerp) -> Decimal:
    """Return how far a market order may go: from the mark, or from the price that wakes it."""
    mark = call.trading.exchange.market(perp.rules.asset).mark
    return perp.reach(shape.trigger_price or mark, shape.side)


def _item(call: Call, shape: OrderShape, outcome: Outcome) -> Json:
    if (error := outcome_error(call, outcome)) is not None:
        return error_item(error, None, shape.client_id)
    assert not isinstance(outcome, Denied | Done | Refused)  # noqa: S101  (an error, or no order)
    item: Json = {"order": ids(outcome.oid, shape.client_id), "id": str(outcome.oid)}
    if isinstance(outcome, Filled):
        average = price(outcome.price, call.dialect)
        return {"filled": item | {"totalSize": short(outcome.size), "avgPrice": average}}
    if shape.expires_at_ms is not None:
        item["expiresAt"] = expiry(shape.expires_at_ms, call.dialect)
    return {"resting": item}
