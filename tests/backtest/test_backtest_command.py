"""`perpdesk backtest`: the same bytes each time, and books that add up."""

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.backtest.made import BAR_TYPE, HOUR_NS, INSTRUMENT, START_NS, Perpdesk, given

CLOSE = "[on_stop]\nclose_positions = true\n"


def ran(perpdesk: Perpdesk, *arguments: str | Path) -> dict[str, Any]:
    result = perpdesk("backtest", *arguments, "--json")
    assert result.code == 0, result.errors
    found: dict[str, Any] = json.loads(result.output)
    return found


def test_two_runs_are_equal_to_the_byte(perpdesk: Perpdesk, tmp_path: Path) -> None:
    profile, data = given(tmp_path, perpdesk)
    arguments = ["backtest", str(profile), "--data", str(data), "--out"]

    perpdesk(*arguments, tmp_path / "1")
    # In a process of its own: with other hashes and other ids.
    command = [sys.executable, "-m", "desk", *arguments, str(tmp_path / "2")]
    subprocess.run(command, check=True, env=os.environ | {"PYTHONHASHSEED": "7"})

    names = sorted(path.name for path in (tmp_path / "1").iterdir())
    assert "result.json" in names
    for name in names:
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes(), name
    assert len(json.loads((tmp_path / "1" / "result.json").read_bytes())["trades"]) > 10


def test_the_equity_is_what_was_earned(perpdesk: Perpdesk, tmp_path: Path) -> None:
    profile, data = given(tmp_path, perpdesk, more=CLOSE)

    result = ran(perpdesk, profile, "--data", data)

    earned = sum(Decimal(trade["pnl"]) for trade in result["trades"])
    assert len(result["trades"]) > 10
    assert result["open_positions"] == {}
    assert Decimal(result["funding"]) != 0
    assert Decimal(result["curve"]["equity"]) == 10_000 + earned + Decimal(result["funding"])
    assert Decimal(result["fees"]) == sum(Decimal(trade["fees"]) for trade in result["trades"])


def test_imported_bars_stand_in_for_those_that_a_run_makes(
    perpdesk: Perpdesk, tmp_path: Path
) -> None:
    profile, data = given(tmp_path, perpdesk, count=200)
    own = f"rsi_btc.bar_type={INSTRUMENT}-1-HOUR-LAST-INTERNAL"

    result = ran(perpdesk, profile, "--data", data, "--set", own)

    assert result["trades"] == ran(perpdesk, profile, "--data", data)["trades"] != []
    assert result["notes"] == [
        f"rsi_btc decides on {BAR_TYPE}: the history holds no {INSTRUMENT}-1-HOUR-LAST-INTERNAL"
    ]


def test_every_fee_is_the_takers(perpdesk: Perpdesk, tmp_path: Path) -> None:
    profile, data = given(tmp_path, perpdesk)

    for fill in ran(perpdesk, profile, "--data", data)["fills"]:
        value = Decimal(fill["quantity"]) * Decimal(fill["price"])
        assert Decimal(fill["fee"]) == (value * Decimal("0.00045")).quantize(Decimal("1e-8"))


def test_a_start_warms_up_on_the_history_before_it(perpdesk: Perpdesk, tmp_path: Path) -> None:
    profile, data = given(tmp_path, perpdesk)
    start_ns = START_NS + 200 * HOUR_NS

    whole = ran(perpdesk, profile, "--data", data)
    later = ran(perpdesk, profile, "--data", data, "--start", "2026-01-09T08:00Z")

    def signals(result: dict[str, Any]) -> list[tuple[int, str]]:
        # What a first trade closes depends on the one before, which the window leaves out.
        fills = [f for f in result["fills"] if f["time_ns"] > start_ns and ":" in f["tag"]]
        return [(fill["time_ns"], fill["side"]) for fill in fills]

    assert later["series"][0]["first_ns"] == start_ns
    assert len(signals(later)) > 10
    assert set(signals(later)) == set(signals(whole))


def test_another_parameter_is_another_run(perpdesk: Perpdesk, tmp_path: Path) -> None:
    profile, data = given(tmp_path, perpdesk)

    short = ran(perpdesk, profile, "--data", data, "--set", "rsi_btc.period=5")
    small = ran(perpdesk, profile, "--data", data, "--set", "rsi_btc.sizing.percent=10")

    assert short["profile"]["strategies"][0]["parameters"]["period"] == 5
    assert len(short["trades"]) != len(small["trades"])
    assert Decimal(small["fills"][0]["quantity"]) * Decimal(small["fills"][0]["price"]) < 1_000


def test_the_first_size_follows_percent_of_equity(perpdesk: Perpdesk, tmp_path: Path) -> None:
    profile, data = given(tmp_path, perpdesk)

    fill = ran(perpdesk, profile, "--data", data)["fills"][0]

    wanted = 15_000 / Decimal(fill["price"])
    assert Decimal(fill["quantity"]) == wanted.quantize(Decimal("0.001"), "ROUND_DOWN")


def test_leverage_is_the_profiles(perpdesk: Perpdesk, tmp_path: Path) -> None:
    profile, data = given(tmp_path, perpdesk)

    result = ran(perpdesk, profile, "--data", data, "--set", "rsi_btc.sizing.percent=301")

    assert result["instruments"][0]["leverage"] == "3"
    assert result["fills"] == []
    assert any(reason.startswith("Expected margin") for reason in result["refusals"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--set", "rsi_btc.perod=5"], "parameters.perod: expected a known key"),
        (["--set", "rsi_btc=5"], "Expected STRATEGY.PARAMETER=VALUE"),
        (["--set", "macd.period=5"], "Expected the id of a strategy ('rsi_btc'), found 'macd'"),
        (["--start", "noon"], "Expected a time in ISO 8601"),
        (["--start", "2026-02-01", "--end", "2026-01-01"], "Expected --start before --end"),
        (["--start", "2027-01-01"], "Expected a window within 2026-01-01 01:00 to"),
        (
            ["--set", "rsi_btc.bar_type=BTC-USD-PERP.HYPERLIQUID-1-MINUTE-LAST-EXTERNAL"],
            "Expected history of BTC-USD-PERP.HYPERLIQUID-1-MINUTE-LAST-EXTERNAL",
        ),
    ],
)
def test_wrong_use_is_named_and_leaves_nothing(
    perpdesk: Perpdesk, tmp_path: Path, arguments: list[str], words: str
) -> None:
    profile, data = given(tmp_path, perpdesk, count=40)

    result = perpdesk("backtest", profile, "--data", data, *arguments)

    assert result.code == 2
    assert words in result.errors
    assert not (tmp_path / "runs").exists()


def test_a_person_gets_a_table(perpdesk: Perpdesk, tmp_path: Path) -> None:
    profile, data = given(tmp_path, perpdesk, count=200)

    result = perpdesk("backtest", profile, "--data", data)

    for words in ("buy and hold", "deepest drawdown", "funding", "round trips"):
        assert words in result.output
    (folder,) = (tmp_path / "runs").iterdir()
    assert "-backtest-mine-" in folder.name
    assert str(folder) in result.errors.replace("\n", "")
