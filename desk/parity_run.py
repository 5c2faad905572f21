"""The command that replays a recorded run through the backtest and lays the orders side by side."""

import csv
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter
from cyclopts.validators import Number
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from backtest.catalog import History
from backtest.engine import run
from backtest.orders import OrderRecord, read_records
from backtest.parity_run import OrderPair, RunParity, compare_runs
from backtest.times import in_words, parse_time
from config.decoding import convert
from config.settings import Profile
from desk.backtest_plan import Window, make_plan, parse_window
from desk.data import DATA, DataFolder, print_lines, refused_as_usage
from desk.exits import Exit, UsageError
from desk.output import AsJson, print_json

RUNS = Path("runs")


def parity_run(
    run_id: str,
    *,
    runs: Path = RUNS,
    start: str | None = None,
    end: str | None = None,
    size_percent: Annotated[float, Parameter(validator=Number(gte=0))] = 0.1,
    data: DataFolder = DATA,
    as_json: AsJson = False,
) -> Exit:
    """
    Replay a recorded run over history, and lay its orders and fills beside the backtest's.

    Orders are matched by the decision that they come from. Which there are, their sides, their
    sizes and whether they were filled must agree, or the command ends with 1; prices are measured.
    Alerts are not replayed: what they caused is left out.

    Parameters
    ----------
    run_id
        The run's folder: its name under --runs, or its path.
    runs
        Where runs are.
    start, end
        The first and last close to decide on; by default the run's own first and last minute.
    size_percent
        How far apart two sizes may be, in percent: sizes of equity follow fills.

    """
    folder = _folder(runs, run_id)
    with refused_as_usage():
        profile = _profile(folder)
        window = _window(folder, start, end)
        plan, notes = make_plan(profile, History(data), window)
        outcome = run(plan)
        names = {str(config.strategy_id) for _, config in plan.strategies}
        recorded = read_records(folder / "orders.csv")
        parity = compare_runs(
            [order for order in recorded if order.strategy.rsplit("-", 1)[0] in names],
            outcome.orders,
            Decimal(str(size_percent)),
        )
    if as_json:
        print_json(parity)
    else:
        _print(parity, notes)
    return Exit.DONE if parity.is_equal else Exit.FAILED


def _folder(runs: Path, run_id: str) -> Path:
    for folder in (runs / run_id, Path(run_id)):
        if (folder / "config.json").is_file():
            return folder
    raise UsageError(f"Expected the folder of a run, found none at {runs / run_id} or {run_id}")


def _profile(folder: Path) -> Profile:
    file = folder / "config.json"
    try:
        raw: Mapping[str, object] = msgspec.json.decode(file.read_bytes())
    except (OSError, msgspec.DecodeError) as e:
        raise UsageError(f"Expected the configuration of a run in {file}: {e}") from e
    return convert(dict(raw), Profile, file=str(file))


def _window(folder: Path, start: str | None, end: str | None) -> Window:
    stated = parse_window(start, end)
    if stated.start_ns is not None and stated.end_ns is not None:
        return stated
    file = folder / "equity.csv"
    try:
        with file.open(newline="") as stream:
            times = [parse_time(row["time"], None) for row in csv.DictReader(stream)]
    except (OSError, KeyError) as e:
        raise UsageError(f"Expected the equity of a run in {file}: {e}") from e
    if not times:
        raise UsageError(f"Expected times in {file} (or --start and --end), found none")
    return Window(
        times[0] if stated.start_ns is None else stated.start_ns,
        times[-1] if stated.end_ns is None else stated.end_ns,
    )


def _print(parity: RunParity, notes: list[str]) -> None:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("made", "order", "recorded", "replayed"):
        table.add_column(heading, overflow="fold")
    table.add_column("worse, bps", justify="right")
    for pair in parity.pairs:
        table.add_row(*_cells(pair), style="red" if pair.faults else None)
    Console().print(table)
    worse = "-" if parity.worse_bps is None else f"{parity.worse_bps:+}"
    filled = f"{parity.filled} filled in both, recorded worse by {worse} bps on average"
    lines = [f"{len(parity.pairs)} orders, {parity.faulty} differ; {filled}"]
    faults = [f"{pair.key}: {', '.join(pair.faults)}" for pair in parity.pairs if pair.faults]
    if not parity.pairs:
        lines = ["Nothing was ordered in either of the two: nothing is proved"]
    print_lines([*faults, *lines, *notes])


def _cells(pair: OrderPair) -> tuple[str, str, str, str, str]:
    order = pair.replayed or pair.recorded
    assert order is not None  # noqa: S101 (a pair has one of them)
    worse = "" if pair.worse_bps is None else f"{pair.worse_bps:+}"
    name = pair.key.partition(" ")[2] or "decision"
    return in_words(order.time_ns), name, _words(pair.recorded), _words(pair.replayed), worse


def _words(order: OrderRecord | None) -> str:
    if order is None:
        return "-"
    price = order.price if order.price is not None else order.trigger
    at = "" if price is None else f" at {price.normalize():f}"
    return f"{order.side} {order.quantity:f}{at} {order.status.lower()}"
