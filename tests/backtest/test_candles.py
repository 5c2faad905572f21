"""What is said of candles, and that only whole ones count as usable."""

from decimal import Decimal

import msgspec
import pytest

from backtest.candles import Candle, Gap, clean
from tests.backtest.made import HOUR_NS, START_NS, wave


def changed(candle: Candle, **values: object) -> Candle:
    return msgspec.structs.replace(candle, **values)


def test_candles_in_order_have_no_findings() -> None:
    candles = wave(5)

    ordered, findings = clean(candles, HOUR_NS)

    assert ordered == candles
    assert findings.is_usable
    assert findings.lines() == []


def test_a_gap_is_named_by_its_first_missing_candle_and_its_length() -> None:
    candles = wave(10)

    _, findings = clean(candles[:3] + candles[6:9], HOUR_NS)

    assert findings.gaps == [Gap(START_NS + 3 * HOUR_NS, 3)]
    assert findings.is_usable
    assert findings.lines() == ["1 gaps, 3 candles missing: 2026-01-01 03:00 (3)"]


def test_the_same_candle_twice_is_kept_once_and_named() -> None:
    candles = wave(4)

    ordered, findings = clean([*candles, candles[1]], HOUR_NS)

    assert ordered == candles
    assert findings.duplicates == [candles[1].open_ns]
    assert findings.is_usable


def test_two_candles_of_one_time_are_a_contradiction() -> None:
    candles = wave(4)
    other = changed(candles[1], volume=candles[1].volume + 1)

    _, findings = clean([*candles, other], HOUR_NS)

    assert findings.contradictions == [other.open_ns]
    assert not findings.is_usable


@pytest.mark.parametrize(
    "values",
    [{"high": Decimal(1)}, {"low": Decimal(99_999)}, {"low": Decimal(-1)}, {"volume": Decimal(-1)}],
)
def test_an_impossible_candle_is_named(values: dict[str, Decimal]) -> None:
    candles = wave(3)

    _, findings = clean([candles[0], changed(candles[1], **values)], HOUR_NS)

    assert findings.impossible == [candles[1].open_ns]
    assert not findings.is_usable


def test_a_candle_between_the_hours_is_off_the_grid() -> None:
    candle = changed(wave(1)[0], open_ns=START_NS + 60 * 10**9)

    _, findings = clean([candle], HOUR_NS)

    assert findings.off_grid == [candle.open_ns]
    assert not findings.is_usable


def test_only_the_first_of_many_are_named() -> None:
    candles = wave(20)

    _, findings = clean(candles[::2], HOUR_NS)

    assert findings.lines()[0].endswith("2026-01-01 09:00 (1) and 4 more")
