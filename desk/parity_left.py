"""What a recorded run has left: its reports, or the record of one that was cut; it only reads."""

import csv
import sqlite3
from pathlib import Path

import msgspec

from backtest.orders import OrderRecord, read_records, records_of_rows
from backtest.times import in_words, parse_time
from desk.backtest_plan import Window
from desk.exits import UsageError
from desk.run_record import RECORD_NAME, read_record


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """
    What is in a run's folder.

    Attributes
    ----------
    place
        The file that says when the run was.
    orders
        All that it made, or all until it was cut.
    times_ns
        The first and the last time at which its equity was marked; empty where it never was.
    cut_ns
        Until when there is a record of a run that did not end; None for one that did.

    """

    place: Path
    orders: list[OrderRecord]
    times_ns: list[int]
    cut_ns: int | None


def left_by(folder: Path) -> Left:
    """
    Return what a run has left in its folder.

    Raises
    ------
    UsageError
        There is nothing, or it cannot be read.
    BacktestError
        What is there are no orders of Nautilus.

    """
    record, reports = folder / RECORD_NAME, folder / "orders.csv"
    if record.is_file():  # also beside reports: then it was cut while it wrote them
        return _of_record(record)
    if reports.is_file():
        equity = folder / "equity.csv"
        times_ns = _times_ns(equity)
        return Left(place=equity, orders=read_records(reports), times_ns=times_ns, cut_ns=None)
    words = "it was killed before it traded, or by a perpdesk that kept no record"
    raise UsageError(f"Expected {reports} or {record}, found neither: {words}")


def window_of(left: Left, stated: Window) -> Window:
    """
    Return from when to when a run is judged: as stated, or from its first to its last minute.

    Nothing after a cut is judged, whatever is stated.

    Raises
    ------
    UsageError
        Too little is stated, and the equity of the run was never marked.

    """
    start_ns, end_ns = stated.start_ns, stated.end_ns
    if (start_ns is None or (end_ns is None and left.cut_ns is None)) and not left.times_ns:
        raise UsageError(f"Expected times in {left.place} (or --start and --end), found none")
    if start_ns is None:
        start_ns = left.times_ns[0]
    if left.cut_ns is not None:
        end_ns = left.cut_ns if end_ns is None else min(end_ns, left.cut_ns)
    return Window(start_ns, left.times_ns[-1] if end_ns is None else end_ns)


def cut_note(left: Left) -> list[str]:
    """Say when a run was cut; nothing about one that has ended."""
    if left.cut_ns is None:
        return []
    when = in_words(left.cut_ns)
    return [
        f"The run was cut, or still goes on: its record ends at {when}, and nothing later counts"
    ]


def _of_record(file: Path) -> Left:
    try:
        found = read_record(file)
    except sqlite3.Error as e:
        raise UsageError(f"Expected the record of a run in {file}: {e}") from e
    return Left(
        place=file,
        orders=records_of_rows(found.orders, file),
        times_ns=[parse_time(time, None) for time in found.equity_times],
        cut_ns=parse_time(found.until, None),
    )


def _times_ns(file: Path) -> list[int]:
    try:
        with file.open(newline="") as stream:
            times = [row["time"] for row in csv.DictReader(stream)]
    except FileNotFoundError:
        return []
    except (OSError, KeyError) as e:
        raise UsageError(f"Expected the equity of a run in {file}: {e}") from e
    return [parse_time(time, None) for time in times[:1] + times[-1:]]
