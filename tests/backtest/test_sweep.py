"""`perpdesk sweep`: each field of the grid is the backtest that one would run by hand."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from backtest.errors import BacktestError
from backtest.heatmap import make_map_page, map_figure
from backtest.sweep import Axis, Sweep, SweepRun, grid, in_order, parse_axis
from tests.backtest.made import Perpdesk, given


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("rsi_btc.period=7, 14,21", ("7", "14", "21")),
        ("rsi_btc.oversold=20:40:10", ("20", "30", "40")),
        ("rsi_btc.stop.percent=0.5:2:0.5", ("0.5", "1.0", "1.5", "2.0")),
        ("rsi_btc.side=long,both", ("long", "both")),
    ],
)
def test_an_axis_is_a_list_or_a_range(text: str, values: tuple[str, ...]) -> None:
    assert parse_axis(text).values == values


@pytest.mark.parametrize(
    "text",
    ["period=1,2", "rsi.period=", "rsi.period", "rsi.period=1,1", "rsi.period=1:2", "rsi.p=3:1:1"],
)
def test_what_is_no_axis_is_refused(text: str) -> None:
    with pytest.raises(BacktestError):
        parse_axis(text)


def test_a_grid_has_every_combination_once() -> None:
    axes = [Axis("s.a", ("1", "2")), Axis("s.b", ("x", "y", "z"))]

    combinations = grid(axes)

    assert combinations == [(a, b) for a in "12" for b in "xyz"]
    runs = [SweepRun(settings=settings) for settings in reversed(combinations)]
    assert [run.settings for run in in_order(axes, runs)] == combinations
    with pytest.raises(BacktestError, match="each once"):
        grid([axes[0], axes[0]])
    with pytest.raises(BacktestError, match="at most 10000 runs"):
        grid([parse_axis(f"s.{name}=1:30:1") for name in "abc"])


def test_each_field_is_a_backtest_of_its_own(perpdesk: Perpdesk, tmp_path: Path) -> None:
    profile, data = given(tmp_path, perpdesk, count=300)
    axes = ("--grid", "rsi_btc.period=7,14", "--grid", "rsi_btc.oversold=25,80")
    where = ("--data", data, "--out", tmp_path / "out", "--json")

    result = perpdesk("sweep", profile, *axes, "--processes", "1", *where)

    assert result.code == 0, result.errors
    runs = {tuple(run["settings"]): run for run in json.loads(result.output)["runs"]}
    assert list(runs) == [("7", "25"), ("7", "80"), ("14", "25"), ("14", "80")]
    alone = perpdesk(
        *("backtest", profile, "--set", "rsi_btc.period=14", "--set", "rsi_btc.oversold=25"),
        *("--data", data, "--out", tmp_path / "alone", "--json"),
    )
    same = json.loads(alone.output)
    assert runs["14", "25"]["return_percent"] == same["curve"]["return_percent"]
    assert runs["14", "25"]["trades"] == same["trade"]["count"] > 0
    assert "0 < oversold < overbought < 100" in runs["7", "80"]["refusal"]
    assert (tmp_path / "out" / "sweep.json").is_file()
    assert "Sweep of mine" in (tmp_path / "out" / "sweep.html").read_text()


def test_processes_change_nothing(perpdesk: Perpdesk, tmp_path: Path) -> None:
    profile, data = given(tmp_path, perpdesk, count=120)
    axes = ("--grid", "rsi_btc.period=5,7", "--data", data)

    for count in ("1", "2"):
        perpdesk("sweep", profile, *axes, "--processes", count, "--out", tmp_path / count)

    for name in ("sweep.json", "sweep.html"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


@pytest.mark.parametrize(
    ("axes", "words"),
    [
        (["rsi_btc.period"], "Expected STRATEGY.PARAMETER=VALUE,VALUE"),
        (["macd.period=1,2"], "Expected the id of a strategy ('rsi_btc'), found 'macd'"),
    ],
)
def test_a_wrong_grid_is_refused_before_it_runs(
    perpdesk: Perpdesk, tmp_path: Path, axes: list[str], words: str
) -> None:
    profile, data = given(tmp_path, perpdesk, count=40)

    result = perpdesk("sweep", profile, "--grid", *axes, "--data", data)

    assert result.code == 2
    assert words in result.errors
    assert not (tmp_path / "runs").exists()


def test_the_map_has_a_field_for_each_pair_of_settings() -> None:
    axes = [Axis("s.a", ("1", "2")), Axis("s.b", ("x", "y")), Axis("s.c", ("k", "l"))]
    runs = [
        SweepRun(settings=settings, return_percent=Decimal(number))
        for number, settings in enumerate(grid(axes))
    ]
    runs[7] = SweepRun(settings=runs[7].settings, refusal="no")

    figure = map_figure(Sweep(axes=axes, runs=runs), "return_percent")

    # Over the third axis is the mean: of 0 and 1, of 4 and 5; of 2 and 3, of 6 alone.
    assert [list(line) for line in figure.data[0].z] == [[0.5, 4.5], [2.5, 6.0]]
    assert list(figure.data[0].x) == ["1", "2"]


def test_the_page_lists_the_best_first() -> None:
    axes = [Axis("s.a", ("1", "2", "3"))]
    returns = (Decimal(1), Decimal(3), None)
    runs = [
        SweepRun(settings=(value,), return_percent=percent, refusal=None if percent else "why not")
        for value, percent in zip("123", returns, strict=True)
    ]

    page = make_map_page(Sweep(axes=axes, runs=runs), "Sweep", "a: 1, 2, 3")

    listed = page[page.index("3 runs") :]
    assert listed.index("<td>2</td>") < listed.index("<td>1</td>") < listed.index("why not")
