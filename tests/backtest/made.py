"""Small made-up histories for the tests of this room."""

import math
import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest

from backtest.candles import Candle
from desk.cli import app, exit_code

HOUR_NS = 3_600_000_000_000
START_NS = 1_767_225_600_000_000_000  # 2026-01-01 00:00 UTC
INSTRUMENT = "BTC-USD-PERP.HYPERLIQUID"
BAR_TYPE = f"{INSTRUMENT}-1-HOUR-LAST-EXTERNAL"


class Outcome(NamedTuple):
    code: int
    output: str
    errors: str


type Perpdesk = Callable[..., Outcome]


def perpdesk_of(capsys: pytest.CaptureFixture[str]) -> Perpdesk:
    """Return the command line, run in this process."""

    def call(*arguments: str | Path) -> Outcome:
        words = [str(argument) for argument in arguments]
        code = exit_code(lambda: app(words, exit_on_error=False, result_action="return_value"))
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call


def wave(count: int, seed: int = 1) -> list[Candle]:
    """Return candles that swing enough for RSI to trade, each opening at the close before."""
    noise = random.Random(seed)
    closes = [
        Decimal(round(60_000 + 3_000 * math.sin(i / 9) + noise.gauss(0, 150))) for i in range(count)
    ]
    candles = []
    for i, close in enumerate(closes):
        opened = closes[i - 1] if i else close
        spread = Decimal(noise.randrange(10, 120))
        candles.append(
            Candle(
                open_ns=START_NS + i * HOUR_NS,
                open=opened,
                high=max(opened, close) + spread,
                low=min(opened, close) - spread,
                close=close,
                volume=Decimal(noise.randrange(1_000, 99_999)) / 1_000,
            )
        )
    return candles


def csv_of(candles: list[Candle]) -> str:
    """Return candles as TradingView exports a chart: unix seconds of the open."""
    rows = [f"{c.open_ns // 10**9},{c.open},{c.high},{c.low},{c.close},{c.volume}" for c in candles]
    return "\n".join(["time,open,high,low,close,Volume", *rows]) + "\n"


def funding_csv_of(candles: list[Candle], rate: str = "0.0000125") -> str:
    """Return a funding rate for the open of each candle."""
    rows = [f"{c.open_ns // 10**6 + 76},{rate}" for c in candles]
    return "\n".join(["timestamp,funding_rate", *rows]) + "\n"


PROFILE = """\
environment = "paper"
trader_id = "TEST-001"
runs = "{runs}"
[venues.hyperliquid]
network = "mainnet"
leverage = {{ "BTC-USD-PERP.HYPERLIQUID" = 3 }}
[[strategies]]
id = "rsi_btc"
strategy = "rsi"
[strategies.parameters]
instrument_id = "BTC-USD-PERP.HYPERLIQUID"
bar_type = "BTC-USD-PERP.HYPERLIQUID-1-HOUR-LAST-EXTERNAL"
sizing = {{ kind = "percent", percent = "150" }}
stop = {{ kind = "percent", percent = "2" }}
warmup_bars = 30
{more}
"""


def given(folder: Path, perpdesk: Perpdesk, count: int = 600, more: str = "") -> tuple[Path, Path]:
    """Return a profile and the history for it, with funding."""
    candles, data = wave(count), folder / "data"
    profile, file = folder / "mine.toml", folder / "candles.csv"
    profile.write_text(PROFILE.format(runs=folder / "runs", more=more))
    file.write_text(csv_of(candles))
    perpdesk("data", "import", file, "--instrument", INSTRUMENT, "--bar", "1h", "--data", data)
    file.write_text(funding_csv_of(candles))
    perpdesk("data", "import", file, "--instrument", INSTRUMENT, "--funding", "--data", data)
    return profile, data
