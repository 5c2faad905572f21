"""Alerts and what became of them, as tables and lines for people; it reads no store."""

from collections.abc import Iterator, Sequence

from nautilus_trader.core.datetime import unix_nanos_to_dt
from rich.box import SIMPLE_HEAD
from rich.table import Table

from webhook.alerts import Alert
from webhook.inbox import Entry, Outcome, Step, Trace

_MS = 1_000_000

STAGES = (
    ("received", "delivered", "to its strategy"),
    ("delivered", "decided", "to the decision"),
    ("decided", "order_submitted", "to the order"),
    ("order_submitted", "order_filled", "to the first fill"),
    ("received", "done", "from alert to end"),
)
"""Two kinds of steps and what the time between their first ones is called."""


def alerts_table(entries: Sequence[Entry]) -> Table:
    """Return alerts as a table, in the order given."""
    table = Table(title="Alerts", box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("received", "key", "asks", "state", "outcome"):
        table.add_column(heading, overflow="fold")
    for entry in entries:
        table.add_row(
            _day_and_time(entry.received_ns),
            entry.alert.key,
            _asks(entry.alert),
            entry.outcome.state.value,
            _outcome(entry.outcome),
        )
    return table


def describe_trace(trace: Trace) -> Iterator[str]:
    """Return an alert's story line by line: what it asked, each step, and how long they took."""
    entry = trace.entry
    alert = entry.alert
    yield f"{alert.key}  ({alert.dialect})"
    yield f"  asks      {_asks(alert)} {alert.instrument_id} for {alert.strategy}"
    if alert.ts_event is not None:
        yield f"  dated     {_day_and_time(alert.ts_event)}"
    yield f"  expires   {_day_and_time(entry.expires_ns)}"
    if alert.comment:
        yield f"  comment   {alert.comment}"
    yield f"  state     {entry.outcome.state.value}  {_outcome(entry.outcome)}".rstrip()
    yield "  steps"
    for step in trace.steps:
        after = (step.ts_ns - entry.received_ns) / _MS
        yield f"    {_time(step.ts_ns)} {after:+12.3f} ms  {step.kind:16} {_detail(step)}".rstrip()
    first = {step.kind: step.ts_ns for step in reversed(trace.steps)}
    taken = [
        f"    {(first[end] - first[begin]) / _MS:12.3f} ms  {words}"
        for begin, end, words in STAGES
        if begin in first and end in first
    ]
    if taken:
        yield "  took"
        yield from taken


def _asks(alert: Alert) -> str:
    if alert.action is None:
        return "heartbeat"
    return alert.action.value if alert.quantity is None else f"{alert.action} {alert.quantity:f}"


def _outcome(outcome: Outcome) -> str:
    reason = outcome.reason or ""
    words = outcome.message or ", ".join(outcome.orders)
    return f"{reason}: {words}" if reason and words else reason or words


def _detail(step: Step) -> str:
    return "  ".join(f"{name} {value}" for name, value in step.detail.items())


def _day_and_time(ns: int) -> str:
    text: str = unix_nanos_to_dt(ns).strftime("%Y-%m-%d %H:%M:%S")
    return text


def _time(ns: int) -> str:
    text: str = unix_nanos_to_dt(ns).strftime("%H:%M:%S.%f")
    return text
