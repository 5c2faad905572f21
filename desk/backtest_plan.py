"""From a profile and history on disk to the plan of a backtest; it runs nothing."""

import tomllib
from collections.abc import Sequence
from datetime import UTC
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter
from nautilus_trader.config import StrategyConfig
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.trading.strategy import Strategy

from backtest.catalog import History
from backtest.engine import Plan
from backtest.times import in_words, parse_time
from config.settings import Profile
from desk.exits import UsageError
from desk.strategies import strategy_configs

Changes = Annotated[
    list[str],
    Parameter(
        name="--set",
        negative="",
        help="Another parameter, such as rsi_btc.period=7; may be given again.",
    ),
]


class Window(msgspec.Struct, frozen=True):
    """Which closes a run goes over, nanoseconds UTC; None for all there are."""

    start_ns: int | None = None
    end_ns: int | None = None

    def holds(self, time_ns: int) -> bool:
        """Tell whether a time lies in it, both ends included."""
        is_early = self.start_ns is not None and time_ns < self.start_ns
        is_late = self.end_ns is not None and time_ns > self.end_ns
        return not (is_early or is_late)


def parse_window(start: str | None, end: str | None) -> Window:
    """
    Return the window of two texts, UTC where they name no time zone.

    Raises
    ------
    BacktestError, UsageError
        A text is no time, or they are in the wrong order.

    """
    start_ns = None if start is None else parse_time(start, UTC)
    end_ns = None if end is None else parse_time(end, UTC)
    if start_ns is not None and end_ns is not None and start_ns >= end_ns:
        raise UsageError(f"Expected --start before --end, found {start} and {end}")
    return Window(start_ns, end_ns)


def changed(profile: Profile, settings: Sequence[str]) -> Profile:
    """
    Return a profile with other parameters of its strategies.

    Parameters
    ----------
    profile : Profile
        The one to change.
    settings : sequence of str
        Such as `rsi_btc.period=7` or `rsi_btc.stop.percent=2`: the strategy's id, the parameter
        and a TOML value; what is no TOML is text.

    Raises
    ------
    UsageError
        It is no such text, or the profile has no such strategy.

    """
    strategies = {strategy.id: strategy for strategy in profile.strategies}
    for setting in settings:
        path, is_given, text = setting.partition("=")
        name, *keys = path.strip().split(".")
        if not (is_given and keys and all(keys)):
            raise UsageError(f"Expected STRATEGY.PARAMETER=VALUE, found {setting!r}")
        if name not in strategies:
            known = ", ".join(map(repr, strategies))
            raise UsageError(f"Expected the id of a strategy ({known}), found {name!r}")
        before = strategies[name]
        parameters = _with(before.parameters, keys, parse_value(text.strip()))
        strategies[name] = msgspec.structs.replace(before, parameters=parameters)
    return msgspec.structs.replace(profile, strategies=tuple(strategies.values()))


def parse_value(text: str) -> Any:  # noqa: ANN401 (whatever TOML holds)
    """Return what a text means in TOML, else the text itself."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def make_plan(profile: Profile, history: History, window: Window) -> tuple[Plan, list[str]]:
    """
    Return the plan of a profile's strategies over history, and what was left out, in words.

    Raises
    ------
    UsageError
        Nothing can be run: no strategy decides on bars, or there is no history for one.
    ProfileError
        The profile is wrong.

    """
    on_bars: list[tuple[type[Strategy], StrategyConfig]] = []
    bar_types: set[BarType] = set()
    notes = []
    for strategy_type, config in strategy_configs(profile):
        if isinstance(getattr(config, "bar_type", None), BarType):
            own, note = on_history(config, history)
            on_bars.append((strategy_type, own))
            bar_types.add(own.bar_type)
            notes += note
        else:
            notes.append(f"{config.strategy_id} was left out: it does not decide on bars")
    if not on_bars:
        raise UsageError(f"Expected a strategy that decides on bars in {profile.file}, found none")
    return plan_of(profile, history, window, on_bars, bar_types), notes


def on_history(config: Any, history: History) -> tuple[Any, list[str]]:  # noqa: ANN401 (of any)
    """
    Return a strategy's settings with bars that there are, and in words where those are others.

    Bars that a run makes itself (INTERNAL) are in no history; a file's of the same length stand in.
    """
    wanted: BarType = config.bar_type
    if wanted.is_externally_aggregated():
        return config, []
    own = BarType(wanted.instrument_id, wanted.spec)
    if wanted in history.bar_types() or own not in history.bar_types():
        return config, []
    words = f"{config.strategy_id} decides on {own}: the history holds no {wanted}"
    return msgspec.structs.replace(config, bar_type=own), [words]


def plan_of(
    profile: Profile,
    history: History,
    window: Window,
    strategies: Sequence[tuple[type[Strategy], StrategyConfig]],
    bar_types: set[BarType],
) -> Plan:
    """
    Return a plan over given bars.

    Raises
    ------
    UsageError
        There is no such history, or no balance in its currency.

    """
    bars = {kind: _bars(history, kind, window) for kind in sorted(bar_types, key=str)}
    ids = sorted({kind.instrument_id for kind in bars}, key=str)
    instruments = [_instrument(history, id_) for id_ in ids]
    return Plan(
        trader_id=profile.trader_id,
        strategies=list(strategies),
        instruments=instruments,
        bars=bars,
        funding={id_: _rates(history, id_, bars) for id_ in ids},
        balance=_balance(profile, instruments[0].get_settlement_currency().code),
        leverages={id_: _leverage(profile, id_) for id_ in ids},
        catalog=history.catalog,
    )


def _with(table: dict[str, Any], keys: Sequence[str], value: object) -> dict[str, Any]:
    key, *rest = keys
    if not rest:
        return table | {key: value}
    inner = table.get(key)
    return table | {key: _with(inner if isinstance(inner, dict) else {}, rest, value)}


def _bars(history: History, bar_type: BarType, window: Window) -> list[Bar]:
    bars = history.bars(bar_type)
    if not bars:
        there = ", ".join(map(str, history.bar_types())) or "nothing"
        raise UsageError(f"Expected history of {bar_type} in {history.root}, found {there}")
    chosen = [bar for bar in bars if window.holds(bar.ts_event)]
    if not chosen:
        span = f"{in_words(bars[0].ts_event)} to {in_words(bars[-1].ts_event)}"
        raise UsageError(f"Expected a window within {span}, found no bar of {bar_type} in it")
    return chosen


def _instrument(history: History, instrument_id: InstrumentId) -> CryptoPerpetual:
    found = history.instrument(instrument_id.value)
    if found is None:
        raise UsageError(f"Expected the instrument {instrument_id} in {history.root}, found none")
    return found


def _rates(history: History, id_: InstrumentId, bars: dict[BarType, list[Bar]]) -> list[Any]:
    own = [some for kind, some in bars.items() if kind.instrument_id == id_]
    first_ns = min(some[0].ts_event for some in own)
    last_ns = max(some[-1].ts_event for some in own)
    return [rate for rate in history.funding(id_) if first_ns <= rate.time_ns <= last_ns]


def _balance(profile: Profile, currency: str) -> Decimal:
    balances = dict(text.split()[::-1] for text in profile.paper.starting_balances)
    if currency not in balances:
        found = ", ".join(profile.paper.starting_balances)
        raise UsageError(f"Expected paper.starting_balances in {currency}, found {found}")
    return Decimal(balances[currency])


def _leverage(profile: Profile, instrument_id: InstrumentId) -> Decimal:
    venue = profile.venues.get(instrument_id.venue.value.lower())
    stated = {} if venue is None else venue.leverage
    return Decimal(stated.get(instrument_id.value, profile.paper.leverage))
