"""What the control commands print: pictures of a run as tables; it asks nobody."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

from monitor.picture import (
    DeskPicture,
    OrderPicture,
    PositionPicture,
    State,
    StrategyPicture,
    TradePicture,
)

_NS = 1_000_000_000
_STYLES = {
    State.RUNNING: "green",
    State.PAUSED: "yellow",
    State.STOPPED: "yellow",
    State.DEGRADED: "bold red",
    State.FAULTED: "bold red",
    State.READY: "dim",
}


def status_view(picture: DeskPicture) -> Group:
    """Return the whole desk: what runs, the venues, the equity, and a row for each strategy."""
    troubles = [
        Text.assemble((f"{each.id}: ", "bold"), words)
        for each in picture.strategies
        if (words := each.last_error or each.last_refusal)
    ]
    table = _strategies(picture.strategies)
    return Group(_heading(picture), *_accounts(picture), table, *troubles)


def positions_table(positions: Sequence[PositionPicture]) -> Table:
    """Return open positions as a table."""
    table = _table("Positions", "strategy", "instrument", "side")
    _add_columns(table, "quantity", "entry", "price", "stop", "unrealized", "realized")
    for each in positions:
        table.add_row(
            each.strategy,
            _symbol(each.instrument),
            each.side,
            _number(each.quantity),
            _number(each.entry_price),
            _number(each.price),
            Text("none", style="bold red") if each.stop is None else _number(each.stop),
            _signed(each.unrealized_pnl, each.currency),
            _signed(each.realized_pnl, each.currency),
        )
    return table


def orders_table(orders: Sequence[OrderPicture]) -> Table:
    """Return working orders as a table."""
    table = _table("Orders", "strategy", "instrument", "side", "type")
    _add_columns(table, "quantity", "filled", "price", "trigger")
    for heading in ("status", "id"):
        table.add_column(heading, no_wrap=True)
    for each in orders:
        kind = each.type.replace("_", " ") + (" (reduces)" if each.is_reduce_only else "")
        table.add_row(
            each.strategy,
            _symbol(each.instrument),
            each.side,
            kind,
            _number(each.quantity),
            _number(each.filled),
            _number(each.price),
            _number(each.trigger_price),
            each.status,
            each.id,
        )
    return table


def trades_table(trades: Sequence[TradePicture]) -> Table:
    """Return round trips as a table."""
    table = _table("Trades", "closed", "strategy", "instrument", "side")
    _add_columns(table, "quantity", "entry", "exit", "fees", "P&L")
    for each in trades:
        table.add_row(
            each.closed[:19].replace("T", " "),
            each.strategy,
            _symbol(each.instrument),
            each.side,
            _number(each.quantity),
            _number(each.entry_price),
            _number(each.exit_price),
            f"{each.fees:.4f}",
            _signed(each.pnl, each.currency),
        )
    return table


def _heading(picture: DeskPicture) -> Text:
    taken = datetime.fromtimestamp(picture.taken / _NS, UTC).strftime("%H:%M:%S")
    text = Text.assemble((taken, "dim"), f"  {picture.trader_id}  {picture.profile}  ")
    if picture.halted is not None:
        return text.append(f"HALTED: {picture.halted}", style="bold red")
    words, style = ("trading", "green") if picture.is_trading else ("not trading", "bold yellow")
    return text.append(words, style=style)


def _accounts(picture: DeskPicture) -> list[Text]:
    lines = []
    for venue in picture.venues:
        lost = [
            name
            for name, is_connected in (
                ("data", venue.is_data_connected),
                ("orders", venue.is_execution_connected),
            )
            if is_connected is False
        ]
        text = Text(f"{venue.name} ({venue.network}, {venue.execution})  ")
        if lost:
            text.append(f"not connected: {', '.join(lost)}  ", style="bold red")
        for account in picture.equity:
            if account.venue == venue.name:
                text.append(f"{account.now:,.2f} {account.currency} ")
                text.append(_signed(account.now - account.start, ""))
        lines.append(text)
    return lines


def _strategies(strategies: Sequence[StrategyPicture]) -> Table:
    table = _table("", "strategy", "state", "mode", "instrument")
    _add_columns(table, "position", "unrealized", "realized", "fills", "refused", "indicator")
    for each in strategies:
        table.add_row(
            each.id,
            Text(each.state.value, style=_STYLES[each.state]),
            each.mode,
            ", ".join(map(_symbol, each.instruments)),
            _number(each.position),
            _amounts(each.unrealized_pnl),
            _amounts(each.realized_pnl),
            str(each.fills),
            str(each.refusals),
            _indicator(each),
        )
    return table


def _indicator(strategy: StrategyPicture) -> str:
    if not strategy.is_warm:
        return f"{strategy.bars_seen} bars so far"
    return "" if strategy.indicator is None else f"{strategy.indicator:.1f}"


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title or None, box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in headings:
        table.add_column(heading, no_wrap=True)
    return table


def _add_columns(table: Table, *headings: str) -> None:
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)


def _symbol(instrument: str) -> str:
    """Return an instrument id without its venue."""
    return instrument.rpartition(".")[0] or instrument


def _number(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"


def _amounts(amounts: Mapping[str, Decimal]) -> Text:
    return Text("\n").join(_signed(amount, currency) for currency, amount in amounts.items())


def _signed(amount: Decimal | None, currency: str) -> Text:
    if amount is None:
        return Text("")
    return Text(f"{amount:+,.2f} {currency}".strip(), style="green" if amount >= 0 else "red")
