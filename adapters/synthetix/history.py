"""The past half of the data client: from requests to replies to Nautilus data."""

from collections.abc import Callable

from nautilus_trader.common.component import LiveClock
from nautilus_trader.data.messages import (
    RequestBars,
    RequestFundingRates,
    RequestOrderBookSnapshot,
    RequestTradeTicks,
)
from nautilus_trader.model.data import Bar, FundingRateUpdate, OrderBookDeltas, TradeTick
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.instruments import Instrument

from adapters.common.time_ranges import TimeRange, page_backward
from adapters.synthetix.constants import (
    BOOK_LEVELS,
    CANDLES_PER_REQUEST,
    FUNDING_SPAN_MILLIS,
    FUNDINGS_PER_REQUEST,
    INTERVAL_MILLIS,
    MILLIS_PER_HOUR,
    NANOS_PER_MILLI,
    TRADES_PER_REQUEST,
)
from adapters.synthetix.http import SynthetixHttpClient
from adapters.synthetix.parsing import (
    Levels,
    parse_bar,
    parse_bar_interval,
    parse_funding_entry,
    parse_order_book_snapshot,
    parse_trade_tick,
)
from adapters.synthetix.schemas import Candle, FundingEntry

BOOK_LEVELS_DEFAULT = 100


class MarketHistory:
    """
    The venue's past as Nautilus data, oldest first.

    Every method raises what the HTTP client does, and ValueError if the instrument is not
    loaded or the venue has no such bars.

    `ts_init` is `ts_event` throughout: history sorted by either is the same, as catalogs expect.

    Parameters
    ----------
    http : SynthetixHttpClient
        Where to ask.
    clock : LiveClock
        Our own time.
    find : Callable[[InstrumentId], Instrument]
        Returns a loaded instrument, or raises ValueError.

    """

    def __init__(
        self,
        http: SynthetixHttpClient,
        clock: LiveClock,
        find: Callable[[InstrumentId], Instrument],
    ) -> None:
        self._http = http
        self._clock = clock
        self._find = find

    async def bars(self, request: RequestBars) -> list[Bar]:
        """Return the final bars that close within the range, the latest if there is a limit."""
        instrument = self._find(request.bar_type.instrument_id)
        interval = parse_bar_interval(request.bar_type)
        span = TimeRange.of(request, self._clock.timestamp_ns())
        symbol = instrument.raw_symbol.value
        candles = await fetch_candles(self._http, symbol, interval, span, request.limit)
        return [
            parse_bar(one, request.bar_type, instrument, one.end_ms * NANOS_PER_MILLI)
            for one in candles
        ]

    async def trades(self, request: RequestTradeTicks) -> list[TradeTick]:
        """Return those of the venue's few recent trades that lie within the range."""
        instrument = self._find(request.instrument_id)
        span = TimeRange.of(request, self._clock.timestamp_ns())
        trades = await self._http.last_trades(instrument.raw_symbol.value, TRADES_PER_REQUEST)
        start_ns = span.start_ms * NANOS_PER_MILLI
        end_ns = None if span.end_ms is None else (span.end_ms + 1) * NANOS_PER_MILLI
        ticks = [
            parse_trade_tick(trade, instrument, trade.timestamp)
            for trade in reversed(trades)
            if start_ns <= trade.timestamp and (end_ns is None or trade.timestamp < end_ns)
        ]
        return ticks[-request.limit :]

    async def funding_rates(self, request: RequestFundingRates) -> list[FundingRateUpdate]:
        """Return the rates that were paid within the range, the latest if there is a limit."""
        instrument = self._find(request.instrument_id)
        span = TimeRange.of(request, self._clock.timestamp_ns())
        symbol = instrument.raw_symbol.value
        entries = await fetch_funding(self._http, symbol, span, request.limit)
        return [parse_funding_entry(entry, instrument) for entry in entries]

    async def order_book(self, request: RequestOrderBookSnapshot) -> list[OrderBookDeltas]:
        """Return the book of this moment as one group of deltas; a limit is a number of levels."""
        instrument = self._find(request.instrument_id)
        wanted = request.limit or BOOK_LEVELS_DEFAULT
        limit = next((levels for levels in BOOK_LEVELS if levels >= wanted), BOOK_LEVELS[-1])
        book = await self._http.order_book(instrument.raw_symbol.value, limit)
        now_ns = self._clock.timestamp_ns()
        bids, asks = (_levels(side[:wanted]) for side in (book.bids, book.asks))
        return [parse_order_book_snapshot(bids, asks, instrument, 0, now_ns, now_ns)]


def _levels(side: list[tuple[str, str]]) -> Levels:
    return [(float(price), float(quantity)) for price, quantity in side]


async def fetch_candles(
    http: SynthetixHttpClient, symbol: str, interval: str, span: TimeRange, limit: int
) -> list[Candle]:
    """
    Return the final candles that close within the range, oldest first.

    The venue's own clock decides what is final, and bounds the range: ours may run elsewhere.

    Parameters
    ----------
    http : SynthetixHttpClient
        Where to ask.
    symbol, interval : str
        The market and one of the venue's intervals.
    span : TimeRange
        The range of closes.
    limit : int
        At most so many, the latest ones; 0 for all that there are.

    """
    end_ms = await _venue_end_ms(http, span)
    millis = INTERVAL_MILLIS[interval]

    async def fetch(first_ms: int, last_ms: int) -> list[Candle]:
        rows = await http.candles(symbol, interval, first_ms, last_ms, CANDLES_PER_REQUEST)
        candles = [row.to_candle(symbol, interval) for row in rows]
        return sorted(candles, key=lambda candle: candle.open_ms)

    candles = await page_backward(
        fetch,
        time_of=lambda candle: candle.open_ms,
        start_ms=max(0, span.start_ms - millis),
        end_ms=end_ms,
        # One less than is asked for: the candle that contains the range's start may be added.
        page_ms=millis * (CANDLES_PER_REQUEST - 1),
        # One more than wanted: the newest may still be open.
        first_page_ms=millis * (limit + 1) if limit else None,
        is_enough=lambda count: 0 < limit < count,
    )
    by_open = {one.open_ms: one for one in candles if span.start_ms <= one.end_ms <= end_ms}
    return list(by_open.values())[-limit:]


async def fetch_funding(
    http: SynthetixHttpClient, symbol: str, span: TimeRange, limit: int
) -> list[FundingEntry]:
    """Return the rates paid within the range, oldest first; the limit is as for candles."""
    end_ms = await _venue_end_ms(http, span)

    async def fetch(first_ms: int, last_ms: int) -> list[FundingEntry]:
        rows = await http.funding_rate_history(symbol, first_ms, last_ms, FUNDINGS_PER_REQUEST)
        return sorted(rows, key=lambda row: row.fundingTime)

    # "Range floor 30 days back": what is asked for before that is refused. An hour is room for it.
    floor_ms = end_ms - FUNDING_SPAN_MILLIS + MILLIS_PER_HOUR
    entries = await page_backward(
        fetch,
        time_of=lambda entry: entry.fundingTime // NANOS_PER_MILLI,
        start_ms=max(span.start_ms, floor_ms),
        end_ms=end_ms,
        page_ms=FUNDING_SPAN_MILLIS,
        first_page_ms=None,
        is_enough=lambda count: 0 < limit <= count,
    )
    return entries[-limit:]


async def _venue_end_ms(http: SynthetixHttpClient, span: TimeRange) -> int:
    now_ms = await http.exchange_time_ms()
    return now_ms if span.end_ms is None else min(span.end_ms, now_ms)
