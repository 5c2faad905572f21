"""History comes complete, ordered and bounded, however the venue cuts it into pages."""

from collections.abc import Iterable
from decimal import Decimal

import pytest

from adapters.common.time_ranges import TimeRange
from adapters.hyperliquid.history import fetch_candles, fetch_funding
from adapters.hyperliquid.schemas import Candle, FundingEntry

MINUTE = 60_000
HOUR = 3_600_000


class Archive:
    """A venue's past with the venue's page rules: latest 5,000 candles, first 500 fundings."""

    def __init__(self, now_ms: int, minutes: Iterable[int] = (), hours: int = 0) -> None:
        self.now_ms = now_ms
        self.pages: list[tuple[int, int]] = []
        self._candles = [
            Candle(m * MINUTE, (m + 1) * MINUTE - 1, "BTC", "1m", 1.0, 1.0, 1.0, 1.0, 1.0, 1)
            for m in minutes
        ]
        last_hour = now_ms // HOUR
        self._fundings = [
            FundingEntry("BTC", Decimal(0), h * HOUR + h % 400)
            for h in range(last_hour - hours, last_hour)
        ]

    async def exchange_time_ms(self) -> int:
        return self.now_ms

    async def candle_snapshot(
        self, coin: str, interval: str, start_ms: int, end_ms: int
    ) -> list[Candle]:
        assert (coin, interval) == ("BTC", "1m")
        self.pages.append((start_ms, end_ms))
        return [c for c in self._candles if start_ms <= c.T and c.t <= end_ms][-5_000:]

    async def funding_history(self, coin: str, start_ms: int, end_ms: int) -> list[FundingEntry]:
        assert coin == "BTC"
        self.pages.append((start_ms, end_ms))
        return [f for f in self._fundings if start_ms <= f.time <= end_ms][:500]


# A moment half-way through minute 20,000, whose candle is still open.
NOW_MS = 20_000 * MINUTE + MINUTE // 2


def opens(candles: list[Candle]) -> list[int]:
    return [candle.t // MINUTE for candle in candles]


async def test_candles_are_paged_past_the_venues_limit() -> None:
    archive = Archive(NOW_MS, list(range(20_001)))

    candles = await fetch_candles(archive, "BTC", "1m", TimeRange(8_000 * MINUTE, None), 0)

    # The candle that closes at the very start of the range belongs to it; the open one does not.
    assert opens(candles) == list(range(7_999, 20_000))
    assert len(archive.pages) == 3


@pytest.mark.parametrize("limit", [1, 250, 4_998, 4_999, 5_000, 5_001, 12_345])
async def test_a_limit_gives_exactly_so_many_of_the_latest(limit: int) -> None:
    archive = Archive(NOW_MS, list(range(20_001)))

    candles = await fetch_candles(archive, "BTC", "1m", TimeRange(0, None), limit)

    assert opens(candles) == list(range(20_000 - limit, 20_000))


async def test_a_small_limit_asks_for_a_small_page() -> None:
    archive = Archive(NOW_MS, list(range(20_001)))

    await fetch_candles(archive, "BTC", "1m", TimeRange(0, None), 250)

    assert archive.pages == [(NOW_MS - 251 * MINUTE, NOW_MS)]


async def test_paging_goes_on_over_a_market_without_trades() -> None:
    minutes = [*range(16_000, 16_100), 18_000, *range(19_990, 20_000)]
    archive = Archive(NOW_MS, minutes)

    candles = await fetch_candles(archive, "BTC", "1m", TimeRange(0, None), 20)

    assert opens(candles) == minutes[-20:]


async def test_paging_ends_where_nothing_older_comes() -> None:
    archive = Archive(NOW_MS, list(range(19_000, 20_000)))

    candles = await fetch_candles(archive, "BTC", "1m", TimeRange(0, None), 50_000)

    assert opens(candles) == list(range(19_000, 20_000))
    assert len(archive.pages) == 2


async def test_a_range_in_the_past_ends_in_the_past() -> None:
    archive = Archive(NOW_MS, list(range(20_001)))
    span = TimeRange(100 * MINUTE, 110 * MINUTE)

    assert opens(await fetch_candles(archive, "BTC", "1m", span, 0)) == list(range(99, 110))
    assert opens(await fetch_candles(archive, "BTC", "1m", span, 3)) == [107, 108, 109]


async def test_a_range_that_the_venues_clock_has_not_reached_is_empty() -> None:
    archive = Archive(NOW_MS, list(range(20_001)))

    span = TimeRange(30_000 * MINUTE, 31_000 * MINUTE)
    assert await fetch_candles(archive, "BTC", "1m", span, 0) == []


async def test_the_open_candle_is_never_returned_as_final() -> None:
    for offset_ms in (0, 1, MINUTE - 1):
        archive = Archive(20_000 * MINUTE + offset_ms, list(range(20_001)))
        candles = await fetch_candles(archive, "BTC", "1m", TimeRange(0, None), 2)
        assert opens(candles) == [19_998, 19_999]


@pytest.mark.parametrize(("limit", "expected"), [(0, 1_300), (1, 1), (500, 500), (777, 777)])
async def test_funding_is_paged_past_the_venues_limit(limit: int, expected: int) -> None:
    now_ms = 480_000 * HOUR + 1_000
    archive = Archive(now_ms, hours=1_400)

    entries = await fetch_funding(archive, "BTC", TimeRange((480_000 - 1_300) * HOUR, None), limit)

    hours = [entry.time // HOUR for entry in entries]
    assert hours == list(range(480_000 - expected, 480_000))
