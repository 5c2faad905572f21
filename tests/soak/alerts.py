"""What became of every alert: traded once, or refused with a reason; by venue and by inbox."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

import msgspec

from strategies.signals import order_id_of
from tests.acceptance.crash_sender import Sent
from tests.soak.sides import Side
from webhook.follower import NO_ORDER
from webhook.inbox import ENDS, Entry, Inbox, State, Trace

ENTRIES_MAX = 1_000_000
REFUSALS = {"order_rejected", "order_denied", "order_canceled", "order_expired"}
"""Events in a trace that say why an order was not, or not wholly, traded."""


class AlertVerdict(msgspec.Struct, frozen=True):
    """How many ended how, and what is wrong with some, in words."""

    ended: Counter[str]
    wrong: tuple[str, ...]


async def undecided(inbox: Inbox) -> list[str]:
    """Return the keys of the alerts that have not come to their end."""
    states = [state for state in State if state not in ENDS]
    entries = await inbox.entries(states=states, limit=ENTRIES_MAX)
    return [entry.alert.key for entry in entries]


async def verdict(
    inbox: Inbox, sent: Sequence[Sent], sides: dict[str, Side], places: dict[str, str]
) -> AlertVerdict:
    """
    Judge every alert; `places` says at which venue a strategy trades.

    Call it once nothing is under way any more.
    """
    entries = {e.alert.key: e for e in await inbox.entries(limit=ENTRIES_MAX)}
    ended: Counter[str] = Counter()
    wrong: list[str] = []
    for alert in sent:
        key = f"{alert.body['strategy']}:{alert.id}"
        side = sides[places[alert.body["strategy"]]]
        entry = entries.get(key)
        trace = None
        if entry is not None and not _filled(side, key) == _wanted(alert, side, key) > 0:
            trace = await inbox.trace(key)
        end, fault = _judged(alert, key, side, entry, trace)
        ended[end] += 1
        if fault:
            wrong.append(f"{key} {fault}; answers {alert.statuses} {alert.codes}, entry {entry}")
    return AlertVerdict(ended, tuple(wrong))


def _judged(
    alert: Sent, key: str, side: Side, entry: Entry | None, trace: Trace | None
) -> tuple[str, str]:
    """Return how an alert ended, and what is wrong with that; "" if nothing is."""
    orders, filled = _orders(side, key), _filled(side, key)
    wanted = _wanted(alert, side, key)
    if len(orders) > 1 or filled > wanted:
        return "doubled", f"doubled: orders {orders}, {filled} of {wanted} filled"
    if entry is None:
        return without_entry(alert, filled)
    return by_its_end(entry, trace, orders, filled, wanted)


def without_entry(alert: Sent, filled: Decimal) -> tuple[str, str]:
    """Judge an alert that the inbox does not know."""
    if filled:
        return "untold", f"traded {filled} without an entry"
    if alert.is_accepted:
        return "lost", "lost: accepted, and there is no entry"
    return "never taken", ""


def by_its_end(
    entry: Entry, trace: Trace | None, orders: list[int], filled: Decimal, wanted: Decimal
) -> tuple[str, str]:
    """Judge an alert by its entry, and by its trace where it was not wholly traded."""
    outcome = entry.outcome
    reasons = [step for step in trace.steps if step.kind in REFUSALS] if trace else []
    end, fault = "", ""
    if outcome.state not in ENDS:
        end, fault = "undecided", f"is still {outcome.state}"
    elif outcome.state is State.DEAD:
        end, fault = "given up", "given up: a person would have to look"
    elif outcome.reason is not None or outcome.state is State.EXPIRED:
        why = outcome.reason or "expired"
        end, fault = f"refused: {why}", f"traded {filled} though {why}" if filled else ""
    elif orders and filled == wanted:
        end = "traded"
    elif reasons:
        end = f"refused: {reasons[-1].kind}"
    elif outcome.message == NO_ORDER and not filled:
        end = "refused: its order was lost with a killed desk"
    else:
        end, fault = "lost", f"lost: orders {orders}, {filled} of {wanted} filled, no reason told"
    return end, fault


def _name(side: Side, key: str) -> str:
    return side.names.kind.client_id(order_id_of(key).value)


def _orders(side: Side, key: str) -> list[int]:
    return list(side.orders.get(_name(side, key), ()))


def _filled(side: Side, key: str) -> Decimal:
    return sum((side.filled[oid] for oid in _orders(side, key)), Decimal(0))


def _wanted(alert: Sent, side: Side, key: str) -> Decimal:
    """Return what it asks for; of one that closes a position, what its order was of."""
    if "quantity" in alert.body:
        return Decimal(alert.body["quantity"])
    rows = side.orders.get(_name(side, key), {})
    return max((row.order.size for row in rows.values()), default=Decimal(0))
