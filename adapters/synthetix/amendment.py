"""Changes of orders that rest, which keep their venue order id; it records what the answers mean.

The quantity of a change is the whole one, what is filled included, so that fills on its way make it
no larger.
"""

import msgspec
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.model.orders import Order

from adapters.common.doubts import Sent
from adapters.common.errors import NotSent, OutcomeUnknown, VenueRefused
from adapters.common.ledger import OrderLedger
from adapters.common.lookups import OrderLookups
from adapters.synthetix.actions import ModifyOrderAction
from adapters.synthetix.constants import NANOS_PER_MILLI
from adapters.synthetix.exchange import SynthetixExchange
from adapters.synthetix.observations import OrderObserver
from adapters.synthetix.preparation import Change, OrderPreparation
from adapters.synthetix.replies import Answer, Modified, Refusal, parse_modified
from adapters.synthetix.wire import Moment, decoder


class _Stamp(msgspec.Struct, frozen=True):
    timestamp: Moment = Moment(0)


_STAMP = decoder(_Stamp)


class OrderAmendment:
    """
    Change resting orders.

    Every modify ends in an event: rejected before it is sent, or what the venue says. What is not
    known is looked up; nothing is ever sent twice.

    Parameters
    ----------
    exchange : SynthetixExchange
        Signs and sends.
    preparation : OrderPreparation
        Says what may be sent.
    ledger, observer
        Where what is sent, and what is answered, is recorded.
    lookups : OrderLookups
        Asks for orders of which too little was answered.

    """

    def __init__(
        self,
        exchange: SynthetixExchange,
        preparation: OrderPreparation,
        ledger: OrderLedger,
        observer: OrderObserver,
        lookups: OrderLookups,
    ) -> None:
        self._exchange = exchange
        self._preparation = preparation
        self._tracker = ledger.tracker
        self._reporter = ledger.reporter
        self._doubts = ledger.doubts
        self._observer = observer
        self._lookups = lookups
        self._last_modify_id = 0

    async def modify(
        self,
        order: Order,
        quantity: Quantity | None,
        price: Price | None,
        trigger_price: Price | None,
    ) -> None:
        """Change a resting order; what is None stays as it is."""
        change = self._preparation.modification(order, quantity, price, trigger_price)
        if isinstance(change, str):
            self._reporter.modify_rejected(order, change)
        else:
            await self._send(order, change)

    async def _send(self, order: Order, change: Change) -> None:
        key = order.client_order_id.value
        self._last_modify_id += 1
        modify_id = self._last_modify_id

        def on_sending(sent: Sent) -> None:
            self._tracker.amend_sent(key, modify_id, change.terms, change.before)
            self._doubts.begin_modify(key, modify_id, sent)

        action = ModifyOrderAction(
            self._tracker.venue_order_id(key) or "",
            price=change.price,
            quantity=change.quantity,
            trigger_price=change.trigger_price,
        )
        try:
            answer = await self._exchange.send(
                action, urgent=order.is_reduce_only, on_sending=on_sending
            )
            outcome = parse_modified(answer.response)
        except NotSent as e:
            self._reporter.modify_rejected(order, str(e))
        except VenueRefused as e:
            self._refused(key, modify_id, str(e))
        except OutcomeUnknown as e:
            self._doubts.modify_unanswered(key, modify_id)
            self._lookups.want(key)
            self._reporter.note_unknown(order, "modify", str(e))
        else:
            self._on_outcome(key, modify_id, outcome, _time_ms(answer))

    def _on_outcome(
        self, key: str, modify_id: int, outcome: Modified | Refusal, time_ms: int
    ) -> None:
        if isinstance(outcome, Refusal):
            self._refused(key, modify_id, f"{outcome.code} {outcome.reason}".strip())
            return
        self._doubts.end_modify(key, modify_id)
        self._reporter.report(self._observer.on_modified(key, modify_id, outcome, time_ms))

    def _refused(self, key: str, modify_id: int, reason: str) -> None:
        self._doubts.end_modify(key, modify_id)
        self._reporter.report(self._tracker.modify_refused(key, modify_id, reason))
        self._lookups.want(key)


def _time_ms(answer: Answer) -> int:
    """Return when the venue has made a change, as the change itself says; 0 if it does not."""
    return (_STAMP.decode(answer.response).timestamp or answer.time_ns) // NANOS_PER_MILLI
