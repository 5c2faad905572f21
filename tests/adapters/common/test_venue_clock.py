"""The venue's clock is known as well as its answers allow, and a late answer does no harm."""

from hypothesis import given
from hypothesis import strategies as st
from nautilus_trader.common.component import TestClock

from adapters.common.venue_clock import CLOCKS_APART_MAX_MS, VenueClock

START_MS = 1_795_680_000_000
delays = st.integers(0, 30_000)


class SlowVenue:
    """A venue whose answers take their time, on the way there and back."""

    def __init__(self, ahead_ms: int) -> None:
        self.ahead_ms = ahead_ms
        self.there_ms = self.back_ms = 0
        self.clock = TestClock()
        self.pass_ms(START_MS)

    def pass_ms(self, ms: int) -> None:
        self.clock.set_time(self.clock.timestamp_ns() + ms * 1_000_000)

    @property
    def now_ms(self) -> int:
        return self.clock.timestamp_ms() + self.ahead_ms

    async def exchange_time_ms(self) -> int:
        self.pass_ms(self.there_ms)
        told = self.now_ms
        self.pass_ms(self.back_ms)
        return told


async def compared(venue: SlowVenue, *trips: tuple[int, int]) -> VenueClock:
    clock = VenueClock(venue.exchange_time_ms, venue.clock)
    for venue.there_ms, venue.back_ms in trips:
        await clock.compare()
    return clock


@given(st.lists(st.tuples(delays, delays), min_size=1, max_size=3))
async def test_clocks_that_agree_stay_so_however_late_the_answers(
    trips: list[tuple[int, int]],
) -> None:
    venue = SlowVenue(0)
    clock = await compared(venue, *trips)
    assert clock.now_ms() == venue.now_ms
    assert clock.records_ms() == venue.now_ms


@given(st.integers(-60_000, 60_000), delays, delays)
async def test_a_clock_that_is_apart_is_found_within_the_time_of_the_answer(
    ahead_ms: int, there_ms: int, back_ms: int
) -> None:
    venue = SlowVenue(ahead_ms)
    clock = await compared(venue, (there_ms, back_ms))
    assert abs(clock.now_ms() - venue.now_ms) <= there_ms + back_ms


@given(st.integers(-60_000, 60_000), delays, delays)
async def test_a_late_answer_changes_nothing_that_a_quick_one_has_told(
    ahead_ms: int, there_ms: int, back_ms: int
) -> None:
    venue = SlowVenue(ahead_ms)
    clock = await compared(venue, (0, 0), (there_ms, back_ms))
    assert clock.now_ms() == venue.now_ms


async def test_a_venue_that_replays_another_time_leaves_ours_for_expiries() -> None:
    venue = SlowVenue(-2 * CLOCKS_APART_MAX_MS)
    clock = await compared(venue, (5, 5))
    assert clock.now_ms() == venue.clock.timestamp_ms()
    assert abs(clock.records_ms() - venue.now_ms) <= 10
