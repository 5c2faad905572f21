"""Every fault of the venue by name, as it befalls one coin's submit, modify, cancel or fill."""

from collections.abc import Callable
from random import Random
from typing import Any, Literal

from simulator.fault_rules import (
    Abort,
    AckRace,
    AgentExpiry,
    AnyRule,
    ClockSkew,
    Close,
    Delay,
    DropReply,
    DropRequest,
    Duplicate,
    HalfOpen,
    PostOnly,
    Reorder,
    Silent,
    Status,
    UnknownOid,
)

type Victim = Literal["submit", "modify", "cancel", "fill"]
type Make = Callable[[dict[str, Any]], tuple[AnyRule, ...]]
"""From `type`, `coin` and how often, to rules."""

ACTIONS: dict[Victim, str] = {
    "submit": "order",
    "modify": "batchModify",
    "cancel": "cancelByCloid",
}
CHANNELS = ("orderUpdates", "user", "userFills")

REQUEST_FAULTS: dict[str, Make] = {
    "late reply": lambda at: (Delay(on="request", ms=400, **at),),
    "reply after the time-out": lambda at: (Delay(on="request", ms=1_400, **at),),
    "late request": lambda at: (Delay(on="request", ms=400, executed=False, **at),),
    "request after the time-out": lambda at: (
        Delay(on="request", ms=1_050, executed=False, **at),
    ),
    "request after its expiry": lambda at: (Delay(on="request", ms=1_400, executed=False, **at),),
    "lost reply": lambda at: (DropReply(on="request", **at),),
    "lost request": lambda at: (DropRequest(on="request", **at),),
    "429 before": lambda at: (Status(on="request", status=429, **at),),
    "429 after": lambda at: (Status(on="request", status=429, executed=True, **at),),
    "422": lambda at: (Status(on="request", status=422, **at),),
    "502 before": lambda at: (Status(on="request", status=502, **at),),
    "502 after": lambda at: (Status(on="request", status=502, executed=True, **at),),
    "close before": lambda at: (Close(on="post", **at),),
    "close after": lambda at: (Close(on="post", executed=True, **at),),
    "reset before": lambda at: (Abort(on="request", **at),),
    "reset after": lambda at: (Abort(on="request", executed=True, **at),),
    "half-open before": lambda at: (HalfOpen(on="post", **at),),
    "half-open after": lambda at: (HalfOpen(on="post", executed=True, **at),),
    "doubled reply": lambda at: (Duplicate(on="post", times=2, **at),),
    "reply out of order": lambda at: (Reorder(on="post", behind=2, **at),),
    "post-only period": lambda at: (PostOnly(**at),),
    "expired agent": lambda at: (AgentExpiry(**at),),
    "venue's clock ahead": lambda at: (ClockSkew(offset_ms=5_000, **at),),
    "venue's clock behind": lambda at: (ClockSkew(offset_ms=-5_000, **at),),
    "events after the reply": lambda at: (AckRace(ms=100, **at),),
    "some events after the reply": lambda at: (AckRace(events="random", ms=50, **at),),
    "unknown when it is looked up": lambda at: (
        DropReply(on="request", **at),
        UnknownOid(ms=800, for_ms=1_000),
    ),
    "lost reply, and a busy look-up": lambda at: (
        DropReply(on="request", **at),
        Status(on="info", type="orderStatus", status=429, count=2),
    ),
    "lost reply, and a broken look-up": lambda at: (
        DropReply(on="request", **at),
        Status(on="info", type="orderStatus", status=502, count=2),
    ),
    "lost reply, and a silent order stream": lambda at: (
        DropReply(on="request", **at),
        Silent(type="orderUpdates", coin=at["coin"], count=2),
    ),
}  # fmt: skip

FRAME_FAULTS: dict[str, Make] = {
    "late event": lambda at: (Delay(on="ws", ms=500, **at),),
    "silent channel": lambda at: (Silent(**at),),
    "doubled event": lambda at: (Duplicate(on="ws", times=2, ms=100, **at),),
    "event out of order": lambda at: (Reorder(on="ws", behind=2, **at),),
}
LINE_FAULTS: dict[str, Make] = {
    "close": lambda at: (Close(on="ws", **at),),
    "close, and no connection for a while": lambda at: (
        Close(on="ws", **at),
        Status(on="connect", status=503, count=2),
    ),
    "close, and a lost question after it": lambda at: (
        Close(on="ws", **at),
        Status(on="info", type="userFillsByTime", status=502, count=2),
    ),
    "reset": lambda at: (Abort(on="ws", **at),),
    "half-open": lambda at: (HalfOpen(on="ws", **at),),
    "both fill channels silent": lambda at: (
        Silent(type="user", coin=at["coin"], count=at["count"]),
        Silent(type="userFills", coin=at["coin"], count=at["count"]),
    ),
    "all channels silent": lambda at: tuple(
        Silent(type=channel, coin=at["coin"], count=at["count"]) for channel in CHANNELS
    ),
}


def matrix() -> dict[tuple[Victim, str], Make]:
    """Return every fault of the venue with every victim that it can befall."""
    found: dict[tuple[Victim, str], Make] = {}
    for victim, action in ACTIONS.items():
        for name, make in REQUEST_FAULTS.items():
            if victim != "cancel" or name != "post-only period":  # which forbids no cancel
                found[victim, name] = _typed(make, action)
    for channel in CHANNELS:
        for name, make in FRAME_FAULTS.items():
            found["fill", f"{name} of {channel}"] = _typed(make, channel)
    for name, make in LINE_FAULTS.items():
        found["fill", name] = _typed(make, "userFills" if "silent" not in name else "")
    return found


def _typed(make: Make, type_: str) -> Make:
    return lambda at: make({"type": type_, **at})


MATRIX = matrix()
KILLERS = ("close", "reset", "half-open")


def random_rules(random: Random, coin: str, *, may_cut: bool) -> tuple[str, tuple[AnyRule, ...]]:
    """Draw one fault, at times two, for a coin; `may_cut` allows those that end the connection."""
    cells = [cell for cell in MATRIX if may_cut or not any(killer in cell[1] for killer in KILLERS)]
    chosen = random.sample(cells, 2 if random.random() < 0.25 else 1)
    rules = [
        rule
        for cell in chosen
        for rule in MATRIX[cell](
            {"coin": coin, "count": random.choice((1, 1, 2, 3)), "after": random.choice((0, 0, 1))}
        )
    ]
    return "; ".join(f"{victim}: {name}" for victim, name in chosen), tuple(rules)
