"""Which faults befall what passes a venue's border: counting and chance by a seed, nothing else.

The same seed and the same things in the same order meet the same faults. Nothing here waits, sends
or looks at a clock.
"""

import math
from collections import deque
from collections.abc import Iterable
from random import Random
from statistics import NormalDist

import msgspec

from simulator.fault_rules import (
    REQUESTS,
    Abort,
    AnyRule,
    Close,
    Delay,
    DropReply,
    DropRequest,
    Ending,
    HalfOpen,
    On,
    Status,
    Trait,
)

LOG_MAX = 10_000
"""Older entries of the log are forgotten."""
Z99 = NormalDist().inv_cdf(0.99)


class Thing(msgspec.Struct, frozen=True):
    """What passes: `type` is the action, the question or the channel; `coins` those it concerns."""

    on: On
    type: str = ""
    coins: frozenset[str] = frozenset()
    traits: frozenset[Trait] = frozenset()


class Hit(msgspec.Struct, frozen=True):
    """A rule that befalls a thing, its number, and the number from [0, 1) drawn for the thing."""

    rule: AnyRule
    number: int
    draw: float

    @property
    def name(self) -> str:
        """Return what the rule does, as its key `do` says."""
        return str(self.rule.__struct_config__.tag)

    @property
    def delay_ms(self) -> float:
        """Return how long to wait; 0 for rules that do not delay."""
        rule = self.rule
        if not isinstance(rule, Delay):
            return 0.0
        if rule.ms:
            return float(rule.ms)
        sigma = math.log(rule.p99_ms / rule.median_ms) / Z99
        # 0 has no quantile, and may be drawn.
        return rule.median_ms * math.exp(sigma * NormalDist().inv_cdf(max(self.draw, 1e-12)))


class Fate(msgspec.Struct, frozen=True):
    """What becomes of a request or frame: its waits, and what comes in its place (None: itself)."""

    early_ms: float
    """Before it is executed."""
    late_ms: float
    """Before what is left of it is sent."""
    ending: Ending | None
    hits: tuple[Hit, ...]

    @property
    def executed(self) -> bool:
        """Tell whether a request is executed at all."""
        return self.ending is None or self.ending.executed


class Fired(msgspec.Struct, frozen=True):
    """An entry of the log: which rule befell what, at the venue's time."""

    time_ms: int
    number: int
    do: str
    on: On
    type: str


class Standing(msgspec.Struct, frozen=True):
    """A rule in force: its number, from 1, how often it happened, and itself."""

    number: int
    fired: int
    rule: AnyRule


class Faults:
    """The rules in force and what they did; `log` is newest last.

    Parameters
    ----------
    seed : int
        Decides every chance; each rule has its own, so that adding one changes no other.
    rules : Iterable[Rule]
        The rules to begin with.
    """

    def __init__(self, seed: int = 1, rules: Iterable[AnyRule] = ()) -> None:
        self.log: deque[Fired] = deque(maxlen=LOG_MAX)
        self._seed = seed
        self._added = 0
        self._counters: list[_Counter] = []
        for rule in rules:
            self.add(rule)

    def __bool__(self) -> bool:
        """Tell whether any rule is in force."""
        return bool(self._counters)

    @property
    def rules(self) -> list[Standing]:
        """Return the rules in force, oldest first."""
        return [Standing(one.number, one.fired, one.rule) for one in self._counters]

    def add(self, rule: AnyRule) -> int:
        """Put a rule in force, behind the others; return its number, from 1."""
        self._added += 1
        self._counters.append(_Counter(rule, self._added, self._seed))
        return self._added

    def clear(self) -> int:
        """Let no rule be in force; return how many were. What they began goes on to its end."""
        cleared = len(self._counters)
        self._counters.clear()
        return cleared

    def meet(self, thing: Thing, now_ms: int) -> tuple[Hit, ...]:
        """Return what befalls a thing at the venue's time, in the order of the rules."""
        hits = []
        for counter in self._counters:
            rule = counter.rule
            if matches(rule, thing) and counter.befalls(now_ms):
                hit = Hit(rule, counter.number, counter.random.random())
                hits.append(hit)
                self.log.append(Fired(now_ms, hit.number, hit.name, thing.on, thing.type))
        return tuple(hits)


def matches(rule: AnyRule, thing: Thing) -> bool:
    """Tell whether a rule concerns a thing at all."""
    return (
        (rule.on == thing.on or (rule.on == "request" and thing.on in REQUESTS))
        and rule.type in {"", thing.type}
        and (not rule.coin or rule.coin in thing.coins)
        and (not rule.needs or rule.needs in thing.traits)
    )


def fate(hits: tuple[Hit, ...]) -> Fate:
    """Combine what befalls one thing: waits add up, the first ending decides."""
    waits = [(hit.delay_ms, hit.rule.executed) for hit in hits if isinstance(hit.rule, Delay)]
    endings = (Abort, Close, DropReply, DropRequest, HalfOpen, Status)
    return Fate(
        sum(ms for ms, executed in waits if not executed),
        sum(ms for ms, executed in waits if executed),
        next((hit.rule for hit in hits if isinstance(hit.rule, endings)), None),
        hits,
    )


class _Counter:
    """How far a rule has come."""

    def __init__(self, rule: AnyRule, number: int, seed: int) -> None:
        self.rule = rule
        self.number = number
        self.fired = 0
        self.random = Random(f"{seed} {number}")  # noqa: S311  (chance, no secret)
        self._seen = 0
        self._open_until_ms: int | None = None

    def befalls(self, now_ms: int) -> bool:
        """Count a matching thing and tell whether the fault befalls it."""
        rule = self.rule
        if self._open_until_ms is not None and now_ms < self._open_until_ms:
            return True
        self._seen += 1
        if self._seen <= rule.after or (rule.count is not None and self.fired >= rule.count):
            return False
        if rule.probability < 1 and self.random.random() >= rule.probability:
            return False
        self.fired += 1
        if rule.for_ms is not None:
            self._open_until_ms = now_ms + rule.for_ms
        return True
