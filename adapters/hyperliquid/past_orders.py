"""Put together what the venue tells of orders in pieces: open list, history, fills; pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

import msgspec

from adapters.hyperliquid.reports import (
    LIVE_STATES,
    OrderState,
    average_price_of,
    filled_size,
    order_key_of,
    order_state,
    twap_key,
)
from adapters.hyperliquid.user_schemas import FrontendOrder, OrderUpdate, TwapHistory, UserFill

# The venue lists each part of a TWAP as an order too; here the TWAP is the order.
_TWAP_SLICE = "Twap Slice"
_TWAP_STATUSES = {
    "activated": "open",
    "waitingForTrigger": "open",
    "finished": "filled",
    "terminated": "canceled",
    "stopped": "canceled",
    "error": "canceled",
}
_MILLIS_PER_SECOND = 1_000


class OrderRecord(msgspec.Struct, frozen=True):
    """
    One order as Nautilus counts it, with all its fills.

    Parameters
    ----------
    key : str
        The venue order id: of the order that stands, if a modified one has had several.
    latest : OrderUpdate
        What the venue last told of that order.
    fills : Sequence[UserFill]
        Its fills, and those of the venue orders that it has replaced, oldest first.
    filled_before : Decimal, default 0
        What the replaced orders have filled.
    is_told : bool, default True
        False if the venue has forgotten the order and only its fills tell of it.

    """

    key: str
    latest: OrderUpdate
    fills: Sequence[UserFill] = ()
    filled_before: Decimal = Decimal(0)
    is_told: bool = True

    @property
    def is_open(self) -> bool:
        """Whether there is more to fill, by the order's status and by its fills."""
        order = self.latest.order
        if order_state(self.latest.status) not in LIVE_STATES:
            return False
        return filled_size(order, self.latest.status, self.filled) < order.size or not order.size

    @property
    def filled(self) -> Decimal:
        """What the fills of the standing order come to."""
        return _size_of(fill for fill in self.fills if order_key_of(fill) == self.key)

    @property
    def average_price(self) -> Decimal | None:
        """The mean price of all fills."""
        return average_price_of(self.fills)

    @property
    def last_ms(self) -> int:
        """When the venue last had news of it."""
        return max([self.latest.statusTimestamp, *(fill.time for fill in self.fills[-1:])])


def flatten(orders: Iterable[FrontendOrder]) -> dict[int, FrontendOrder]:
    """Return the orders and their children, which wait within their parents or beside them."""
    flat: dict[int, FrontendOrder] = {}
    for order in orders:
        flat[order.oid] = order
        for oid, child in flatten(order.children).items():
            flat.setdefault(oid, child)
    return flat


def leaves_of(orders: Iterable[FrontendOrder]) -> dict[str, Decimal | None]:
    """Return what is open of each, None of a trigger with its position's size, which tells none."""
    return {str(order.oid): order.sz if order.size else None for order in orders}


def latest_updates(updates: Iterable[OrderUpdate]) -> dict[int, OrderUpdate]:
    """
    Return the last word on each order by its oid; an end is final whenever it was told.

    An order that fills at once is told as open and as filled, both at the same millisecond.
    """
    latest: dict[int, OrderUpdate] = {}
    for update in updates:
        known = latest.get(update.order.oid)
        if known is None or _lateness(update) > _lateness(known):
            latest[update.order.oid] = update
    return latest


def _lateness(update: OrderUpdate) -> tuple[bool, int, bool]:
    state = order_state(update.status)
    return (state not in LIVE_STATES, update.statusTimestamp, state is OrderState.TRIGGERED)


def merge_open(
    open_orders: dict[int, FrontendOrder], history: dict[int, OrderUpdate]
) -> dict[int, OrderUpdate]:
    """
    Return the history with the open orders in it; the open ones must have been looked up later.

    An order that was open in the history and is not among the open ones is left as it was: what
    became of it must be asked.
    """
    merged = dict(history)
    for oid, order in open_orders.items():
        told = history.get(oid)
        if told is None:
            merged[oid] = OrderUpdate(order, "open", order.timestamp)
        elif order_state(told.status) in LIVE_STATES:
            merged[oid] = OrderUpdate(order, told.status, told.statusTimestamp)
    return merged


def order_records(
    updates: Iterable[OrderUpdate],
    fills: Iterable[UserFill],
    twaps: Iterable[TwapHistory],
    is_ours: Callable[[str], bool],
) -> list[OrderRecord]:
    """
    Return one record an order; every fill is in one of them, whatever the venue has forgotten.

    Parameters
    ----------
    updates : Iterable[OrderUpdate]
        The last word on each order.
    fills : Iterable[UserFill]
        In any order, each once.
    twaps : Iterable[TwapHistory]
        The statuses of TWAPs.
    is_ours : Callable[[str], bool]
        Whether a cloid stands for one client order id, under which a modified order keeps going;
        orders of others are told as the venue counts them, one by one.

    """
    by_key: dict[str, list[UserFill]] = defaultdict(list)
    for fill in sorted(fills, key=lambda fill: fill.time):
        by_key[order_key_of(fill)].append(fill)
    told = {
        str(update.order.oid): update for update in updates if update.order.orderType != _TWAP_SLICE
    } | _twap_updates(twaps)
    groups: dict[str, list[OrderRecord]] = defaultdict(list)
    for key in told | by_key:
        parts = by_key.get(key, [])
        update = told.get(key)
        record = OrderRecord(key, update or _update_of_fills(parts), parts, is_told=bool(update))
        cloid = record.latest.order.cloid
        groups[cloid if cloid is not None and is_ours(cloid) else key].append(record)
    return [_joined(records) for records in groups.values()]


def _joined(records: list[OrderRecord]) -> OrderRecord:
    """Return the order that a chain of cancel-replaces comes to."""
    *older, last = sorted(records, key=_standing)
    if not older:
        return last
    fills = sorted((fill for record in records for fill in record.fills), key=lambda x: x.time)
    return msgspec.structs.replace(
        last,
        latest=_with_trigger(last.latest, older),
        fills=fills,
        filled_before=sum(map(_filled, older), Decimal(0)),
    )


def _standing(record: OrderRecord) -> tuple[bool, bool, bool, int]:
    """
    Return what sorts a chain by age: the order that stands comes last.

    Oids rise. But an open order stands whatever else is told, and one that was refused, or is
    known by its fills alone, stands for none that the venue tells of.
    """
    state = order_state(record.latest.status)
    is_taken = record.is_told and state is not OrderState.REJECTED
    return (state is OrderState.OPEN, is_taken, record.is_told, record.latest.order.oid)


def _filled(record: OrderRecord) -> Decimal:
    """Return what a replaced order had filled; one that fired left its whole size to the next."""
    if order_state(record.latest.status) is OrderState.TRIGGERED:
        return record.filled
    return filled_size(record.latest.order, record.latest.status, record.filled)


def _with_trigger(update: OrderUpdate, older: Iterable[OrderRecord]) -> OrderUpdate:
    """Return the update as the trigger order that it was before it fired under another oid."""
    for record in older:
        fired = record.latest.order
        if order_state(record.latest.status) is OrderState.TRIGGERED and fired.isTrigger:
            order = msgspec.structs.replace(
                update.order,
                isTrigger=True,
                triggerPx=fired.triggerPx,
                orderType=fired.orderType,
            )
            return msgspec.structs.replace(update, order=order)
    return update


def _update_of_fills(fills: list[UserFill]) -> OrderUpdate:
    """Return an order that only its fills tell of, as the venue would have told it."""
    first, last = fills[0], fills[-1]
    is_market = all(fill.crossed for fill in fills)
    prices = [fill.px for fill in fills]
    order = FrontendOrder(
        coin=first.coin,
        side=first.side,
        limitPx=max(prices) if first.side == "B" else min(prices),
        sz=Decimal(0),
        oid=first.oid,
        timestamp=first.time,
        origSz=_size_of(fills),
        cloid=first.cloid if first.twapId is None else order_key_of(first),
        orderType="Market" if is_market else "Limit",
        tif="Ioc" if is_market else "Gtc",
    )
    return OrderUpdate(order, "filled", last.time)


def _twap_updates(twaps: Iterable[TwapHistory]) -> dict[str, OrderUpdate]:
    """Return the last word on each TWAP by its key, as of a market order; its cloid is its key."""
    latest: dict[str, OrderUpdate] = {}
    for twap in sorted(twaps, key=lambda twap: (twap.time, twap.status.status != "activated")):
        status = _TWAP_STATUSES.get(twap.status.status)
        if twap.twapId is None or status is None:
            continue
        state = twap.state
        if status == "filled" and not state.executedSz:
            status = "canceled"
        key = twap_key(twap.twapId)
        order = FrontendOrder(
            coin=state.coin,
            side=state.side,
            limitPx=Decimal(0),
            sz=state.sz - state.executedSz,
            oid=twap.twapId,
            timestamp=state.timestamp,
            origSz=state.sz,
            cloid=key,
            reduceOnly=state.reduceOnly,
            orderType="Market",
        )
        latest[key] = OrderUpdate(order, status, twap.time * _MILLIS_PER_SECOND)
    return latest


def _size_of(fills: Iterable[UserFill]) -> Decimal:
    return sum((fill.sz for fill in fills), Decimal(0))
