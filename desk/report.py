"""What a run leaves behind: one folder with its configuration, orders, fills, positions, equity."""

import csv
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from nautilus_trader.trading.trader import Trader

from desk.journal import EquityPoint, Journal, Trade


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

    Orders, fills and positions are Nautilus's own reports, so that its tools read them.
    """
    trader.generate_orders_report().to_csv(directory / "orders.csv")
    trader.generate_fills_report().to_csv(directory / "fills.csv")
    trader.generate_positions_report().to_csv(directory / "positions.csv")
    _write_rows(directory / "trades.csv", Trade, journal.trades)
    _write_rows(directory / "equity.csv", EquityPoint, journal.equity)


def _write_rows(path: Path, row_type: type[msgspec.Struct], rows: Sequence[msgspec.Struct]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(row_type.__struct_fields__)
        writer.writerows(msgspec.structs.astuple(row) for row in rows)
