"""The commands on orders: place, modify, cancel; each leaves its outcome and settled state."""

import msgspec

from simulator.exchange.checks import batch_fault, refusal, request_fault
from simulator.exchange.events import (
    Denied,
    Done,
    Filled,
    Outcome,
    Refused,
    Resting,
    WaitingForFill,
    WaitingForTrigger,
)
from simulator.exchange.matching import book_refusal, execute
from simulator.exchange.model import (
    Fault,
    Grouping,
    Order,
    OrderRequest,
    Phase,
    Side,
    Status,
)
from simulator.exchange.settling import join, settle
from simulator.exchange.state import State

type OrderKey = int | str
"""An order by its id or by its client id."""


def place(
    state: State, account: str, requests: tuple[OrderRequest, ...], grouping: Grouping
) -> tuple[Outcome, ...]:
    """Place a batch; one Denied stands for all of it when an order of it is malformed."""
    if fault := batch_fault(state, requests, grouping):
        return (Denied(fault),)
    if grouping is Grouping.NORMAL_TPSL:
        return _place_bracket(state, account, requests)
    if grouping is Grouping.POSITION_TPSL:
        return _place_position_tpsl(state, account, requests)
    return tuple(_place_one(state, account, request) for request in requests)


def modify(
    state: State, account: str, key: OrderKey, request: OrderRequest, *, always: bool
) -> Outcome:
    """Cancel an order and place another in its stead, its group included.

    `always` places the new order even if the old one is gone. A Refused new order leaves the old
    one canceled, unless the venue keeps its id; a Denied request leaves it as it was (Hyperliquid
    3.3).
    """
    old = live_order(state, account, key)
    if old is None:
        gone = (Denied(Fault.MODIFY_GONE),)
        return (place(state, account, (request,), Grouping.NONE) if always else gone)[0]
    if fault := _modify_fault(state, old, request):
        return Denied(fault)
    if state.knobs.modify_keeps_priority and _only_shrinks(state, old, request):
        old.request, old.size = request, request.size
        state.report(old, Status.OPEN)
        return _outcome(state, old)
    new = _successor(state, old, request)
    keeps = new.oid == old.oid
    if keeps and (refused := _change_refusal(state, new)):
        state.restore(old)
        return _refused(state, new, refused)
    if old.group is not None:
        join(state, new, old.group, replaces=old)
    if keeps:
        state.remove(old)
    else:
        state.finish(old, Status.CANCELED)
    _enter(state, new)
    settle(state)
    return _outcome(state, new)


def cancel(state: State, account: str, asset: int, key: OrderKey) -> Outcome:
    """Cancel one order; the wrong asset finds none."""
    order = live_order(state, account, key)
    if order is None or order.asset != asset:
        return Denied(Fault.MISSING_ORDER)
    state.finish(order, Status.CANCELED)
    settle(state)
    return Done(order.oid)


def cancel_all(
    state: State,
    account: str,
    status: Status = Status.CANCELED,
    asset: int | None = None,
    side: Side | None = None,
) -> tuple[Outcome, ...]:
    """Cancel an account's orders, of one market or side where given; one Done for each."""
    canceled: list[Outcome] = []
    for order in tuple(state.accounts[account].live.values()):
        wanted = asset in {None, order.asset} and side in {None, order.side}
        if wanted and order.oid in state.accounts[account].live:
            state.finish(order, status)
            settle(state)
            canceled.append(Done(order.oid))
    return tuple(canceled)


def live_order(state: State, account: str, key: OrderKey) -> Order | None:
    """Return a live order by its id or client id; None when there is none."""
    oid = state.client_ids.get((account, key)) if isinstance(key, str) else key
    return None if oid is None else state.accounts[account].live.get(oid)


def _place_one(state: State, account: str, request: OrderRequest) -> Outcome:
    order = state.new_order(account, request)
    _enter(state, order)
    settle(state)
    return _outcome(state, order)


def _place_bracket(
    state: State, account: str, requests: tuple[OrderRequest, ...]
) -> tuple[Outcome, ...]:
    """Place a parent, and its children unless it is refused, which then refuses them too."""
    parent = state.new_order(account, requests[0])
    group = state.new_group(parent)
    _enter(state, parent)
    if _is_refused(parent):
        settle(state)
        lost = (Refused(None, x.client_id, x.asset, parent.status) for x in requests[1:])
        return (_outcome(state, parent), *lost)
    children = [_add_child(state, account, request, group) for request in requests[1:]]
    waits = state.is_live(parent)
    settle(state)
    outcomes = (_child_outcome(state, child, waits=waits) for child in children)
    return (_outcome(state, parent), *outcomes)


def _add_child(state: State, account: str, request: OrderRequest, group: int) -> Order:
    child = state.new_order(account, request)
    child.phase = Phase.WAITING_FOR_FILL
    join(state, child, group)
    _enter(state, child)
    return child


def _place_position_tpsl(
    state: State, account: str, requests: tuple[OrderRequest, ...]
) -> tuple[Outcome, ...]:
    group = state.new_group()
    orders = [_add_tracking(state, account, request, group) for request in requests]
    settle(state)
    return tuple(_child_outcome(state, order, waits=False) for order in orders)


def _add_tracking(state: State, account: str, request: OrderRequest, group: int) -> Order:
    order = state.new_order(account, request)
    if not state.venue.position_tpsl_is_sized:
        order.tracks_position, order.size = True, order.filled
    join(state, order, group)
    _enter(state, order)
    return order


def _modify_fault(state: State, old: Order, request: OrderRequest) -> Fault | None:
    fault = request_fault(state, request, sized=not old.tracks_position)
    if fault or request.asset != old.asset or bool(request.trigger) != bool(old.request.trigger):
        return Fault.MODIFY_INVALID
    too_small = state.venue.modify_keeps_id and request.size <= old.filled
    return Fault.BELOW_FILLED if too_small else None


def _only_shrinks(state: State, old: Order, request: OrderRequest) -> bool:
    """Say whether a resting order is asked for nothing but a smaller size, under its id."""
    rests = old.phase is Phase.WORKING and state.is_live(old)
    same = msgspec.structs.replace(request, size=old.request.size) == old.request
    return state.venue.modify_keeps_id and rests and same and request.size <= old.size


def _change_refusal(state: State, new: Order) -> Status | None:
    """Return why a change under the same id is refused, or None."""
    if refused := refusal(state, new):
        return refused
    works = new.phase is Phase.WORKING and new.request.trigger is None
    return book_refusal(state, new) if works else None


def _successor(state: State, old: Order, request: OrderRequest) -> Order:
    """Make the order that follows a modified one, under its id and with its fills if kept."""
    keeps = state.venue.modify_keeps_id
    new = state.new_order(old.account, request, old.oid if keeps else None)
    new.tracks_position = old.tracks_position
    if keeps:
        new.filled, new.notional, new.time = old.filled, old.notional, old.time
    if old.tracks_position:
        new.size = new.filled
    if old.phase is Phase.WAITING_FOR_FILL:
        new.phase = old.phase
    return new


def _enter(state: State, order: Order) -> None:
    """Let a new order wait, or match it, or refuse it."""
    if refused := refusal(state, order):
        state.finish(order, refused)
        return
    if (due := order.request.expires_ms) is not None:
        state.at(due, lambda: _expire(state, order))
    if order.phase is Phase.WAITING_FOR_FILL:
        state.open(order)
    elif order.request.trigger is not None:
        state.arm(order)
        state.open(order)
    else:
        execute(state, order)


def _expire(state: State, order: Order) -> None:
    if state.is_live(order):
        state.finish(order, Status.EXPIRED)


def _is_refused(order: Order) -> bool:
    return order.status.is_rejected and not order.filled


def _outcome(state: State, order: Order) -> Outcome:
    client_id = order.request.client_id
    if _is_refused(order):
        return _refused(state, order, order.status)
    acknowledged = order.status.is_final or state.knobs.partial_ack_is_filled
    if order.filled and acknowledged:
        return Filled(order.oid, client_id, order.filled, order.average_price)
    return Resting(order.oid, client_id)


def _refused(state: State, order: Order, status: Status) -> Refused:
    book = state.markets[order.asset].book
    best = (book.best(Side.BUY), book.best(Side.SELL))
    return Refused(order.oid, order.request.client_id, order.asset, status, *best)


def _child_outcome(state: State, child: Order, *, waits: bool) -> Outcome:
    if _is_refused(child):
        return _outcome(state, child)
    return WaitingForFill(child.oid) if waits else WaitingForTrigger(child.oid)
