"""The page of a sweep: a map of two settings, and a table of all runs; one file, nothing else."""

from collections.abc import Sequence
from decimal import Decimal
from html import escape
from typing import Final

from plotly import graph_objects as go
from plotly.offline import get_plotlyjs

from backtest.charts import as_html, styled
from backtest.page import PAGE, row, section, table
from backtest.sweep import Sweep, SweepRun

MEASURES: Final = ("return_percent", "drawdown_percent", "sharpe", "profit_factor")
LISTED_MAX: Final = 500
"""So many runs are listed, the best; all of them are in the JSON document."""


def make_map_page(sweep: Sweep, title: str, subtitle: str) -> str:
    """Return the page of a sweep."""
    maps = [
        section(_label(measure), as_html(map_figure(sweep, measure), f"map-{measure}"))
        for measure in MEASURES
    ]
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="sub">{escape(subtitle)}</p>',
        f'<div class="maps">{"".join(maps)}</div>',
        _runs(sweep),
    ]
    return PAGE.substitute(title=escape(title), plotly=get_plotlyjs(), body="\n".join(body))


def map_figure(sweep: Sweep, measure: str) -> go.Figure:
    """
    Return a map of a measure over the first two axes.

    With more than two, a field shows the mean over the others; with one it is a single row.
    """
    across = sweep.axes[0]
    down = sweep.axes[1] if len(sweep.axes) > 1 else None
    rows = down.values if down else ("",)
    fields = [
        [_mean(sweep.runs, measure, (x, y) if down else (x,)) for x in across.values] for y in rows
    ]
    figure = go.Figure(
        go.Heatmap(
            x=list(across.values),
            y=list(rows),
            z=fields,
            text=[["" if z is None else f"{z:.2f}" for z in line] for line in fields],
            texttemplate="%{text}",
            colorscale="RdYlGn_r" if measure == "drawdown_percent" else "RdYlGn",
            zmid=None if measure == "drawdown_percent" else 1 if measure == "profit_factor" else 0,
            hovertemplate="%{x} / %{y}: %{z}<extra></extra>",
        )
    )
    figure.update_xaxes(title_text=across.name, type="category")
    figure.update_yaxes(title_text=down.name if down else "", type="category")
    return styled(figure, height=380)


def _mean(runs: Sequence[SweepRun], measure: str, fixed: tuple[str, ...]) -> float | None:
    found = [
        getattr(run, measure)
        for run in runs
        if run.settings[: len(fixed)] == fixed and getattr(run, measure) is not None
    ]
    return float(sum(found, Decimal(0)) / len(found)) if found else None


def _runs(sweep: Sweep) -> str:
    heads = [axis.name for axis in sweep.axes]
    heads += ["return %", "drawdown %", "Sharpe", "profit factor", "trades", "fees", "funding", ""]
    best = sorted(sweep.runs, key=_rank, reverse=True)[:LISTED_MAX]
    rows = []
    for run in best:
        remark = run.refusal or ("liquidated" if run.is_liquidated else "")
        measures = [_cell(getattr(run, measure)) for measure in MEASURES]
        money = [_cell(run.fees), _cell(run.funding)]
        cells = [*map(escape, run.settings[1:]), *measures, str(run.trades), *money]
        rows.append(row(escape(run.settings[0]), [*cells, escape(remark)]))
    return section(f"{len(sweep.runs)} runs", table(heads, rows))


def _rank(run: SweepRun) -> Decimal:
    return Decimal("-Infinity") if run.return_percent is None else run.return_percent


def _cell(number: Decimal | None) -> str:
    return "-" if number is None else f"{number:,.2f}"


def _label(measure: str) -> str:
    return measure.replace("_percent", ", %").replace("_", " ").capitalize()
