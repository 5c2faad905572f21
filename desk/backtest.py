"""The backtest command: a profile over history on disk, its document, and a table of the result."""

import sys
from collections.abc import Sequence
from decimal import Context, localcontext
from pathlib import Path

from nautilus_trader.model.data import Bar, BarType
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from backtest.catalog import History
from backtest.charts import Pane, rsi_of
from backtest.engine import Plan, run
from backtest.measures import CurveMeasures
from backtest.page import make_page
from backtest.result import Result, encode, make_result
from backtest.times import in_words
from config.loading import describe, load_profile
from config.settings import Profile
from desk.backtest_plan import Changes, Window, changed, make_plan, parse_window
from desk.data import DATA, DataFolder, refused_as_usage
from desk.exits import Exit
from desk.output import AsJson
from desk.report import new_run_directory


def backtest(
    profile: str,
    *,
    start: str | None = None,
    end: str | None = None,
    changes: Changes = [],  # noqa: B006 (cyclopts reads it, nobody changes it)
    out: Path | None = None,
    data: DataFolder = DATA,
    as_json: AsJson = False,
) -> Exit:
    """
    Run a profile's strategies over history, with fees, leverage and funding.

    The same call over the same history gives the same bytes.

    Parameters
    ----------
    profile
        A built-in profile or the path of a TOML file; its alerts are not replayed.
    start, end
        The first and last close, such as 2026-03-01 or 2026-03-01T12:00Z; UTC where none is named.
        Strategies warm up on the history before the start.
    out
        The folder for report.html and result.json; a new one under the profile's runs when left
        out.

    """
    with refused_as_usage():
        loaded = changed(load_profile(profile), changes)
        history = History(data)
        plan, result = run_profile(loaded, history, parse_window(start, end))
    folder = out or new_run_directory(Path(loaded.runs), f"backtest-{loaded.name}")
    folder.mkdir(parents=True, exist_ok=True)
    document = encode(result)
    (folder / "result.json").write_bytes(document)
    page = make_page(result, panes(plan, history), f"Backtest of {loaded.name}")
    (folder / "report.html").write_text(page, encoding="utf-8")
    if as_json:
        sys.stdout.write(document.decode())
    else:
        print_result(Console(), result)
    Console(stderr=True).print(f"everything is in {folder}", highlight=False, soft_wrap=True)
    return Exit.FAILED if result.degraded else Exit.DONE


def run_profile(profile: Profile, history: History, window: Window) -> tuple[Plan, Result]:
    """
    Run a profile's strategies that decide on bars.

    Raises
    ------
    UsageError, ProfileError, BacktestError
        Nothing can be run.

    """
    # The same bytes whatever ran before: ccxt, for one, changes how its process rounds.
    with localcontext(Context()):
        plan, notes = make_plan(profile, history, window)
        return plan, make_result(plan, run(plan), describe(profile), notes)


def panes(plan: Plan, history: History) -> list[Pane]:
    """Return a chart for each strategy of a plan, its index warmed up as the strategy's was."""
    found = []
    for _, config in plan.strategies:
        bar_type = getattr(config, "bar_type", None)
        if not isinstance(bar_type, BarType):
            continue
        period = getattr(config, "period", None)
        levels = (getattr(config, "oversold", None), getattr(config, "overbought", None))
        every, bars = history.bars(bar_type), plan.bars[bar_type]
        index = [] if period is None else rsi_of(every, period)
        found.append(
            Pane(
                title=f"{config.strategy_id}: {bar_type}",
                strategy=str(config.strategy_id),
                bars=bars,
                index=_of_bars(index, every, bars),
                levels=tuple(level for level in levels if level is not None),
            )
        )
    return found


def _of_bars(
    index: Sequence[float | None], all_bars: Sequence[Bar], bars: Sequence[Bar]
) -> list[float | None]:
    values = {bar.ts_event: value for bar, value in zip(all_bars, index, strict=False)}
    return [values.get(bar.ts_event) for bar in bars] if index else []


def print_result(console: Console, result: Result) -> None:
    """Print a result for people."""
    first, last = in_words(result.equity[0][0]), in_words(result.equity[-1][0])
    table = Table(title=f"{first} to {last}", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    for heading in ("strategies", "buy and hold"):
        table.add_column(heading, justify="right")
    for label, cells in _rows(result.curve, result.hold, result.currency):
        table.add_row(label, *cells)
    table.add_section()
    for label, cell in _account_rows(result):
        table.add_row(label, cell, "")
    console.print(table)
    for reason, times in result.refusals.items():
        console.print(f"refused {times} times: {reason}", style="yellow", markup=False)
    for strategy, reason in result.degraded.items():
        console.print(f"{strategy} stopped to trade: {reason}", style="bold red", markup=False)
    for note in result.notes:
        console.print(note, style="dim", markup=False)


def _rows(
    ours: CurveMeasures, hold: CurveMeasures, currency: str
) -> list[tuple[str, tuple[str, str]]]:
    both = (ours, hold)
    return [
        (label, (cells[0], cells[1]))
        for label, cells in (
            (f"equity, {currency}", [f"{one.equity:,.2f}" for one in both]),
            ("return", [f"{one.return_percent:+.2f} %" for one in both]),
            ("deepest drawdown", [f"{one.drawdown_percent:.2f} %" for one in both]),
            ("Sharpe ratio", ["-" if one.sharpe is None else f"{one.sharpe}" for one in both]),
        )
    ]


def _account_rows(result: Result) -> list[tuple[str, str]]:
    trade = result.trade
    rows = [
        ("round trips", str(trade.count)),
        ("won", f"{trade.wins} ({100 * trade.wins / trade.count:.0f} %)" if trade.count else "-"),
        ("profit factor", "-" if trade.profit_factor is None else str(trade.profit_factor)),
        ("time in a position", f"{trade.held_percent:.1f} %"),
        ("fees", f"{result.fees:,.2f}"),
        ("funding", f"{result.funding:+,.2f}"),
    ]
    held = ", ".join(f"{size:f} {name}" for name, size in result.open_positions.items())
    if held:
        rows.append(("still held", f"{held} ({result.unrealized:+,.2f})"))
    if result.liquidation is not None:
        rows.append(("LIQUIDATED", in_words(result.liquidation.time_ns)))
    return rows
