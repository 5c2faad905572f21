"""
The mission in miniature: one paper desk of two venues, its story told once and looked at in parts.

Goal: alerts and RSI trade at both venues; a kill in the middle loses nothing and trades nothing
twice; pauses and halts outlive it; what people are shown is what the run writes down; and the
backtest of the same seconds, given the same alerts, comes to the same orders. Method: the processes
and commands of a user, on loopback venues whose market is a wave; everything waits for conditions.
"""

import ast
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import pytest_asyncio

from backtest.times import in_words, parse_time
from desk.run_record import RECORD_NAME, read_record
from tests.acceptance.crash_desk import SECRET, SECRET_VARIABLE
from tests.acceptance.mission_desk import BTC, ETHS, FIRST, RSI, SECOND, TOKENS, mission_desk
from tests.acceptance.mission_history import DECIMALS, quiet_end_ns, seen_csv, wave_csv
from tests.acceptance.mission_story import OTHER_SIZE, TURNS, Mission, Row, play
from tests.backtest.made import Perpdesk, perpdesk_of

LIVES = ("killed", "halted", "lifted")
SIZE = Decimal("0.5")
SWING_BPS = 32
"""How far apart two prices of the wave are at most, with a spread of two steps of ETH."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mission(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mission]:
    """Play the story, once for all tests of this file."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name, value in {**TOKENS, SECRET_VARIABLE: SECRET}.items():
            monkeypatch.setenv(name, value)
        async with mission_desk(tmp_path_factory.mktemp("mission")) as desk:
            story = await play(desk)
        yield story


class History(NamedTuple):
    """Where the seconds of the run are kept, and which of them are judged."""

    folder: Path
    start_ns: int
    end_ns: int


@pytest.fixture
def perpdesk(capsys: pytest.CaptureFixture[str]) -> Perpdesk:
    return perpdesk_of(capsys)


def imported(perpdesk: Perpdesk, folder: Path, chart: Any, start_ns: int) -> History:  # noqa: ANN401 (JSON)
    """Import what RSI saw until a quiet second, and for the alert strategies how the wave went."""
    end_ns = quiet_end_ns(chart)
    file, data = folder / "candles.csv", folder / "data"
    for instrument, text in (
        (BTC, seen_csv(chart)),
        *((eth, wave_csv(start_ns, end_ns)) for eth in ETHS.values()),
    ):
        file.write_text(text)
        bars = ("--instrument", instrument, "--bar", "1s", *DECIMALS, "--data", data)
        result = perpdesk("data", "import", file, *bars)
        assert result.code == 0, result.errors
    return History(data, start_ns, end_ns)


@pytest.fixture
def history(mission: Mission, perpdesk: Perpdesk, tmp_path: Path) -> History:
    """Import the seconds until the halt."""
    start_ns = parse_time(mission.halted.rows("equity")[0]["time"], None)
    return imported(perpdesk, tmp_path, mission.chart, start_ns)


def fills_of(picture: Any) -> int:  # noqa: ANN401 (JSON)
    """Return how many fills a picture tells of, by id or as the command lists them."""
    strategies = picture["strategies"]
    found = strategies.values() if isinstance(strategies, dict) else strategies
    return sum(one["fills"] for one in found)


def tags(row: Row) -> list[str]:
    return list(ast.literal_eval(row["tags"]))


def position_of(picture: Any, strategy: str) -> Decimal:  # noqa: ANN401 (JSON)
    return Decimal(picture["strategies"][strategy]["position"])


def test_each_run_says_where_its_page_is(mission: Mission) -> None:
    said = (mission.folder / "node.log").read_text()
    assert said.count("listens page and commands at http://127.0.0.1:") == len(LIVES)
    assert "for alerts at" not in said  # they go to the sidecar


def test_an_alert_that_comes_thrice_is_traded_once(mission: Mission) -> None:
    # A busy machine may answer the first too late, and then it is sent again.
    assert mission.first in {"accepted", "duplicate"}
    assert mission.again == ("duplicate", "duplicate")
    assert mission.before_kill["strategies"][SECOND]["fills"] == 1
    assert position_of(mission.before_kill, SECOND) == SIZE
    assert not mission.halted.orders_of(f"{SECOND}:1")
    assert not mission.lifted.orders_of(f"{SECOND}:1")


def test_what_comes_while_the_run_is_down_is_traded_once_it_is_back(mission: Mission) -> None:
    (order,) = mission.halted.orders_of(f"{SECOND}:2")
    assert (order["side"], order["status"]) == ("SELL", "FILLED")
    assert mission.outcomes[f"{SECOND}:2"]["reason"] is None
    assert not mission.lifted.orders_of(f"{SECOND}:2")


def test_a_paper_account_begins_anew_with_each_run(mission: Mission) -> None:
    # What was bought before the kill is no more: the sale after it is a short of its own.
    assert position_of(mission.after_kill, SECOND) == -SIZE
    for life in (mission.halted, mission.lifted):
        first = life.rows("equity")[0]
        assert Decimal(first["equity"]) == 10_000


def test_a_pause_and_parameters_set_by_hand_outlive_a_kill(mission: Mission) -> None:
    assert mission.after_kill["strategies"][FIRST]["state"] == "paused"
    assert mission.outcomes[f"{FIRST}:3"]["reason"] == "paused"
    assert not mission.halted.orders_of(f"{FIRST}:3")
    (order,) = mission.halted.orders_of(f"{FIRST}:4")
    assert (order["status"], Decimal(order["quantity"])) == ("FILLED", Decimal(OTHER_SIZE))


def test_the_kill_switch_clears_and_refuses(mission: Mission) -> None:
    at, after = mission.at_halt, mission.after_halt
    assert at["halted"] == "enough (kill), positions are closed"
    assert (at["positions"], at["orders"]) == ([], [])
    assert (after["positions"], after["orders"]) == ([], [])
    assert fills_of(after) == fills_of(at)
    (order,) = mission.halted.orders_of(f"{SECOND}:6")
    assert order["status"] == "DENIED"


def test_a_halt_outlives_a_restart_until_it_is_lifted(mission: Mission) -> None:
    assert mission.still_halted["halted"].startswith("enough (kill)")
    assert fills_of(mission.still_halted) == 0
    (refused,) = mission.lifted.orders_of(f"{FIRST}:7")
    (traded,) = mission.lifted.orders_of(f"{SECOND}:8")
    assert (refused["status"], traded["status"]) == ("DENIED", "FILLED")


def test_what_is_shown_is_what_was_written_down(mission: Mission) -> None:
    shown, written = mission.after_halt, mission.halted
    assert sum(one["fills"] for one in shown["strategies"]) == len(written.rows("fills"))
    assert mission.trades[::-1] == written.rows("trades")
    marked: dict[tuple[str, str], set[Decimal]] = {}
    for row in written.rows("equity"):
        key = (row["venue"].lower(), row["currency"])
        marked.setdefault(key, set()).add(Decimal(row["equity"]))
    assert {(one["venue"], one["currency"]) for one in shown["equity"]} == marked.keys()
    for one in shown["equity"]:
        assert Decimal(one["now"]) in marked[one["venue"], one["currency"]], one


def test_a_killed_run_is_laid_beside_its_replay_until_it_was_cut(
    mission: Mission, perpdesk: Perpdesk, tmp_path: Path
) -> None:
    recorded = read_record(mission.killed.folder / RECORD_NAME)
    start_ns = parse_time(recorded.equity_times[0], None)
    history = imported(perpdesk, tmp_path, mission.killed_chart, start_ns)
    where = ("--data", history.folder, "--end", f"{history.end_ns}")

    result = perpdesk("parity", "run", mission.killed.folder, *where, "--json")

    assert result.output, result.errors
    parity = json.loads(result.output)
    assert result.code == 0, [(pair["key"], pair["faults"]) for pair in parity["pairs"]]
    cut = in_words(parse_time(recorded.until, None))
    assert parity["notes"][0].startswith(
        f"The run was cut, or still goes on: its record ends at {cut}"
    )
    (alert,) = (pair for pair in parity["pairs"] if pair["key"] == f"{SECOND}:1")
    for side in (alert["recorded"], alert["replayed"]):
        assert (side["side"], side["status"], Decimal(side["filled"])) == ("buy", "FILLED", SIZE)
    (stop,) = (pair for pair in parity["pairs"] if pair["key"].startswith(f"{SECOND}:1 "))
    assert stop["recorded"]["kind"] == stop["replayed"]["kind"] == "STOP_MARKET"


def test_the_backtest_of_the_same_seconds_enters_as_the_run_did(
    mission: Mission, perpdesk: Perpdesk, history: History, tmp_path: Path
) -> None:
    window = ("--start", f"{history.start_ns}", "--end", f"{history.end_ns}")
    where = ("--data", history.folder, "--out", tmp_path)

    result = perpdesk("backtest", mission.profile, *window, *where, "--json")

    assert result.code == 0, result.errors
    replayed = json.loads(result.output)
    entered = {(fill["tag"], fill["side"], Decimal(fill["quantity"])) for fill in replayed["fills"]}
    recorded = {
        (tags(row)[0], row["side"].lower(), Decimal(row["quantity"]))
        for row in mission.halted.rows("orders")
        if row["strategy_id"].startswith(RSI)
        and row["status"] == "FILLED"
        and int(row["ts_init"]) <= history.end_ns
    }
    assert entered == recorded
    assert len(entered) >= TURNS
    page = (tmp_path / "report.html").read_text()
    assert "Backtest of mission" in page


def test_the_replay_of_the_run_makes_the_same_orders(
    mission: Mission, perpdesk: Perpdesk, history: History
) -> None:
    where = ("--data", history.folder, "--end", f"{history.end_ns}")

    result = perpdesk("parity", "run", mission.halted.folder, *where, "--json")

    assert result.output, result.errors
    parity = json.loads(result.output)
    assert result.code == 0, [(pair["key"], pair["faults"]) for pair in parity["pairs"]]
    assert parity["matched_percent"] == "100.00"
    pairs = {pair["key"]: pair for pair in parity["pairs"]}
    sides = {f"{SECOND}:2": "sell", f"{FIRST}:4": "buy", f"{SECOND}:5": "buy"}
    of_rsi = [key for key in pairs if key.startswith(RSI) and key.count(" ") == 0]
    assert len(of_rsi) >= TURNS
    for key in (*sides, *of_rsi):
        recorded, replayed = pairs[key]["recorded"], pairs[key]["replayed"]
        assert recorded["side"] == replayed["side"] == sides.get(key, recorded["side"])
        assert Decimal(recorded["filled"]) == Decimal(replayed["filled"]) > 0
        assert abs(Decimal(pairs[key]["worse_bps"])) <= SWING_BPS
    # What a person had paused is not replayed, and said.
    assert f"{FIRST}:3: not replayed, the run answered 'paused'" in parity["notes"]
    assert any(note.startswith(f"{FIRST}: resume at ") for note in parity["notes"])

    trips = [pair for pair in parity["trips"] if pair["recorded"] and pair["replayed"]]
    assert {pair["recorded"]["strategy"].rpartition("-")[0] for pair in trips} >= {RSI, SECOND}
    for pair in trips:
        apart = Decimal(pair["recorded"]["pnl"]) - Decimal(pair["replayed"]["pnl"])
        assert Decimal(pair["pnl_apart"]) == apart
        assert Decimal(pair["recorded"]["fees"]) > 0
