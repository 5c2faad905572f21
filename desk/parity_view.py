"""How a recorded run beside its replay is shown to people; it compares nothing."""

from decimal import Decimal

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from backtest.orders import OrderRecord
from backtest.parity_run import OrderPair, RunParity
from backtest.parity_trips import Trip, TripPair
from backtest.times import in_words
from desk.data import print_lines


def print_run_parity(parity: RunParity) -> None:
    """Print orders, round trips, what differs and what could not be replayed."""
    console = Console()
    console.print(_orders_table(parity.pairs))
    if parity.trips:
        console.print(_trips_table(parity.trips))
    faults = [f"{pair.key}: {', '.join(pair.faults)}" for pair in parity.pairs if pair.faults]
    print_lines([*faults, *_summary(parity), *parity.notes])


def _summary(parity: RunParity) -> list[str]:
    if not parity.pairs:
        return ["Nothing was ordered in either of the two: nothing is proved"]
    filled = f"{parity.filled} filled in both, recorded worse by {_signed(parity.worse_bps)} bps"
    share = f"{parity.matched_percent} % of {len(parity.pairs)} orders match"
    return [f"{share}, {parity.faulty} differ; {filled} on average"]


def _orders_table(pairs: list[OrderPair]) -> Table:
    table = Table(title="Orders", box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("made", "order", "recorded", "replayed"):
        table.add_column(heading, overflow="fold")
    table.add_column("worse, bps", justify="right")
    for pair in pairs:
        table.add_row(*_order_cells(pair), style="red" if pair.faults else None)
    return table


def _order_cells(pair: OrderPair) -> tuple[str, str, str, str, str]:
    order = pair.replayed or pair.recorded
    assert order is not None  # noqa: S101 (a pair has one of them)
    worse = "" if pair.worse_bps is None else f"{pair.worse_bps:+}"
    name = pair.key.partition(" ")[2] or "decision"
    return in_words(order.time_ns), name, _words(pair.recorded), _words(pair.replayed), worse


def _words(order: OrderRecord | None) -> str:
    if order is None:
        return "-"
    price = order.price if order.price is not None else order.trigger
    at = "" if price is None else f" at {price.normalize():f}"
    return f"{order.side} {order.quantity:f}{at} {order.status.lower()}"


def _trips_table(pairs: list[TripPair]) -> Table:
    table = Table(title="Trades", box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("opened by", "trade"):
        table.add_column(heading, overflow="fold")
    for heading in ("entry, bps", "exit, bps", "P&L recorded", "P&L replayed", "apart"):
        table.add_column(heading, justify="right")
    for pair in pairs:
        trip = pair.recorded or pair.replayed
        assert trip is not None  # noqa: S101 (a pair has one of them)
        table.add_row(
            trip.key,
            f"{trip.side} {trip.quantity:f} {trip.instrument}",
            _signed(pair.entry_worse_bps),
            _signed(pair.exit_worse_bps),
            _earned(pair.recorded),
            _earned(pair.replayed),
            "-" if pair.pnl_apart is None else f"{pair.pnl_apart:+.2f}",
        )
    return table


def _earned(trip: Trip | None) -> str:
    return "-" if trip is None else f"{trip.pnl:+.2f}"


def _signed(number: Decimal | None) -> str:
    return "-" if number is None else f"{number:+}"
