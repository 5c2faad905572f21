"""Orders on their way out: places and cancels them, and records what each answer means."""

from collections.abc import Callable, Sequence

from nautilus_trader.cache.cache import Cache
from nautilus_trader.model.enums import OrderType, TimeInForce
from nautilus_trader.model.orders import Order

from adapters.common.doubts import Sent
from adapters.common.errors import NotSent, OutcomeUnknown, VenueError, VenueRefused
from adapters.common.ledger import OrderLedger
from adapters.common.lookups import CONFIRM_SECS, OrderLookups
from adapters.hyperliquid.actions import (
    Action,
    CancelAction,
    CancelByCloidAction,
    CancelByCloidWire,
    CancelWire,
    Grouping,
    OrderAction,
    TwapCancelAction,
    TwapOrderAction,
)
from adapters.hyperliquid.budget import AddressBudget
from adapters.hyperliquid.exchange import HyperliquidExchange
from adapters.hyperliquid.observations import OrderObserver, TwapTerms
from adapters.hyperliquid.orders import (
    cloid_from_client_order_id,
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
    spread,
)
from adapters.hyperliquid.reports import twap_key
from adapters.hyperliquid.state import SignerState

# Called with nonce and expiry (ms) right before an action is written.
type OnSending = Callable[[int, int | None], None]


class OrderEntry:
    """
    Place and cancel orders at the venue.

    Every command ends in an event: denied before it is sent, or submitted and then what the venue
    says. What is not known is left in flight and looked up; nothing is ever sent twice.

    Parameters
    ----------
    exchange : HyperliquidExchange
        Signs and sends.
    preparation : OrderPreparation
        Says what may be sent.
    ledger, observer, budget
        Where what is sent, and what is answered, is recorded.
    lookups : OrderLookups
        Asks for orders of which too little was answered.
    state : SignerState
        Remembers client order ids beyond this process.
    cache : Cache
        Instruments.

    """

    def __init__(
        self,
        exchange: HyperliquidExchange,
        preparation: OrderPreparation,
        ledger: OrderLedger,
        observer: OrderObserver,
        lookups: OrderLookups,
        budget: AddressBudget,
        state: SignerState,
        cache: Cache,
    ) -> None:
        self._exchange = exchange
        self._preparation = preparation
        self._tracker = ledger.tracker
        self._observer = observer
        self._reporter = ledger.reporter
        self._doubts = ledger.doubts
        self._lookups = lookups
        self._budget = budget
        self._state = state
        self._cache = cache

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
                self._doubts.submits[key] = Sent(expires_ms)
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
            self._doubts.submits[key] = Sent(expires_ms)
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
                self._doubts.cancels.update(dict.fromkeys(keys, Sent(expires_ms)))

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

    # What placing and canceling need

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
        return self._state.knows(_cloid(order))


def _cloid(order: Order) -> str:
    return cloid_from_client_order_id(order.client_order_id.value)
