"""Ranges of a venue's past, as requests ask for them, and paging through them backward."""

from collections.abc import Awaitable, Callable
from typing import Self

import msgspec
from nautilus_trader.core.datetime import dt_to_unix_nanos
from nautilus_trader.data.messages import RequestData

NANOS_PER_MILLI = 1_000_000
# No answer needs more; a venue that gives so many pages would give them for ever.
MAX_PAGES = 100
# Nautilus puts its own now where a request has no end. The venue's clock may run elsewhere, so an
# end this close to our now is read as the venue's.
NOW_TOLERANCE_NS = 1_000_000_000


class TimeRange(msgspec.Struct, frozen=True):
    """A range of the venue's time in milliseconds, both ends included; no end means its now."""

    start_ms: int
    end_ms: int | None

    @classmethod
    def of(cls, request: RequestData, now_ns: int) -> Self:
        """Read the range of a request; `now_ns` is our clock."""
        start_ns = dt_to_unix_nanos(request.start) if request.start else 0
        end_ns = dt_to_unix_nanos(request.end) if request.end else now_ns
        ends_now = end_ns >= now_ns - NOW_TOLERANCE_NS
        # Rounded up: what happened before the start is not asked for.
        return cls(-(-start_ns // NANOS_PER_MILLI), None if ends_now else end_ns // NANOS_PER_MILLI)


async def page_backward[T](
    fetch: Callable[[int, int], Awaitable[list[T]]],
    time_of: Callable[[T], int],
    start_ms: int,
    end_ms: int,
    page_ms: int,
    first_page_ms: int | None,
    is_enough: Callable[[int], bool],
) -> list[T]:
    """
    Fetch page before page until there is enough, the start is reached or nothing older comes.

    The first page may be smaller than the others, since replies cost weight by their size; if it
    is empty, that alone does not mean that nothing older exists.
    """
    rows: list[T] = []
    size_ms = min(page_ms, first_page_ms or page_ms)
    for _ in range(MAX_PAGES):
        first_ms = max(start_ms, end_ms - size_ms)
        page = await fetch(first_ms, end_ms)
        rows = page + rows
        is_last = first_ms <= start_ms or (not page and size_ms == page_ms)
        if is_last or is_enough(len(rows)):
            break
        end_ms = min([first_ms, *map(time_of, page[:1])]) - 1
        size_ms = page_ms
    return rows
