"""The page: it holds all it needs, and says what the document says."""

import re
from decimal import Decimal
from pathlib import Path

import msgspec

from backtest.charts import CANDLES_MAX, Pane, price_figure, rsi_of
from backtest.result import Result
from tests.backtest.made import Perpdesk, given
from tests.backtest.test_engine import bars, ran


def written(perpdesk: Perpdesk, folder: Path) -> tuple[str, Result]:
    profile, data = given(folder, perpdesk, count=400)
    assert perpdesk("backtest", profile, "--data", data, "--out", folder / "out").code == 0
    document = (folder / "out" / "result.json").read_bytes()
    return (folder / "out" / "report.html").read_text(), msgspec.json.decode(document, type=Result)


def test_the_page_needs_no_other_file(perpdesk: Perpdesk, tmp_path: Path) -> None:
    page, _ = written(perpdesk, tmp_path)

    own = re.sub(r"<script>/\*\*.*?</script>", "", page, count=1, flags=re.DOTALL)  # plotly.js
    assert len(page) - len(own) > 3_000_000
    assert not re.search(r"""(?:src|href)\s*=\s*["']""", own)
    assert "http" not in own


def test_the_page_says_what_the_document_says(perpdesk: Perpdesk, tmp_path: Path) -> None:
    page, result = written(perpdesk, tmp_path)

    text = re.sub(r"<[^>]+>", " ", re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL))
    words = " ".join(text.split())
    assert f"equity at the end {result.curve.equity:,.2f} {result.hold.equity:,.2f}" in words
    assert f"round trips {len(result.trades)}" in words
    assert f"fees {result.fees:,.2f}" in words
    assert f"funding {result.funding:+,.2f}" in words
    for month in result.months:
        assert f"{month.month} {month.percent:+,.2f} % {month.hold_percent:+,.2f} %" in words
    assert result.series[0].sha256 in words
    assert page.count('class="plotly-graph-div"') == 3


def test_each_trade_is_drawn_between_its_entry_and_its_exit() -> None:
    history = bars("100.0", "110.0", "100.0", "100.0")
    outcome = ran(history, {0: "1", 1: "-2", 2: "1"})
    pane = Pane(title="t", strategy="ScriptStrategy", bars=history, index=[], levels=())

    figure = price_figure(pane, outcome)

    drawn = {trace.name: list(trace.y) for trace in figure.data if trace.type == "scatter"}
    assert drawn["a trade that won"] == [100.0, 110.0, None, 110.0, 100.0, None]
    assert drawn["buy"] == [100.0, 100.0]
    assert drawn["sell"] == [110.0]


def test_many_candles_become_a_line() -> None:
    few = bars(*["100.0"] * 10)
    many = bars(*["100.0"] * (CANDLES_MAX + 1))

    kinds = [
        price_figure(
            Pane(title="t", strategy="s", bars=history, index=rsi_of(history, 5), levels=(30,)),
            ran(few, {}),
        )
        .data[0]
        .type
        for history in (few, many)
    ]

    assert kinds == ["candlestick", "scatter"]


def test_the_index_is_drawn_at_its_bars() -> None:
    history = bars("100.0", "101.0", "100.0", "102.0", "101.0")

    index = rsi_of(history, 2)

    assert index[:2] == [None, None]
    assert Decimal(str(index[2])) == 50
