"""The command that replays a recorded run through the backtest and lays the orders side by side."""

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter
from cyclopts.validators import Number

from backtest.catalog import History
from backtest.engine import run
from backtest.orders import OrderRecord
from backtest.parity_run import compare_runs
from config.decoding import convert
from config.settings import Profile, StopSettings
from desk.backtest_plan import Window, parse_window
from desk.data import DATA, DataFolder, refused_as_usage
from desk.exits import Exit, UsageError
from desk.output import AsJson, print_json
from desk.parity_alerts import find_inbox, heard_in
from desk.parity_hand import told_by_hand
from desk.parity_left import cut_note, left_by, window_of
from desk.parity_plans import replay_plans
from desk.parity_view import print_run_parity

RUNS = Path("runs")


def parity_run(
    run_id: str,
    *,
    runs: Path = RUNS,
    start: str | None = None,
    end: str | None = None,
    size_percent: Annotated[float, Parameter(validator=Number(gte=0))] = 0.1,
    inbox: str | None = None,
    data: DataFolder = DATA,
    as_json: AsJson = False,
) -> Exit:
    """
    Replay a recorded run over history, and lay its orders and trades beside the backtest's.

    Strategies decide on the history's bars, and on the alerts that the run was given, each when it
    was given. Orders are matched by the decision that they come from. Which there are, their sides,
    their sizes and whether they were filled must agree, or the command ends with 1; prices are
    measured. A run of several venues is replayed for each with its own account.

    Parameters
    ----------
    run_id
        The run's folder: its name under --runs, or its path.
    runs
        Where runs are.
    start, end
        The first and last close to decide on; by default the run's own first and last minute.
        Orders made before or after are not judged, nor is anything after the cut of a killed run.
    size_percent
        How far apart two sizes may be, in percent: sizes of equity follow fills.
    inbox
        Where the run's alerts are, if not where its profile keeps them.

    """
    folder = _folder(runs, run_id)
    with refused_as_usage():
        profile = _profile(folder)
        left = left_by(folder)
        stated = parse_window(start, end)
        window = window_of(left, stated)
        if end is not None or left.cut_ns is not None:  # the run did not stop there
            profile = msgspec.structs.replace(profile, on_stop=StopSettings(cancel_orders=False))
        heard = heard_in(find_inbox(profile, folder, inbox), profile, window)
        plans, notes = replay_plans(profile, History(data), window, heard.signals)
        replayed = [order for plan in plans for order in run(plan).orders]
        names = {str(config.strategy_id) for plan in plans for _, config in plan.strategies}
        judged, left_out = _judged(left.orders, names, stated)
        by_hand = told_by_hand(folder.parent / f"{profile.trader_id}.audit.jsonl", window)
        parity = compare_runs(judged, replayed, Decimal(str(size_percent)))
        notes = [*cut_note(left), *notes, *heard.notes, *by_hand, *left_out]
        parity = msgspec.structs.replace(parity, notes=notes)
    if as_json:
        print_json(parity)
    else:
        print_run_parity(parity)
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
    profile = convert(dict(raw), Profile, file=str(file))
    if profile.environment == "demo":
        wanted = "a run that kept the market's time"
        raise UsageError(f"Expected {wanted}, found a demo, whose hours pass in seconds ({file})")
    return profile


def _judged(
    recorded: list[OrderRecord], names: set[str], stated: Window
) -> tuple[list[OrderRecord], list[str]]:
    """Return the orders that the replay can have, and in words how many it cannot."""
    judged = []
    others: Counter[str] = Counter()
    outside = 0
    for order in recorded:
        name = order.strategy.rsplit("-", 1)[0]
        if name not in names:
            others[name] += 1
        elif not stated.holds(order.time_ns):
            outside += 1
        else:
            judged.append(order)
    notes = [
        f"{n} orders of {name} are not judged: it is not replayed" for name, n in others.items()
    ]
    if outside:
        notes.append(f"{outside} orders are not judged: made before --start or after --end")
    return judged, notes
