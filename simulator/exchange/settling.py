"""What follows from a trade or an ended order: groups, reductions of nothing, due triggers.

Everything is drawn after the match that caused it, in the order in which it was touched
(Hyperliquid 5.4 and 5.10).
"""

import msgspec

from simulator.exchange.checks import lacks_margin
from simulator.exchange.matching import end, execute
from simulator.exchange.model import Order, Phase, Status, Tif
from simulator.exchange.state import Group, State


def settle(state: State) -> None:
    """Draw the consequences of everything that was touched, and of those in turn."""
    while state.touched:
        for order in _settle_groups(state):
            _cancel_void_reductions(state, order)


def fire_due(state: State, asset: int) -> None:
    """Wake the orders whose trigger the mark has reached, in the order they were armed."""
    market = state.markets[asset]
    for oid in tuple(market.armed):
        if oid in market.armed:
            _fire_if_due(state, state.orders[oid])
            settle(state)


def fire_on_last(state: State) -> None:
    """Wake the orders whose trigger the last trade has reached, and those that their trades do."""
    while state.traded:
        asset = next(iter(state.traded))
        del state.traded[asset]
        market = state.markets[asset]
        for oid in tuple(market.armed):
            trigger = state.orders[oid].request.trigger
            if oid in market.armed and trigger and trigger.on_last:
                _fire_if_due(state, state.orders[oid])
                settle(state)


def join(state: State, order: Order, group_id: int, replaces: Order | None = None) -> None:
    """Put an order into a group, as a new child or in the place of another member."""
    group = state.groups[group_id]
    order.group = group_id
    if replaces is None:
        group.children.append(order.oid)
        return
    replaces.group = None
    if group.parent == replaces.oid:
        group.parent = order.oid
    group.children[:] = [order.oid if x == replaces.oid else x for x in group.children]


def _settle_groups(state: State) -> list[Order]:
    """Settle the groups of everything touched, and return it: what that touches is in it too."""
    touched = []
    while state.touched:
        order = state.touched.popleft()
        touched.append(order)
        if order.group in state.groups and order.status.is_final:
            _settle_group(state, order, state.groups[order.group])
    return touched


def _settle_group(state: State, order: Order, group: Group) -> None:
    if order.oid == group.parent:
        group.parent = None
        _settle_children(state, order, group)
    elif order.oid in group.children:
        group.children.remove(order.oid)
        if order.status is Status.FILLED and (state.knobs.bracket_is_oco or not group.bracket):
            _cancel_siblings(state, group)
    if group.parent is None and not group.children and order.group is not None:
        state.groups.pop(order.group, None)


def _cancel_siblings(state: State, group: Group) -> None:
    for sibling in _live_children(state, group):
        state.finish(sibling, Status.SIBLING_FILLED_CANCELED)


def _live_children(state: State, group: Group) -> list[Order]:
    """Return the children but those whose end, by the same command, is not yet settled."""
    children = [state.orders[oid] for oid in group.children]
    return [child for child in children if state.is_live(child)]


def _settle_children(state: State, parent: Order, group: Group) -> None:
    """Arm the children of a parent that filled; cancel those of one that was canceled.

    A parent that filled in part and then lacked margin arms them too (5.10); so does one that
    ends at once, whose position would stand without a stop otherwise (the sheet is silent).
    """
    whole = parent.status in {Status.FILLED, Status.MARGIN_CANCELED} or not parent.tif.rests
    for child in _live_children(state, group):
        if parent.filled and whole:
            state.arm(child)
            state.touched.append(child)
            _fire_if_due(state, child)
        else:
            state.finish(child, _status_of_child(parent))


def _status_of_child(parent: Order) -> Status:
    return Status.CANCELED if parent.status.is_rejected else parent.status


def _cancel_void_reductions(state: State, touched: Order) -> None:
    """Cancel the reduce-only orders of a position that is flat or on their own side now."""
    size = state.position_of(touched).size
    for order in tuple(state.accounts[touched.account].live.values()):
        reduces = order.asset == touched.asset and state.only_reduces(order)
        void = size * order.side.value >= 0 and order.phase is not Phase.WAITING_FOR_FILL
        if reduces and void:
            state.finish(order, Status.REDUCE_ONLY_CANCELED)


def _fire_if_due(state: State, order: Order) -> None:
    trigger = order.request.trigger
    if trigger is None:
        return
    price = state.markets[order.asset].trigger_price(trigger)
    if price is not None and trigger.fires(order.side, price):
        _fire(state, order)


def _fire(state: State, order: Order) -> None:
    order.phase = Phase.WORKING
    if state.knobs.trigger_gives_new_id:
        order = _renew(state, order)
    else:
        state.markets[order.asset].armed.pop(order.oid)
        state.report(order, Status.TRIGGERED)
    if order.tracks_position:
        order.size = abs(state.position_of(order).size)
    market = state.markets[order.asset]
    if market.rules.market_reach is not None and order.tif is Tif.MARKET:
        price = market.mark * (1 + order.side.value * market.rules.market_reach)
        order.request = msgspec.structs.replace(order.request, price=price)
    if lacks_margin(state, order):
        end(state, order, Status.MARGIN_REJECTED)
    else:
        execute(state, order)


def _renew(state: State, order: Order) -> Order:
    """Go on under a new id: the old order has ended as triggered (Hyperliquid 10 c)."""
    tif = Tif.MARKET if order.tif is Tif.MARKET else order.request.tif
    request = msgspec.structs.replace(order.request, trigger=None, tif=tif)
    renewed = state.new_order(order.account, request)
    renewed.tracks_position = order.tracks_position
    if order.group is not None:
        join(state, renewed, order.group, replaces=order)
    state.finish(order, Status.TRIGGERED)
    return renewed
