"""Fetch a range of time whole from a venue that tells no more than a page of it at once."""

from collections.abc import Awaitable, Callable, Hashable

from adapters.common.errors import OutcomeUnknown
from adapters.hyperliquid.constants import MAX_PAGES

# The first and the last millisecond, both included; no last one is all that there is yet.
type Span = tuple[int, int | None]


async def fetch_range[T](
    fetch: Callable[[int, int | None], Awaitable[list[T]]],
    time_of: Callable[[T], int],
    identity_of: Callable[[T], Hashable],
    start_ms: int,
    end_ms: int | None,
    page_size: int,
) -> list[T]:
    """
    Return all rows of a range, each once, oldest first; those of one millisecond in any order.

    The venue does not promise which end of a range a full page leaves out, nor the order within
    it. So what lies on either side of a full page is asked for again, down to the milliseconds at
    its edges, which may have been cut through. More rows in one millisecond than fit a page cannot
    be told apart by any question; the rest of those is lost.

    Parameters
    ----------
    fetch : Callable[[int, int | None], Awaitable[list[T]]]
        Asks for one page between two times, both included; None is no end.
    time_of, identity_of
        A row's time in milliseconds, and what tells it from all others.
    start_ms, end_ms : int
        The range, both ends included; no end is all that there is yet.
    page_size : int
        How many rows a full page has.

    Raises
    ------
    OutcomeUnknown
        If the range has not ended after `MAX_PAGES` pages.

    """
    rows: dict[Hashable, T] = {}
    spans: list[Span] = [(start_ms, end_ms)]
    pages = 0
    while spans:
        if pages == MAX_PAGES:
            raise OutcomeUnknown(f"Expected at most {MAX_PAGES} pages from {start_ms} ms on")
        span = spans.pop()
        page = await fetch(*span)
        pages += 1
        rows |= {identity_of(row): row for row in page}
        if len(page) >= page_size:
            spans += _beside(span, min(map(time_of, page)), max(map(time_of, page)))
    return sorted(rows.values(), key=time_of)


def _beside(span: Span, first_ms: int, last_ms: int) -> list[Span]:
    """Return what a full page from first to last may have left out of the span, as less of it."""
    start_ms, end_ms = span
    left_end, right_start = first_ms, last_ms
    if first_ms == last_ms:
        left_end, right_start = first_ms - 1, last_ms + 1
    sides: list[Span] = []
    if end_ms is None or right_start <= end_ms:
        sides.append((right_start, end_ms))
    if start_ms <= left_end:
        sides.append((start_ms, left_end))
    return sides
