"""A range comes whole, however a venue cuts it into pages, and asking for it ends."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.common.errors import OutcomeUnknown
from adapters.hyperliquid.constants import MAX_PAGES
from adapters.hyperliquid.pages import fetch_range


class Row(NamedTuple):
    time: int
    number: int


class Pages:
    """A venue that keeps one end of a range and tells it in an order of its own."""

    def __init__(
        self,
        times: list[int],
        size: int,
        *,
        keeps_newest: bool = False,
        shuffle: Callable[[list[Row]], list[Row]] = list,
    ) -> None:
        self.rows = [Row(time, number) for number, time in enumerate(sorted(times))]
        self.size = size
        self.keeps_newest = keeps_newest
        self.shuffle = shuffle
        self.asked: list[tuple[int, int | None]] = []

    async def fetch(self, start_ms: int, end_ms: int | None) -> list[Row]:
        self.asked.append((start_ms, end_ms))
        end = end_ms if end_ms is not None else 10**15
        rows = [row for row in self.rows if start_ms <= row.time <= end]
        kept = rows[-self.size :] if self.keeps_newest else rows[: self.size]
        return self.shuffle(kept)

    async def all(self, start_ms: int, end_ms: int | None) -> list[Row]:
        return await fetch_range(
            self.fetch, lambda row: row.time, lambda row: row, start_ms, end_ms, self.size
        )


@given(
    times=st.lists(st.integers(0, 40), max_size=60),
    span=st.tuples(st.integers(0, 40), st.none() | st.integers(0, 40)),
    size=st.integers(2, 12),
    keeps_newest=st.booleans(),
    descending=st.booleans(),
)
async def test_nothing_is_lost_and_nothing_comes_twice(
    times: list[int],
    span: tuple[int, int | None],
    size: int,
    *,
    keeps_newest: bool,
    descending: bool,
) -> None:
    """But for more rows in one millisecond than fit a page, which cannot be asked apart."""
    venue = Pages(
        times,
        size,
        keeps_newest=keeps_newest,
        shuffle=lambda rows: rows[::-1] if descending else rows,
    )
    start_ms, end_ms = span

    rows = await venue.all(start_ms, end_ms)

    wanted = [
        row for row in venue.rows if row.time >= start_ms and (end_ms is None or row.time <= end_ms)
    ]
    crowded = {row.time for row in wanted if times.count(row.time) >= size}
    assert {x for x in rows if x.time not in crowded} == {
        x for x in wanted if x.time not in crowded
    }
    assert len(rows) == len(set(rows))
    assert [row.time for row in rows] == sorted(row.time for row in rows)
    for time in crowded:
        assert sum(row.time == time for row in rows) >= size


@pytest.mark.parametrize("keeps_newest", [False, True])
async def test_ten_thousand_rows_cost_a_dozen_questions(*, keeps_newest: bool) -> None:
    venue = Pages(list(range(10_000)), 2_000, keeps_newest=keeps_newest)

    assert await venue.all(0, None) == venue.rows
    assert len(venue.asked) <= 13


async def test_a_short_page_is_the_whole_answer() -> None:
    venue = Pages([1, 2, 3], 4)

    assert await venue.all(0, 5) == venue.rows
    assert venue.asked == [(0, 5)]


async def test_a_crowded_millisecond_ends() -> None:
    venue = Pages([5] * 10 + [3, 9], 4)

    rows = await venue.all(5, 5)

    assert len(rows) == 4
    assert len(venue.asked) == 1


async def test_a_venue_that_ignores_the_range_is_left_in_the_end() -> None:
    asked = 0

    async def fetch(start_ms: int, end_ms: int | None) -> list[Row]:  # noqa: ARG001
        nonlocal asked
        asked += 1
        return [Row(7, 1), Row(8, 2)]

    with pytest.raises(OutcomeUnknown, match=f"Expected at most {MAX_PAGES} pages from 0 ms on"):
        await fetch_range(fetch, lambda row: row.time, lambda row: row, 0, 100, 2)

    assert asked == MAX_PAGES
