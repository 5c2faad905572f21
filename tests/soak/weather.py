"""What may befall a venue in a soak, drawn by a seed: order faults of the storms, and channels."""

from collections import Counter
from collections.abc import Callable, Mapping
from random import Random

from simulator.fault_rules import (
    Abort,
    AckRace,
    AnyRule,
    Close,
    CorruptChecksum,
    Delay,
    Duplicate,
    HalfOpen,
    Reorder,
    Silent,
    Status,
)
from tests.acceptance.storm_faults import Weather
from tests.soak.sides import Side

type Draw = Callable[[Random], AnyRule]

AGENT_WORDS = ("agent", "delegate")
"""The account signs with its own key: nothing can expire."""
ORDER_SHARE = 0.6
"""How often a fault is one of the storms', at one submit, change, cancel or fill."""

ACCOUNT_CHANNELS = {
    "hyperliquid": ("orderUpdates", "user", "userFills"),
    "synthetix": ("subAccountUpdate",),
}
MARKET_CHANNELS = {
    "hyperliquid": ("bbo", "trades", "activeAssetCtx"),
    "synthetix": ("orderbookUpdate", "trade", "marketPriceUpdate"),
}
ASKING = {"hyperliquid": "info", "synthetix": "trade"}


def _for_ms(random: Random) -> dict[str, int]:
    return {"count": 1, "for_ms": random.randrange(500, 6_000)}


SPELLS: Mapping[str, Draw] = {
    "every answer late": lambda r: Delay(on="request", median_ms=150, p99_ms=2_500, **_for_ms(r)),
    "every request late": lambda r: Delay(
        on="request", median_ms=150, p99_ms=2_500, executed=False, **_for_ms(r)
    ),
    "every frame late": lambda r: Delay(on="ws", median_ms=100, p99_ms=2_000, **_for_ms(r)),
    "busy, 429": lambda r: Status(on="request", status=429, **_for_ms(r)),
    "broken, 502": lambda r: Status(on="request", status=502, **_for_ms(r)),
    "broken after executing, 502": lambda r: Status(
        on="request", status=502, executed=True, **_for_ms(r)
    ),
    "everything twice": lambda r: Duplicate(on="ws", times=1, **_for_ms(r)),
    "out of order": lambda r: Reorder(on="ws", behind=r.choice((1, 3)), **_for_ms(r)),
    "events after replies": lambda r: AckRace(events="random", ms=80, **_for_ms(r)),
    "a line closed": lambda r: Close(on="ws", count=1, after=r.randrange(40)),
    "a line reset": lambda r: Abort(on="ws", count=1, after=r.randrange(40)),
    "a line half open": lambda r: HalfOpen(on="ws", count=1, after=r.randrange(40)),
    "no new line": lambda r: Status(on="connect", status=503, count=r.randrange(1, 4)),
}


def draw(random: Random, side: Side) -> tuple[str, tuple[AnyRule, ...]]:
    """Draw a fault for a venue: its name, and the rules that it is made of."""
    if random.random() < ORDER_SHARE:
        return _of_an_order(random, side)
    return _of_the_line(random, side.name)


def _of_an_order(random: Random, side: Side) -> tuple[str, tuple[AnyRule, ...]]:
    weather = side.names.kind.weather
    cells = {
        cell: make
        for cell, make in weather.matrix.items()
        if not any(word in cell[1] for word in AGENT_WORDS)
    }
    symbol = side.names.kind.symbol(random.choice(("BTC", "ETH")))
    return Weather(cells).random_rules(random, symbol, may_cut=True)


def _of_the_line(random: Random, name: str) -> tuple[str, tuple[AnyRule, ...]]:
    channel = random.choice((*ACCOUNT_CHANNELS[name], *MARKET_CHANNELS[name]))
    asking = ASKING[name]
    more: dict[str, Draw] = {
        f"{channel} silent": lambda r: Silent(type=channel, **_for_ms(r)),
        f"{channel} late": lambda r: Delay(on="ws", type=channel, ms=800, **_for_ms(r)),
        "questions busy, 429": lambda r: Status(on=asking, status=429, **_for_ms(r)),
    }
    if name == "synthetix":
        more["a wrong checksum"] = lambda _: CorruptChecksum(count=1)
    chosen, make = random.choice([*(SPELLS | more).items()])
    return chosen, (make(random),)


class Tally:
    """How many faults were drawn, and how often each kind of rule befell anything."""

    def __init__(self) -> None:
        self.drawn = 0
        self.fired: Counter[str] = Counter()
        self.recent: list[str] = []

    def add(self, side: Side, name: str, rules: tuple[AnyRule, ...]) -> None:
        """Put rules in force at a venue."""
        self.drawn += 1
        self.note(side, name)
        for rule in rules:
            side.venue.faults.add(rule)

    def note(self, side: Side, words: str) -> None:
        """Keep what happened to a venue, as evidence."""
        self.recent.append(f"{side.now_ms} {side.name}: {words}")

    def harvest(self, side: Side) -> None:
        """Count what the rules in force have done; call it just before they are cleared."""
        for standing in side.venue.faults.rules:
            self.fired[_label(standing.rule)] += standing.fired


def _label(rule: AnyRule) -> str:
    name = str(rule.__struct_config__.tag).replace("_", " ")
    if isinstance(rule, Status):
        name = f"status {rule.status}"
    if isinstance(rule, Status | Close | Abort | HalfOpen) and rule.executed:
        name += ", executed"
    if isinstance(rule, Delay) and not rule.executed:
        name += " before executing"
    return name
