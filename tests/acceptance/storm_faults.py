"""Faults of any venue by name, as they befall one coin's submit, modify, cancel or fill."""

from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import Any, Literal

import msgspec

from simulator.fault_rules import (
    Abort,
    AckRace,
    AnyRule,
    ClockSkew,
    Close,
    Delay,
    DropReply,
    DropRequest,
    Duplicate,
    HalfOpen,
    Reorder,
    Silent,
    Status,
)

type Victim = Literal["submit", "modify", "cancel", "fill"]
type Cell = tuple[Victim, str]
type Make = Callable[[dict[str, Any]], tuple[AnyRule, ...]]
"""From `type`, `coin` and how often, to rules."""

KILLERS = ("close", "reset", "half-open")
"""What names of faults say that end the connection, which all coins share."""

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
    "venue's clock ahead": lambda at: (ClockSkew(offset_ms=5_000, **at),),
    "venue's clock behind": lambda at: (ClockSkew(offset_ms=-5_000, **at),),
    "events after the reply": lambda at: (AckRace(ms=100, **at),),
    "some events after the reply": lambda at: (AckRace(events="random", ms=50, **at),),
}  # fmt: skip

FRAME_FAULTS: dict[str, Make] = {
    "late event": lambda at: (Delay(on="ws", ms=500, **at),),
    "silent channel": lambda at: (Silent(**at),),
    "doubled event": lambda at: (Duplicate(on="ws", times=2, ms=100, **at),),
    "event out of order": lambda at: (Reorder(on="ws", behind=2, **at),),
}
LINE_FAULTS: dict[str, Make] = {
    "close": lambda at: (Close(on="ws", **at),),
    "reset": lambda at: (Abort(on="ws", **at),),
    "half-open": lambda at: (HalfOpen(on="ws", **at),),
}


class Weather(msgspec.Struct, frozen=True):
    """
    Every fault of a venue with every victim that it can befall.

    `shared` are words of names of faults that befall all coins at once, besides `KILLERS`.
    """

    matrix: Mapping[Cell, Make]
    shared: tuple[str, ...] = ()

    def is_shared(self, cell: Cell) -> bool:
        """Tell whether a fault befalls all coins: that of a connection, or of who signs."""
        return any(word in cell[1] for word in (*KILLERS, *self.shared))

    def random_rules(
        self, random: Random, symbol: str, *, may_cut: bool
    ) -> tuple[str, tuple[AnyRule, ...]]:
        """Draw one fault, at times two, for a coin; `may_cut` lets them end the connection."""
        cells = [each for each in self.matrix if may_cut or not _cuts(each)]
        chosen = random.sample(cells, 2 if random.random() < 0.25 else 1)
        rules = [
            rule
            for cell in chosen
            for rule in self.matrix[cell](
                {
                    "coin": symbol,
                    "count": random.choice((1, 1, 2, 3)),
                    "after": random.choice((0, 0, 1)),
                }
            )
        ]
        return "; ".join(f"{victim}: {name}" for victim, name in chosen), tuple(rules)


def _cuts(cell: Cell) -> bool:
    return any(killer in cell[1] for killer in KILLERS)


def of_requests(
    actions: Mapping[Victim, str], faults: Mapping[str, Make], harmless: Iterable[Cell] = ()
) -> dict[Cell, Make]:
    """Let the requests of some actions meet faults, but for those cells that mean nothing."""
    spared = set(harmless)
    return {
        (victim, name): typed(make, action)
        for victim, action in actions.items()
        for name, make in faults.items()
        if (victim, name) not in spared
    }


def typed(make: Make, type_: str) -> Make:
    """Let a fault befall things of one type."""
    return lambda at: make({"type": type_, **at})
