"""The sweep command: a grid of backtests on this machine's processors, and a map of it."""

import os
from functools import partial
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter
from cyclopts.validators import Number
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from backtest.catalog import History
from backtest.errors import BacktestError
from backtest.heatmap import make_map_page
from backtest.sweep import Axis, Sweep, SweepRun, grid, in_order, parse_axis, run_grid
from config.errors import ProfileError
from config.loading import load_profile
from desk.backtest import run_profile
from desk.backtest_plan import Changes, changed, make_plan, parse_window
from desk.data import DATA, DataFolder, refused_as_usage
from desk.exits import Exit, UsageError
from desk.output import AsJson, print_json
from desk.report import new_run_directory

Grid = Annotated[
    list[str],
    Parameter(
        name="--grid",
        negative="",
        help="A setting and its values: rsi_btc.period=7,14,21 or rsi_btc.oversold=20:40:5.",
    ),
]

SHOWN = 10


def sweep(
    profile: str,
    *,
    axes: Grid,
    changes: Changes = [],  # noqa: B006 (cyclopts reads it, nobody changes it)
    start: str | None = None,
    end: str | None = None,
    processes: Annotated[int, Parameter(validator=Number(gte=1, lte=256))] | None = None,
    out: Path | None = None,
    data: DataFolder = DATA,
    as_json: AsJson = False,
) -> Exit:
    """
    Run a backtest for each combination of settings, and draw a map of the results.

    The best field of a map is the luckiest of many: look for a region, and test it on a time that
    the sweep has not seen.

    Parameters
    ----------
    profile
        A built-in profile or the path of a TOML file.
    start, end
        As for a backtest.
    processes
        How many at once; as many as there are processors when left out.
    out
        The folder for sweep.html and sweep.json; a new one under the profile's runs when left out.

    """
    with refused_as_usage():
        parsed = [parse_axis(text) for text in axes]
        combinations = grid(parsed)
        loaded = changed(load_profile(profile), changes)
        # What no combination can change is said before the first one runs.
        changed(loaded, [f"{axis.name}={axis.values[0]}" for axis in parsed])
        make_plan(loaded, History(data), parse_window(start, end))
    run_one = partial(_run_one, profile, tuple(changes), tuple(parsed), (start, end), data)
    done = _run_all(combinations, run_one, processes or os.cpu_count() or 1)
    result = Sweep(axes=parsed, runs=in_order(parsed, done))
    folder = out or new_run_directory(Path(loaded.runs), f"sweep-{loaded.name}")
    folder.mkdir(parents=True, exist_ok=True)
    document = msgspec.json.format(msgspec.json.encode(result), indent=1)
    (folder / "sweep.json").write_bytes(document + b"\n")
    words = ", ".join(f"{axis.name}: {', '.join(axis.values)}" for axis in parsed)
    page = make_map_page(result, f"Sweep of {loaded.name}", words)
    (folder / "sweep.html").write_text(page, encoding="utf-8")
    if as_json:
        print_json(result)
    else:
        Console().print(_table(result))
    Console(stderr=True).print(f"everything is in {folder}", highlight=False, soft_wrap=True)
    return Exit.FAILED if all(run.refusal for run in result.runs) else Exit.DONE


def _run_one(
    profile: str,
    changes: tuple[str, ...],
    axes: tuple[Axis, ...],
    window: tuple[str | None, str | None],
    data: Path,
    settings: tuple[str, ...],
) -> SweepRun:
    own = [f"{axis.name}={value}" for axis, value in zip(axes, settings, strict=True)]
    try:
        loaded = changed(load_profile(profile), [*changes, *own])
        _, result = run_profile(loaded, History(data), parse_window(*window))
    except (BacktestError, ProfileError, UsageError) as e:
        return SweepRun(settings=settings, refusal=str(e))
    degraded = next(iter(result.degraded.values()), None)
    return SweepRun(
        settings=settings,
        return_percent=result.curve.return_percent,
        drawdown_percent=result.curve.drawdown_percent,
        sharpe=result.curve.sharpe,
        profit_factor=result.trade.profit_factor,
        fees=result.fees,
        funding=result.funding,
        trades=result.trade.count,
        is_liquidated=result.liquidation is not None,
        refusal=degraded,
    )


def _run_all(
    combinations: list[tuple[str, ...]], run_one: partial[SweepRun], processes: int
) -> list[SweepRun]:
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("runs", total=len(combinations))
        done = []
        for one in run_grid(combinations, run_one, min(processes, len(combinations))):
            done.append(one)
            progress.advance(task)
    return done


def _table(result: Sweep) -> Table:
    table = Table(title=f"the best of {len(result.runs)} runs", box=SIMPLE_HEAD, pad_edge=False)
    for axis in result.axes:
        table.add_column(axis.name, justify="right")
    for heading in ("return %", "drawdown %", "Sharpe", "trades", ""):
        table.add_column(heading, justify="right")
    ran = [run for run in result.runs if run.return_percent is not None]
    refused = [run for run in result.runs if run.return_percent is None]
    ran.sort(key=lambda run: run.return_percent or 0, reverse=True)
    for run in [*ran[:SHOWN], *refused[:SHOWN]]:
        measures = (run.return_percent, run.drawdown_percent, run.sharpe)
        cells = ["-" if number is None else str(number) for number in measures]
        remark = run.refusal or ("liquidated" if run.is_liquidated else "")
        table.add_row(*run.settings, *cells, str(run.trades), remark)
    return table
