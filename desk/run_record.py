"""The record of a run that has not ended: its reports so far in one SQLite file; it hears nothing.

All that belongs together is written in one transaction, so whoever reads finds an order with its
fills or neither of them, whenever the writer was killed. The file goes when the reports are there.
"""

import sqlite3
from collections.abc import Hashable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

RECORD_NAME: Final = "record.sqlite"

_WAIT_SECS: Final = 5.0
"""How long a writer waits for somebody who reads; then its rows wait for the next time."""

TABLES: Final = {
    "orders": "client_order_id TEXT PRIMARY KEY",
    "fills": "event_id TEXT PRIMARY KEY",
    # Of a netting account an id is used again and again, and each time opened by another order.
    "positions": "position_id TEXT, opening_order_id TEXT,"
    " PRIMARY KEY (position_id, opening_order_id)",
    "trades": "number INTEGER PRIMARY KEY",
    "equity": "number INTEGER PRIMARY KEY, time TEXT NOT NULL",
}
"""The tables with what tells their rows apart: a later row of the same key replaces the earlier.

Other columns are added as rows come that have them, since each type of order has its own.
"""

_STATE: Final = "id INTEGER PRIMARY KEY CHECK (id = 1), until TEXT NOT NULL"

type Row = Mapping[str, object]
type Rows = dict[str, dict[Hashable, Row]]
"""Rows by table and by what tells them apart."""


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """
    What a record says, each value as text, "" where there is none.

    Attributes
    ----------
    orders
        As in the report of orders.
    equity_times
        The first and the last time at which the equity was marked; empty where it never was.
    until
        All that had happened at that time is in it, and nothing later (ISO 8601).

    """

    orders: list[dict[str, str]]
    equity_times: list[str]
    until: str


class RunRecord:
    """
    The file of a run, for the run itself, which alone writes it.

    Calls may come from any thread, one after the other. The file is made by the first that writes.

    Parameters
    ----------
    directory : Path
        The run's folder.

    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / RECORD_NAME
        self._connection: sqlite3.Connection | None = None

    def write(self, rows: Rows, until: str) -> None:
        """
        Add rows, all or none, and say that everything until a time is there.

        Raises
        ------
        sqlite3.Error
            They could not be written; the file holds what it held.

        """
        if self._connection is None:
            self._connection = sqlite3.connect(
                self._path, timeout=_WAIT_SECS, autocommit=False, check_same_thread=False
            )
        with self._connection as connection:
            for table, columns in {**TABLES, "state": _STATE}.items():
                connection.execute(f"CREATE TABLE IF NOT EXISTS {table} ({columns})")
            for table, by_key in rows.items():
                _add(connection, table, by_key)
            connection.execute("INSERT OR REPLACE INTO state VALUES (1, ?)", (until,))

    def remove(self) -> None:
        """Remove the file, as the run's reports say it all."""
        if self._connection is not None:
            self._connection.close()
        self._path.unlink(missing_ok=True)


def read_record(path: Path) -> Recorded:
    """
    Return what a record says; a run may write it meanwhile.

    Raises
    ------
    sqlite3.Error
        There is none, or it cannot be read.

    """
    # Not read-only: a commit that was cut is taken back by the first that opens the file.
    uri = f"{path.absolute().as_uri()}?mode=rw"
    with closing(sqlite3.connect(uri, uri=True, autocommit=False)) as connection:
        (until,) = connection.execute("SELECT until FROM state").fetchone()
        cursor = connection.execute("SELECT * FROM orders")
        names = [column[0] for column in cursor.description]
        orders = [dict(zip(names, (v or "" for v in row), strict=True)) for row in cursor]
        times = connection.execute(
            "SELECT time FROM equity WHERE number IN"
            " ((SELECT min(number) FROM equity), (SELECT max(number) FROM equity)) ORDER BY number"
        )
        return Recorded(orders=orders, equity_times=[time for (time,) in times], until=until)


def _add(connection: sqlite3.Connection, table: str, rows: Mapping[Hashable, Row]) -> None:
    columns = connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
    known = {name for (name,) in columns}
    for row in rows.values():
        for name in row.keys() - known:
            connection.execute(f'ALTER TABLE {table} ADD COLUMN "{name}" TEXT')
            known.add(name)
        names = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join("?" * len(row))
        values = [None if value is None else str(value) for value in row.values()]
        statement = f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({marks})"  # noqa: S608
        connection.execute(statement, values)
