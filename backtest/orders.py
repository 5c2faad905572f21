"""Orders of a run as plain records that runs of different kinds have in common."""

import ast
import csv
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path

import msgspec
from nautilus_trader.model.enums import OrderSide, order_status_to_str, order_type_to_str
from nautilus_trader.model.orders import Order

from backtest.errors import BacktestError


class OrderRecord(msgspec.Struct, frozen=True, kw_only=True):
    """
    One order.

    Attributes
    ----------
    key : str
        The same in every run of the same decisions: the decision's own key, or for what follows
        from it (a stop, a take-profit, the end) the key before it, its tag and a number.
    strategy, instrument, kind, side, status : str
        Its strategy's id, what it is in, its type, `buy` or `sell`, and how it ended.
    time_ns : int
        When it was made, by the clock of its run.
    quantity, filled : Decimal
        In base units.
    price : Decimal or None
        What it was filled at on average.
    trigger : Decimal or None
        Of a stop.
    fees : Decimal
        Paid for its fills.
    last_ns : int
        When it was last heard of: when it filled, if it did; 0 where nobody says.

    """

    key: str
    strategy: str
    instrument: str
    kind: str
    side: str
    status: str
    time_ns: int
    quantity: Decimal
    filled: Decimal
    price: Decimal | None
    trigger: Decimal | None
    fees: Decimal = Decimal(0)
    last_ns: int = 0


def records_of(orders: Iterable[Order]) -> list[OrderRecord]:
    """Return the records of Nautilus's orders, in the order in which they were made."""
    plain = [
        OrderRecord(
            key=order.tags[0] if order.tags else "",
            strategy=order.strategy_id.value,
            instrument=order.instrument_id.value,
            kind=order_type_to_str(order.order_type),
            side="buy" if order.side == OrderSide.BUY else "sell",
            status=order_status_to_str(order.status),
            time_ns=order.ts_init,
            quantity=order.quantity.as_decimal(),
            filled=order.filled_qty.as_decimal(),
            price=Decimal(str(order.avg_px)) if order.avg_px else None,
            trigger=order.trigger_price.as_decimal() if order.has_trigger_price else None,
            fees=sum((money.as_decimal() for money in order.commissions()), Decimal(0)),
            last_ns=order.ts_last,
        )
        for order in sorted(orders, key=lambda order: (order.ts_init, _number(order)))
    ]
    return _keyed(plain)


def read_records(path: Path) -> list[OrderRecord]:
    """
    Read the orders of a recorded run from its `orders.csv`.

    Raises
    ------
    BacktestError
        The file cannot be read, or is no such report.

    """
    try:
        with path.open(newline="") as file:
            return records_of_rows(csv.DictReader(file), path)
    except OSError as e:
        raise BacktestError(f"Expected the report of a run, {path}: {e.strerror}") from e


def records_of_rows(rows: Iterable[Mapping[str, str]], path: Path) -> list[OrderRecord]:
    """
    Return the records of rows as Nautilus reports orders, from a file of this path.

    Raises
    ------
    BacktestError
        They are none.

    """
    try:
        return _keyed([_record(row) for row in sorted(rows, key=_place)])
    except (KeyError, ValueError, SyntaxError, InvalidOperation) as e:
        raise BacktestError(f"Expected orders as Nautilus reports them in {path}: {e!r}") from e


def _record(row: Mapping[str, str]) -> OrderRecord:
    tags = _texts(row["tags"])
    trigger = row.get("trigger_price")  # a run without stops has no such column
    return OrderRecord(
        key=tags[0] if tags else "",
        strategy=row["strategy_id"],
        instrument=row["instrument_id"],
        kind=row["type"],
        side=row["side"].lower(),
        status=row["status"],
        time_ns=int(row["ts_init"]),
        quantity=Decimal(row["quantity"]),
        filled=Decimal(row["filled_qty"]),
        price=Decimal(row["avg_px"]) if row["avg_px"] else None,
        trigger=Decimal(trigger) if trigger else None,
        fees=sum((Decimal(text.split()[0]) for text in _texts(row["commissions"])), Decimal(0)),
        last_ns=int(row["ts_last"] or 0),
    )


def _texts(cell: str) -> list[str]:
    """Return the list of texts that a cell of Nautilus's reports is."""
    return list(ast.literal_eval(cell)) if cell else []


def _place(row: Mapping[str, str]) -> tuple[int, int]:
    number = row["client_order_id"].rpartition("-")[2]
    return int(row["ts_init"]), int(number) if number.isdigit() else 0


def _number(order: Order) -> int:
    number = order.client_order_id.value.rpartition("-")[2]
    return int(number) if number.isdigit() else 0


def _keyed(orders: list[OrderRecord]) -> list[OrderRecord]:
    decided: dict[str, str] = {}
    counts: dict[str, int] = {}
    keyed = []
    for order in orders:
        key = order.key
        if ":" in key:
            decided[order.strategy] = key
        else:
            key = f"{decided.get(order.strategy, order.strategy)} {key}"
        counts[key] = counts.get(key, 0) + 1
        if counts[key] > 1:
            key = f"{key} {counts[key]}"
        keyed.append(msgspec.structs.replace(order, key=key))
    return keyed
