"""CSV and Feather files as named columns of text, and candles and funding from those columns."""

import csv
import math
from collections.abc import Iterator, Mapping
from datetime import tzinfo
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

import msgspec
from pyarrow import ArrowException, feather

from backtest.candles import Candle
from backtest.errors import BacktestError
from backtest.times import parse_time

_TIME_NAMES: Final = (
    "time",
    "timestamp",
    "ts",
    "date",
    "datetime",
    "open_time",
    "date/time",
    "date and time",
)
_RATE_NAMES: Final = ("funding_rate", "fundingrate", "rate")
_READ: Final = frozenset((*_TIME_NAMES, *_RATE_NAMES, "open", "high", "low", "close", "volume"))
_MINUS: Final = "\N{MINUS SIGN}"  # which TradingView writes in some exports
_DIGITS_MAX: Final = 15
"""Decimal digits that survive in a double: more are an artefact, as in 1.0683799999999999."""


class FundingRate(msgspec.Struct, frozen=True):
    """
    What longs pay to shorts at a moment.

    Attributes
    ----------
    time_ns : int
        When it is paid, nanoseconds UTC.
    rate : Decimal
        A share of the position's value; negative where shorts pay.

    """

    time_ns: int
    rate: Decimal


class Row(msgspec.Struct, frozen=True):
    """One row of a table: where it stands, for messages, and its cells by column name."""

    place: str
    cells: Mapping[str, str]

    def cell(self, names: tuple[str, ...]) -> str:
        """
        Return the cell of the first of the names that there is.

        Raises
        ------
        BacktestError
            There is no such column, or the cell is empty.

        """
        for name in names:
            if name in self.cells:
                if not self.cells[name]:
                    raise BacktestError(f"{self.place}: expected a value of {name!r}, found none")
                return self.cells[name]
        found = ", ".join(map(repr, self.cells))
        raise BacktestError(f"{self.place}: expected a column {names[0]!r}, found {found}")

    def number(self, *names: str) -> Decimal:
        """
        Return the cell as a number of at most 15 digits.

        Raises
        ------
        BacktestError
            As `cell`, and where it is no finite number.

        """
        text = self.cell(names)
        try:
            number = Decimal(text.replace(_MINUS, "-"))
        except InvalidOperation as e:
            raise BacktestError(f"{self.place}: expected a number, found {text!r}") from e
        if not number.is_finite():
            raise BacktestError(f"{self.place}: expected a finite number, found {text!r}")
        if len(number.as_tuple().digits) > _DIGITS_MAX:
            number = Decimal(f"{float(number):.{_DIGITS_MAX}g}")
        return number

    def time_ns(self, zone: tzinfo | None) -> int:
        """
        Return the row's time, nanoseconds UTC.

        Raises
        ------
        BacktestError
            As `cell`, and where it is no time.

        """
        try:
            return parse_time(self.cell(_TIME_NAMES), zone)
        except BacktestError as e:
            words = str(e)
            raise BacktestError(
                words if words.startswith(self.place) else f"{self.place}: {words}"
            ) from e


def read_rows(path: Path) -> Iterator[Row]:
    """
    Read a table, its column names in lower case.

    Parameters
    ----------
    path : Path
        A Feather file by its ending `.feather`, else CSV with one line of names.

    Raises
    ------
    BacktestError
        The file cannot be read, or is no such table.

    """
    try:
        if path.suffix == ".feather":
            yield from _feather_rows(path)
        else:
            yield from _csv_rows(path)
    except OSError as e:
        raise BacktestError(f"Expected a file, {path}: {(e.strerror or str(e)).lower()}") from e
    except (ArrowException, UnicodeDecodeError, csv.Error) as e:
        raise BacktestError(f"Expected CSV or a Feather file, {path}: {e}") from e


def read_candles(path: Path, zone: tzinfo | None) -> list[Candle]:
    """
    Read candles, in the file's order; a TradingView chart export is such a file.

    Parameters
    ----------
    path : Path
        See `read_rows`. Columns time (or timestamp, ts, date), open, high, low, close and, if it
        has one, volume; others are left alone. The time is taken as the candle's open.
    zone : tzinfo or None
        The time zone of times that name none.

    Raises
    ------
    BacktestError
        The file cannot be read, or a row has no such values.

    """
    return [
        Candle(
            open_ns=row.time_ns(zone),
            open=row.number("open"),
            high=row.number("high"),
            low=row.number("low"),
            close=row.number("close"),
            volume=row.number("volume") if "volume" in row.cells else Decimal(0),
        )
        for row in read_rows(path)
    ]


def read_funding(path: Path, zone: tzinfo | None) -> list[FundingRate]:
    """
    Read funding rates, in the file's order.

    Parameters
    ----------
    path : Path
        See `read_rows`. Columns time (or timestamp, ts, date) and funding_rate (or rate).
    zone : tzinfo or None
        The time zone of times that name none.

    Raises
    ------
    BacktestError
        The file cannot be read, or a row has no such values.

    """
    return [FundingRate(row.time_ns(zone), row.number(*_RATE_NAMES)) for row in read_rows(path)]


def _csv_rows(path: Path) -> Iterator[Row]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        lines = csv.reader(file, strict=True)
        names = [name.strip().lower() for name in next(lines, [])]
        for cells in lines:
            place = f"{path.name}, line {lines.line_num}"
            if not cells:
                continue
            if len(cells) != len(names):
                found = f"expected {len(names)} cells, found {len(cells)}"
                raise BacktestError(f"{place}: {found}")
            yield Row(place, _named(place, names, [cell.strip() for cell in cells]))


def _named(place: str, names: list[str], cells: list[str]) -> dict[str, str]:
    """Return cells by name; of two columns of one name, both must say the same where it counts."""
    named: dict[str, str] = {}
    for name, cell in zip(names, cells, strict=True):
        if name in _READ and named.get(name, cell) != cell:
            raise BacktestError(
                f"{place}: expected one value of {name!r}, found {named[name]!r} and {cell!r}"
            )
        named[name] = cell
    return named


def _feather_rows(path: Path) -> Iterator[Row]:
    table = feather.read_table(path)
    names = [name.lower() for name in table.column_names]
    columns = [column.to_pylist() for column in table.columns]
    for number, cells in enumerate(zip(*columns, strict=True), start=1):
        yield Row(f"{path.name}, row {number}", dict(zip(names, map(_text, cells), strict=True)))


def _text(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return repr(value) if isinstance(value, float) else str(value)
