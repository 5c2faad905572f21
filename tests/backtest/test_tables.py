"""The formats in which candles come, each as its source writes it."""

from datetime import UTC
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from pyarrow import feather

from backtest.candles import Candle
from backtest.errors import BacktestError
from backtest.tables import FundingRate, read_candles, read_funding

MOMENT_NS = 1_672_639_200_000_000_000  # 2023-01-02 06:00 UTC

FIRST = Candle(
    open_ns=MOMENT_NS,
    open=Decimal("1.06994"),
    high=Decimal("1.07"),
    low=Decimal("1.06839"),
    close=Decimal("1.06912"),
    volume=Decimal(100),
)
PRICES = "1.06994,1.07,1.06839,1.06912"


def written(folder: Path, text: str) -> Path:
    path = folder / "candles.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        f"time,open,high,low,close,Volume\n1672639200,{PRICES},100\n",
        f"\ufefftime,open,high,low,close,volume\n2023-01-02T06:00:00Z,{PRICES},100\n",
        f'"timestamp","open","high","low","close","volume"\n"2023-01-02 07:00+0100",{PRICES},100\n',
        f"ts,open,high,low,close,volume\n1672639200000,{PRICES},100.0\n",
        """time,open,high,low,close,Volume,"ta.rsi(close, 14)"
1672639200,1.0699399999999999,1.07,1.06839,1.06912,100,NaN
""",
    ],
    ids=["TradingView", "ISO with Z and a mark", "ISO with an offset", "ms", "float tails"],
)
def test_each_format_gives_the_same_candle(tmp_path: Path, text: str) -> None:
    assert read_candles(written(tmp_path, text), zone=None) == [FIRST]


def test_feather_gives_the_same_candle(tmp_path: Path) -> None:
    moment = pa.array([MOMENT_NS], pa.timestamp("ns", "UTC"))
    numbers = (1.0699399999999999, 1.07, 1.06839, 1.06912, 100.0)
    columns = dict(zip(("open", "high", "low", "close", "volume"), numbers, strict=True))
    table = pa.table({"date": moment} | {name: [value] for name, value in columns.items()})
    path = tmp_path / "candles.feather"
    feather.write_feather(table, str(path))

    assert read_candles(path, zone=None) == [FIRST]


def test_a_time_without_a_zone_is_read_in_the_given_one(tmp_path: Path) -> None:
    path = written(tmp_path, f"date,open,high,low,close,volume\n2023-01-02 07:00,{PRICES},100\n")

    assert read_candles(path, ZoneInfo("Europe/Berlin")) == [FIRST]
    assert read_candles(path, UTC)[0].open_ns == MOMENT_NS + 3_600 * 10**9


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"time,open,high,low,close\n2023-01-02 07:00,{PRICES}", "line 2: Expected a time zone"),
        (f"when,open,high,low,close\n1672639200,{PRICES}", "line 2: expected a column 'time'"),
        ("time,open,high,low,close\n1672639200,1,2,x,1", "line 2: expected a number, found 'x'"),
        ("time,open,high,low,close\n1672639200,1,2,NaN,1", "line 2: expected a finite number"),
        ("time,open,high,low,close\n1672639200,1,2,,1", "line 2: expected a value of 'low'"),
        ("time,open,high,low,close\n1672639200,1,2\n", "line 2: expected 5 cells, found 3"),
        (f"time,open,high,low,close\n16726392,{PRICES}", "a time of 10, 13, 16 or 19 digits"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(BacktestError) as refused:
        read_candles(written(tmp_path, text), zone=None)

    assert words in str(refused.value)
    assert "candles.csv" in str(refused.value)


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(BacktestError, match="no such file"):
        read_candles(tmp_path / "nothing.csv", zone=None)
    wrong = tmp_path / "wrong.feather"
    wrong.write_bytes(b"no feather")
    with pytest.raises(BacktestError, match="Feather file"):
        read_candles(wrong, zone=None)


def test_funding_rates_are_read_with_their_sign(tmp_path: Path) -> None:
    path = written(tmp_path, "timestamp,funding_rate,premium\n1672639200,-0.0000125,0.1\n")

    assert read_funding(path, zone=None) == [FundingRate(MOMENT_NS, Decimal("-0.0000125"))]
