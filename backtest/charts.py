"""The figures of a backtest's page: records become plotly figures, nothing is computed twice."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import msgspec
from nautilus_trader.model.data import Bar
from plotly import graph_objects as go
from plotly.subplots import make_subplots

from backtest.measures import Curve, drawdowns
from backtest.result import Result
from backtest.times import SECOND_NS
from strategies.rsi import Rsi

BLUE: Final = "#2563eb"
GRAY: Final = "#8a94a6"
GREEN: Final = "#15a34a"
RED: Final = "#dc2626"
VIOLET: Final = "#7c3aed"

CANDLES_MAX: Final = 6_000
"""A browser draws so many candles smoothly; more are shown as a line of closes."""


class Pane(msgspec.Struct, frozen=True, kw_only=True):
    """
    Bars that a strategy decided on, and its index.

    Attributes
    ----------
    title : str
        The strategy's id and its bars.
    strategy : str
        Whose trades are drawn.
    bars : sequence of Bar
        Of the run.
    index : sequence of float or None
        RSI at each bar, None before its seed; empty for a strategy without one.
    levels : tuple of float
        Where it is read; none for a strategy without one.

    """

    title: str
    strategy: str
    bars: Sequence[Bar]
    index: Sequence[float | None]
    levels: tuple[float, ...]


def rsi_of(bars: Sequence[Bar], period: int) -> list[float | None]:
    """Return the index at each bar, as the strategy reads it."""
    rsi = Rsi(period)
    return [rsi.update(float(bar.close)) for bar in bars]


def equity_figure(result: Result) -> go.Figure:
    """Return equity beside buy and hold, and the drawdown of both below."""
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.7, 0.3], vertical_spacing=0.04
    )
    for name, curve, color in (
        ("buy and hold", result.hold_equity, GRAY),
        ("strategies", result.equity, BLUE),
    ):
        times = _times(curve)
        worths = [float(worth) for _, worth in curve]
        depths = [float(depth) for depth in drawdowns(curve)]
        line = {"color": color, "width": 1.6}
        figure.add_scatter(x=times, y=worths, name=name, line=line, row=1, col=1)
        figure.add_scatter(
            x=times,
            y=depths,
            name=f"drawdown, {name}",
            line=line,
            fill="tozeroy" if color == BLUE else None,
            showlegend=False,
            row=2,
            col=1,
        )
    figure.update_yaxes(title_text=result.currency, row=1, col=1)
    figure.update_yaxes(title_text="drawdown, %", row=2, col=1)
    return styled(figure, height=520)


def price_figure(pane: Pane, result: Result) -> go.Figure:
    """Return the price with each trade on it, and the index in a pane of its own."""
    has_index = bool(pane.index)
    figure = make_subplots(
        rows=2 if has_index else 1,
        cols=1,
        shared_xaxes=True,
        row_heights=[0.72, 0.28] if has_index else [1.0],
        vertical_spacing=0.04,
    )
    _add_prices(figure, pane.bars)
    _add_trades(figure, pane, result)
    if has_index:
        times = _times([(bar.ts_event, Decimal(0)) for bar in pane.bars])
        line = {"color": VIOLET, "width": 1.2}
        figure.add_scatter(x=times, y=list(pane.index), name="RSI", line=line, row=2, col=1)
        for level in pane.levels:
            figure.add_hline(y=level, line={"color": GRAY, "dash": "dot", "width": 1}, row=2, col=1)
        figure.update_yaxes(title_text="RSI", range=[0, 100], row=2, col=1)
    figure.update_layout(xaxis_rangeslider_visible=False)
    # Else markers make the axis longer than the history.
    ends = [_time(pane.bars[0].ts_event), _time(pane.bars[-1].ts_event)]
    figure.update_xaxes(range=ends)
    return styled(figure, height=640)


def costs_figure(result: Result) -> go.Figure:
    """Return fees and funding as they added up."""
    figure = go.Figure()
    fees = _summed([(fill.time_ns, -fill.fee) for fill in result.fills])
    funding = _summed([(payment.time_ns, payment.amount) for payment in result.payments])
    for name, curve, color in (("fees", fees, RED), ("funding", funding, VIOLET)):
        if curve:
            figure.add_scatter(
                x=_times(curve),
                y=[float(amount) for _, amount in curve],
                name=name,
                line={"color": color, "width": 1.6, "shape": "hv"},
            )
    figure.update_yaxes(title_text=f"paid (-) or received, {result.currency}")
    return styled(figure, height=300)


def as_html(figure: go.Figure, name: str) -> str:
    """Return a figure as a part of a page that has plotly.js already; its id is its name."""
    html: str = figure.to_html(
        full_html=False,
        include_plotlyjs=False,
        div_id=name,
        config={"displaylogo": False, "responsive": True, "scrollZoom": True},
    )
    return html


def _add_prices(figure: go.Figure, bars: Sequence[Bar]) -> None:
    times = _times([(bar.ts_event, Decimal(0)) for bar in bars])
    if len(bars) > CANDLES_MAX:
        closes = [float(bar.close) for bar in bars]
        line = {"color": GRAY, "width": 1}
        figure.add_scatter(x=times, y=closes, name="close", line=line, row=1, col=1)
        return
    figure.add_candlestick(
        x=times,
        open=[float(bar.open) for bar in bars],
        high=[float(bar.high) for bar in bars],
        low=[float(bar.low) for bar in bars],
        close=[float(bar.close) for bar in bars],
        name="price",
        increasing={"line": {"color": "#7fb598", "width": 1}},
        decreasing={"line": {"color": "#d08a8a", "width": 1}},
        row=1,
        col=1,
    )


def _add_trades(figure: go.Figure, pane: Pane, result: Result) -> None:
    instrument = pane.bars[0].bar_type.instrument_id.value
    own = [t for t in result.trades if (t.strategy, t.instrument) == (pane.strategy, instrument)]
    for name, is_won, color in (("a trade that won", True, GREEN), ("one that lost", False, RED)):
        times: list[str | None] = []
        prices: list[float | None] = []
        for trade in own:
            if (trade.pnl > 0) == is_won:
                times += [_time(trade.opened_ns), _time(trade.closed_ns), None]
                prices += [float(trade.entry_price), float(trade.exit_price), None]
        if times:
            line = {"color": color, "width": 1.5, "dash": "dot"}
            figure.add_scatter(x=times, y=prices, name=name, mode="lines", line=line, row=1, col=1)
    for side, symbol, color in (("buy", "triangle-up", GREEN), ("sell", "triangle-down", RED)):
        fills = [
            f
            for f in result.fills
            if (f.strategy, f.instrument, f.side) == (pane.strategy, instrument, side)
        ]
        figure.add_scatter(
            x=[_time(fill.time_ns) for fill in fills],
            y=[float(fill.price) for fill in fills],
            text=[f"{side} {fill.quantity:f} at {fill.price:f}<br>{fill.tag}" for fill in fills],
            hoverinfo="text",
            name=side,
            mode="markers",
            marker={"symbol": symbol, "size": 9, "color": color, "line": {"width": 0.5}},
            row=1,
            col=1,
        )


def _summed(amounts: Sequence[tuple[int, Decimal]]) -> list[tuple[int, Decimal]]:
    total, summed = Decimal(0), []
    for time_ns, amount in amounts:
        total += amount
        summed.append((time_ns, total))
    return summed


def _times(curve: Curve) -> list[str]:
    return [_time(time_ns) for time_ns, _ in curve]


def _time(time_ns: int) -> str:
    return datetime.fromtimestamp(time_ns // SECOND_NS, UTC).strftime("%Y-%m-%d %H:%M:%S")


def styled(figure: go.Figure, **layout: Any) -> go.Figure:  # noqa: ANN401 (plotly's own names)
    """Return a figure in the look of all our pages."""
    figure.update_layout(
        template="plotly_white",
        margin={"l": 70, "r": 20, "t": 34, "b": 30},
        font={"family": "system-ui, sans-serif", "size": 12, "color": "#334155"},
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
        hovermode="x unified",
        **layout,
    )
    return figure
