"""`perpdesk data`: what is imported comes back to the last digit, stamped at its close."""

import json
from decimal import Decimal
from pathlib import Path

import msgspec
from nautilus_trader.model.data import BarType
from nautilus_trader.model.identifiers import InstrumentId

from backtest.catalog import History
from tests.backtest.made import (
    BAR_TYPE,
    HOUR_NS,
    INSTRUMENT,
    START_NS,
    Perpdesk,
    csv_of,
    funding_csv_of,
    wave,
)


def written(folder: Path, text: str) -> Path:
    path = folder / "file.csv"
    path.write_text(text)
    return path


def test_bars_are_stamped_at_their_close(perpdesk: Perpdesk, tmp_path: Path) -> None:
    candles, data = wave(30), tmp_path / "data"
    options = ("--instrument", INSTRUMENT, "--bar", "1h", "--data", data)

    result = perpdesk("data", "import", written(tmp_path, csv_of(candles)), *options)

    assert result.code == 0, result.errors
    assert "30 new, 2026-01-01 00:00 to 2026-01-02 05:00" in result.output
    bars = History(data).bars(BarType.from_str(BAR_TYPE))
    assert [bar.ts_event for bar in bars] == [c.open_ns + HOUR_NS for c in candles]
    assert [bar.ts_init for bar in bars] == [bar.ts_event for bar in bars]
    assert [bar.close.as_decimal() for bar in bars] == [c.close for c in candles]
    assert [bar.high.as_decimal() for bar in bars] == [c.high for c in candles]
    assert [bar.volume.as_decimal() for bar in bars] == [c.volume for c in candles]


def test_bars_may_be_as_short_as_a_second(perpdesk: Perpdesk, tmp_path: Path) -> None:
    data, opens = tmp_path / "data", (START_NS // 10**9, START_NS // 10**9 + 1)
    file = written(
        tmp_path, "time,open,high,low,close\n" + "".join(f"{t},1,2,1,2\n" for t in opens)
    )

    perpdesk("data", "import", file, "--instrument", INSTRUMENT, "--bar", "1s", "--data", data)

    bars = History(data).bars(BarType.from_str(f"{INSTRUMENT}-1-SECOND-LAST-EXTERNAL"))
    assert [bar.ts_event // 10**9 for bar in bars] == [time + 1 for time in opens]


def test_a_known_venue_gives_its_own_terms(perpdesk: Perpdesk, tmp_path: Path) -> None:
    data = tmp_path / "data"
    options = ("--instrument", INSTRUMENT, "--bar", "1h", "--max-leverage", "40", "--data", data)

    perpdesk("data", "import", written(tmp_path, csv_of(wave(3))), *options)

    instrument = History(data).instrument(INSTRUMENT)
    assert instrument is not None
    assert instrument.taker_fee == Decimal("0.00045")
    assert instrument.maker_fee == Decimal("0.00015")
    assert instrument.margin_init == Decimal("0.025")
    assert instrument.get_settlement_currency().code == "USDC"
    assert instrument.size_precision == 3


def test_an_unknown_venue_needs_terms(perpdesk: Perpdesk, tmp_path: Path) -> None:
    file, data = written(tmp_path, csv_of(wave(3))), tmp_path / "data"
    options = ("--instrument", "BTC-USDT-PERP.BINANCE", "--bar", "1h", "--data", data)
    terms = ("--currency", "USDT", "--maker-fee", "0.0002", "--taker-fee", "0.0005")

    assert perpdesk("data", "import", file, *options).code == 2
    assert perpdesk("data", "import", file, *options, *terms).code == 0

    instrument = History(data).instrument("BTC-USDT-PERP.BINANCE")
    assert instrument is not None
    assert instrument.taker_fee == Decimal("0.0005")


def test_what_is_there_is_not_added_again(perpdesk: Perpdesk, tmp_path: Path) -> None:
    candles, data = wave(40), tmp_path / "data"
    options = ("--instrument", INSTRUMENT, "--bar", "1h", "--data", data, "--json")

    # A hole in the middle, then all of it: what is new goes before, between and after.
    some = candles[5:15] + candles[20:30]
    first = perpdesk("data", "import", written(tmp_path, csv_of(some)), *options)
    second = perpdesk("data", "import", written(tmp_path, csv_of(candles)), *options)
    third = perpdesk("data", "import", written(tmp_path, csv_of(candles)), *options)

    reports = [json.loads(result.output) for result in (first, second, third)]
    assert [(r["new"], r["known"]) for r in reports] == [(20, 0), (20, 20), (0, 40)]
    assert reports[0]["findings"]["gaps"] == [{"from_ns": candles[15].open_ns, "missing": 5}]
    bars = History(data).bars(BarType.from_str(BAR_TYPE))
    assert [bar.close.as_decimal() for bar in bars] == [c.close for c in candles]


def test_a_file_that_contradicts_the_history_changes_nothing(
    perpdesk: Perpdesk, tmp_path: Path
) -> None:
    candles, data = wave(10), tmp_path / "data"
    options = ("--instrument", INSTRUMENT, "--bar", "1h", "--data", data)
    perpdesk("data", "import", written(tmp_path, csv_of(candles[:5])), *options)
    candles[3] = msgspec.structs.replace(candles[3], volume=Decimal(1))

    result = perpdesk("data", "import", written(tmp_path, csv_of(candles)), *options)

    assert result.code == 2
    assert "Expected the bar that the catalog has" in result.errors
    assert len(History(data).bars(BarType.from_str(BAR_TYPE))) == 5


def test_a_price_finer_than_the_instrument_is_refused(perpdesk: Perpdesk, tmp_path: Path) -> None:
    candles, data = wave(3), tmp_path / "data"
    options = ("--instrument", INSTRUMENT, "--bar", "1h", "--data", data)
    perpdesk("data", "import", written(tmp_path, csv_of(candles[:2])), *options)
    finer = msgspec.structs.replace(candles[2], high=candles[2].high + Decimal("0.5"))

    result = perpdesk("data", "import", written(tmp_path, csv_of([finer])), *options)

    assert result.code == 2
    assert "Expected prices of 0 decimals" in result.errors


def test_funding_lands_on_the_hour(perpdesk: Perpdesk, tmp_path: Path) -> None:
    candles, data = wave(5), tmp_path / "data"
    options = ("--instrument", INSTRUMENT, "--funding", "--data", data)

    result = perpdesk("data", "import", written(tmp_path, funding_csv_of(candles)), *options)
    again = perpdesk("data", "import", written(tmp_path, funding_csv_of(candles)), *options)
    other = funding_csv_of(candles, rate="0.0001")
    wrong = perpdesk("data", "import", written(tmp_path, other), *options)

    assert result.code == 0, result.errors
    assert "0 new, 5 were there" in again.output
    assert wrong.code == 2
    rates = History(data).funding(InstrumentId.from_str(INSTRUMENT))
    assert [rate.time_ns for rate in rates] == [START_NS + i * HOUR_NS for i in range(5)]
    assert {rate.rate for rate in rates} == {Decimal("0.0000125")}


def test_list_and_check_name_what_is_missing(perpdesk: Perpdesk, tmp_path: Path) -> None:
    candles, data = wave(20), tmp_path / "data"
    file = written(tmp_path, csv_of(candles[:8] + candles[10:]))
    perpdesk("data", "import", file, "--instrument", INSTRUMENT, "--bar", "1h", "--data", data)

    listed = perpdesk("data", "list", "--data", data, "--json")
    checked = perpdesk("data", "check", "--data", data)

    assert json.loads(listed.output) == [
        {
            "name": BAR_TYPE,
            "count": 18,
            "first_ns": START_NS + HOUR_NS,
            "last_ns": START_NS + 20 * HOUR_NS,
            "gaps": [{"from_ns": START_NS + 8 * HOUR_NS, "missing": 2}],
        }
    ]
    assert checked.code == 1
    assert f"{BAR_TYPE}: 2 missing from 2026-01-01 08:00" in checked.output


def test_check_is_content_with_whole_history(perpdesk: Perpdesk, tmp_path: Path) -> None:
    data = tmp_path / "data"
    empty = perpdesk("data", "check", "--data", data)
    file = written(tmp_path, csv_of(wave(4)))
    perpdesk("data", "import", file, "--instrument", INSTRUMENT, "--bar", "1h", "--data", data)

    assert empty.code == 2
    assert perpdesk("data", "check", "--data", data).code == 0


def test_no_half_file_is_left_under_its_name(perpdesk: Perpdesk, tmp_path: Path) -> None:
    data = tmp_path / "data"
    file = written(tmp_path, csv_of(wave(4)))

    perpdesk("data", "import", file, "--instrument", INSTRUMENT, "--bar", "1h", "--data", data)

    assert [path.name for path in data.iterdir()] == ["data"]
