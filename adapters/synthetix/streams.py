"""The live half of the data client: from subscriptions to frames to Nautilus data."""

import asyncio
import random
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from nautilus_trader.common.component import LiveClock, Logger
from nautilus_trader.core.data import Data
from nautilus_trader.model.data import (
    BarType,
    FundingRateUpdate,
    IndexPriceUpdate,
    MarkPriceUpdate,
    TradeTick,
)
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.instruments import Instrument

from adapters.common.backoff import backoff_delay_secs
from adapters.common.candles import CandleBoard
from adapters.common.errors import VenueError
from adapters.synthetix.config import SynthetixDataClientConfig
from adapters.synthetix.constants import CANDLES_PER_REQUEST, NANOS_PER_MILLI
from adapters.synthetix.feeds import BOOK_DATA, MarketFeed
from adapters.synthetix.frames import WsBook, WsCandles, WsPrices, WsTrades
from adapters.synthetix.http import SynthetixHttpClient
from adapters.synthetix.order_book import BrokenBook
from adapters.synthetix.parsing import parse_bar, parse_bar_interval
from adapters.synthetix.polls import MarketPolls
from adapters.synthetix.schemas import Candle, Subscription
from adapters.synthetix.websocket import StreamMessage, SynthetixWebSocketClient

# Which stream each kind of data comes from; funding rates are asked for.
STREAMS: dict[type[Data], str] = {
    **dict.fromkeys(BOOK_DATA, "orderbook"),
    TradeTick: "trades",
    MarkPriceUpdate: "marketPrices",
    IndexPriceUpdate: "marketPrices",
}
# A book that breaks again before any difference of it fitted is begun anew after a pause.
REPAIR_INITIAL_SECS = 0.5
REPAIR_MAX_SECS = 30.0


class MarketStreams:
    """
    All market streams of one connection.

    Streams are subscribed once however many kinds of data come from them. Bars hold the market's
    price stream as well: it carries the venue's time, which decides when the bar of a quiet market
    is final.

    Parameters
    ----------
    loop : asyncio.AbstractEventLoop
        The loop in which everything runs.
    clock : LiveClock
        Stamps `ts_init`.
    http : SynthetixHttpClient
        Tells the bars that a broken connection has missed, and what has no stream.
    config : SynthetixDataClientConfig
        The settings.
    emit : Callable[[Data], None]
        Receives what is wanted.
    spawn : Callable[[Coroutine], Any]
        Runs a short task and sees to its end.

    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        clock: LiveClock,
        http: SynthetixHttpClient,
        config: SynthetixDataClientConfig,
        emit: Callable[[Data], None],
        spawn: Callable[[Coroutine[Any, Any, None]], Any],
    ) -> None:
        self._now_ns = clock.timestamp_ns
        self._http = http
        self._config = config
        self._emit = emit
        self._spawn = spawn
        self._log = Logger(type(self).__name__)
        self._feeds: dict[str, MarketFeed] = {}
        self._board = CandleBoard[Candle](config.bar_close_grace_ms)
        self._bar_types: dict[tuple[str, str], BarType] = {}
        self._fills: set[tuple[str, str]] = set()
        self._repairs: dict[str, int] = {}
        self.polls = MarketPolls(loop, clock, http, config, emit)
        """What has no stream."""
        self._ws = SynthetixWebSocketClient(
            loop,
            config.ws_url,
            on_message=self._on_message,
            on_gap=self._on_gap,
            ping_interval_secs=config.ws_ping_interval_secs,
            idle_timeout_secs=config.ws_idle_timeout_secs,
            stale_stream_secs=config.ws_stale_stream_secs,
            proxy_url=config.proxy_url,
        )
        self._handlers: dict[type, Callable[[Any], None]] = {
            WsTrades: self._on_trades,
            WsBook: self._on_book,
            WsCandles: self._on_candles,
            WsPrices: self._on_prices,
        }

    async def connect(self) -> None:
        """Open the connection, trying until it succeeds or the caller is cancelled."""
        await self._ws.connect()
        self.polls.start()

    async def disconnect(self) -> None:
        """Close the connection."""
        await self.polls.end()
        await self._ws.disconnect()

    @property
    def is_open(self) -> bool:
        """Whether the line stands at this moment."""
        return self._ws.is_connected

    @property
    def subscriptions(self) -> list[Subscription]:
        """What is held on the wire at present, each once."""
        return self._ws.subscriptions

    async def want(
        self, instrument: Instrument, data_type: type[Data], params: Mapping[str, Any] | None = None
    ) -> None:
        """
        Begin to emit one kind of data of one instrument.

        Parameters
        ----------
        instrument : Instrument
            One of Synthetix's.
        data_type : type[Data]
            One of STREAMS, or FundingRateUpdate.
        params : Mapping[str, Any], optional
            Nothing of the venue's: depth and pace of books are settings. Nautilus adds its own.

        """
        del params
        feed = self._feed(instrument)
        if data_type in feed.wanted:
            return
        # First, since the snapshot that answers a subscription can come before the send returns.
        first = feed.begin(data_type, self._now_ns())
        if data_type is FundingRateUpdate:
            self.polls.want_rate(instrument)
            return
        if first is not None:
            self._emit(first)
        await self._ws.subscribe(
            self._subscription(STREAMS[data_type], instrument.raw_symbol.value)
        )

    async def drop(self, instrument_id: InstrumentId, data_type: type[Data]) -> None:
        """Emit this data no more, and let go of its stream; nothing if it was not wanted."""
        for symbol, feed in list(self._feeds.items()):
            if feed.instrument.id == instrument_id and data_type in feed.wanted:
                feed.wanted.remove(data_type)
                if data_type is FundingRateUpdate:
                    self.polls.drop_rate(symbol)
                    continue
                if not feed.wanted.intersection(BOOK_DATA):
                    feed.mark_gap()
                await self._ws.unsubscribe((STREAMS[data_type], symbol))

    async def want_bars(self, bar_type: BarType, instrument: Instrument) -> None:
        """
        Begin to emit the bars of one type, each once and when it is final.

        Raises
        ------
        ValueError
            If the venue builds no such candles.

        """
        interval = parse_bar_interval(bar_type)
        symbol = instrument.raw_symbol.value
        if (symbol, interval) in self._bar_types:
            return
        self._feed(instrument)
        self._bar_types[symbol, interval] = bar_type
        self._board.add(symbol, interval)
        await self._ws.subscribe(Subscription(type="candles", symbol=symbol, timeframe=interval))
        await self._ws.subscribe(self._subscription("marketPrices", symbol))

    async def drop_bars(self, bar_type: BarType) -> None:
        """Emit these bars no more; nothing if they were not wanted."""
        for (symbol, interval), held in list(self._bar_types.items()):
            if held == bar_type:
                del self._bar_types[symbol, interval]
                self._board.remove(symbol, interval)
                await self._ws.unsubscribe(("candles", symbol, interval))
                await self._ws.unsubscribe(("marketPrices", symbol))

    def update_instrument(self, instrument: Instrument) -> None:
        """Parse from now on by the rules of this newer state of the instrument."""
        feed = self._feeds.get(instrument.raw_symbol.value)
        if feed is not None:
            feed.instrument = instrument

    def _feed(self, instrument: Instrument) -> MarketFeed:
        symbol = instrument.raw_symbol.value
        if symbol not in self._feeds:
            self._feeds[symbol] = MarketFeed(instrument, self._config.book_depth)
        return self._feeds[symbol]

    def _subscription(self, kind: str, symbol: str) -> Subscription:
        if kind != "orderbook":
            return Subscription(type=kind, symbol=symbol)
        return Subscription(
            type=kind,
            symbol=symbol,
            format="diff",
            depth=self._config.book_depth,
            updateFrequencyMs=self._config.book_update_ms,
        )

    def _on_message(self, message: StreamMessage) -> None:
        handler = self._handlers.get(type(message))
        if handler is not None:
            handler(message)

    def _on_time(self, time_ns: int) -> None:
        for candle in self._board.on_time(time_ns // NANOS_PER_MILLI):
            self._emit_bar(candle)

    def _on_trades(self, message: WsTrades) -> None:
        for trade in message.data:
            feed = self._feeds.get(trade.symbol)
            if feed is not None:
                for tick in feed.on_trades([trade], self._now_ns()):
                    self._emit(tick)

    def _on_book(self, frame: WsBook) -> None:
        feed = self._feeds.get(frame.symbol)
        if feed is None:
            return
        views = feed.on_book(frame, self._now_ns())
        if isinstance(views, BrokenBook):
            self._repair(frame.symbol, views)
            return
        if not frame.is_snapshot and views:
            self._repairs.pop(frame.symbol, None)
        for view in views:
            self._emit(view)

    def _repair(self, symbol: str, broken: BrokenBook) -> None:
        """Begin a broken book anew: at once, and if that does not help ever more slowly."""
        attempt = self._repairs.get(symbol, 0)
        self._repairs[symbol] = attempt + 1
        self._log.warning(f"Subscribing a book anew: {broken.reason}")
        if attempt == 0:
            self._ws.resubscribe(("orderbook", symbol))
        else:
            self._spawn(self._repair_later(symbol, attempt - 1))

    async def _repair_later(self, symbol: str, attempt: int) -> None:
        chance = random.random()  # noqa: S311 - jitter, not a secret
        await asyncio.sleep(
            backoff_delay_secs(attempt, REPAIR_INITIAL_SECS, REPAIR_MAX_SECS, chance)
        )
        self._ws.resubscribe(("orderbook", symbol))

    def _on_prices(self, message: WsPrices) -> None:
        ts_init = self._now_ns()
        for update in message.data:
            self._on_time(update.lastUpdateTime or update.timestamp or message.ts_event)
            feed = self._feeds.get(update.symbol)
            if feed is not None:
                for price in feed.on_price(update, message.ts_event, ts_init):
                    self._emit(price)

    def _on_candles(self, message: WsCandles) -> None:
        for candle in message.data:
            final = self._board.on_candle(candle)
            if final is not None:
                self._emit_bar(final)
            key = candle.series
            if key not in self._fills and self._board.missing(*key) is not None:
                self._fills.add(key)
                self._spawn(self._fill_gap(*key))

    def _on_gap(self, subscription: Subscription) -> None:
        feed = self._feeds.get(subscription.symbol)
        if subscription.type == "candles" and subscription.timeframe is not None:
            self._board.mark_gap(subscription.symbol, subscription.timeframe)
        elif subscription.type == "orderbook" and feed is not None:
            feed.mark_gap()

    async def _fill_gap(self, symbol: str, interval: str) -> None:
        try:
            while (missing := self._board.missing(symbol, interval)) is not None:
                from_ms, before_ms = missing
                history: list[Candle] = []
                try:
                    rows = await self._http.candles(
                        symbol, interval, from_ms, before_ms - 1, CANDLES_PER_REQUEST
                    )
                    history = [row.to_candle(symbol, interval) for row in rows]
                except VenueError as e:
                    self._log.error(f"Lost the {interval} bars of {symbol} from {from_ms} ms: {e}")
                for candle in self._board.fill(symbol, interval, before_ms, history):
                    self._emit_bar(candle)
        finally:
            self._fills.discard((symbol, interval))

    def _emit_bar(self, candle: Candle) -> None:
        bar_type = self._bar_types[candle.series]
        instrument = self._feeds[candle.symbol].instrument
        self._emit(parse_bar(candle, bar_type, instrument, self._now_ns()))
