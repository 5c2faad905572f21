"""An alert that is lost, or ends without trade and reason, is told, and so is a strange error."""

from decimal import Decimal

import pytest
from nautilus_trader.model.identifiers import InstrumentId

from desk.logs_lines import Component, LogLine
from strategies.signals import Action
from tests.acceptance.crash_sender import Sent
from tests.soak.alerts import by_its_end, without_entry
from tests.soak.logs import judge_logs
from webhook.alerts import Alert
from webhook.follower import NO_ORDER
from webhook.inbox import Entry, Outcome, State, Step, Trace

SIZE = Decimal("0.03")


def entry(state: State, reason: str | None = None, message: str = "") -> Entry:
    alert = Alert(
        dialect="own",
        key="alert_x:n1",
        digest="",
        strategy="alert_x",
        instrument_id=InstrumentId.from_str("ETH-USD-PERP.HYPERLIQUID"),
        action=Action.BUY,
        quantity=SIZE,
    )
    outcome = Outcome(state=state, orders=("A-1",), reason=reason, message=message)
    return Entry(sequence=1, alert=alert, received_ns=0, expires_ns=1, outcome=outcome)


def fault(found: Entry, filled: Decimal, *kinds: str, orders: tuple[int, ...] = (1,)) -> str:
    steps = [Step(key="alert_x:n1", kind=kind, ts_ns=0) for kind in kinds]
    return by_its_end(found, Trace(entry=found, steps=steps), list(orders), filled, SIZE)[1]


def test_what_is_traded_or_refused_is_right() -> None:
    assert not fault(entry(State.DONE), SIZE)
    assert not fault(entry(State.DONE), Decimal(0), "order_rejected")
    assert not fault(entry(State.DONE, "nothing_to_do"), Decimal(0))
    assert not fault(entry(State.EXPIRED), Decimal(0), orders=())
    assert not fault(entry(State.DONE, message=NO_ORDER), Decimal(0), orders=())


@pytest.mark.parametrize(
    ("found", "filled"),
    [
        (entry(State.DONE), Decimal(0)),
        (entry(State.DONE), SIZE / 2),
        (entry(State.DONE, "nothing_to_do"), SIZE),
        (entry(State.EXPIRED), SIZE),
        (entry(State.DONE, message=NO_ORDER), SIZE / 2),
        (entry(State.DECIDED), SIZE),
        (entry(State.DEAD), Decimal(0)),
    ],
)
def test_what_is_neither_is_wrong(found: Entry, filled: Decimal) -> None:
    assert fault(found, filled)


def test_an_alert_that_was_taken_must_be_in_the_inbox() -> None:
    taken, unanswered = Sent("n1", {}, [200], ["accepted"]), Sent("n1", {}, [0], [])
    assert without_entry(taken, Decimal(0))[1]
    assert not without_entry(unanswered, Decimal(0))[1]
    assert without_entry(unanswered, SIZE)[1]


def test_an_error_that_no_cause_explains_is_told() -> None:
    known = LogLine(
        "t", "ERROR", Component.RISK, "Guard", "reattach x: Expected a stop to rest for long 1"
    )
    strange = LogLine("t", "ERROR", Component.NODE, "ExecEngine", "reattach x: Expected a stop")
    harmless = LogLine("t", "WARN", Component.NODE, "ExecEngine", "something")
    verdict = judge_logs([known, strange, harmless])
    assert verdict.unexplained == (str(strange),)
    assert verdict.errors == {"a stop asked for again": 1, "unexplained": 1}
    assert verdict.warnings == {"ExecEngine": 1}
