"""What becomes of delivered alerts: from Decisions and order events to Steps; it sends nothing."""

from collections.abc import Callable, Mapping, Sequence

import msgspec
from nautilus_trader.model.enums import order_side_to_str
from nautilus_trader.model.events import OrderEvent, OrderFilled, OrderInitialized
from nautilus_trader.model.identifiers import ClientOrderId
from nautilus_trader.model.orders import Order

from strategies.signals import Decision, order_id_of
from webhook.alerts import Alert
from webhook.inbox import Entry, Outcome, State, Step

ENDED_MAX = 1_000
"""Orders whose later events still go into the trace: a fill may be told after its order's end."""


NO_ORDER = "Its order never arrived at the venue; a paper order ended with its process"
"""What is said of an alert whose order is nowhere, nor the process that had sent it."""


class _Story:
    """One alert on its way; `outcome` is None until its strategy has decided."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.outcome: Outcome | None = None


class Follower:
    """
    Follow alerts from their delivery until nothing more will come of them.

    Parameters
    ----------
    find : callable
        Returns an order of Nautilus's cache, or None.
    clock_ns : callable
        Returns the time in nanoseconds UTC.
    on_end : callable
        Called with each alert of which nothing more will come.
    """

    def __init__(
        self,
        find: Callable[[ClientOrderId], Order | None],
        clock_ns: Callable[[], int],
        on_end: Callable[[Alert], None],
    ) -> None:
        self._find = find
        self._clock_ns = clock_ns
        self._on_end = on_end
        self._stories: dict[str, _Story] = {}
        self._keys: dict[ClientOrderId, str] = {}
        self._ended: dict[ClientOrderId, str] = {}

    def is_undecided(self, key: str) -> bool:
        """Tell whether an alert was delivered and its strategy has not answered yet."""
        return key in self._stories and self._stories[key].outcome is None

    def undecided(self, strategy: str) -> Sequence[Entry]:
        """Return what a strategy was given and has not answered, in the order of arrival."""
        found = [
            story.entry
            for story in self._stories.values()
            if story.outcome is None and story.entry.alert.strategy == strategy
        ]
        return sorted(found, key=lambda entry: entry.sequence)

    def delivered(self, entry: Entry) -> Sequence[Step]:
        """Follow an alert from now on, which is being handed to its strategy."""
        key = entry.alert.key
        self._follow(entry)
        count = str(entry.deliveries)
        return [self._step(key, "delivered", {"count": count}, Outcome(state=State.DELIVERED))]

    def decided(self, decision: Decision) -> Sequence[Step]:
        """Take the answer of a strategy; one to a signal that is not followed is no news."""
        story = self._stories.get(decision.key)
        if story is None or story.outcome is not None:
            return []
        detail = {"reason": decision.reason or "", "message": decision.message}
        outcome = Outcome(
            state=State.DECIDED,
            orders=tuple(order_id.value for order_id in decision.orders),
            reason=None if decision.reason is None else decision.reason.value,
            message=decision.message,
        )
        return self._decide(story, "decided", detail, outcome, decision.ts_event)

    def found(self, entry: Entry) -> Sequence[Step]:
        """Take an alert whose order was found, though nobody has told us the decision."""
        order_id = order_id_of(entry.alert.key)
        outcome = Outcome(
            state=State.DECIDED,
            orders=(order_id.value,),
            message="Its order was found: it had been traded before this process began",
        )
        story = self._stories.get(entry.alert.key) or self._follow(entry)
        return self._decide(story, "decided", self._state_of(order_id), outcome, self._clock_ns())

    def resumed(self, entry: Entry) -> None:
        """Follow the orders of an alert that was decided in an earlier process."""
        story = self._follow(entry)
        story.outcome = entry.outcome
        for text in entry.outcome.orders:
            self._keys[ClientOrderId(text)] = entry.alert.key

    def settled(self, key: str) -> Sequence[Step]:
        """Look at the orders of a resumed alert: those that the cache lacks are gone for good."""
        story = self._stories.get(key)
        if story is None or story.outcome is None:
            return []
        return self._end(story)

    def dropped(self, entry: Entry) -> None:
        """Follow an alert no more, which has expired or was given up."""
        self._stories.pop(entry.alert.key, None)
        self._keys.pop(order_id_of(entry.alert.key), None)
        self._on_end(entry.alert)

    def on_event(self, event: OrderEvent) -> Sequence[Step]:
        """Take an event of any order; only those of alerts are steps."""
        order_id = event.client_order_id
        key = self._keys.get(order_id) or self._ended.get(order_id)
        if key is None:
            return []
        # When it was heard here, since a venue's own time may run apart from that of other steps.
        now = self._clock_ns()
        steps = [Step(key=key, kind=_kind(event), ts_ns=now, detail=_detail(event))]
        story = self._stories.get(key)
        if story is not None and story.outcome is not None:
            steps += self._end(story)
        return steps

    def _follow(self, entry: Entry) -> _Story:
        key = entry.alert.key
        story = self._stories[key] = _Story(entry)
        # Before the decision: events of its order come while the strategy still decides.
        self._keys[order_id_of(key)] = key
        return story

    def _decide(
        self, story: _Story, kind: str, detail: Mapping[str, str], outcome: Outcome, ts_ns: int
    ) -> Sequence[Step]:
        story.outcome = outcome
        key = story.entry.alert.key
        for text in outcome.orders:
            self._keys[ClientOrderId(text)] = key
        told = {name: value for name, value in detail.items() if value}
        step = Step(key=key, kind=kind, ts_ns=ts_ns, detail=told, outcome=outcome)
        return [step, *self._end(story)]

    def _end(self, story: _Story) -> Sequence[Step]:
        """Return the last step where no order works any more, and forget the alert."""
        assert story.outcome is not None, "asked of decided alerts alone"  # noqa: S101 own promise
        ids = [ClientOrderId(text) for text in story.outcome.orders]
        orders = [order for order in map(self._find, ids) if order is not None]
        if any(not order.is_closed for order in orders):
            return []
        key = story.entry.alert.key
        del self._stories[key]
        for order_id in [order_id_of(key), *ids]:
            self._keys.pop(order_id, None)
            self._ended[order_id] = key
        while len(self._ended) > ENDED_MAX:
            del self._ended[next(iter(self._ended))]
        detail = self._state_of(ids[0]) if ids else {}
        words = story.outcome.message or (NO_ORDER if ids and not orders else "")
        outcome = msgspec.structs.replace(story.outcome, state=State.DONE, message=words)
        self._on_end(story.entry.alert)
        return [self._step(key, "done", detail, outcome)]

    def _state_of(self, order_id: ClientOrderId) -> Mapping[str, str]:
        order = self._find(order_id)
        if order is None:
            return {"order": order_id.value, "status": "unknown to this process"}
        found = {
            "order": order_id.value,
            "status": order.status_string().lower(),
            "side": order_side_to_str(order.side).lower(),
            "size": str(order.quantity),
            "filled": str(order.filled_qty),
        }
        return found | ({"price": str(order.avg_px)} if order.filled_qty else {})

    def _step(self, key: str, kind: str, detail: Mapping[str, str], outcome: Outcome) -> Step:
        return Step(key=key, kind=kind, ts_ns=self._clock_ns(), detail=detail, outcome=outcome)


def _kind(event: OrderEvent) -> str:
    name = type(event).__name__.removeprefix("Order")
    words = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    return f"order{words}"


def _detail(event: OrderEvent) -> Mapping[str, str]:
    detail = {"order": event.client_order_id.value}
    if isinstance(event, OrderInitialized):
        detail |= {"side": order_side_to_str(event.side).lower(), "size": str(event.quantity)}
    elif isinstance(event, OrderFilled):
        detail |= {
            "side": order_side_to_str(event.order_side).lower(),
            "size": str(event.last_qty),
            "price": str(event.last_px),
            "commission": str(event.commission),
            "trade": event.trade_id.value,
        }
    venue_order_id = getattr(event, "venue_order_id", None)
    if venue_order_id is not None:
        detail["venue_order"] = venue_order_id.value
    reason = getattr(event, "reason", None)
    if reason:
        detail["reason"] = str(reason)
    return detail
