"""Orders on their way out: sends what was prepared and records what each answer means."""

from collections.abc import Callable, Coroutine, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from nautilus_trader.cache.cache import Cache
from nautilus_trader.model.enums import OrderType, TimeInForce
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.model.orders import Order

from adapters.common.errors import NotSent, OutcomeUnknown, VenueError, VenueRefused
from adapters.hyperliquid.actions import (
    Action,
    BatchModifyAction,
    CancelAction,
    CancelByCloidAction,
    CancelByCloidWire,
    CancelWire,
    Grouping,
    ModifyWire,
    OrderAction,
    OrderWire,
    TwapCancelAction,
    TwapOrderAction,
)
from adapters.hyperliquid.budget import AddressBudget
from adapters.hyperliquid.exchange import HyperliquidExchange
from adapters.hyperliquid.ledger import OrderLedger
from adapters.hyperliquid.lookups import OrderLookups
from adapters.hyperliquid.observations import TwapTerms
from adapters.hyperliquid.orders import (
    cloid_from_client_order_id,
    decimal_to_wire,
    grouping_of,
    twap_action,
)
from adapters.hyperliquid.preparation import (
    TWAP_MINUTES,
    TWAP_RANDOMIZE,
    OrderPreparation,
    Ready,
    asset_of,
)
from adapters.hyperliquid.replies import (
    ActionReply,
    Refusal,
    Resting,
    Status,
    Success,
    Taken,
    spread,
)
from adapters.hyperliquid.reports import twap_key
from adapters.hyperliquid.state import SignerState

# Called with nonce and expiry (ms) right before an action is written.
type OnSending = Callable[[int, int | None], None]

# The order stream confirms an answer within moments; if it is silent, the order is asked for.
CONFIRM_SECS = 1.0


class OrderEntry:
    """
    Place, change and cancel orders at the venue.

    Every command ends in an event: denied before it is sent, or submitted and then what the venue
    says. What is not known is left in flight and looked up; nothing is ever sent twice.

    Parameters
    ----------
    exchange : HyperliquidExchange
        Signs and sends.
    preparation : OrderPreparation
        Says what may be sent.
    ledger, budget
        Where what is sent, and what is answered, is recorded.
    lookups : OrderLookups
        Asks for orders of which too little was answered.
    state : SignerState
        Remembers client order ids beyond this process.
    cache : Cache
        Instruments.
    spawn : Callable[[Coroutine], Any]
        Runs a short task and sees to its end.

    """

    def __init__(
        self,
        exchange: HyperliquidExchange,
        preparation: OrderPreparation,
        ledger: OrderLedger,
        lookups: OrderLookups,
        budget: AddressBudget,
        state: SignerState,
        cache: Cache,
        spawn: Callable[[Coroutine[Any, Any, None]], Any],
    ) -> None:
        self._exchange = exchange
        self._preparation = preparation
        self._tracker = ledger.tracker
        self._observer = ledger.observer
        self._reporter = ledger.reporter
        self._doubts = ledger.doubts
        self._lookups = lookups
        self._budget = budget
        self._state = state
        self._cache = cache
        self._spawn = spawn
        self._last_modify_id = 0
        # By client order id: the whole quantity that the last modify asked for, and its order.
        self._wanted: dict[str, tuple[Decimal, OrderWire]] = {}

    # Placing

    async def submit(self, order: Order, params: dict[str, object] | None = None) -> None:
        """Place one order; with `twap_minutes` among the params it is traded over that time."""
        if params and TWAP_MINUTES in params:
            await self._submit_twap(order, params)
            return
        ready = await self._preparation.prepare(order, in_bracket=False)
        if isinstance(ready, str):
            self._reporter.denied(order, ready)
        else:
            await self._place([ready], Grouping.NONE)

    async def submit_list(self, orders: Sequence[Order]) -> None:
        """Place orders in one request; a bracket stands or falls as a whole."""
        grouping = grouping_of(orders)
        is_bracket = grouping is Grouping.NORMAL_TPSL
        prepared = [
            await self._preparation.prepare(order, in_bracket=is_bracket and place > 0)
            for place, order in enumerate(orders)
        ]
        for order, one in zip(orders, prepared, strict=True):
            if isinstance(one, str):
                self._reporter.denied(order, one)
        ready = [one for one in prepared if isinstance(one, Ready)]
        if is_bracket and len(ready) < len(orders):
            for left in ready:
                self._reporter.denied(left.order, "Another order of its bracket was denied")
        elif ready:
            await self._place(ready, grouping)

    async def _place(self, ready: list[Ready], grouping: Grouping) -> None:
        action = OrderAction(tuple(one.wire for one in ready), grouping)
        urgent = all(one.order.is_reduce_only for one in ready)
        reply = await self._send(
            action,
            lambda _nonce, expires_ms: self._begin(ready, expires_ms),
            len(ready),
            urgent=urgent,
        )
        if isinstance(reply, ActionReply):
            self._budget.spent(len(ready))
            for one, outcome in zip(ready, reply.statuses, strict=True):
                self._on_placed(one, outcome)
            return
        for one in ready:
            self._on_not_placed(one.order, reply)

    def _begin(self, ready: list[Ready], expires_ms: int | None) -> None:
        """Note and tell that orders are leaving, at the last moment before they do."""
        keys = {one.cloid: one.order.client_order_id.value for one in ready}
        self._state.remember_all(keys)
        for one in ready:
            order, key = one.order, one.order.client_order_id.value
            reports_trigger = order.order_type in {
                OrderType.STOP_LIMIT,
                OrderType.LIMIT_IF_TOUCHED,
            }
            self._tracker.submitted(key, one.size, reports_trigger=reports_trigger)
            self._observer.bind(one.cloid, key)
            if expires_ms is not None:
                self._doubts.submits[key] = expires_ms
            self._reporter.submitted(order, one.size if order.is_quote_quantity else None)

    def _on_placed(self, ready: Ready, outcome: Status) -> None:
        order, key = ready.order, ready.order.client_order_id.value
        self._doubts.submits.pop(key, None)
        is_immediate = order.time_in_force == TimeInForce.IOC
        waits = ready.wire.t.limit is not None and (
            order.is_post_only or is_immediate or order.order_type == OrderType.MARKET
        )
        self._reporter.report(self._observer.on_outcome(key, outcome, waits_for_code=waits))
        if self._tracker.is_open(key) and not isinstance(outcome, Resting):
            self._lookups.want(key, CONFIRM_SECS)

    def _on_not_placed(self, order: Order, why: VenueError) -> None:
        key = order.client_order_id.value
        match why:
            case NotSent():
                self._reporter.denied(order, str(why))
            case VenueRefused():
                self._doubts.forget(key)
                self._reporter.report(self._tracker.refused(key, str(why)))
            case _:
                self._tracker.outcome_unknown(key)
                self._lookups.want(key)
                self._reporter.note_unknown(order, "submit", str(why))

    async def _submit_twap(self, order: Order, params: dict[str, object]) -> None:
        minutes = await self._preparation.twap_minutes(order, params)
        if isinstance(minutes, str):
            self._reporter.denied(order, minutes)
            return
        instrument = self._cache.instrument(order.instrument_id)
        randomize = bool(params.get(TWAP_RANDOMIZE, True))
        action = twap_action(order, asset_of(instrument), minutes, randomize=randomize)
        coin = instrument.raw_symbol.value

        def on_sending(nonce: int, expires_ms: int | None) -> None:
            self._begin_twap(order, action, coin, nonce, expires_ms)

        reply = await self._send(action, on_sending, urgent=order.is_reduce_only)
        if isinstance(reply, ActionReply):
            self._budget.spent(1)
            self._on_twap(order, reply)
            return
        self._on_not_placed(order, reply)
        if not isinstance(reply, OutcomeUnknown):
            self._observer.twap_failed(order.client_order_id.value)

    def _begin_twap(
        self, order: Order, action: TwapOrderAction, coin: str, nonce: int, expires_ms: int | None
    ) -> None:
        key, size = order.client_order_id.value, order.quantity.as_decimal()
        self._tracker.submitted(key, size)
        side = "B" if action.twap.b else "A"
        self._observer.twap_sent(key, TwapTerms(coin, side, size, action.twap.m, nonce))
        if expires_ms is not None:
            self._doubts.submits[key] = expires_ms
        self._reporter.submitted(order, None)

    def _on_twap(self, order: Order, reply: ActionReply) -> None:
        key = order.client_order_id.value
        self._doubts.submits.pop(key, None)
        if reply.twap_id is not None:
            self._state.remember(twap_key(reply.twap_id), key)
            self._reporter.report(self._observer.bind_twap(reply.twap_id, key))
            return
        self._observer.twap_failed(key)
        reasons = [one.reason for one in reply.statuses if isinstance(one, Refusal)]
        reason = "; ".join(reasons) or "The venue named no TWAP"
        self._reporter.report(self._tracker.refused(key, reason))

    # Changing

    async def modify(
        self,
        order: Order,
        quantity: Quantity | None,
        price: Price | None,
        trigger_price: Price | None,
    ) -> None:
        """Replace a resting order; what is None stays as it is."""
        key = order.client_order_id.value
        wire = self._preparation.modification(order, quantity, price, trigger_price)
        if self._observer.twap_of(key) is not None:
            wire = "Expected a resting order, was a TWAP, which the venue cannot modify"
        if isinstance(wire, str):
            self._reporter.modify_rejected(order, wire)
        else:
            await self._replace(order, wire)

    def correct(self, order: Order, quantity: Decimal) -> None:
        """
        Take back what a modify has made too large.

        The venue places anew what the modify named, although the old order has filled on while the
        modify was on its way; `quantity` is what that comes to in all.
        """
        wanted, wire = self._wanted.get(order.client_order_id.value, (quantity, None))
        if wire is not None and quantity > wanted:
            self._spawn(self._shrink(order, wanted, wire))

    async def _shrink(self, order: Order, wanted: Decimal, wire: OrderWire) -> None:
        key = order.client_order_id.value
        if not self._tracker.is_open(key):
            return
        rest = wanted - self._tracker.done(key)
        if rest > 0:
            await self._replace(order, msgspec.structs.replace(wire, s=decimal_to_wire(rest)))
        else:
            await self.cancel([order])

    async def _replace(self, order: Order, wire: OrderWire) -> None:
        key = order.client_order_id.value
        self._last_modify_id += 1
        modify_id = self._last_modify_id
        action = BatchModifyAction((ModifyWire(self._venue_key(order), wire),))
        reply = await self._send(
            action,
            lambda _nonce, expires_ms: self._begin_modify(order, modify_id, wire, expires_ms),
            urgent=order.is_reduce_only,
        )
        match reply:
            case ActionReply():
                self._budget.spent(1)
                self._on_modified(key, modify_id, reply.statuses[0], Decimal(wire.s))
            case NotSent():
                self._reporter.modify_rejected(order, str(reply))
            case VenueRefused():
                self._modify_refused(key, modify_id, str(reply))
            case _:
                self._tracker.outcome_unknown(key)
                self._lookups.want(key)
                self._reporter.note_unknown(order, "modify", str(reply))

    def _begin_modify(
        self, order: Order, modify_id: int, wire: OrderWire, expires_ms: int | None
    ) -> None:
        key, trigger = order.client_order_id.value, wire.t.trigger
        self._wanted = {k: v for k, v in self._wanted.items() if self._tracker.is_open(k)}
        self._wanted[key] = (self._tracker.done(key) + Decimal(wire.s), wire)
        self._tracker.modify_sent(
            key,
            modify_id,
            size=Decimal(wire.s),
            price=Decimal(wire.p) if order.has_price else None,
            trigger_price=Decimal(trigger.trigger_px)
            if trigger is not None and order.has_trigger_price
            else None,
            limit=Decimal(wire.p),
        )
        if expires_ms is not None:
            self._doubts.begin_modify(key, modify_id, expires_ms)

    def _on_modified(self, key: str, modify_id: int, outcome: Status, size: Decimal) -> None:
        if isinstance(outcome, Refusal):
            self._modify_refused(key, modify_id, outcome.reason)
            return
        self._doubts.end_modify(key, modify_id)
        oid = str(outcome.oid) if isinstance(outcome, Resting | Taken) else None
        self._reporter.report(self._tracker.modify_accepted(key, modify_id, oid))
        if oid is not None:
            self._reporter.report(self._tracker.opened(key, oid, size))
        self._lookups.want(key, CONFIRM_SECS)

    def _modify_refused(self, key: str, modify_id: int, reason: str) -> None:
        self._doubts.end_modify(key, modify_id)
        self._reporter.report(self._tracker.modify_refused(key, modify_id, reason))
        # The venue cancels first and places then, so the old order may be gone.
        self._lookups.want(key)

    # Canceling

    async def cancel(self, orders: Sequence[Order]) -> None:
        """Cancel orders, in one request for all that the venue can be told of alike."""
        ours: list[Order] = []
        foreign: list[Order] = []
        for order in orders:
            twap_id = self._observer.twap_of(order.client_order_id.value)
            if twap_id is not None:
                await self._cancel(TwapCancelAction(self._asset_id(order), twap_id), [order])
            elif self._is_ours(order) or order.venue_order_id is None:
                ours.append(order)
            else:
                foreign.append(order)
        if ours:
            named = [CancelByCloidWire(self._asset_id(one), _cloid(one)) for one in ours]
            await self._cancel(CancelByCloidAction(tuple(named)), ours)
        if foreign:
            numbered = [
                CancelWire(self._asset_id(one), int(one.venue_order_id.value)) for one in foreign
            ]
            await self._cancel(CancelAction(tuple(numbered)), foreign)

    async def cancel_unknown(self, asset_id: int, oids: Sequence[int]) -> None:
        """
        Cancel orders of one instrument that Nautilus does not hold, by venue order id.

        Raises
        ------
        VenueError
            If it is not known that the venue has taken the request.

        """
        if oids:
            action = CancelAction(tuple(CancelWire(asset_id, oid) for oid in oids))
            await self._exchange.send(action, urgent=True)
            self._budget.spent(len(oids))

    async def _cancel(self, action: Action, orders: list[Order]) -> None:
        keys = [order.client_order_id.value for order in orders]

        def on_sending(_nonce: int, expires_ms: int | None) -> None:
            if expires_ms is not None:
                self._doubts.cancels.update(dict.fromkeys(keys, expires_ms))

        reply = await self._send(action, on_sending, len(orders), urgent=True)
        if isinstance(reply, ActionReply):
            self._budget.spent(len(orders))
            for key, outcome in zip(keys, reply.statuses, strict=True):
                self._on_cancel_outcome(key, outcome)
            return
        for order, key in zip(orders, keys, strict=True):
            match reply:
                case NotSent():
                    self._reporter.cancel_rejected(order, str(reply))
                case VenueRefused():
                    self._cancel_refused(key, str(reply))
                case _:
                    self._lookups.want(key)
                    self._reporter.note_unknown(order, "cancel", str(reply))

    def _on_cancel_outcome(self, key: str, outcome: Status) -> None:
        match outcome:
            case Refusal(reason):
                self._cancel_refused(key, reason)
            case Success():
                self._doubts.cancels.pop(key, None)
                self._lookups.want(key, CONFIRM_SECS)

    def _cancel_refused(self, key: str, reason: str) -> None:
        self._doubts.cancels.pop(key, None)
        self._reporter.report(self._tracker.cancel_refused(key, reason))
        self._lookups.want(key)  # "already canceled, or filled": which of them?

    # What all of them need

    async def _send(
        self, action: Action, on_sending: OnSending, count: int = 1, *, urgent: bool
    ) -> ActionReply | VenueError:
        """Send an action about `count` orders; return a status for each, or why there is none."""
        try:
            reply = await self._exchange.send(action, urgent=urgent, on_sending=on_sending)
            return ActionReply(spread(reply.statuses, count), reply.twap_id)
        except (NotSent, VenueRefused, OutcomeUnknown) as e:
            return e

    def _asset_id(self, order: Order) -> int:
        return asset_of(self._cache.instrument(order.instrument_id)).asset_id

    def _is_ours(self, order: Order) -> bool:
        """Return whether the venue knows the order by the cloid of its client order id."""
        return self._state.client_order_id_of(_cloid(order)) is not None

    def _venue_key(self, order: Order) -> int | str:
        if self._is_ours(order):
            return _cloid(order)
        return int(order.venue_order_id.value)


def _cloid(order: Order) -> str:
    return cloid_from_client_order_id(order.client_order_id.value)
