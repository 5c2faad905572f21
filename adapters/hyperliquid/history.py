"""The past half of the data client: from requests to replies to Nautilus data."""

from collections.abc import Callable

import msgspec
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
from adapters.hyperliquid.constants import (
    CANDLES_PER_REQUEST,
    FUNDING_HOURS_PER_REQUEST,
    INTERVAL_MILLIS,
    MILLIS_PER_HOUR,
    NANOS_PER_MILLI,
)
from adapters.hyperliquid.http import HyperliquidHttpClient
from adapters.hyperliquid.parsing import (
    parse_bar,
    parse_bar_interval,
    parse_funding_entry,
    parse_order_book_deltas,
    parse_trade_tick,
)
from adapters.hyperliquid.schemas import Candle, FundingEntry
from adapters.hyperliquid.subscriptions import book_subscription


class MarketHistory:
    """
    The venue's past as Nautilus data, oldest first.

    Every method raises what the HTTP client does, and ValueError if the instrument is not
    loaded or the venue has no such bars.

    `ts_init` is `ts_event` throughout: history sorted by either is the same, as catalogs expect.

    Parameters
    ----------
    http : HyperliquidHttpClient
        Where to ask.
    clock : LiveClock
        Our own time.
    find : Callable[[InstrumentId], Instrument]
        Returns a loaded instrument, or raises ValueError.

    """

    def __init__(
        self,
        http: HyperliquidHttpClient,
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
        coin = instrument.raw_symbol.value
        candles = await fetch_candles(self._http, coin, interval, span, request.limit)
        return [
            parse_bar(x, request.bar_type, instrument, (x.T + 1) * NANOS_PER_MILLI) for x in candles
        ]

    async def trades(self, request: RequestTradeTicks) -> list[TradeTick]:
        """Return those of the venue's few recent trades that lie within the range."""
        instrument = self._find(request.instrument_id)
        span = TimeRange.of(request, self._clock.timestamp_ns())
        trades = await self._http.recent_trades(instrument.raw_symbol.value)
        ticks = [
            parse_trade_tick(trade, instrument, trade.time * NANOS_PER_MILLI)
            for trade in reversed(trades)
            if span.start_ms <= trade.time and (span.end_ms is None or trade.time <= span.end_ms)
        ]
        return ticks[-request.limit :]

    async def funding_rates(self, request: RequestFundingRates) -> list[FundingRateUpdate]:
        """Return the rates that were paid within the range, the latest if there is a limit."""
        instrument = self._find(request.instrument_id)
        span = TimeRange.of(request, self._clock.timestamp_ns())
        coin = instrument.raw_symbol.value
        entries = await fetch_funding(self._http, coin, span, request.limit)
        return [parse_funding_entry(entry, instrument) for entry in entries]

    async def order_book(self, request: RequestOrderBookSnapshot) -> list[OrderBookDeltas]:
        """Return the book of this moment as one group of deltas; a limit is a number of levels."""
        instrument = self._find(request.instrument_id)
        wanted = book_subscription(instrument.raw_symbol.value, request.params)
        book = await self._http.l2_book(wanted.coin, wanted.nSigFigs, wanted.mantissa)
        if request.limit:
            bids, asks = (levels[: request.limit] for levels in book.levels)
            book = msgspec.structs.replace(book, levels=(bids, asks))
        return [parse_order_book_deltas(book, instrument, self._clock.timestamp_ns())]


async def fetch_candles(
    http: HyperliquidHttpClient, coin: str, interval: str, span: TimeRange, limit: int
) -> list[Candle]:
    """
    Return the final candles that close within the range, oldest first.

    The venue's own clock decides what is final, and bounds the range: ours may run elsewhere.

    Parameters
    ----------
    http : HyperliquidHttpClient
        Where to ask.
    coin, interval : str
        The market and one of the venue's intervals.
    span : TimeRange
        The range of closes.
    limit : int
        At most so many, the latest ones; 0 for all that there are.

    """
    end_ms = await _venue_end_ms(http, span)
    millis = INTERVAL_MILLIS[interval]

    async def fetch(first_ms: int, last_ms: int) -> list[Candle]:
        return await http.candle_snapshot(coin, interval, first_ms, last_ms)

    candles = await page_backward(
        fetch,
        time_of=lambda candle: candle.t,
        start_ms=max(0, span.start_ms - millis),
        end_ms=end_ms,
        # One less than the venue returns: it adds the candle that contains the range's start.
        page_ms=millis * (CANDLES_PER_REQUEST - 1),
        # One more than wanted: the newest may still be open.
        first_page_ms=millis * (limit + 1) if limit else None,
        is_enough=lambda count: 0 < limit < count,
    )
    closed = [candle for candle in candles if span.start_ms <= candle.T + 1 <= end_ms]
    return closed[-limit:]


async def fetch_funding(
    http: HyperliquidHttpClient, coin: str, span: TimeRange, limit: int
) -> list[FundingEntry]:
    """Return the rates paid within the range, oldest first; the limit is as for candles."""

    async def fetch(first_ms: int, last_ms: int) -> list[FundingEntry]:
        return await http.funding_history(coin, first_ms, last_ms)

    entries = await page_backward(
        fetch,
        time_of=lambda entry: entry.time,
        start_ms=span.start_ms,
        end_ms=await _venue_end_ms(http, span),
        page_ms=MILLIS_PER_HOUR * FUNDING_HOURS_PER_REQUEST,
        first_page_ms=None,
        is_enough=lambda count: 0 < limit <= count,
    )
    return entries[-limit:]


async def _venue_end_ms(http: HyperliquidHttpClient, span: TimeRange) -> int:
    now_ms = await http.exchange_time_ms()
    return now_ms if span.end_ms is None else min(span.end_ms, now_ms)
