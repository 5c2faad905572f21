"""Our entries and those of TradingView's list of trades, side by side; pure but for the file."""

from collections.abc import Sequence
from datetime import tzinfo
from decimal import Decimal
from pathlib import Path

import msgspec

from backtest.engine import Outcome
from backtest.errors import BacktestError
from backtest.tables import Row, read_rows


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A position that was opened: when (nanoseconds UTC), long or short, at what price."""

    time_ns: int
    side: str
    price: Decimal


class EntryParity(msgspec.Struct, frozen=True, kw_only=True):
    """
    How two lists of entries compare.

    Attributes
    ----------
    matched : int
        Entries of the same time and side in both.
    only_ours, only_theirs : list of Entry
        The rest, oldest first.
    price_apart : Decimal
        The largest difference in price of matched entries.
    outside : int
        Entries of theirs outside of our history, which are not judged.

    """

    matched: int
    only_ours: list[Entry]
    only_theirs: list[Entry]
    price_apart: Decimal
    outside: int

    @property
    def is_equal(self) -> bool:
        """Whether there were entries and all of them match."""
        return bool(self.matched) and not (self.only_ours or self.only_theirs)


def read_entries(path: Path, zone: tzinfo | None) -> list[Entry]:
    """
    Read the entries of TradingView's list of trades, in both layouts it has had.

    Two rows a trade, `Entry long` and `Exit long`, in any order; columns Type, Date/Time (or Date
    and time) and a price with the currency behind it. Times are of the chart's time zone.

    Raises
    ------
    BacktestError
        The file cannot be read, is no such list, or has no entry.

    """
    entries = []
    for row in read_rows(path):
        kind = row.cell(("type",)).lower()
        if kind in {"entry long", "entry short"}:
            price = row.number(*_price_columns(row))
            side = kind.removeprefix("entry ")
            entries.append(Entry(time_ns=row.time_ns(zone), side=side, price=price))
    if not entries:
        raise BacktestError(f"Expected rows of the type 'Entry long' in {path}, found none")
    return sorted(entries, key=lambda entry: entry.time_ns)


def entries_of(outcome: Outcome) -> list[Entry]:
    """
    Return the entries of a run, oldest first.

    A position is entered where the size held goes from nothing, or from the other side; what adds
    to it is none.
    """
    held = Decimal(0)
    entries = []
    for fill in outcome.fills:
        signed = fill.quantity if fill.side == "buy" else -fill.quantity
        after = held + signed
        if after * held <= 0 and after:
            side = "long" if after > 0 else "short"
            entries.append(Entry(time_ns=fill.time_ns, side=side, price=fill.price))
        held = after
    return entries


def compare_entries(
    ours: Sequence[Entry], theirs: Sequence[Entry], *, shift_ns: int, start_ns: int, end_ns: int
) -> EntryParity:
    """
    Match entries by time and side.

    Parameters
    ----------
    ours, theirs : sequence of Entry
        Ours at the close of the bar that decided.
    shift_ns : int
        What to add to the times of theirs, so that they are of that close as well.
    start_ns, end_ns : int
        What is judged, both included; entries of theirs outside of it are only counted.

    """
    known = {
        (entry.time_ns + shift_ns, entry.side): entry
        for entry in theirs
        if start_ns <= entry.time_ns + shift_ns <= end_ns
    }
    own = {
        (entry.time_ns, entry.side): entry for entry in ours if start_ns <= entry.time_ns <= end_ns
    }
    both = known.keys() & own.keys()
    return EntryParity(
        matched=len(both),
        only_ours=[entry for key, entry in own.items() if key not in both],
        only_theirs=[entry for key, entry in known.items() if key not in both],
        price_apart=max(
            (abs(known[key].price - own[key].price) for key in both), default=Decimal(0)
        ),
        outside=len(theirs) - len(known),
    )


def _price_columns(row: Row) -> tuple[str, ...]:
    return tuple(name for name in row.cells if name.split()[0] == "price") or ("price",)
