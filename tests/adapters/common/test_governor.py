"""The rate limit is exact over any rolling minute; each rank passes those behind it."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.common.governor import Rank, WeightGovernor
from tests.waiting import eventually

SHORT_SECS = 0.2


class Clock:
    """Seconds that a test moves; they stand at a thousand in the beginning."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def governor_of(
    per_minute: int = 50, urgent: int = 0, orders: int = 0
) -> tuple[WeightGovernor, Clock]:
    clock = Clock()
    reserves = {Rank.URGENT: urgent, Rank.ORDER: orders}
    return WeightGovernor(per_minute, 60, reserves, clock), clock


async def test_weight_beyond_the_window_waits() -> None:
    governor, _ = governor_of()
    await governor.acquire(40)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await governor.acquire(20)

    assert governor.remaining == 10
    await governor.acquire(10)
    assert governor.remaining == 0


def test_the_window_is_a_rolling_minute() -> None:
    governor, clock = governor_of()
    assert governor.try_acquire(30)
    clock.now += 30
    assert governor.try_acquire(20)

    clock.now += 29.9
    assert (governor.remaining, governor.try_acquire(1)) == (0, False)
    clock.now += 0.2
    assert governor.remaining == 30
    clock.now += 30
    assert governor.remaining == 50


@given(
    st.lists(
        st.tuples(
            st.floats(0, 40),
            st.integers(1, 30),
            st.sampled_from(Rank),
        ),
        max_size=60,
    )
)
def test_no_minute_ever_holds_more_than_the_venue_grants(
    steps: list[tuple[float, int, Rank]],
) -> None:
    limits = {Rank.URGENT: 50, Rank.ORDER: 40, Rank.QUESTION: 25}
    governor, clock = governor_of(per_minute=50, urgent=10, orders=15)
    spent: list[tuple[float, int]] = []
    for pause, weight, rank in steps:
        clock.now += pause
        window = [w for at, w in spent if at > clock.now - 60]
        fits = not window or sum(window) + weight <= limits[rank]
        assert governor.try_acquire(weight, rank) is fits
        if fits:
            spent.append((clock.now, weight))
    for at, _ in spent:
        window = [w for other, w in spent if at - 60 < other <= at]
        assert sum(window) <= 50


async def test_what_a_reply_costs_beyond_the_window_delays_the_next_request() -> None:
    governor, clock = governor_of()
    await governor.acquire(40)
    clock.now += 10

    governor.charge(30)

    assert governor.remaining == -20
    assert not governor.try_acquire(1)
    clock.now += 50
    assert governor.remaining == 20


def test_what_others_have_spent_comes_back_as_a_bucket_fills() -> None:
    governor, clock = governor_of()
    assert governor.try_acquire(10)
    clock.now += 30

    governor.left(0)

    assert governor.remaining == 0
    clock.now += 15.1
    assert governor.remaining == 9
    clock.now += 15
    assert governor.remaining == 30  # half of what others had, and our own
    clock.now += 30
    assert governor.remaining == 50


def test_more_than_we_believe_is_never_left() -> None:
    governor, clock = governor_of()
    assert governor.try_acquire(10)
    governor.left(50)
    assert governor.remaining == 40
    governor.left(39)
    assert governor.remaining == 39
    clock.now += 60
    assert governor.remaining == 50


def test_a_reserve_is_for_the_urgent_alone() -> None:
    governor, _ = governor_of(per_minute=100, urgent=20)
    assert governor.try_acquire(80)

    assert not governor.try_acquire(1)
    assert governor.try_acquire(20, Rank.URGENT)
    assert not governor.try_acquire(1, Rank.URGENT)


async def test_ranks_pass_each_other_and_within_one_all_keep_their_order() -> None:
    governor = WeightGovernor(10, SHORT_SECS)
    await governor.acquire(10)
    served: list[str] = []

    async def ask(name: str, weight: int, rank: Rank) -> None:
        await governor.acquire(weight, rank)
        served.append(name)

    async with asyncio.TaskGroup() as group:
        for name, weight, rank in (
            ("question", 1, Rank.QUESTION),
            ("first", 6, Rank.ORDER),
            ("small", 1, Rank.ORDER),
            ("cancel", 9, Rank.URGENT),
            ("late cancel", 1, Rank.URGENT),
        ):
            group.create_task(ask(name, weight, rank))
            await asyncio.sleep(0)
        assert not governor.try_acquire(1)

    assert served == ["cancel", "late cancel", "first", "small", "question"]


async def test_questions_leave_room_for_orders_and_hold_none_back() -> None:
    governor, clock = governor_of(per_minute=100, urgent=10, orders=30)
    assert governor.try_acquire(60, Rank.QUESTION)

    waiting = asyncio.create_task(governor.acquire(1, Rank.QUESTION))
    await asyncio.sleep(0)

    assert not waiting.done()
    assert governor.delay_secs(30) == 0
    assert governor.try_acquire(30)
    assert not governor.try_acquire(1)
    clock.now += 60
    assert governor.remaining == 100
    waiting.cancel()


async def test_a_small_request_does_not_overtake_a_large_one() -> None:
    governor = WeightGovernor(10, SHORT_SECS)
    await governor.acquire(8)
    large = asyncio.create_task(governor.acquire(5))
    await asyncio.sleep(0)

    assert not governor.try_acquire(1)
    assert governor.try_acquire(1, Rank.URGENT)
    await large


async def test_who_gives_up_waiting_takes_nothing_and_blocks_nobody() -> None:
    governor = WeightGovernor(10, SHORT_SECS)
    await governor.acquire(8)
    large = asyncio.create_task(governor.acquire(9))
    await asyncio.sleep(0)
    small = asyncio.create_task(governor.acquire(2))
    await asyncio.sleep(0)
    assert not small.done()

    large.cancel()
    await small

    assert governor.remaining == 0
    with pytest.raises(asyncio.CancelledError):
        await large


async def test_a_weight_above_the_whole_limit_goes_alone() -> None:
    governor = WeightGovernor(10, SHORT_SECS)
    await governor.acquire(1)

    await governor.acquire(11)

    assert governor.remaining == -1


def test_a_delay_counts_who_is_ahead() -> None:
    governor, clock = governor_of(per_minute=50, urgent=10)
    assert governor.delay_secs(40) == 0
    governor.try_acquire(30)
    clock.now += 20
    governor.try_acquire(10)

    assert governor.delay_secs(1) == 40
    assert governor.delay_secs(35) == 60
    assert governor.delay_secs(10, Rank.URGENT) == 0
    assert governor.delay_secs(11, Rank.URGENT) == 40


async def test_nobody_waits_for_less_than_he_was_told() -> None:
    governor = WeightGovernor(10, 0.3)
    for _ in range(10):
        await governor.acquire(1)
    loop = asyncio.get_running_loop()
    expected = [governor.delay_secs(5)]
    waiting = [asyncio.create_task(governor.acquire(5))]
    await asyncio.sleep(0)
    expected.append(governor.delay_secs(5))
    waiting.append(asyncio.create_task(governor.acquire(5)))
    start = loop.time()
    ends: list[float] = []
    for task in waiting:
        task.add_done_callback(lambda _: ends.append(loop.time() - start))
    await eventually(lambda: len(ends) == 2)

    for told, was in zip(expected, ends, strict=True):
        # A busy machine may add to it.
        assert was >= told - 0.02
        assert told > 0.2
