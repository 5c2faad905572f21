"""Words to let an order observer hear the venue's messages with, in any order; not tests."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from itertools import permutations
from typing import Any

from adapters.common.order_events import Filled, OrderEvent
from adapters.common.order_tracker import OrderTracker
from adapters.hyperliquid.observations import OrderObserver
from adapters.hyperliquid.replies import Refusal, Resting, Status, Taken
from tests.adapters.hyperliquid.account_rows import fill_of, fill_row, update_of, update_row

ID = "O-1"
CLOID = "0x" + "c" * 32
WHOLE = Decimal("1.0")


class Ear:
    """An observer that hears of one order of size 1, sent and not answered yet."""

    def __init__(self, *, waits_for_code: bool = False) -> None:
        self.tracker = OrderTracker()
        self.loose: list[object] = []
        self.observer = OrderObserver(self.tracker, lambda *_: None, self.loose.append)
        self.waits_for_code = waits_for_code
        self.tracker.submitted(ID, WHOLE)
        self.observer.bind(CLOID, ID)


type Hear = Callable[[Ear], Iterable[OrderEvent] | None]


def update(status: str, oid: int = 1, **changes: Any) -> Hear:  # noqa: ANN401  (any JSON)
    """An entry of orderUpdates about the order."""
    row = update_row(status, oid, **({"cloid": CLOID} | changes))
    return lambda ear: ear.observer.on_update(update_of(row))


def fill(tid: int, size: str = "0.5", oid: int = 1, **changes: Any) -> Hear:  # noqa: ANN401
    """A fill of the order, on whichever channel."""
    row = fill_row(oid, tid, **({"sz": size, "cloid": CLOID} | changes))
    return lambda ear: ear.observer.on_fill(fill_of(row))


def _answer(outcome: Status) -> Hear:
    return lambda ear: ear.observer.on_outcome(ID, outcome, waits_for_code=ear.waits_for_code)


def resting(oid: int = 1) -> Hear:
    """The answer that the order rests."""
    return _answer(Resting(oid, CLOID))


def taken(size: str, oid: int = 1) -> Hear:
    """The answer that the order has filled at once."""
    return _answer(Taken(oid, CLOID, Decimal(size), Decimal(60_000)))


def refusal(reason: str) -> Hear:
    """The answer that the order is refused."""
    return _answer(Refusal(reason))


def modifying(modify_id: int, size: str, price: str) -> Hear:
    """A modify that leaves."""

    def hear(ear: Ear) -> list[OrderEvent]:
        limit = Decimal(price)
        ear.tracker.modify_sent(ID, modify_id, size=Decimal(size), price=limit, limit=limit)
        return []

    return hear


def modified(modify_id: int, oid: int) -> Hear:
    """The answer that a modify has made another venue order."""
    return lambda ear: ear.tracker.modify_accepted(ID, modify_id, str(oid))


def cancel_refused(reason: str) -> Hear:
    """The answer that a cancel came too late."""
    return lambda ear: ear.tracker.cancel_refused(ID, reason)


def heard(*hears: Hear, ear: Ear | None = None) -> list[OrderEvent]:
    """Let an ear hear all of it, and return what it reports."""
    ear = ear or Ear()
    return [event for hear in hears for event in hear(ear) or ()]


def words(events: Iterable[OrderEvent]) -> list[str]:
    """Return events as short words, fills by their trade id."""
    return [e.fill.trade_id if isinstance(e, Filled) else type(e).__name__ for e in events]


def in_any_order(
    *hears: Hear, first: tuple[Hear, ...] = (), ear: Callable[[], Ear] = Ear
) -> list[list[str]]:
    """Return what is reported for every order of arrival."""
    return [words(heard(*first, *arrival, ear=ear())) for arrival in permutations(hears)]
