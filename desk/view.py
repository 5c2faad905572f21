"""What a person sees in the terminal while a run goes on, and the table at its end."""

from collections.abc import Sequence
from decimal import Decimal

from nautilus_trader.core.datetime import unix_nanos_to_dt
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from desk.journal import Line, Trade

STYLES = {
    "price": "dim",
    "signal": "cyan",
    "order": "blue",
    "fill": "magenta",
    "trade": "bold",
    "equity": "green",
    "refusal": "bold red",
    "warning": "bold yellow",
    "listens": "green",
}


class View:
    """Print journal lines as they come, each with its time and kind."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def show(self, line: Line) -> None:
        """Print one line."""
        style = STYLES[line.kind]
        time = unix_nanos_to_dt(line.ts).strftime("%H:%M:%S")
        self._console.print(Text.assemble((time, "dim"), " ", (f"{line.kind:8}", style), line.text))


def trades_table(trades: Sequence[Trade]) -> Table:
    """Return the round trips as a table with a row of totals per currency."""
    table = Table(title="Trades", box=SIMPLE_HEAD, pad_edge=False, padding=(0, 0))
    for heading in ("strategy", "instrument", "side"):
        table.add_column(heading)
    for heading in ("quantity", "entry", "exit", "fees", "P&L"):
        table.add_column(heading, justify="right")
    for trade in trades:
        table.add_row(
            trade.strategy,
            trade.instrument,
            trade.side,
            f"{trade.quantity.normalize():f}",
            f"{trade.entry_price:g}",
            f"{trade.exit_price:g}",
            f"{trade.fees:.4f}",
            _signed(trade.pnl),
        )
    table.add_section()
    for currency in sorted({trade.currency for trade in trades}):
        mine = [trade for trade in trades if trade.currency == currency]
        fees, pnl = sum(t.fees for t in mine), sum((t.pnl for t in mine), Decimal(0))
        table.add_row(f"total {currency}", "", "", "", "", "", f"{fees:.4f}", _signed(pnl))
    return table


def _signed(amount: Decimal) -> Text:
    return Text(f"{amount:+.4f}", style="green" if amount >= 0 else "red")
