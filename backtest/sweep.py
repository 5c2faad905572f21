"""A grid of settings, each a backtest of its own on this machine; it chooses nothing."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from decimal import Decimal
from multiprocessing import get_context

import msgspec

from backtest.errors import BacktestError

RUNS_MAX = 10_000
"""More is a typing error, or a search that wants another tool."""


class Axis(msgspec.Struct, frozen=True):
    """One setting to vary, such as `rsi_btc.period`, and the values to try, as written."""

    name: str
    values: tuple[str, ...]


class SweepRun(msgspec.Struct, frozen=True, kw_only=True):
    """
    One run of a grid.

    Attributes
    ----------
    settings : tuple of str
        The value of each axis.
    return_percent, drawdown_percent, fees, funding : Decimal or None
        As in `Result`; None where the run was refused.
    sharpe, profit_factor : Decimal or None
        None as well where there is none.
    trades : int
        Round trips.
    is_liquidated : bool
        Whether the account ended.
    refusal : str or None
        Why the run could not be made, such as levels in the wrong order.

    """

    settings: tuple[str, ...]
    return_percent: Decimal | None = None
    drawdown_percent: Decimal | None = None
    sharpe: Decimal | None = None
    profit_factor: Decimal | None = None
    fees: Decimal | None = None
    funding: Decimal | None = None
    trades: int = 0
    is_liquidated: bool = False
    refusal: str | None = None


class Sweep(msgspec.Struct, frozen=True, kw_only=True):
    """A grid that was run: its axes, and its runs in the order of the grid."""

    axes: list[Axis]
    runs: list[SweepRun]


def parse_axis(text: str) -> Axis:
    """
    Return the axis of a text such as `rsi_btc.period=7,14,21` or `rsi_btc.oversold=20:40:5`.

    A range has its start, its end (included) and its step.

    Raises
    ------
    BacktestError
        It is no such text.

    """
    name, is_given, listed = text.partition("=")
    values = _range(listed) if ":" in listed else [one.strip() for one in listed.split(",")]
    if not (is_given and "." in name and all(values)) or len(set(values)) != len(values):
        wanted = "STRATEGY.PARAMETER=VALUE,VALUE or START:END:STEP, each value once"
        raise BacktestError(f"Expected {wanted}, found {text!r}")
    return Axis(name.strip(), tuple(values))


def grid(axes: Sequence[Axis]) -> list[tuple[str, ...]]:
    """
    Return all combinations, the last axis changing fastest.

    Raises
    ------
    BacktestError
        There are no axes, two have one name, or there are too many combinations.

    """
    names = [axis.name for axis in axes]
    if not names or len(set(names)) != len(names):
        raise BacktestError(f"Expected settings to vary, each once, found {names or 'none'}")
    combinations = list(itertools.product(*(axis.values for axis in axes)))
    if len(combinations) > RUNS_MAX:
        raise BacktestError(f"Expected at most {RUNS_MAX} runs, found {len(combinations)}")
    return combinations


def run_grid(
    combinations: Sequence[tuple[str, ...]],
    run_one: Callable[[tuple[str, ...]], SweepRun],
    processes: int,
) -> Iterator[SweepRun]:
    """
    Run all combinations, and give each as it ends.

    Parameters
    ----------
    combinations : sequence
        What to run.
    run_one : callable
        Runs one; it must be importable, since it is called in another process.
    processes : int
        How many at once; 1 stays in this process.

    """
    if processes == 1:
        yield from map(run_one, combinations)
        return
    # Forked, a child would have Nautilus's threads and locks but not what they do.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        try:
            for done in as_completed([pool.submit(run_one, one) for one in combinations]):
                yield done.result()
        finally:
            pool.shutdown(cancel_futures=True)


def in_order(axes: Sequence[Axis], runs: Sequence[SweepRun]) -> list[SweepRun]:
    """Return runs in the order of the grid, whichever ended first."""
    places = {settings: place for place, settings in enumerate(grid(axes))}
    return sorted(runs, key=lambda run: places[run.settings])


def _range(listed: str) -> list[str]:
    try:
        start, end, step = map(Decimal, listed.split(":"))
        count = int((end - start) / step)
    except (ArithmeticError, ValueError) as e:
        raise BacktestError(f"Expected a range START:END:STEP, found {listed!r}") from e
    if not 0 <= count < RUNS_MAX:
        raise BacktestError(f"Expected a range of 1 to {RUNS_MAX} values, found {listed!r}")
    return [f"{start + n * step:f}" for n in range(count + 1)]
