"""What a run leaves behind: one folder with its configuration, orders, fills, positions, equity."""

import csv
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import msgspec
from nautilus_trader.trading.trader import Trader

from desk.equity_curve import EquityPoint
from desk.journal import Journal, Trade


def new_run_directory(root: Path, name: str) -> Path:
    """Create and return `root/<UTC time>-<name>-<4 hex>`, a folder that did not exist before."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    directory = root / f"{stamp}-{name}-{secrets.token_hex(2)}"
    directory.mkdir(parents=True)
    return directory


def write_config(directory: Path, description: dict[str, object]) -> None:
    """Write the profile, already free of secrets, before anything starts."""
    text = msgspec.json.format(msgspec.json.encode(description), indent=2)
    (directory / "config.json").write_bytes(text)


def write_report(directory: Path, trader: Trader, journal: Journal) -> None:
    """
    Write orders, fills, positions, trades and equity as CSV, each with its header even when empty.

    Orders, fills and positions are Nautilus's own reports, so that its tools read them. Each file
    appears whole, and all are on disk when this returns.
    """
    tables = {
        "orders": trader.generate_orders_report(),
        "fills": trader.generate_fills_report(),
        "positions": trader.generate_positions_report(),
    }
    for name, table in tables.items():
        with _whole(directory / f"{name}.csv") as file:
            table.to_csv(file)
    with _whole(directory / "trades.csv") as file:
        _write_rows(file, Trade, journal.trades)
    with _whole(directory / "equity.csv") as file:
        _write_rows(file, EquityPoint, journal.equity.points())
    _sync(directory)


@contextmanager
def _whole(path: Path) -> Iterator[TextIO]:
    """Give a file to write, which has its name once it is written."""
    new = path.with_name(f"{path.name}.new")
    with new.open("w", newline="") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _sync(directory: Path) -> None:
    """Have the names of a folder's files on disk."""
    folder = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _write_rows(
    file: TextIO, row_type: type[msgspec.Struct], rows: Sequence[msgspec.Struct]
) -> None:
    writer = csv.writer(file)
    writer.writerow(row_type.__struct_fields__)
    writer.writerows(msgspec.structs.astuple(row) for row in rows)
