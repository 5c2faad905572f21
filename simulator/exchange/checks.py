"""Whether a request may become an order: denials before it is one, reject classes after.

Rules are those of the Hyperliquid fact sheet 1.4, 1.5, 5.2 and 5.3; the order in which they are
asked is ours where the sheet is silent.
"""

from collections.abc import Callable
from decimal import Decimal

from simulator.exchange.margin import affords
from simulator.exchange.model import Fault, Grouping, Order, OrderRequest, Phase, Status
from simulator.exchange.rules import MarketRules
from simulator.exchange.state import State
from simulator.numbers import truncate

RESTING_VALUE_FACTOR = 10
"""A resting order may be 10 times as large as one that ends at once (5.3)."""
PARENT_AND_CHILDREN = (2, 3)
POSITION_CHILDREN = (1, 2)


def batch_fault(
    state: State, requests: tuple[OrderRequest, ...], grouping: Grouping
) -> Fault | None:
    """Return why a whole batch is denied, or None; one bad order denies all (1.4)."""
    if not requests:
        return Fault.EMPTY_BATCH
    sized = grouping is not Grouping.POSITION_TPSL
    for request in requests:
        if fault := request_fault(state, request, sized=sized):
            return fault
    fault = _GROUP_FAULTS[grouping](requests)
    bound = state.venue.triggers_need_position  # where no trigger opens a position anyhow
    return None if bound and fault is Fault.NOT_REDUCE_ONLY else fault


def request_fault(state: State, request: OrderRequest, *, sized: bool = True) -> Fault | None:
    """Return why one request cannot become an order, or None; `sized` asks for a size as well."""
    market = state.markets.get(request.asset)
    if market is None or market.is_halted:
        return Fault.UNKNOWN_ASSET
    if request.price <= 0 or (request.trigger and request.trigger.price <= 0):
        return Fault.INVALID_PRICE
    if sized and not request.closes_position and (fault := _size_fault(market.rules, request)):
        return fault
    too_far = abs(request.price - market.mark) > market.rules.band * market.mark
    return Fault.PRICE_BAND if too_far and request.trigger is None else None


def size_is_valid(rules: MarketRules, size: Decimal) -> bool:
    """Say whether a size is positive and has no more decimals than the market's sizes."""
    return size > 0 and truncate(size, rules.size_decimals) == size


def _size_fault(rules: MarketRules, request: OrderRequest) -> Fault | None:
    if request.size == 0:
        return Fault.ZERO_SIZE
    if not size_is_valid(rules, request.size):
        return Fault.INVALID_SIZE
    if rules.market_value_max is None:
        return None
    factor = RESTING_VALUE_FACTOR if request.tif.rests else 1
    too_large = request.price * request.size > rules.market_value_max * factor
    return Fault.VALUE_TOO_LARGE if too_large else None


def _children_fault(children: tuple[OrderRequest, ...]) -> Fault | None:
    kinds = [child.trigger.kind for child in children if child.trigger]
    alike = {(child.asset, child.side) for child in children}
    if len(kinds) != len(children) or len(set(kinds)) != len(kinds) or len(alike) != 1:
        return Fault.UNEXPECTED_TRIGGERS
    return None if all(child.reduce_only for child in children) else Fault.NOT_REDUCE_ONLY


def _normal_tpsl_fault(requests: tuple[OrderRequest, ...]) -> Fault | None:
    parent, children = requests[0], requests[1:]
    if len(requests) not in PARENT_AND_CHILDREN or parent.trigger:
        return Fault.UNEXPECTED_TRIGGERS
    if any((x.asset, x.side) != (parent.asset, parent.side.opposite) for x in children):
        return Fault.UNEXPECTED_TRIGGERS
    return _children_fault(children)


def _position_tpsl_fault(requests: tuple[OrderRequest, ...]) -> Fault | None:
    if len(requests) not in POSITION_CHILDREN:
        return Fault.UNEXPECTED_TRIGGERS
    return _children_fault(requests)


_GROUP_FAULTS: dict[Grouping, Callable[[tuple[OrderRequest, ...]], Fault | None]] = {
    Grouping.NONE: lambda _: None,
    Grouping.NORMAL_TPSL: _normal_tpsl_fault,
    Grouping.POSITION_TPSL: _position_tpsl_fault,
}


def refusal(state: State, order: Order) -> Status | None:
    """Return the reject class of a new order, or None; the book is not asked here."""
    return next((status for status, applies in _REFUSALS if applies(state, order)), None)


def lacks_margin(state: State, order: Order) -> bool:
    """Say whether an order that may open a position lacks the initial margin at the mark."""
    if state.only_reduces(order):
        return False
    account, position = state.accounts[order.account], state.position_of(order)
    change = order.side.value * order.remaining
    return not affords(account, state.markets, position, change, state.markets[order.asset].mark)


def _off_tick(state: State, order: Order) -> bool:
    is_tick, trigger = state.markets[order.asset].rules.is_tick, order.request.trigger
    return not is_tick(order.request.price) or bool(trigger and not is_tick(trigger.price))


def _trigger_is_past(state: State, order: Order) -> bool:
    trigger = order.request.trigger
    if trigger is None or order.phase is Phase.WAITING_FOR_FILL:
        return False
    price = state.markets[order.asset].trigger_price(trigger)
    return price is not None and trigger.fires(order.side, price)


def _lacks_position(state: State, order: Order) -> bool:
    return _is_bound(state, order) and not state.position_of(order).size


def _is_on_position_side(state: State, order: Order) -> bool:
    return _is_bound(state, order) and state.position_of(order).size * order.side.value > 0


def _is_bound(state: State, order: Order) -> bool:
    """Say whether an order is a trigger that needs a position, and not once its parent fills."""
    waits = order.phase is Phase.WAITING_FOR_FILL
    return state.venue.triggers_need_position and bool(order.request.trigger) and not waits


def _too_many(state: State, order: Order) -> bool:
    account = state.accounts[order.account]
    count = len(account.live) - (order.oid in account.live)  # it may take another's place
    if count >= state.venue.open_orders_limit(account.volume):
        return True
    special = order.request.reduce_only or order.request.trigger is not None
    return special and count >= state.venue.open_orders_base


def _too_many_in_market(state: State, order: Order) -> bool:
    most = state.venue.market_orders_max
    if most is None:
        return False
    live = state.accounts[order.account].live.values()
    return sum(x.asset == order.asset and x.oid != order.oid for x in live) >= most


def _exceeds_position(state: State, order: Order) -> bool:
    """Ask whether the reduce-only orders in the book would be more than there is to reduce."""
    if not state.venue.reduce_only_within_position or not _reduces_in_book(order):
        return False
    others = (
        x.remaining
        for x in state.accounts[order.account].live.values()
        if x.asset == order.asset and x.oid != order.oid and _reduces_in_book(x)
    )
    held = abs(state.position_of(order).size)
    return sum(others, order.remaining) > held


def _reduces_in_book(order: Order) -> bool:
    return order.request.reduce_only and order.request.trigger is None


def _below_min_size(state: State, order: Order) -> bool:
    """Ask for the least size, but let a reduce-only order close a position of dust."""
    least = state.markets[order.asset].rules.min_size
    if order.tracks_position or order.size >= least:
        return False
    closes = order.size >= abs(state.position_of(order).size)
    return not (state.only_reduces(order) and closes)


def _reduces_nothing(state: State, order: Order) -> bool:
    if not order.request.reduce_only or order.phase is Phase.WAITING_FOR_FILL:
        return False
    return state.position_of(order).size * order.side.value >= 0


def _below_minimum(state: State, order: Order) -> bool:
    """Ask for the least notional, but let a reduce-only order close a position of dust."""
    rules = state.markets[order.asset].rules
    if order.tracks_position or order.request.price * order.size >= rules.min_notional:
        return False
    closes = order.size >= abs(state.position_of(order).size)
    return not (state.only_reduces(order) and closes)


def _outside_collar(state: State, order: Order) -> bool:
    """Ask a venue with a collar that nobody pays far more, or asks far less, than the mark."""
    market = state.markets[order.asset]
    if market.rules.collar is None or order.request.trigger is not None:
        return False
    excess = (order.request.price - market.mark) * order.side.value
    return excess > market.rules.collar * market.mark


def _above_tier(state: State, order: Order) -> bool:
    """Ask whether the position would reach a tier that does not allow its leverage."""
    position, market = state.position_of(order), state.markets[order.asset]
    after = abs(position.size + order.side.value * order.remaining)
    if state.only_reduces(order) or after <= abs(position.size):
        return False
    return position.leverage > market.rules.tier(after * market.mark).max_leverage


_REFUSALS: tuple[tuple[Status, Callable[[State, Order], bool]], ...] = (
    (Status.TICK_REJECTED, _off_tick),
    (Status.NO_POSITION_REJECTED, _lacks_position),
    (Status.POSITION_SIDE_REJECTED, _is_on_position_side),
    (Status.TRIGGER_REJECTED, _trigger_is_past),
    (Status.TOO_MANY_IN_MARKET_REJECTED, _too_many_in_market),
    (Status.TOO_MANY_ORDERS_REJECTED, _too_many),
    (Status.REDUCE_ONLY_REJECTED, _reduces_nothing),
    (Status.EXCEEDS_POSITION_REJECTED, _exceeds_position),
    (Status.MIN_SIZE_REJECTED, _below_min_size),
    (Status.MIN_NOTIONAL_REJECTED, _below_minimum),
    (Status.COLLAR_REJECTED, _outside_collar),
    (Status.MAX_POSITION_REJECTED, _above_tier),
    (
        Status.MARGIN_REJECTED,
        lambda state, order: order.request.trigger is None and lacks_margin(state, order),
    ),
)
