"""A command is called refused only when the venue could have shown it after its expiry."""

from collections.abc import Iterable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from adapters.common.doubts import Doubts, Sent
from adapters.common.order_amends import Terms
from adapters.common.order_events import OrderEvent
from adapters.common.settlement import Settlement
from tests.adapters.common.stories import ID, told, tracking

EXPIRES_MS = 1_000
GRACE_MS = 100
TOO_EARLY_MS = EXPIRES_MS + GRACE_MS
LATE_MS = TOO_EARLY_MS + 1
TERMS = Terms(Decimal(5), Decimal(100), None)


class Bench:
    """A tracker and doubts about one order, and what is reported of it."""

    def __init__(self) -> None:
        self.tracker = tracking()
        self.doubts = Doubts()
        self.events: list[OrderEvent] = []
        self.reporter: Any = SimpleNamespace(report=self._report)
        ledger: Any = self
        self.settlement = Settlement(ledger, GRACE_MS)

    @property
    def told(self) -> list[str]:
        return told(self.events)

    def accept(self) -> None:
        self.tracker.opened(ID, "V1")

    def _report(self, events: Iterable[OrderEvent]) -> None:
        self.events += events


def test_an_order_that_is_not_known_after_its_expiry_was_never_taken() -> None:
    bench = Bench()
    bench.doubts.submits[ID] = Sent(EXPIRES_MS)

    assert not bench.settlement.on_not_found(ID, TOO_EARLY_MS)
    assert not bench.settlement.is_complete(ID)
    assert bench.told == []

    assert bench.settlement.on_not_found(ID, LATE_MS)
    assert bench.told == ["Rejected"]
    assert not bench.doubts.holds(ID)


def test_what_carries_a_nonce_is_over_only_a_grace_after_that_was_used_up() -> None:
    bench = Bench()
    bench.accept()
    bench.tracker.amend_sent(ID, 1, TERMS)
    bench.doubts.begin_modify(ID, 1, Sent(EXPIRES_MS, 7))
    bench.doubts.cancels[ID] = Sent(EXPIRES_MS + 1, 8)
    assert bench.doubts.late_nonces(ID, EXPIRES_MS + 1) == [7]
    assert bench.doubts.late_nonces(ID, LATE_MS) == [7, 8]

    bench.settlement.on_found(ID, LATE_MS)
    assert bench.told == []

    bench.doubts.used_up(7, LATE_MS)
    bench.settlement.on_found(ID, LATE_MS + GRACE_MS)
    assert bench.told == []
    bench.settlement.on_found(ID, LATE_MS + GRACE_MS + 1)
    assert bench.told == ["ModifyRejected"]
    assert bench.doubts.late_nonces(ID, LATE_MS) == [8]


def test_an_order_of_which_nothing_is_in_doubt_is_not_rejected_for_being_unknown() -> None:
    bench = Bench()
    assert not bench.settlement.on_not_found(ID, LATE_MS)
    assert bench.told == []


def test_a_cancel_of_an_order_that_rests_after_its_expiry_was_never_taken() -> None:
    bench = Bench()
    bench.accept()
    bench.doubts.cancels[ID] = Sent(EXPIRES_MS)

    bench.settlement.on_found(ID, TOO_EARLY_MS)
    assert bench.told == []
    assert not bench.settlement.is_complete(ID)

    bench.settlement.on_found(ID, LATE_MS)
    assert bench.told == ["CancelRejected"]
    assert bench.settlement.is_complete(ID)


def test_a_modify_is_refused_after_its_expiry_unless_the_venue_shows_what_it_made() -> None:
    for is_made in (False, True):
        bench = Bench()
        bench.accept()
        bench.tracker.amend_sent(ID, 1, TERMS)
        bench.doubts.begin_modify(ID, 1, Sent(EXPIRES_MS))
        if is_made:
            bench.tracker.amended(ID, "V1", 5, TERMS)

        bench.settlement.on_found(ID, TOO_EARLY_MS)
        assert bench.doubts.holds(ID) is not is_made
        bench.settlement.on_found(ID, LATE_MS)

        assert bench.told == ([] if is_made else ["ModifyRejected"])
        assert bench.settlement.is_complete(ID)


def test_an_order_that_is_found_was_taken_and_one_that_is_over_is_in_no_doubt() -> None:
    bench = Bench()
    bench.doubts.submits[ID] = Sent(EXPIRES_MS)
    bench.settlement.on_found(ID, 0)
    assert bench.settlement.is_complete(ID)

    bench.doubts.cancels[ID] = Sent(EXPIRES_MS)
    bench.tracker.refused(ID, "no")
    assert bench.settlement.is_complete(ID)
    assert not bench.doubts.holds(ID)
