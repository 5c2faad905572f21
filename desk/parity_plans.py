"""The plans that replay a recorded run: one for each venue, since each has its own account."""

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

import msgspec
from nautilus_trader.config import StrategyConfig
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.identifiers import InstrumentId, Venue
from nautilus_trader.model.objects import Quantity
from nautilus_trader.trading.strategy import Strategy

from backtest.catalog import History
from backtest.engine import Plan
from config.settings import Profile
from desk.backtest_plan import Window, on_history, plan_of
from desk.exits import UsageError
from desk.strategies import strategy_configs
from strategies.alert_strategy import WAIT, AlertStrategyConfig
from strategies.hedge_strategy import HedgeStrategyConfig
from strategies.signals import Signal, wrap_signal

LISTENING_NS = 2 * WAIT // timedelta(microseconds=1) * 1_000
"""So long after the first price an alert strategy listens for certain."""

DEPTH = 1_000_000_000
"""A bar's volume in base units, beyond every order."""

type Pair = tuple[type[Strategy], StrategyConfig]


def replay_plans(
    profile: Profile, history: History, window: Window, signals: Sequence[Signal]
) -> tuple[list[Plan], list[str]]:
    """
    Return a plan for each venue that the run traded at, and what cannot be replayed, in words.

    A strategy that trades alerts is replayed with the alerts that it was given, on the shortest
    bars there are of its instrument.

    Raises
    ------
    UsageError
        Nothing can be replayed, or there is no history for something.
    ProfileError
        The profile is wrong.

    """
    named = {signal.strategy for signal in signals}
    venues: defaultdict[Venue, dict[BarType, list[Pair]]] = defaultdict(dict)
    notes = []
    for strategy_type, config in strategy_configs(profile):
        if isinstance(getattr(config, "bar_type", None), BarType):
            own, note = on_history(config, history)
            bar_type = own.bar_type
            notes += note
        elif isinstance(config, AlertStrategyConfig):
            own = config
            if config.name not in named:
                continue  # it was told nothing, so it needs no history
            bar_type = shortest_bars(history, config.instrument_id)
        else:
            if not isinstance(config, HedgeStrategyConfig):
                words = "it decides neither on bars nor on alerts"
                notes.append(f"{config.strategy_id} is not replayed: {words}")
            continue
        pairs = venues[bar_type.instrument_id.venue]
        pairs.setdefault(bar_type, []).append((strategy_type, own))
    if not venues:
        wanted = "a strategy that decides on bars, or alerts within the run"
        raise UsageError(f"Expected {wanted} ({profile.name}), found none")
    plans = []
    for _, by_bars in sorted(venues.items(), key=lambda item: str(item[0])):
        own_pairs = [pair for pairs in by_bars.values() for pair in pairs]
        plan = plan_of(profile, history, window, own_pairs, set(by_bars))
        plans.append(_with_signals(_with_depth(plan), signals))
    return plans, notes


def shortest_bars(history: History, instrument_id: InstrumentId) -> BarType:
    """
    Return the shortest bars that there are of an instrument.

    Raises
    ------
    UsageError
        There are none.

    """
    found = [one for one in history.bar_types() if one.instrument_id == instrument_id]
    if not found:
        there = ", ".join(map(str, history.bar_types())) or "nothing"
        raise UsageError(f"Expected bars of {instrument_id} in {history.root}, found {there}")
    return min(found, key=lambda bar_type: int(bar_type.spec.get_interval_ns()))


def _with_depth(plan: Plan) -> Plan:
    """
    Return a plan whose orders fill whole, as far as bars can tell.

    A backtest fills no more than a quarter of a bar's volume at its price. Then an order fills in
    parts, each of which is protected by a stop that the run had no reason for.
    """
    precisions = {one.id: one.size_precision for one in plan.instruments}
    deep = {
        bar_type: [
            Bar(
                bar_type,
                *(bar.open, bar.high, bar.low, bar.close),
                Quantity(DEPTH, precisions[bar_type.instrument_id]),
                *(bar.ts_event, bar.ts_init),
            )
            for bar in bars
        ]
        for bar_type, bars in plan.bars.items()
    }
    return msgspec.structs.replace(plan, bars=deep)


def _with_signals(plan: Plan, signals: Sequence[Signal]) -> Plan:
    """Return a plan with what is meant for its strategies, none before there is a price."""
    first_ns = {
        instrument.id: min(
            bars[0].ts_event
            for bar_type, bars in plan.bars.items()
            if bar_type.instrument_id == instrument.id
        )
        for instrument in plan.instruments
    }
    traded = {
        config.name: config.instrument_id
        for _, config in plan.strategies
        if isinstance(config, AlertStrategyConfig)
    }
    late = [
        dataclasses.replace(
            signal, ts_init=max(signal.ts_init, first_ns[traded[signal.strategy]] + LISTENING_NS)
        )
        for signal in signals
        if signal.strategy in traded
    ]
    late.sort(key=lambda signal: signal.ts_init)
    return msgspec.structs.replace(plan, signals=[wrap_signal(one) for one in _apart(late)])


def _apart(signals: Iterable[Signal]) -> Iterator[Signal]:
    """Give signals in their order, no two in a nanosecond: it tells which came first."""
    last_ns = 0
    for signal in signals:
        apart = dataclasses.replace(signal, ts_init=max(signal.ts_init, last_ns + 1))
        last_ns = apart.ts_init
        yield apart
