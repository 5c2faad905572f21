"""
The demo end to end, as a user runs it: real processes, real sockets, the report judged.

Goal: RSI and the alert each make a round trip, the figures agree with one another, nothing is left
behind. Method: the command itself with a short duration.
"""

import json
import signal
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.desk.demo_runs import children, finish, is_alive, rows, rows_open, start_demo


@pytest.mark.parametrize("seed", ["1", "2"])
def test_rsi_and_alert_make_a_round_trip_and_the_report_agrees(tmp_path: Path, seed: str) -> None:
    code, result = finish(start_demo(tmp_path, "--seconds", "10", "--seed", seed))

    assert code == 0
    assert {trade["strategy"] for trade in result["trades"]} == {"rsi_btc", "alert_eth"}
    earned = sum(Decimal(trade["pnl"]) for trade in result["trades"])
    first, last = result["equity"][0]
    assert Decimal(last["equity"]) - Decimal(first["equity"]) == earned
    # A reversal that is under way at the end leaves nothing to close, which the venue then says.
    assert result["refusals"] <= 1


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Return the folder and the result of one whole demo."""
    directory = tmp_path_factory.mktemp("demo")
    _, result = finish(start_demo(directory, "--seconds", "8", "--seed", "3"))
    return directory / result["directory"], result


def test_the_run_leaves_a_folder_that_says_the_same(finished: tuple[Path, dict[str, Any]]) -> None:
    directory, result = finished

    trades = rows(directory / "trades.csv")
    assert [row["pnl"] for row in trades] == [trade["pnl"] for trade in result["trades"]]
    assert len(rows(directory / "fills.csv")) == result["fills"]
    fees = sum(Decimal(row["commission"].split()[0]) for row in rows(directory / "fills.csv"))
    assert fees == sum(Decimal(row["fees"]) for row in trades)
    assert {row["status"] for row in rows(directory / "orders.csv")} <= {"FILLED", "CANCELED"}
    assert rows(directory / "equity.csv")[0]["equity"] == "10000"
    assert json.loads((directory / "config.json").read_text())["environment"] == "demo"
    assert list((directory / "logs").iterdir())
    reports = {f"{name}.csv" for name in ("orders", "fills", "positions", "trades", "equity")}
    others = {"config.json", "logs", "alerts.sqlite"}
    # SQLite may leave files of its own beside the inbox.
    found = {path.name for path in directory.iterdir() if "sqlite-" not in path.name}
    assert found - {"alerts.sqlite.lock"} == reports | others


def test_each_position_had_its_stop(finished: tuple[Path, dict[str, Any]]) -> None:
    directory, result = finished

    stops = [o for o in rows(directory / "orders.csv") if o["type"] == "STOP_MARKET"]

    assert {stop["is_reduce_only"] for stop in stops} == {"True"}
    stopped = sorted((stop["instrument_id"], Decimal(stop["quantity"])) for stop in stops)
    opened = sorted(
        (f"{t['instrument']}.HYPERLIQUID", Decimal(t["quantity"])) for t in result["trades"]
    )
    assert stopped == opened


def test_the_demo_trades_a_real_recording(tmp_path: Path, shared_data: Path) -> None:
    options = ["--seconds", "15", "--replay", str(shared_data / "ticks")]
    code, result = finish(start_demo(tmp_path, *options))

    assert code == 0
    assert {trade["strategy"] for trade in result["trades"]} == {"rsi_btc", "alert_eth"}
    recorded = [Decimal(109_000), Decimal(111_000)]  # BTC stayed between these in the recording
    for fill in rows(tmp_path / result["directory"] / "fills.csv"):
        assert recorded[0] < Decimal(fill["last_px"]) < recorded[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_closes_its_books_and_its_venue(
    tmp_path: Path, number: signal.Signals
) -> None:
    process = start_demo(tmp_path, "--seconds", "60")
    assert process.stderr is not None
    for line in process.stderr:  # the view, until something was traded
        if " fill " in line:
            break
    venue = children(process.pid)

    process.send_signal(number)
    code, result = finish(process)

    assert code == 130
    assert len(rows(tmp_path / result["directory"] / "fills.csv")) == result["fills"] >= 2
    assert not rows_open(tmp_path / result["directory"])
    deadline = time.monotonic() + 5
    while any(map(is_alive, venue)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert venue
    assert not any(map(is_alive, venue))


def test_the_venue_dies_with_a_killed_demo(tmp_path: Path) -> None:
    process = start_demo(tmp_path, "--seconds", "60")
    assert process.stderr is not None
    process.stderr.readline()
    venue = children(process.pid)

    process.kill()
    process.communicate(timeout=10)

    deadline = time.monotonic() + 5
    while any(map(is_alive, venue)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert venue
    assert not any(map(is_alive, venue))
