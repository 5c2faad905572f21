"""Candles of every interval, against a slow reconstruction from the trades."""

from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import get_args

import pytest

from simulator.candles import DAY_MS, MINUTE_MS, CandleSeries, next_open_ms, open_ms
from simulator.numbers import to_wire
from simulator.wire import Candle, Interval, Trade

MONDAY_MS = int(datetime(2025, 9, 1, tzinfo=UTC).timestamp() * 1000)


def a_trade(time_ms: int, px: str, sz: str) -> Trade:
    return Trade("BTC", "B", px, sz, time_ms, "0x0", time_ms, ("0x1", "0x2"))


def some_trades(count: int, span_ms: int) -> list[Trade]:
    rng = Random(7)
    times = sorted(MONDAY_MS + rng.randrange(span_ms) for _ in range(count))
    return [
        a_trade(
            time_ms, f"{rng.randrange(90_000, 110_000)}.0", to_wire(Decimal(rng.randrange(1, 99)))
        )
        for time_ms in times
    ]


def rebuilt(trades: list[Trade], interval: str) -> list[Candle]:
    groups: dict[int, list[Trade]] = {}
    for trade in trades:
        groups.setdefault(open_ms(interval, trade.time), []).append(trade)
    candles = []
    for opened_ms, group in groups.items():
        prices = [Decimal(trade.px) for trade in group]
        candles.append(
            Candle(
                t=opened_ms,
                T=next_open_ms(interval, opened_ms) - 1,
                s="BTC",
                i=interval,
                o=group[0].px,
                c=group[-1].px,
                h=to_wire(max(prices)),
                l=to_wire(min(prices)),
                v=to_wire(sum((Decimal(trade.sz) for trade in group), Decimal(0))),
                n=len(group),
            )
        )
    return candles


@pytest.mark.parametrize("interval", get_args(Interval))
def test_candles_of_every_interval_are_those_of_the_trades(interval: Interval) -> None:
    trades = some_trades(400, 12 * DAY_MS)
    series = CandleSeries("BTC")
    seen: dict[int, Candle] = {}

    for trade in trades:
        assert series.add_trade(trade)
        newest = series.last(interval)
        assert newest is not None
        seen[newest.t] = newest

    expected = rebuilt(trades, interval)
    assert series.between(interval, MONDAY_MS, MONDAY_MS + 12 * DAY_MS) == expected
    assert list(seen.values()) == expected


def test_the_first_candle_contains_the_start_and_the_last_opens_by_the_end() -> None:
    series = CandleSeries("BTC")
    for minute in range(10):
        series.add_trade(a_trade(MONDAY_MS + minute * MINUTE_MS, "1.0", "1.0"))

    found = series.between("1m", MONDAY_MS + 90_000, MONDAY_MS + 4 * MINUTE_MS)

    assert [(c.t - MONDAY_MS) // MINUTE_MS for c in found] == [1, 2, 3, 4]
    assert found[0].T == MONDAY_MS + 2 * MINUTE_MS - 1


def test_no_more_than_five_thousand_candles_are_given_the_newest() -> None:
    series = CandleSeries("BTC")
    for minute in range(5_010):
        series.add_trade(a_trade(MONDAY_MS + minute * MINUTE_MS, "1.0", "1.0"))

    found = series.between("1m", 0, MONDAY_MS + DAY_MS * 9)

    assert len(found) == 5_000
    assert found[-1].t == MONDAY_MS + 5_009 * MINUTE_MS


def test_a_late_trade_does_not_rewrite_a_closed_minute() -> None:
    series = CandleSeries("BTC")
    series.add_trade(a_trade(MONDAY_MS + MINUTE_MS, "2.0", "1.0"))

    assert not series.add_trade(a_trade(MONDAY_MS, "1.0", "1.0"))
    assert len(series.between("1m", 0, MONDAY_MS + MINUTE_MS)) == 1


def test_weeks_begin_on_monday_and_months_on_the_first() -> None:
    thursday = int(datetime(2025, 9, 4, 12, tzinfo=UTC).timestamp() * 1000)

    assert open_ms("1w", thursday) == MONDAY_MS
    assert next_open_ms("1w", MONDAY_MS) == MONDAY_MS + 7 * DAY_MS
    assert open_ms("1M", thursday) == MONDAY_MS
    assert next_open_ms("1M", MONDAY_MS) == int(
        datetime(2025, 10, 1, tzinfo=UTC).timestamp() * 1000
    )


def test_the_day_is_the_last_24_hours() -> None:
    series = CandleSeries("BTC")
    series.add_trade(a_trade(MONDAY_MS, "3.0", "1.0"))
    series.add_trade(a_trade(MONDAY_MS + DAY_MS, "5.0", "2.0"))

    assert series.day(MONDAY_MS + DAY_MS + MINUTE_MS) == (Decimal(2), Decimal(10), Decimal(3))
