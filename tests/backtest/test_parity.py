"""`perpdesk parity`: against values of another code than ours, in TradingView's formats."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from backtest.candles import Candle
from tests.backtest.made import HOUR_NS, Perpdesk, csv_of, given, wave

PERIOD = 14


def pine_rsi(closes: Sequence[float], period: int) -> list[float | None]:
    """Return ta.rsi by the words of Pine's manual: ta.rma of gains over ta.rma of losses."""
    changes = [b - a for a, b in pairwise(closes)]

    def rma(values: Sequence[float]) -> list[float]:
        found = [sum(values[:period]) / period]
        for value in values[period:]:
            found.append(value / period + (1 - 1 / period) * found[-1])
        return found

    ups, downs = rma([max(c, 0) for c in changes]), rma([max(-c, 0) for c in changes])
    index = [
        100 - 100 / (1 + up / down) if down else 100 for up, down in zip(ups, downs, strict=True)
    ]
    return [None] * period + list(index)


def export_of(candles: list[Candle], index: Sequence[float | None], name: str = "RSI") -> str:
    lines = csv_of(candles).splitlines()
    cells = ["NaN" if value is None else repr(value) for value in index]
    rows = [f"{line},{cell}" for line, cell in zip(lines[1:], cells, strict=True)]
    return "\n".join([f'{lines[0]},"{name}"', *rows]) + "\n"


def chart(count: int = 400) -> tuple[list[Candle], list[float | None]]:
    candles = wave(count)
    return candles, pine_rsi([float(c.close) for c in candles], PERIOD)


def test_the_index_of_an_export_is_ours(perpdesk: Perpdesk, tmp_path: Path) -> None:
    candles, index = chart()
    file = tmp_path / "chart.csv"
    file.write_text(export_of(candles, index))

    result = perpdesk("parity", "rsi", "--export", file, "--json")

    parity = json.loads(result.output)
    assert result.code == 0
    assert parity["compared"] == 400 - PERIOD
    assert parity["largest"] < 1e-9
    assert parity["crossings"] > 10
    assert (parity["differences"], parity["unmatched"], parity["crossings_apart"]) == ([], [], 0)


def test_another_period_is_another_index(perpdesk: Perpdesk, tmp_path: Path) -> None:
    candles, index = chart()
    file = tmp_path / "chart.csv"
    file.write_text(export_of(candles, index))

    result = perpdesk("parity", "rsi", "--export", file, "--period", "13")

    assert result.code == 1
    assert "2026-01-01 14:00: ours" in result.output
    assert "more differences" in result.output


def test_one_wrong_value_is_named(perpdesk: Perpdesk, tmp_path: Path) -> None:
    candles, index = chart()
    wrong = [*index]
    wrong[100] = (wrong[100] or 0.0) + 0.001
    wrong[200] = None
    file = tmp_path / "chart.csv"
    file.write_text(export_of(candles, wrong))

    result = perpdesk("parity", "rsi", "--export", file, "--json")

    parity = json.loads(result.output)
    assert result.code == 1
    assert [one["time_ns"] for one in parity["differences"]] == [candles[100].open_ns]
    assert parity["unmatched"] == [candles[200].open_ns]


def test_an_export_that_begins_in_the_middle_is_judged_where_the_seed_has_faded(
    perpdesk: Perpdesk, tmp_path: Path
) -> None:
    candles, index = chart(700)
    file = tmp_path / "chart.csv"
    file.write_text(export_of(candles[100:], index[100:]))

    result = perpdesk("parity", "rsi", "--export", file, "--json")

    parity = json.loads(result.output)
    assert result.code == 0
    assert (parity["skipped"], parity["compared"]) == (250, 350)


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("MFI", (), "Expected one column with 'rsi' in its name"),
        ("RSI", ("--column", "ta.rsi"), "Expected a column 'ta.rsi', found 'time'"),
    ],
)
def test_a_missing_column_is_named(
    perpdesk: Perpdesk, tmp_path: Path, name: str, options: tuple[str, ...], words: str
) -> None:
    file = tmp_path / "chart.csv"
    file.write_text(export_of(*chart(30), name=name))

    result = perpdesk("parity", "rsi", "--export", file, *options)

    assert result.code == 2
    assert words in result.errors


def test_the_real_column_of_tradingview(perpdesk: Perpdesk, shared_data: Path) -> None:
    export = shared_data / "tradingview/rsi14_EURUSD_30m.csv"

    result = perpdesk("parity", "rsi", "--export", export, "--tolerance", "0", "--json")

    assert result.code == 0
    assert json.loads(result.output)["compared"] == 186


def script_entries(candles: list[Candle], index: Sequence[float | None]) -> list[tuple[int, str]]:
    """Return the bars at which TradingView's built-in RSI strategy enters, and the sides."""
    entries, side = [], ""
    for number in range(1, len(candles) - 1):
        before, now = index[number - 1], index[number]
        if before is None or now is None:
            continue
        wanted = "long" if before <= 30 < now else "short" if before >= 70 > now else ""
        if wanted and wanted != side:
            side = wanted
            entries.append((number + 1, side))  # a market order fills with the next bar
    return entries


def trades_of(
    candles: list[Candle], entries: Sequence[tuple[int, str]], zone: str, *, is_new: bool
) -> str:
    """Return a list of trades as TradingView exports it: newest first, the exit above the entry."""
    time, price = ("Date and time", "Price USDT") if is_new else ("Date/Time", "Price USD")
    head = f"Trade #,Type,{time},Signal,{price},Position size (qty)"
    rows = []
    for number, (bar, side) in enumerate(entries, start=1):
        last = number == len(entries)
        exit_bar = len(candles) - 1 if last else entries[number][0]
        rows.append(row(number, "Entry", side, candles[bar], zone))
        rows.append(row(number, "Exit", side, candles[exit_bar], zone))
    return "\ufeff" + "\n".join([head, *reversed(rows)]) + "\n"


def row(number: int, kind: str, side: str, candle: Candle, zone: str) -> str:
    moment = datetime.fromtimestamp(candle.open_ns // 10**9, UTC).astimezone(ZoneInfo(zone))
    return f"{number},{kind} {side},{moment:%Y-%m-%d %H:%M},Rsi,{candle.open},1"


LOOSE = ("--set", "rsi_btc.stop.percent=99", "--set", "rsi_btc.sizing.percent=10")


@pytest.mark.parametrize(("zone", "is_new"), [("UTC", True), ("Asia/Singapore", False)])
def test_the_strategy_enters_where_the_script_does(
    perpdesk: Perpdesk, tmp_path: Path, zone: str, is_new: bool
) -> None:
    profile, _ = given(tmp_path, perpdesk, count=30)
    candles, index = chart(600)
    entries = script_entries(candles, index)
    chart_file, trades = tmp_path / "chart.csv", tmp_path / "trades.csv"
    chart_file.write_text(csv_of(candles))
    trades.write_text(trades_of(candles, entries, zone, is_new=is_new), encoding="utf-8")
    files = ("--candles", chart_file, "--trades", trades, "--timezone", zone)

    result = perpdesk("parity", "tradingview", profile, *files, *LOOSE, "--json")

    assert result.code == 0, result.output + result.errors
    parity = json.loads(result.output)
    assert parity["matched"] == len(entries) > 10
    assert parity["price_apart"] == "0"  # these bars open where the one before has closed


def test_orders_on_close_have_the_time_of_the_bar_that_decided(
    perpdesk: Perpdesk, tmp_path: Path
) -> None:
    profile, _ = given(tmp_path, perpdesk, count=30)
    candles, index = chart(300)
    entries = [(bar - 1, side) for bar, side in script_entries(candles, index)]
    chart_file, trades = tmp_path / "chart.csv", tmp_path / "trades.csv"
    chart_file.write_text(csv_of(candles))
    trades.write_text(trades_of(candles, entries, "UTC", is_new=True), encoding="utf-8")
    files = ("--candles", chart_file, "--trades", trades, "--timezone", "UTC")

    on_close = perpdesk("parity", "tradingview", profile, *files, *LOOSE, "--on-close")
    without = perpdesk("parity", "tradingview", profile, *files, *LOOSE)

    assert on_close.code == 0
    assert without.code == 1


def test_what_only_one_of_them_has_is_named(perpdesk: Perpdesk, tmp_path: Path) -> None:
    profile, _ = given(tmp_path, perpdesk, count=30)
    candles, index = chart(600)
    entries = script_entries(candles, index)
    missing, moved = entries[3], entries[5]
    listed = [e for e in entries if e not in {missing, moved}] + [(moved[0] + 1, moved[1])]
    chart_file, trades = tmp_path / "chart.csv", tmp_path / "trades.csv"
    chart_file.write_text(csv_of(candles))
    trades.write_text(trades_of(candles, sorted(listed), "UTC", is_new=True), encoding="utf-8")
    files = ("--candles", chart_file, "--trades", trades, "--timezone", "UTC")

    result = perpdesk("parity", "tradingview", profile, *files, *LOOSE, "--json")

    parity = json.loads(result.output)
    assert result.code == 1
    assert parity["matched"] == len(entries) - 2
    ours = [(one["time_ns"], one["side"]) for one in parity["only_ours"]]
    assert ours == [(candles[bar].open_ns, side) for bar, side in (missing, moved)]
    theirs = [(one["time_ns"], one["side"]) for one in parity["only_theirs"]]
    assert theirs == [(candles[moved[0]].open_ns + HOUR_NS, moved[1])]


def test_a_list_without_a_time_zone_is_refused(perpdesk: Perpdesk, tmp_path: Path) -> None:
    profile, _ = given(tmp_path, perpdesk, count=30)
    candles, index = chart(100)
    chart_file, trades = tmp_path / "chart.csv", tmp_path / "trades.csv"
    chart_file.write_text(csv_of(candles))
    trades.write_text(
        trades_of(candles, script_entries(candles, index), "UTC", is_new=True), encoding="utf-8"
    )

    result = perpdesk("parity", "tradingview", profile, "--candles", chart_file, "--trades", trades)

    assert result.code == 2
    assert "Expected a time zone (--timezone says one)" in result.errors
