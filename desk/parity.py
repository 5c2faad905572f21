"""The commands that hold our results beside other records of the same market."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter
from cyclopts.validators import Number
from nautilus_trader.model.data import BarType
from nautilus_trader.trading.strategy import Strategy

from backtest.catalog import History
from backtest.engine import run
from backtest.parity_rsi import RsiParity, compare_rsi
from backtest.parity_trades import Entry, EntryParity, compare_entries, entries_of, read_entries
from backtest.tables import read_candles
from backtest.times import in_words, length_of, parse_bar_length
from config.loading import load_profile
from config.settings import Profile
from desk.backtest_plan import Changes, Window, changed, plan_of
from desk.data import (
    NO_TERMS,
    InstrumentOptions,
    add_candles,
    parse_zone,
    print_lines,
    refused_as_usage,
)
from desk.exits import Exit, UsageError
from desk.output import AsJson, print_json
from desk.strategies import strategy_configs

NAMED_MAX = 10
"""So many differences are printed; the JSON document has all of them."""


def rsi(
    *,
    export: Path,
    column: str | None = None,
    period: Annotated[int, Parameter(validator=Number(gte=2))] = 14,
    levels: tuple[float, float] = (30.0, 70.0),
    tolerance: Annotated[float, Parameter(validator=Number(gte=0))] = 1e-6,
    timezone: str | None = None,
    as_json: AsJson = False,
) -> Exit:
    """
    Compare our RSI with an indicator's column in a chart export; ends with 1 where they differ.

    Parameters
    ----------
    export
        TradingView's chart export, with the indicator on the chart.
    column
        The column's name, such as "ta.rsi(close, 14)"; the only one with "rsi" in it when left out.
    period
        The index's length.
    levels
        Where crossings are compared.
    tolerance
        How far apart two values may be, in points of the index.
    timezone
        The time zone of times that name none.

    """
    with refused_as_usage():
        parity = compare_rsi(
            export,
            column=column,
            period=period,
            levels=levels,
            tolerance=tolerance,
            zone=parse_zone(timezone),
        )
    if as_json:
        print_json(parity)
    else:
        print_lines(_rsi_lines(parity))
    return Exit.DONE if parity.is_equal else Exit.FAILED


def tradingview(
    profile: str,
    *,
    candles: Path,
    trades: Path,
    bar: str | None = None,
    strategy: str | None = None,
    on_close: Annotated[bool, Parameter(negative="")] = False,
    timezone: str | None = None,
    changes: Changes = [],  # noqa: B006 (cyclopts reads it, nobody changes it)
    terms: InstrumentOptions = NO_TERMS,
    as_json: AsJson = False,
) -> Exit:
    """
    Compare our strategy's entries with TradingView's list of trades; ends with 1 on a difference.

    Runs the strategy over the chart's own candles, from its first bar on as TradingView does, and
    matches entries by time and side. Stops and sizes are the profile's: make them what the script
    has, since a position that ends otherwise is entered anew otherwise.

    Parameters
    ----------
    profile
        A built-in profile or the path of a TOML file.
    candles
        TradingView's chart export.
    trades
        The export of the strategy's list of trades.
    bar
        The chart's bars, where they are not those of the profile.
    strategy
        The strategy's id; the only one that decides on bars when left out.
    on_close
        The script has process_orders_on_close: its entries have the time of the bar that decided.
    timezone
        The chart's time zone, in which the list of trades is written: UTC, Europe/Berlin.

    """
    with refused_as_usage(), TemporaryDirectory() as folder:
        loaded = changed(load_profile(profile), changes)
        strategy_type, config = _chosen(loaded, strategy)
        if bar is not None:
            bar_type = BarType(config.bar_type.instrument_id, parse_bar_length(bar).spec)
            config = msgspec.structs.replace(config, bar_type=bar_type)
        zone, history = parse_zone(timezone), History(Path(folder))
        length = length_of(config.bar_type)
        name = config.bar_type.instrument_id.value
        add_candles(history, name, length, read_candles(candles, zone), terms)
        pair = (strategy_type, _from_the_first_bar(config, changes))
        plan = plan_of(loaded, history, Window(), [pair], {config.bar_type})
        outcome = run(plan)
        bars = plan.bars[config.bar_type]
        parity = compare_entries(
            entries_of(outcome),
            read_entries(trades, zone),
            shift_ns=length.step_ns if on_close else 0,
            start_ns=bars[0].ts_event,
            # An order at the last close fills in TradingView with the next bar, which there is not.
            end_ns=bars[-1].ts_event - (0 if on_close else 1),
        )
    if as_json:
        print_json(parity)
    else:
        refused = [f"refused {n} times: {why}" for why, n in outcome.refusals.items()]
        print_lines(_entry_lines(parity) + refused)
    return Exit.DONE if parity.is_equal else Exit.FAILED


def _chosen(profile: Profile, name: str | None) -> tuple[type[Strategy], Any]:
    """Return the strategy of a name, or the only one that decides on bars."""
    pairs = strategy_configs(profile)
    on_bars = [pair for pair in pairs if isinstance(getattr(pair[1], "bar_type", None), BarType)]
    found = [pair for pair in on_bars if name in {None, pair[1].strategy_id}]
    if len(found) != 1:
        known = ", ".join(repr(pair[1].strategy_id) for pair in on_bars) or "none"
        raise UsageError(f"Expected one strategy that decides on bars (--strategy), found {known}")
    return found[0]


def _from_the_first_bar(config: Any, changes: list[str]) -> Any:  # noqa: ANN401 (of any strategy)
    """Return settings that decide as soon as the index has a value, as a script does."""
    if not hasattr(config, "warmup_bars") or any(".warmup_bars=" in one for one in changes):
        return config
    ruled = (config, getattr(config, "stop", None), getattr(config, "take_profit", None))
    longest = max(getattr(one, "period", 0) for one in ruled)
    return msgspec.structs.replace(config, warmup_bars=longest + 1)


def _rsi_lines(parity: RsiParity) -> list[str]:
    beside = f"{parity.column} beside our RSI({parity.period})"
    lines = [
        f"{beside}: {parity.compared} values, the largest difference is {parity.largest:.3g}",
        f"{parity.crossings} crossings of the levels in both, {parity.crossings_apart} in one only",
    ]
    if parity.skipped:
        lines.append(
            f"the first {parity.skipped} values do not count: the chart began before its export"
        )
    lines += [
        f"{in_words(one.time_ns)}: ours {one.ours!r}, theirs {one.theirs!r}"
        for one in parity.differences[:NAMED_MAX]
    ]
    if len(parity.differences) > NAMED_MAX:
        lines.append(f"and {len(parity.differences) - NAMED_MAX} more differences")
    if parity.unmatched:
        times = ", ".join(in_words(time) for time in parity.unmatched[:NAMED_MAX])
        lines.append(f"{len(parity.unmatched)} values in one only: {times}")
    return lines


def _entry_lines(parity: EntryParity) -> list[str]:
    apart = f"prices at most {parity.price_apart:f} apart"
    only = f"{len(parity.only_ours)} only ours, {len(parity.only_theirs)} only TradingView's"
    lines = [f"{parity.matched} entries in both ({apart}), {only}"]
    if parity.outside:
        lines.append(f"{parity.outside} of TradingView's lie outside of the candles")
    for whose, entries in (("ours", parity.only_ours), ("TradingView's", parity.only_theirs)):
        lines += [f"only {whose}: {_entry(entry)}" for entry in entries[:NAMED_MAX]]
        if len(entries) > NAMED_MAX:
            lines.append(f"and {len(entries) - NAMED_MAX} more only {whose}")
    return lines


def _entry(entry: Entry) -> str:
    return f"{in_words(entry.time_ns)} {entry.side} at {entry.price:f}"
