"""Files that are no history: each is refused in words, and nothing of it is kept."""

import gzip
from pathlib import Path

import pytest

from tests.backtest.made import INSTRUMENT, START_NS, Perpdesk

START = START_NS // 10**9
HEADER = "time,open,high,low,close,volume\n"
RATES = "time,funding_rate\n"
CANDLES, FUNDING = ("--bar", "1h"), ("--funding",)
IMPOSSIBLE = "found 1 impossible candles: 2026-01-01 00:00"


def row(prices: str = "100,101,99,100", volume: str = "5", hour: int = 0) -> str:
    return f"{START + 3_600 * hour},{prices},{volume}\n"


GOOD = HEADER + row()

BAD = {
    "empty": ("", "Expected candles of BTC-USD-PERP.HYPERLIQUID, found none"),
    "blank lines": ("\n\n\n", "found none"),
    "a header alone": (HEADER, "found none"),
    "no header": (row() + row(hour=1), "line 2: expected a column 'time', found"),
    "another header": (GOOD.replace("time", "when"), "line 2: expected a column 'time', found"),
    "semicolons": (GOOD.replace(",", ";"), "found 'time;open;high;low;close;volume'"),
    "tabs": (GOOD.replace(",", "\t"), "expected a column 'time', found"),
    "a column that is missing": (
        GOOD.replace("close", "last"),
        "line 2: expected a column 'close', found",
    ),
    "a column twice": (
        GOOD.replace("volume", "close"),
        "line 2: expected one value of 'close', found '100' and '5'",
    ),
    "half a line": (HEADER + row() + row(hour=1)[:22], "line 3: expected 6 cells, found 5"),
    "a cell too many": (GOOD.rstrip() + ",7\n", "line 2: expected 6 cells, found 7"),
    "zeros of a torn disk": (GOOD + "\0\0\0", "line 3: expected 6 cells, found 1"),
    "a quote that does not end": (f'{HEADER}{START},"100,1', "unexpected end of data"),
    "NaN": (HEADER + row("100,101,99,NaN"), "line 2: expected a finite number, found 'NaN'"),
    "infinity": (HEADER + row("100,inf,99,100"), "line 2: expected a finite number, found 'inf'"),
    "an empty cell": (HEADER + row("100,101,,100"), "line 2: expected a value of 'low', found"),
    "a word": (HEADER + row(volume="lots"), "line 2: expected a number, found 'lots'"),
    "thousands apart": (
        HEADER + row('"60,000",61000,59000,60000'),
        "line 2: expected a number, found '60,000'",
    ),
    "decimals after a comma": (
        HEADER + row('"100,5","101,5","99,5","100,5"'),
        "line 2: expected a number, found '100,5'",
    ),
    "a negative price": (HEADER + row("-100,-99,-101,-100"), IMPOSSIBLE),
    "a price of zero": (HEADER + row("0,0,0,0"), IMPOSSIBLE),
    "a price past all": (HEADER + row("1e15,1e15,1e15,1e15"), IMPOSSIBLE),
    "a price past any number": (HEADER + row("1e400,1e400,1e400,1e400"), IMPOSSIBLE),
    "a high below the low": (HEADER + row("100,98,99,100"), IMPOSSIBLE),
    "a close outside": (HEADER + row("100,101,99,150"), IMPOSSIBLE),
    "a negative volume": (HEADER + row(volume="-5"), IMPOSSIBLE),
    "a volume past all": (HEADER + row(volume="1e15"), IMPOSSIBLE),
    "more decimals than there are": (
        HEADER + row("100,101,99,100.123456789012"),
        "Expected at most 9 price decimals, found 12",
    ),
    "two candles of one time": (
        HEADER + row() + row("100,101,99,100.5"),
        "found 1 contradictions: 2026-01-01 00:00",
    ),
    "a time between two bars": (
        HEADER + row().replace(str(START), str(START + 420)),
        "found 1 candles off the grid: 2026-01-01 00:07",
    ),
    "a time in words": (HEADER + "noon,100,101,99,100,5\n", "line 2: Expected a time in ISO 8601"),
    "a day that there is not": (
        HEADER + "2026-02-30T00:00:00Z,100,101,99,100,5\n",
        "line 2: Expected a time in ISO 8601",
    ),
    "a time before all": (
        HEADER + "1969-12-31T23:00:00Z,100,101,99,100,5\n",
        "line 2: Expected a time from 1970 to 2261, found '1969-12-31T23:00:00Z'",
    ),
    "a time after all": (
        HEADER + "9999-12-31T23:00:00Z,100,101,99,100,5\n",
        "line 2: Expected a time from 1970 to 2261, found '9999-12-31T23:00:00Z'",
    ),
    "too many digits of a time": (
        HEADER + "9" * 23 + ",100,101,99,100,5\n",
        "line 2: Expected a time of 10, 13, 16 or 19 digits",
    ),
    "digits that are none": (
        HEADER + "²" * 10 + ",100,101,99,100,5\n",
        "line 2: Expected a time in ISO 8601",
    ),
    "a zone in one line alone": (
        HEADER + "2026-01-01T00:00Z,100,101,99,100,5\n2026-01-01 01:00,100,101,99,100,5\n",
        "line 3: Expected a time zone (--timezone says one), found '2026-01-01 01:00'",
    ),
}
BAD_RATES = {
    "empty": ("", "Expected funding rates in"),
    "a header alone": (RATES, "Expected funding rates in"),
    "another column": (f"time,rates\n{START},1\n", "line 2: expected a column 'funding_rate'"),
    "a percent sign": (f"{RATES}{START},0.01%\n", "line 2: expected a number, found '0.01%'"),
    "NaN": (f"{RATES}{START},NaN\n", "line 2: expected a finite number"),
    "nothing": (f"{RATES}{START},\n", "line 2: expected a value of 'funding_rate', found none"),
    "two of one time": (
        f"{RATES}{START},0.1\n{START},0.2\n",
        "Expected one funding rate at 2026-01-01 00:00, found 0.2 beside another",
    ),
}
BAD_BYTES = {
    "UTF-16": GOOD.encode("utf-16"),
    "Latin-1": GOOD.replace("volume", "volum\u00e9").encode("latin-1"),
    "packed": gzip.compress(GOOD.encode()),
    "no text": bytes(range(256)) * 10,
}


def check_refused(
    perpdesk: Perpdesk, folder: Path, content: bytes, kind: tuple[str, ...], words: str
) -> None:
    """Hold that an import ends with 2 and these words, and makes no history."""
    file, data = folder / "candles.csv", folder / "data"
    file.write_bytes(content)

    result = perpdesk("data", "import", file, "--instrument", INSTRUMENT, *kind, "--data", data)

    assert (result.code, result.output) == (2, "")
    assert words in result.errors
    assert not data.exists()


@pytest.mark.parametrize(("text", "words"), BAD.values(), ids=BAD.keys())
def test_candles_that_are_none_are_refused(
    perpdesk: Perpdesk, tmp_path: Path, text: str, words: str
) -> None:
    check_refused(perpdesk, tmp_path, text.encode(), CANDLES, words)


@pytest.mark.parametrize(("text", "words"), BAD_RATES.values(), ids=BAD_RATES.keys())
def test_funding_that_is_none_is_refused(
    perpdesk: Perpdesk, tmp_path: Path, text: str, words: str
) -> None:
    check_refused(perpdesk, tmp_path, text.encode(), FUNDING, words)


@pytest.mark.parametrize("content", BAD_BYTES.values(), ids=BAD_BYTES.keys())
def test_bytes_that_are_no_table_are_refused(
    perpdesk: Perpdesk, tmp_path: Path, content: bytes
) -> None:
    check_refused(perpdesk, tmp_path, content, CANDLES, "Expected CSV or a Feather file")


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("BTC", CANDLES, "BTC"),
        (INSTRUMENT, ("--bar", "7m"), "a bar length that divides a day, found '7m'"),
        (INSTRUMENT, ("--bar", "soon"), "a bar length such as 15m, 1h or 1d, found 'soon'"),
        (INSTRUMENT, (*CANDLES, "--timezone", "Mars/North"), "Mars/North"),
        (INSTRUMENT, (*CANDLES, "--max-leverage", "0"), "0"),
        (INSTRUMENT, (*CANDLES, "--price-decimals", "99"), "99"),
        (INSTRUMENT, (*CANDLES, *FUNDING), "--funding"),
        (INSTRUMENT, (), "--bar"),
    ],
)
def test_what_is_asked_wrongly_is_refused(
    perpdesk: Perpdesk, tmp_path: Path, name: str, kind: tuple[str, ...], words: str
) -> None:
    file, data = tmp_path / "candles.csv", tmp_path / "data"
    file.write_text(GOOD)

    result = perpdesk("data", "import", file, "--instrument", name, *kind, "--data", data)

    assert result.code == 2
    assert words in result.output + result.errors
    assert not data.exists()


def test_history_is_not_kept_in_a_file(perpdesk: Perpdesk, tmp_path: Path) -> None:
    file = tmp_path / "candles.csv"
    file.write_text(GOOD)

    result = perpdesk("data", "import", file, "--instrument", INSTRUMENT, *CANDLES, "--data", file)

    assert result.code == 2
    assert f"Expected a folder, {file}: File exists" in result.errors
    assert file.read_text() == GOOD


@pytest.mark.parametrize(
    "text",
    [
        HEADER + row(hour=2) + row(hour=0) + row(hour=1),
        HEADER + row(hour=0) + row(hour=0) + row(hour=1) + row(hour=2),
        "\ufeff" + HEADER + row(hour=0) + row(hour=1) + row(hour=2),
    ],
    ids=["out of order", "a line twice", "a mark of its bytes"],
)
def test_what_is_only_untidy_is_taken(perpdesk: Perpdesk, tmp_path: Path, text: str) -> None:
    file = tmp_path / "candles.csv"
    file.write_text(text, encoding="utf-8")
    options = ("--instrument", INSTRUMENT, *CANDLES, "--data", tmp_path / "data")

    result = perpdesk("data", "import", file, *options)

    assert result.code == 0, result.errors
    assert "3 new, 2026-01-01 00:00 to 2026-01-01 02:00" in result.output
