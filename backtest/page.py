"""The page of a backtest: one HTML file that needs nothing else; the same run is the same bytes."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from html import escape
from string import Template
from typing import Final

from plotly.offline import get_plotlyjs

from backtest.charts import Pane, as_html, costs_figure, equity_figure, price_figure
from backtest.measures import CurveMeasures
from backtest.result import InstrumentUsed, Result
from backtest.times import in_words

TRADES_MAX: Final = 500
"""So many round trips are listed, the latest; all of them are in the JSON document."""

PAGE: Final = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root { color-scheme: light; }
body { font: 14px/1.5 system-ui, sans-serif; color: #1e293b; background: #f1f4f8; margin: 0; }
main { max-width: 1240px; margin: 0 auto; padding: 24px 20px 60px; }
h1 { font-size: 22px; margin: 0 0 2px; }
h2 { font-size: 16px; margin: 0 0 8px; }
.sub { color: #64748b; margin: 0 0 18px; }
section { background: #fff; border: 1px solid #e2e8f0; border-radius: 8px; padding: 16px 18px;
  margin-bottom: 16px; overflow-x: auto; min-width: 0; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(340px, 1fr)); gap: 16px; }
.maps { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); column-gap: 16px; }
@media (max-width: 800px) { .maps { grid-template-columns: minmax(0, 1fr); } }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 3px 10px 3px 0; text-align: right; border-bottom: 1px solid #eef2f6;
  white-space: nowrap; }
th { color: #64748b; font-weight: 500; }
th:first-child, td:first-child { text-align: left; }
td.text { text-align: left; white-space: normal; overflow-wrap: anywhere; }
@media (max-width: 600px) { th, td { white-space: normal; } }
.up { color: #15803d; }
.down { color: #b91c1c; }
.note { color: #92400e; background: #fffbeb; border-color: #fde68a; }
.note p { margin: 0; }
</style>
<script>$plotly</script>
</head>
<body>
<main>
$body
</main>
<script>
// Drawn while the page was still being laid out, a figure may have the width of another layout.
addEventListener("load", () =>
  document.querySelectorAll(".plotly-graph-div").forEach((figure) => Plotly.Plots.resize(figure)));
</script>
</body>
</html>
""")


def make_page(result: Result, panes: Sequence[Pane], title: str) -> str:
    """Return the page of a result, with a chart for each pane."""
    first, last = in_words(result.equity[0][0]), in_words(result.equity[-1][0])
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="sub">{first} to {last} UTC, all money in {escape(result.currency)}</p>',
        _notes(result),
        f'<div class="columns">{_curves(result)}{_account(result)}</div>',
        section("Equity and drawdown", as_html(equity_figure(result), "equity")),
    ]
    for number, pane in enumerate(panes):
        html = as_html(price_figure(pane, result), f"price-{number}")
        body.append(section(pane.title, html))
    body.append(f'<div class="columns">{_months(result)}{_costs(result)}</div>')
    body += [_trades(result), _terms(result)]
    return PAGE.substitute(
        title=escape(title), plotly=get_plotlyjs(), body="\n".join(part for part in body if part)
    )


def section(title: str, html: str) -> str:
    """Return a part of a page under a heading."""
    return f"<section><h2>{escape(title)}</h2>{html}</section>"


def _notes(result: Result) -> str:
    notes = [*result.notes]
    notes += [f"{name} stopped to trade: {why}" for name, why in result.degraded.items()]
    notes += [f"Refused {times} times: {why}" for why, times in result.refusals.items()]
    lines = "".join(f"<p>{escape(note)}</p>" for note in notes)
    return f'<section class="note">{lines}</section>' if lines else ""


def _curves(result: Result) -> str:
    both = (result.curve, result.hold)
    rows = [
        row("equity at the start", [_money(result.balance)] * 2),
        row("equity at the end", [_money(one.equity) for one in both]),
        row("return", [_signed(one.return_percent, " %") for one in both]),
        row("deepest drawdown", [f"{one.drawdown_percent} %" for one in both]),
        row("from its high", [in_words(one.drawdown_from_ns) for one in both]),
        row("to its low", [in_words(one.drawdown_to_ns) for one in both]),
        row("Sharpe ratio, daily", [_sharpe(one) for one in both]),
    ]
    return section("Result", table(("", "strategies", "buy and hold"), rows))


def _account(result: Result) -> str:
    trade = result.trade
    won = f"{trade.wins} ({100 * trade.wins / trade.count:.0f} %)" if trade.count else "-"
    held = ", ".join(f"{size:f} {escape(name)}" for name, size in result.open_positions.items())
    rows = [
        row("round trips", [str(trade.count)]),
        row("won", [won]),
        row("profit factor", [_number(trade.profit_factor)]),
        row("average", [_signed(trade.average)]),
        row("best and worst", [f"{_signed(trade.best)} / {_signed(trade.worst)}"]),
        row("time in a position", [f"{trade.held_percent} %"]),
        row("fees", [_money(result.fees)]),
        row("funding", [_signed(result.funding)]),
        row("still held", [f"{held} ({_signed(result.unrealized)})" if held else "nothing"]),
    ]
    return section("Trading", table((), rows))


def _months(result: Result) -> str:
    rows = [
        row(one.month, [_signed(one.percent, " %"), _signed(one.hold_percent, " %")])
        for one in result.months
    ]
    return section("Months", table(("month", "strategies", "buy and hold"), rows))


def _costs(result: Result) -> str:
    return section("Fees and funding", as_html(costs_figure(result), "costs"))


def _trades(result: Result) -> str:
    if not result.trades:
        return ""
    shown = result.trades[-TRADES_MAX:]
    heads = ("opened", "closed", "strategy", "side", "size", "entry", "exit", "fees", "P&L", "by")
    rows = [
        row(
            in_words(trade.opened_ns),
            [
                in_words(trade.closed_ns),
                escape(trade.strategy),
                trade.side,
                f"{trade.quantity:f}",
                f"{trade.entry_price:f}",
                f"{trade.exit_price:f}",
                f"{trade.fees:.4f}",
                _signed(trade.pnl),
                escape(_cause(trade.exit)),
            ],
        )
        for trade in reversed(shown)
    ]
    title = "Round trips"
    if len(shown) < len(result.trades):
        title += f", the latest {TRADES_MAX} of {len(result.trades)}"
    return section(title, table(heads, rows))


def _terms(result: Result) -> str:
    rows = [row(escape(one.name), [_terms_of(one)], "text") for one in result.instruments]
    rows += [
        row(escape(one.name), [f"{one.count} bars, SHA-256 {one.sha256}"], "text")
        for one in result.series
    ]
    for strategy in result.profile["strategies"]:
        parameters = ", ".join(_parameters(strategy["parameters"]))
        rows.append(row(escape(strategy["id"]), [escape(parameters)], "text"))
    return section("What it was run on", table((), rows))


def _terms_of(one: InstrumentUsed) -> str:
    fees = f"maker {one.maker_fee:f}, taker {one.taker_fee:f}"
    margin = f"leverage {one.leverage:f}, initial margin {one.margin_init:f}"
    return f"{fees}, {margin}, {one.funding_rates} funding rates"


def _parameters(table: Mapping[str, object], prefix: str = "") -> list[str]:
    found = []
    for key, value in table.items():
        if isinstance(value, Mapping):
            found += _parameters(value, f"{prefix}{key}.")
        else:
            found.append(f"{prefix}{key} = {value}")
    return found


def table(heads: Sequence[str], rows: Iterable[str]) -> str:
    """Return a table of rows that are HTML already; without heads it has none."""
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    return f"<table>{f'<tr>{head}</tr>' if head else ''}{''.join(rows)}</table>"


def row(label: str, cells: Iterable[str], kind: str = "") -> str:
    """Return a row of a table; label and cells are HTML already."""
    opened = f'<td class="{kind}">' if kind else "<td>"
    return f"<tr><td>{label}</td>{''.join(f'{opened}{cell}</td>' for cell in cells)}</tr>"


def _cause(tag: str) -> str:
    # The tag of a decision is its key, strategy:time: only that it was one is of interest here.
    return "signal" if ":" in tag else tag.lower().replace("_", " ")


def _money(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def _number(number: Decimal | None) -> str:
    return "-" if number is None else str(number)


def _sharpe(measures: CurveMeasures) -> str:
    return _number(measures.sharpe)


def _signed(amount: Decimal | None, unit: str = "") -> str:
    if amount is None:
        return "-"
    kind = "up" if amount > 0 else "down" if amount < 0 else ""
    return f'<span class="{kind}">{amount:+,.2f}{unit}</span>'
