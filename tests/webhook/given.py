"""Alerts and steps for the tests of the inbox."""

from decimal import Decimal

import msgspec
from nautilus_trader.model.identifiers import InstrumentId

from strategies.protection import AtrDistance, PercentDistance
from strategies.signals import Action
from strategies.sizing import NotionalSize
from webhook.alerts import Alert
from webhook.inbox import Outcome, State, Step

NOW_NS = 1_800_000_000_000_000_000
LATER_NS = NOW_NS + 30_000_000_000

_ALERT = Alert(
    dialect="own",
    key="",
    digest="d0",
    strategy="alerts",
    instrument_id=InstrumentId.from_str("BTC-USD-PERP.VENUE"),
    action=Action.BUY,
    sizing=NotionalSize(Decimal("250.50")),
    stop=PercentDistance(Decimal("1.5")),
    take_profit=AtrDistance(Decimal(2)),
    is_exit=True,
    ts_event=NOW_NS - 1,
    max_age_secs=Decimal("12.5"),
    stated_before=Decimal("-0.1"),
    stated=Decimal(0),
    sequence=7,
    comment="",
)


def make_alert(number: int | str, **changes: object) -> Alert:
    """Return an alert with the key "alerts:NUMBER" and something in every field."""
    return msgspec.structs.replace(_ALERT, **{"key": f"alerts:{number}", **changes})


def make_step(
    number: int | str,
    state: State | None,
    kind: str | None = None,
    ts_ns: int = NOW_NS,
    **rest: object,
) -> Step:
    """Return a step that moves the alert NUMBER to a state, or moves nothing."""
    outcome = None if state is None else Outcome(state=state, **rest)
    return Step(
        key=f"alerts:{number}",
        kind=kind or (state.value if state else "warning"),
        ts_ns=ts_ns,
        detail={"said": "ü \u2028 ☃"},
        outcome=outcome,
    )
