"""The folder that a recorded run leaves, made by hand."""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from backtest.orders import OrderRecord
from config.loading import describe
from config.settings import Profile
from desk.run_record import TABLES, Rows, RunRecord

# The report of a real paper run.
COLUMNS = (
    "client_order_id,trader_id,strategy_id,instrument_id,venue_order_id,position_id,account_id,"
    "last_trade_id,type,side,quantity,time_in_force,is_reduce_only,is_quote_quantity,filled_qty,"
    "liquidity_side,avg_px,slippage,commissions,emulation_trigger,status,contingency_type,"
    "order_list_id,linked_order_ids,parent_order_id,exec_algorithm_id,exec_algorithm_params,"
    "exec_spawn_id,tags,init_id,ts_init,ts_last,trigger_price,trigger_type,expire_time_ns,"
    "trigger_instrument_id"
)


def write_run(
    folder: Path, profile: Profile, orders: Iterable[OrderRecord], times: tuple[str, ...]
) -> Path:
    """Write what a run of these orders leaves, its equity marked at these times."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_bytes(msgspec.json.encode(describe(profile)))
    (folder / "equity.csv").write_text(
        "time,venue,currency,equity\n"
        + "".join(f"{time},HYPERLIQUID,USDC,10000\n" for time in times)
    )
    with (folder / "orders.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS.split(","), restval="")
        writer.writeheader()
        for number, order in enumerate(orders, start=1):
            writer.writerow(row_of(order, number))
    return folder


def cut(folder: Path, until: str) -> None:
    """Make of what a run has left what it would have left if it had been killed at a time."""
    orders, equity = folder / "orders.csv", folder / "equity.csv"
    rows: Rows = {table: {} for table in TABLES}
    with orders.open(newline="") as stream:
        for row in csv.DictReader(stream):
            rows["orders"][row["client_order_id"]] = {k: v or None for k, v in row.items()}
    with equity.open(newline="") as stream:
        for number, point in enumerate(csv.DictReader(stream)):
            rows["equity"][number] = {"number": number, **point}
    RunRecord(folder).write(rows, until)
    orders.unlink()
    equity.unlink()


def row_of(order: OrderRecord, number: int) -> dict[str, Any]:
    tag = order.key if ":" in order.key.rpartition(" ")[2] else order.key.split(" ")[1]
    return {
        "client_order_id": f"O-20260101-000000-001-000-{number}",
        "strategy_id": order.strategy,
        "instrument_id": order.instrument,
        "type": order.kind,
        "side": order.side.upper(),
        "status": order.status,
        "quantity": order.quantity,
        "filled_qty": order.filled,
        "avg_px": order.price or "",
        "trigger_price": order.trigger or "",
        "commissions": [f"{order.fees} USDC"] if order.fees else "",
        "ts_last": order.last_ns,
        "tags": [tag],
        # A real run orders some milliseconds after the bar that it decided on.
        "ts_init": order.time_ns + 5_000_000 + number,
    }
