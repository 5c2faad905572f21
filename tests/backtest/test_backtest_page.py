"""docs/backtest.md: each command in it runs, and the table of files is what a command leaves."""

import asyncio
import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulator.hyperliquid import HyperliquidVenue, VenueOptions
from tests.backtest.made import PROFILE, Perpdesk, csv_of, funding_csv_of, wave
from tests.backtest.test_parity import PERIOD, export_of, pine_rsi, script_entries, trades_of
from tests.backtest.test_parity_run import recorded

PAGE = Path(__file__).resolve().parents[2] / "docs" / "backtest.md"


def commands() -> list[list[str]]:
    """Return the commands of the page, in its order, without the program's name."""
    blocks = re.findall(r"^```\n(.*?)^```", PAGE.read_text(), flags=re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines()]
    assert all(line.startswith("perpdesk ") for line in lines)
    return [shlex.split(line)[1:] for line in lines]


def prepared(folder: Path, perpdesk: Perpdesk) -> None:
    """Put the files that the page names into a folder."""
    candles = wave(600)
    index = pine_rsi([float(candle.close) for candle in candles], PERIOD)
    (folder / "btc-1h.csv").write_text(csv_of(candles))
    (folder / "btc-funding.csv").write_text(funding_csv_of(candles))
    (folder / "chart.csv").write_text(export_of(candles, index))
    entries = script_entries(candles, index)
    (folder / "trades.csv").write_text(trades_of(candles, entries, "UTC", is_new=True))
    (folder / "mine.toml").write_text(PROFILE.format(runs="runs", more=""))
    runs, _ = recorded(folder / "paper", perpdesk)
    (folder / "runs").mkdir()
    runs.rename(folder / "runs" / "recorded")


def test_the_page_shows_every_command() -> None:
    shown = {
        " ".join(command[:2]) if command[0] in {"data", "parity"} else command[0]
        for command in commands()
    }

    assert shown == {
        *("data import", "data list", "data check", "data download"),
        *("backtest", "parity rsi", "parity tradingview", "parity run", "sweep"),
    }


def test_every_offline_command_of_the_page_runs(
    perpdesk: Perpdesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "paper").mkdir()
    prepared(tmp_path, perpdesk)
    monkeypatch.chdir(tmp_path)

    for command in commands():
        if command[:2] != ["data", "download"]:
            result = perpdesk(*command)
            assert result.code == 0, (command, result.output, result.errors)

    assert {path.name for path in (tmp_path / "first").iterdir()} == {"report.html", "result.json"}


async def test_the_download_of_the_page_runs(perpdesk: Perpdesk, tmp_path: Path) -> None:
    (command,) = [command for command in commands() if command[:2] == ["data", "download"]]
    async with HyperliquidVenue(VenueOptions(seed=4, history_minutes=120)).running() as venue:
        now_s = venue.clock.now_ms() // 1_000
        start = datetime.fromtimestamp(now_s - 3_600, UTC).isoformat()
        command[command.index("--start") + 1] = start  # a loopback venue has no earlier history
        where = ("--url", venue.http_url, "--data", str(tmp_path))

        result = await asyncio.to_thread(perpdesk, *command, *where)

    assert result.code == 0, result.errors
    assert "new" in result.output
