"""
The live demo end to end: our client and real order entry on the loopback venue, the books compared.

Goal: what the venue says of the account and what we say are the same to the last digit, nothing is
left open, and the key stays in the process. Method: the command itself with a short duration.
"""

import os
import re
import signal
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from tests.desk.demo_runs import children, finish, is_alive, rows, rows_open, start
from tests.waiting import eventually

EXACT = Decimal("0.000001")


def assert_same_books(result: dict[str, Any]) -> None:
    books = {name: Decimal(value) for name, value in result["comparison"].items()}
    assert abs(books["pnl_venue"] - books["pnl_ours"]) <= EXACT
    assert abs(books["equity_venue"] - books["equity_ours"]) <= EXACT
    assert (books["orders"], books["positions"]) == (0, 0)
    # The cash is the deposit, what trades earned after fees, and funding: a third way to the same.
    assert abs(10_000 + books["pnl_ours"] + books["funding"] - books["equity_venue"]) <= EXACT


@pytest.fixture(scope="module", params=["demo-live", "demo-live-synthetix"])
def finished(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, int, dict[str, Any]]:
    """Return the folder, the exit code and the result of one whole run."""
    directory = tmp_path_factory.mktemp(request.param)
    code, result = finish(start(directory, "run", request.param, "--seconds", "20"))
    return directory / result["directory"], code, result


def test_both_strategies_trade_and_both_books_agree(
    finished: tuple[Path, int, dict[str, Any]],
) -> None:
    directory, code, result = finished

    assert code == 0
    assert {trade["strategy"] for trade in result["trades"]} == {"rsi_btc", "alert_eth"}
    assert_same_books(result)
    assert result["left"] == []
    assert not rows_open(directory)


def test_the_folder_says_what_the_venue_did(finished: tuple[Path, int, dict[str, Any]]) -> None:
    directory, _, result = finished

    fills = rows(directory / "fills.csv")
    assert len(fills) == result["fills"]
    names = r"HYPERLIQUID-0x[0-9a-f]{40}|SYNTHETIX-[0-9]{19}"
    assert all(re.fullmatch(names, fill["account_id"]) for fill in fills)
    assert all(fill["venue_order_id"].isdigit() for fill in fills)
    fees = sum(Decimal(fill["commission"].split()[0]) for fill in fills)
    assert fees == sum(Decimal(trade["fees"]) for trade in rows(directory / "trades.csv"))
    assert rows(directory / "equity.csv")[0]["equity"] == "10000"
    stops = [o for o in rows(directory / "orders.csv") if o["type"] == "STOP_MARKET"]
    assert stops
    assert {stop["is_reduce_only"] for stop in stops} == {"True"}


def test_the_key_is_in_no_file_of_the_run(finished: tuple[Path, int, dict[str, Any]]) -> None:
    directory, _, _ = finished
    account = rows(directory / "fills.csv")[0]["account_id"].partition("-")[2]

    texts = [
        path.read_bytes().decode(errors="replace")
        for path in directory.rglob("*")
        if path.is_file()
    ]

    assert any(account in text for text in texts)
    suspects = {found for text in texts for found in re.findall(r"(?<![0-9a-f])[0-9a-f]{64}", text)}
    assert account not in {Account.from_key(suspect).address.lower() for suspect in suspects}


def test_another_market_agrees_too(tmp_path: Path) -> None:
    code, result = finish(start(tmp_path, "demo", "--live", "--seed", "2", "--seconds", "15"))

    assert code == 0
    assert result["trades"]
    assert_same_books(result)


async def test_ctrl_c_closes_the_positions_before_the_venue_goes(tmp_path: Path) -> None:
    process = start(tmp_path, "demo", "--live", "--seconds", "60")
    assert process.stderr is not None
    for line in process.stderr:  # the view, until something was traded
        if " fill " in line:
            break
    venue = children(process.pid)

    os.killpg(process.pid, signal.SIGINT)  # what a terminal does: everyone in the group gets it
    code, result = finish(process)

    assert code == 130
    assert result["fills"] >= 2
    assert_same_books(result)
    assert not rows_open(tmp_path / result["directory"])
    await eventually(lambda: venue and not any(map(is_alive, venue)))
