"""Modify, cancel and the dead man's switch: what they ask of the engine and what is said (5.4)."""

from decimal import Decimal

import msgspec

from simulator.exchange.events import Done
from simulator.exchange.model import Order, OrderRequest
from simulator.moments import Moment
from simulator.synthetix_account_wire import price
from simulator.synthetix_calls import Call
from simulator.synthetix_dialect import short
from simulator.synthetix_errors import NOT_FOUND, OrderError
from simulator.synthetix_order_shapes import CLIENT_ID, read_client_id
from simulator.synthetix_order_wire import OrderView, ids, written
from simulator.synthetix_placing import error_item, outcome_error
from simulator.synthetix_signed_requests import Params, invalid
from simulator.universe import Json

TIMEOUT_SECS_MIN, TIMEOUT_SECS_MAX = 5, 86_400
MODIFIES_MAX = 10

type Key = int | str
"""An order by the venue's id or by the client's."""


class ModifyOrder(msgspec.Struct, frozen=True):
    """A change of an order; None leaves what it was, `quantity` is the total (5.4)."""

    key: Key
    price: Decimal | None
    quantity: Decimal | None
    trigger_price: Decimal | None


class ModifyOrders(msgspec.Struct, frozen=True):
    """Changes of several orders, each by the venue's id."""

    changes: tuple[ModifyOrder, ...]


class CancelOrders(msgspec.Struct, frozen=True):
    """Orders to cancel, each by the venue's id or by the client's."""

    keys: tuple[Key, ...]


class CancelAll(msgspec.Struct, frozen=True):
    """Markets whose orders to cancel; "*" is all of them."""

    symbols: tuple[str, ...]


class ScheduleCancel(msgspec.Struct, frozen=True):
    """In how many seconds to cancel everything, and in how many ms at the venue; 0 is never."""

    timeout_secs: int
    delay_ms: int


def read_modify(params: Params, _moment: Moment) -> ModifyOrder:
    """Read the parameters of modifyOrder."""
    order_id, client_id = params.text("orderId"), read_client_id(params)
    if bool(order_id) == bool(client_id):
        raise params.refusal("exactly one of orderId and clientOrderId is required")
    return _read_change(params, client_id or _order_id(order_id))


def read_modify_batch(params: Params, _moment: Moment) -> ModifyOrders:
    """Read the parameters of modifyOrderBatch, whose orders have no client ids."""
    items = Params(params.folded, "modifyOrderBatch: ").parts("orders", "order")
    if not items:
        raise invalid("modifyOrderBatch: orders array cannot be empty")
    if len(items) > MODIFIES_MAX:
        raise invalid(f"modifyOrderBatch: exceeds maximum batch size of {MODIFIES_MAX}")
    return ModifyOrders(
        tuple(_read_change(item, _order_id(item.text("orderId"), item)) for item in items)
    )


def _read_change(params: Params, key: Key) -> ModifyOrder:
    change = ModifyOrder(
        key=key,
        price=params.amount("price"),
        quantity=params.amount("quantity"),
        trigger_price=params.amount("triggerPrice"),
    )
    if change.price is change.quantity is change.trigger_price is None:
        raise params.refusal(
            "please provide at least one of the following: price, quantity, trigger price"
        )
    return change


def read_cancel(params: Params, _moment: Moment) -> CancelOrders:
    """Read the parameters of cancelOrders."""
    order_ids, client_ids = params.texts("orderIds"), params.texts("clientOrderIds")
    if order_ids and client_ids:
        raise invalid("orderIds and clientOrderIds are mutually exclusive")
    if client_ids:
        if not all(CLIENT_ID.fullmatch(text) for text in client_ids):
            raise invalid("invalid clientOrderId")
        return CancelOrders(tuple(client_ids))
    if not order_ids:
        raise invalid("orderIds must be nonempty")
    return CancelOrders(tuple(_order_id(text) for text in order_ids))


def read_cancel_all(params: Params, _moment: Moment) -> CancelAll:
    """Read the parameters of cancelAllOrders."""
    symbols = tuple(params.texts("symbols"))
    if not symbols or not all(symbols):
        raise invalid("symbols must be nonempty")
    return CancelAll(symbols)


def read_schedule(params: Params, moment: Moment) -> ScheduleCancel:
    """Read the parameters of scheduleCancel."""
    timeout = params.whole("timeoutSeconds")
    if timeout and not TIMEOUT_SECS_MIN <= timeout <= TIMEOUT_SECS_MAX:
        raise invalid(
            f"timeoutSeconds must be 0 or between {TIMEOUT_SECS_MIN} and {TIMEOUT_SECS_MAX}"
        )
    return ScheduleCancel(timeout, max(moment.span(1000 * timeout), 1000 * TIMEOUT_SECS_MIN))


def _order_id(text: str, part: Params | None = None) -> int:
    if not text.isdecimal() or not text.isascii() or not int(text):
        refusal = invalid if part is None else part.refusal
        raise refusal("orderId must be a positive integer")
    return int(text)


def modify_order(call: Call, command: ModifyOrder) -> Json:
    """Change an order under its id; one whose change is refused goes on as it was."""
    order = call.trading.exchange.order(call.id, command.key)
    if order is None or order.oid not in call.trading.exchange.account(call.id).live:
        return _not_modified(call, NOT_FOUND, command.key, None)
    request = _changed(call, order, command)
    if isinstance(request, OrderError):
        return _not_modified(call, request, command.key, order)
    reply = call.trading.exchange.modify(call.id, [(order.oid, request)], call.now_ms)
    (outcome,) = call.tell(reply)
    if (error := outcome_error(call, outcome)) is not None:
        return _not_modified(call, error, command.key, order)
    view = call.records.orders[order.oid]
    return {
        "order": ids(order.oid, request.client_id),
        "orderId": str(order.oid),
        "status": "modified",
        "price": written(view.price),
        "quantity": short(view.quantity),
        "triggerPrice": written(view.trigger_price),
        "cumQty": call.dialect.figure(view.filled),
        "avgPrice": price(view.average_price, call.dialect),
        "timestamp": call.now_ms,
    }


def modify_orders(call: Call, command: ModifyOrders) -> list[Json]:
    """Change orders one after the other; the answer is a bare list of what one change answers.

    The fact sheet has no answer of this action. The venue's own source had a bare list for it, and
    a handler that was not written yet (status 501).
    """
    return [modify_order(call, change) for change in command.changes]


def cancel_orders(call: Call, command: CancelOrders) -> Json:
    """Cancel orders; each item has a status, in the order of the request."""
    return {"statuses": [_cancel(call, key) for key in command.keys]}


def cancel_all(call: Call, command: CancelAll) -> list[Json]:
    """Cancel every order of some markets, TWAPs too; the answer is a bare list."""
    rows = []
    for perp in call.perps(command.symbols):
        asset = perp.rules.asset
        twaps = [x for x in call.trading.twaps(call.id) if x.symbol == perp.symbol]
        for outcome in call.tell(
            call.trading.exchange.cancel_all(call.id, call.now_ms, asset=asset)
        ):
            assert isinstance(outcome, Done)  # noqa: S101  (cancel_all gives nothing else)
            rows.append(_canceled_row(call.records.orders[outcome.id or 0]))
        for twap in twaps:
            _end_twap(call, twap)
            rows.append(_canceled_row(twap))
    return rows


def schedule_cancel(call: Call, command: ScheduleCancel) -> Json:
    """Arm the dead man's switch anew, or disarm it with 0."""
    due = call.now_ms + command.delay_ms if command.timeout_secs else None
    call.tell(call.trading.exchange.schedule_cancel(call.id, due, call.now_ms))
    words = "disabled" if due is None else f"enabled with {command.timeout_secs}s timeout"
    return {
        "isActive": due is not None,
        "message": f"Dead man's switch {words}",
        "timeoutSeconds": command.timeout_secs,
        "triggerTime": due,
    }


def _changed(call: Call, order: Order, command: ModifyOrder) -> OrderRequest | OrderError:
    """Return the order as it is to be, or why no order can be so."""
    old, trigger = order.request, order.request.trigger
    if command.trigger_price is not None and trigger is None:
        return OrderError("INVALID_TRIGGER_PRICE", "invalid trigger price")
    if command.price is not None and trigger is not None and trigger.is_market:
        return OrderError("INVALID_VALUE", "invalid price")
    if command.quantity is not None and old.closes_position:
        return OrderError("INVALID_VALUE", "invalid quantity")
    worst = command.price or old.price
    if trigger is not None and command.trigger_price is not None:
        trigger = msgspec.structs.replace(trigger, price=command.trigger_price)
        if trigger.is_market:
            worst = call.trading.perps[order.asset].reach(command.trigger_price, order.side)
    size = command.quantity or old.size
    if command.quantity and call.trading.options.modify_quantity == "remaining":
        size += order.filled
    return msgspec.structs.replace(old, price=worst, size=size, trigger=trigger)


def _not_modified(call: Call, error: OrderError, key: Key, order: Order | None) -> Json:
    venue_id = order.oid if order else key if isinstance(key, int) else None
    client_id = order.request.client_id if order else key if isinstance(key, str) else None
    item = error_item(error, venue_id, client_id)
    named = {} if venue_id is None else {"orderId": str(venue_id)}
    return item | named | {"timestamp": call.now_ms}


def _cancel(call: Call, key: Key) -> Json:
    twap = next((x for x in call.trading.twaps(call.id) if key in {x.venue_id, x.client_id}), None)
    if twap is not None:
        _end_twap(call, twap)
        return _canceled(twap.venue_id, twap.client_id)
    order = call.trading.exchange.order(call.id, key)
    if order is not None:
        batch = [(order.asset, order.oid)]
        (outcome,) = call.tell(call.trading.exchange.cancel(call.id, batch, call.now_ms))
        if isinstance(outcome, Done):
            return _canceled(order.oid, order.request.client_id)
    if isinstance(key, int):
        return error_item(NOT_FOUND, key, None)
    return error_item(NOT_FOUND, None, key)


def _end_twap(call: Call, twap: OrderView) -> None:
    perp = call.perp(twap.symbol)
    assert twap.twap_id is not None  # noqa: S101  (it is the view of a TWAP)
    call.tell(
        call.trading.exchange.cancel_twap(call.id, perp.rules.asset, twap.twap_id, call.now_ms)
    )


def _canceled(venue_id: int, client_id: str | None) -> Json:
    return {"canceled": {"order": ids(venue_id, client_id), "id": str(venue_id)}}


def _canceled_row(order: OrderView) -> Json:
    return {
        "order": ids(order.venue_id, order.client_id),
        "orderId": str(order.venue_id),
        "message": "Order canceled successfully",
        "symbol": order.symbol,
    }
