"""Orders changed while they rest: sends what replaces them, and keeps it to what was asked for."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.model.orders import Order

from adapters.common.doubts import Sent
from adapters.common.errors import NotSent, OutcomeUnknown, VenueRefused
from adapters.common.ledger import OrderLedger
from adapters.common.lookups import CONFIRM_SECS, OrderLookups
from adapters.hyperliquid.actions import BatchModifyAction, ModifyWire, OrderWire
from adapters.hyperliquid.budget import AddressBudget
from adapters.hyperliquid.exchange import HyperliquidExchange
from adapters.hyperliquid.observations import OrderObserver
from adapters.hyperliquid.orders import cloid_from_client_order_id, decimal_to_wire
from adapters.hyperliquid.preparation import OrderPreparation
from adapters.hyperliquid.replies import Refusal, Resting, Status, Taken, spread
from adapters.hyperliquid.state import SignerState


class OrderAmendment:
    """
    Replace resting orders.

    Every modify ends in an event: rejected before it is sent, or what the venue says. What is not
    known is looked up; nothing is ever sent twice.

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
        Knows the orders that have a cloid.
    cancel : Callable[[Sequence[Order]], Awaitable[None]]
        Cancels an order of which nothing is wanted any more.
    spawn : Callable[[Coroutine], Any]
        Runs a short task and sees to its end.

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
        *,
        cancel: Callable[[Sequence[Order]], Awaitable[None]],
        spawn: Callable[[Coroutine[Any, Any, None]], Any],
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
        self._cancel = cancel
        self._spawn = spawn
        self._last_modify_id = 0
        # By client order id: the whole quantity that the last modify asked for, and its order.
        self._wanted: dict[str, tuple[Decimal, OrderWire]] = {}

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
            await self._cancel([order])

    async def _replace(self, order: Order, wire: OrderWire) -> None:
        key = order.client_order_id.value
        self._last_modify_id += 1
        modify_id = self._last_modify_id
        try:
            reply = await self._exchange.send(
                BatchModifyAction((ModifyWire(self._venue_key(order), wire),)),
                urgent=order.is_reduce_only,
                on_sending=lambda _nonce, expires_ms: self._begin(
                    order, modify_id, wire, expires_ms
                ),
            )
            (outcome,) = spread(reply.statuses, 1)
        except NotSent as e:
            self._reporter.modify_rejected(order, str(e))
        except VenueRefused as e:
            self._refused(key, modify_id, str(e))
        except OutcomeUnknown as e:
            self._tracker.outcome_unknown(key)
            self._lookups.want(key)
            self._reporter.note_unknown(order, "modify", str(e))
        else:
            self._budget.spent(1)
            self._on_outcome(key, modify_id, outcome, Decimal(wire.s))

    def _begin(self, order: Order, modify_id: int, wire: OrderWire, expires_ms: int | None) -> None:
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
            self._doubts.begin_modify(key, modify_id, Sent(expires_ms))

    def _on_outcome(self, key: str, modify_id: int, outcome: Status, size: Decimal) -> None:
        if isinstance(outcome, Refusal):
            self._refused(key, modify_id, outcome.reason)
            return
        self._doubts.end_modify(key, modify_id)
        oid = str(outcome.oid) if isinstance(outcome, Resting | Taken) else None
        self._reporter.report(self._tracker.modify_accepted(key, modify_id, oid))
        if oid is not None:
            self._reporter.report(self._tracker.opened(key, oid, size))
        self._lookups.want(key, CONFIRM_SECS)

    def _refused(self, key: str, modify_id: int, reason: str) -> None:
        self._doubts.end_modify(key, modify_id)
        self._reporter.report(self._tracker.modify_refused(key, modify_id, reason))
        # The venue cancels first and places then, so the old order may be gone.
        self._lookups.want(key)

    def _venue_key(self, order: Order) -> int | str:
        cloid = cloid_from_client_order_id(order.client_order_id.value)
        return cloid if self._state.knows(cloid) else int(order.venue_order_id.value)
