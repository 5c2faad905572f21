"""Walking through a venue's history: nothing twice, nothing left out, and an end."""

from decimal import Decimal

import pytest

from backtest.candles import Candle
from backtest.errors import BacktestError
from backtest.paging import candle_pages, first_missing_ns, funding_pages
from backtest.tables import FundingRate
from tests.backtest.made import HOUR_NS, START_NS, wave

END_NS = START_NS + 50 * HOUR_NS


class Venue:
    """Answers from a list as venues do: at most so many at once."""

    def __init__(self, candles: list[Candle], most: int) -> None:
        self.candles = candles
        self.most = most
        self.asked = 0

    def fetch(self, from_ns: int, until_ns: int) -> list[Candle]:
        self.asked += 1
        found = [c for c in self.candles if from_ns <= c.open_ns <= until_ns]
        return found[: self.most]


def walked(venue: Venue, page: int, start_ns: int = START_NS) -> list[Candle]:
    pages = candle_pages(venue.fetch, start_ns, END_NS, HOUR_NS, page)
    return [candle for _, candles in pages for candle in candles]


@pytest.mark.parametrize(("page", "most", "asked"), [(10, 100, 5), (50, 100, 1), (20, 10, 5)])
def test_every_candle_comes_once(page: int, most: int, asked: int) -> None:
    venue = Venue(wave(60), most)

    assert walked(venue, page) == venue.candles[:50]
    assert venue.asked == asked


def test_a_hole_wider_than_a_page_is_stepped_over() -> None:
    candles = wave(50)
    venue = Venue(candles[:5] + candles[40:], 100)

    assert walked(venue, 10) == venue.candles


def test_a_venue_without_any_candles_ends() -> None:
    assert walked(Venue([], 10), 10) == []


def test_a_candle_that_has_not_closed_is_left_out() -> None:
    venue = Venue(wave(60), 100)
    pages = candle_pages(venue.fetch, START_NS, START_NS + 3 * HOUR_NS - 1, HOUR_NS, 10)

    assert [candle for _, candles in pages for candle in candles] == venue.candles[:2]


def test_progress_never_goes_back() -> None:
    venue = Venue(wave(60), 7)

    reached = [reached for reached, _ in candle_pages(venue.fetch, START_NS, END_NS, HOUR_NS, 20)]

    assert reached == sorted(set(reached))
    assert reached[-1] == END_NS


def test_a_walk_goes_on_at_the_first_missing_bar() -> None:
    closes = {START_NS + n * HOUR_NS for n in (1, 2, 3, 7)}

    assert first_missing_ns(closes, START_NS, HOUR_NS) == START_NS + 3 * HOUR_NS
    assert first_missing_ns(set(), START_NS + 1, HOUR_NS) == START_NS + HOUR_NS
    assert first_missing_ns(closes, START_NS + 6 * HOUR_NS, HOUR_NS) == START_NS + 7 * HOUR_NS


def test_funding_is_walked_to_its_end() -> None:
    rates = [FundingRate(START_NS + n * HOUR_NS, Decimal(n)) for n in range(25)]

    def fetch(from_ns: int, _until_ns: int) -> list[FundingRate]:
        return [rate for rate in rates if rate.time_ns >= from_ns][:10]

    pages = list(funding_pages(fetch, START_NS, START_NS + 20 * HOUR_NS))

    assert [len(page) for _, page in pages] == [10, 10, 1]


def test_a_venue_that_repeats_itself_is_refused() -> None:
    pages = funding_pages(lambda _from, _until: [FundingRate(1, Decimal(0))], 0, 10)

    with pytest.raises(BacktestError, match="the same ones again"):
        list(pages)
