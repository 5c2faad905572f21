"""Walks through a venue's history page by page, and on from where an earlier one ended; pure."""

from collections.abc import Callable, Collection, Iterator

from backtest.candles import Candle
from backtest.errors import BacktestError
from backtest.tables import FundingRate

type FetchCandles = Callable[[int, int], list[Candle]]
"""From and until which open, both included, nanoseconds UTC; the venue may give fewer."""

type FetchFunding = Callable[[int, int], list[FundingRate]]


def first_missing_ns(closes_ns: Collection[int], start_ns: int, step_ns: int) -> int:
    """Return the first open at or after `start_ns` of which there is no bar."""
    open_ns = -(-start_ns // step_ns) * step_ns
    while open_ns + step_ns in closes_ns:
        open_ns += step_ns
    return open_ns


def candle_pages(
    fetch: FetchCandles, start_ns: int, end_ns: int, step_ns: int, page: int
) -> Iterator[tuple[int, list[Candle]]]:
    """
    Fetch candles that open from `start_ns` on and close until `end_ns`, oldest first.

    Parameters
    ----------
    fetch : callable
        Asks the venue.
    start_ns, end_ns : int
        Nanoseconds UTC.
    step_ns : int
        The length of a candle.
    page : int
        How many candles to ask for at once.

    Yields
    ------
    tuple
        Up to where the history is known now, and the candles of the page, which may be none.

    Raises
    ------
    BacktestError
        The venue answers with candles out of the range that was asked for.

    """
    open_ns = start_ns
    while open_ns + step_ns <= end_ns:
        until_ns = min(open_ns + (page - 1) * step_ns, end_ns - step_ns)
        candles = sorted(fetch(open_ns, until_ns), key=lambda candle: candle.open_ns)
        # Some venues give the candle that is under way at `open_ns` as well, or one too many.
        candles = [candle for candle in candles if open_ns <= candle.open_ns <= until_ns]
        # A page without an end is one that the venue has cut short: go on behind its last candle.
        # An empty one is a hole in the venue's own history.
        open_ns = (candles[-1].open_ns if candles else until_ns) + step_ns
        yield open_ns, candles


def funding_pages(
    fetch: FetchFunding, start_ns: int, end_ns: int
) -> Iterator[tuple[int, list[FundingRate]]]:
    """
    Fetch funding rates from `start_ns` until `end_ns`, both included, oldest first.

    Yields
    ------
    tuple
        As `candle_pages`.

    Raises
    ------
    BacktestError
        The venue does not go on: it answers a later question with earlier rates only.

    """
    from_ns = start_ns
    while from_ns <= end_ns:
        rates = sorted(fetch(from_ns, end_ns), key=lambda rate: rate.time_ns)
        fresh = [rate for rate in rates if from_ns <= rate.time_ns <= end_ns]
        if not fresh:
            if any(rate.time_ns < from_ns for rate in rates):
                raise BacktestError("Expected later funding rates, found the same ones again")
            return
        from_ns = fresh[-1].time_ns + 1
        yield from_ns, fresh
