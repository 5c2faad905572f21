"""
The record of a run that goes on: it says what the reports will, and a kill never leaves half of it.

Method: a real paper node beside Nautilus's own reports; writers and a demo that are killed.
"""

import csv
import sqlite3
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

from nautilus_trader.model.enums import OrderSide, OrderType

from desk.run_record import RECORD_NAME, RunRecord, read_record
from desk.run_recorder import RunRecorder
from strategies.signals import Action as Wish
from tests.desk.demo_runs import start_demo
from tests.desk.managed_node import OTHER, Managed, managed_node
from tests.waiting import eventually

BUY, SELL = OrderSide.BUY, OrderSide.SELL
FILLS_EACH = 3_000
KILL_SECS = [0, 0.005, 0.01, 0.015, 0.02, 0.03]
"""So long after a write the next one is cut: somewhere in the middle, as it takes some 20 ms."""
WRITER = """
import sys
from itertools import count
from pathlib import Path
from desk.run_record import RunRecord

folder, first, fills_each = sys.argv[1:]
record = RunRecord(Path(folder))
for order in count(int(first)):
    ids = [f"{order} {number}" for number in range(int(fills_each))]
    fills = {one: {"event_id": one, "order": order} for one in ids}
    record.write({"orders": {order: {"client_order_id": order}}, "fills": fills}, f"{order}")
    print(order, flush=True)
"""


def rows_of(folder: Path, table: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(folder / RECORD_NAME)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]  # noqa: S608


def has(folder: Path, condition: Callable[[Path], object]) -> bool:
    """Tell whether a record says something; it need not be there yet."""
    try:
        return bool(condition(folder))
    except sqlite3.OperationalError:
        return False


def recorder_of(desk: Managed, record: RunRecord) -> RunRecorder:
    now_ns = desk.node.kernel.clock.timestamp_ns
    recorder = RunRecorder(record, desk.node.cache, desk.journal, now_ns, interval_secs=0.02)
    recorder.listen(desk.node.trader)
    return recorder


async def trade(desk: Managed) -> None:
    """Buy and rest a stop, with another strategy buy, turn around and close."""
    desk.signal(Wish.BUY)
    await eventually(lambda: desk.position("alerts") > 0)
    await eventually(lambda: desk.working("alerts", OrderType.STOP_MARKET))
    foreign = desk["foreign"]
    for side, size, position in ((BUY, 1, 1), (SELL, 2, -1), (BUY, 1, 0)):
        order = foreign.order_factory.market(OTHER.id, side, OTHER.make_qty(size))
        foreign.submit_order(order)
        await eventually(lambda wanted=position: desk.position("foreign") == wanted)


def as_rows(table: Any) -> list[dict[str, str]]:  # noqa: ANN401 (pandas)
    return list(csv.DictReader(StringIO(table.to_csv())))


async def test_the_record_says_what_the_reports_will(tmp_path: Path) -> None:
    async with managed_node(tmp_path) as desk:
        recorder = recorder_of(desk, RunRecord(tmp_path))
        async with recorder.keeping():
            await trade(desk)
            desk.journal.mark_equity()
        trader = desk.node.trader
        for table, report, key in (
            ("orders", trader.generate_orders_report(), "client_order_id"),
            ("fills", trader.generate_fills_report(), "event_id"),
            ("positions", trader.generate_positions_report(), "opening_order_id"),
        ):
            found = {row[key]: row for row in rows_of(tmp_path, table)}
            expected = as_rows(report)
            assert len(found) == len(expected) > 2, table
            for row in expected:
                own = found[row[key]]
                columns = {name for name in row.keys() & own.keys() if not name.startswith("ts_")}
                assert len(columns) > 12
                for name in columns - {"expire_time_ns", "duration_ns"}:
                    assert (own[name] or "") == row[name], (table, name)
        trades = rows_of(tmp_path, "trades")
        assert [Decimal(row["pnl"]) for row in trades] == [one.pnl for one in desk.journal.trades]
        times = [row["time"] for row in rows_of(tmp_path, "equity")]
        assert times == [point.time for point in desk.journal.equity.points()]
        found_again = read_record(tmp_path / RECORD_NAME)
        assert found_again.equity_times == [times[0], times[-1]]
        assert {row["client_order_id"] for row in found_again.orders} == {
            order.client_order_id.value for order in desk.node.cache.orders()
        }
        assert found_again.until > times[-1]


async def test_what_cannot_be_written_is_written_once_it_can(tmp_path: Path) -> None:
    folder = tmp_path / "later"
    async with managed_node(tmp_path) as desk:
        recorder = recorder_of(desk, RunRecord(folder))
        async with recorder.keeping():
            await trade(desk)
            points = desk.journal.equity.count
            assert points
            folder.mkdir()
            await eventually(lambda: has(folder, lambda f: rows_of(f, "fills")))
            assert desk.node.trader.is_running
        orders = {row["client_order_id"] for row in rows_of(folder, "orders")}
        assert orders == {order.client_order_id.value for order in desk.node.cache.orders()}
        assert len(rows_of(folder, "trades")) == len(desk.journal.trades)
        assert len(rows_of(folder, "equity")) >= points


@contextmanager
def writer(folder: Path, first: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", WRITER, str(folder), str(first), str(FILLS_EACH)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        try:
            yield child
        finally:
            child.kill()


def test_a_kill_leaves_orders_with_all_their_fills(tmp_path: Path) -> None:
    written = 0
    for secs in KILL_SECS:
        with writer(tmp_path, written) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(secs)
            child.kill()
            lines = child.stdout.read().split()
        with closing(sqlite3.connect(tmp_path / RECORD_NAME)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = read_record(tmp_path / RECORD_NAME)
        fills = Counter(row["order"] for row in rows_of(tmp_path, "fills"))
        assert fills == {row["client_order_id"]: FILLS_EACH for row in found.orders}
        assert max(map(int, fills)) == int(found.until)
        assert int(found.until) >= max(map(int, lines), default=written)
        written = int(found.until) + 1


async def test_a_killed_run_leaves_its_record(tmp_path: Path) -> None:
    process = start_demo(tmp_path, "--seconds", "20")
    try:
        await eventually(lambda: list(tmp_path.glob(f"runs/*/{RECORD_NAME}")), 60)
        (folder,) = (tmp_path / "runs").iterdir()
        await eventually(lambda: has(folder, lambda f: len(rows_of(f, "fills")) > 1), 60)
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            stream.close()

    orders = {row["client_order_id"]: row for row in rows_of(folder, "orders")}
    filled: defaultdict[str, Decimal] = defaultdict(Decimal)
    for fill in rows_of(folder, "fills"):
        filled[fill["client_order_id"]] += Decimal(fill["last_qty"])
    assert filled
    for client_order_id, row in orders.items():
        assert Decimal(row["filled_qty"]) == filled.pop(client_order_id, Decimal(0))
    assert not filled
    assert rows_of(folder, "positions")
    assert rows_of(folder, "equity")
    assert not list(folder.glob("*.csv*"))
