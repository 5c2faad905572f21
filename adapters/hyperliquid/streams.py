"""The live half of the data client: from subscriptions to frames to Nautilus data."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from nautilus_trader.common.component import LiveClock, Logger
from nautilus_trader.core.data import Data
from nautilus_trader.model.data import (
    BarType,
    FundingRateUpdate,
    IndexPriceUpdate,
    MarkPriceUpdate,
    OrderBookDeltas,
    OrderBookDepth10,
    QuoteTick,
    TradeTick,
)
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.instruments import CurrencyPair, Instrument

from adapters.common.candles import CandleBoard
from adapters.common.errors import VenueError
from adapters.hyperliquid.config import HyperliquidDataClientConfig
from adapters.hyperliquid.constants import NANOS_PER_MILLI
from adapters.hyperliquid.feeds import CoinFeed
from adapters.hyperliquid.http import HyperliquidHttpClient
from adapters.hyperliquid.parsing import parse_bar, parse_bar_interval
from adapters.hyperliquid.schemas import (
    WS_DECODER,
    Candle,
    Subscription,
    WsAssetCtx,
    WsBbo,
    WsBook,
    WsCandle,
    WsMarketMessage,
    WsSpotAssetCtx,
    WsTrades,
)
from adapters.hyperliquid.subscriptions import book_subscription
from adapters.hyperliquid.websocket import HyperliquidWebSocketClient

# Which streams each kind of data comes from; the bbo of a context is its clock.
STREAMS: dict[type[Data], tuple[str, ...]] = {
    OrderBookDeltas: ("l2Book",),
    OrderBookDepth10: ("l2Book",),
    QuoteTick: ("bbo",),
    TradeTick: ("trades",),
    MarkPriceUpdate: ("activeAssetCtx", "bbo"),
    IndexPriceUpdate: ("activeAssetCtx", "bbo"),
    FundingRateUpdate: ("activeAssetCtx", "bbo"),
}
# What the contexts of spot pairs do not hold.
PERPS_ONLY = frozenset({IndexPriceUpdate, FundingRateUpdate})


class MarketStreams:
    """
    All market streams of one connection.

    Streams are subscribed once however many kinds of data come from them. Bars and the prices of
    a context frame hold the coin's bbo stream as well: it carries the venue's time, which decides
    when the bar of a quiet market is final and which those frames themselves do not have.

    Parameters
    ----------
    loop : asyncio.AbstractEventLoop
        The loop in which everything runs.
    clock : LiveClock
        Stamps `ts_init`.
    http : HyperliquidHttpClient
        Tells the bars that a broken connection has missed.
    config : HyperliquidDataClientConfig
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
        http: HyperliquidHttpClient,
        config: HyperliquidDataClientConfig,
        emit: Callable[[Data], None],
        spawn: Callable[[Coroutine[Any, Any, None]], Any],
    ) -> None:
        self._now_ns = clock.timestamp_ns
        self._http = http
        self._emit = emit
        self._spawn = spawn
        self._log = Logger(type(self).__name__)
        self._feeds: dict[str, CoinFeed] = {}
        self._board = CandleBoard[Candle](config.bar_close_grace_ms)
        self._bar_types: dict[tuple[str, str], BarType] = {}
        self._fills: set[tuple[str, str]] = set()
        self._ws = HyperliquidWebSocketClient[WsMarketMessage](
            loop,
            config.ws_url,
            WS_DECODER,
            on_message=self._on_message,
            on_gap=self._on_gap,
            ping_interval_secs=config.ws_ping_interval_secs,
            idle_timeout_secs=config.ws_idle_timeout_secs,
            stale_stream_secs=config.ws_stale_stream_secs,
            proxy_url=config.proxy_url,
        )
        self._handlers: dict[type, Callable[[Any], None]] = {
            WsBbo: self._on_bbo,
            WsTrades: self._on_trades,
            WsBook: self._on_book,
            WsCandle: self._on_candle,
            WsAssetCtx: self._on_context,
            WsSpotAssetCtx: self._on_context,
        }

    async def connect(self) -> None:
        """Open the connection, trying until it succeeds or the caller is cancelled."""
        await self._ws.connect()

    async def disconnect(self) -> None:
        """Close the connection."""
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
            One of Hyperliquid's.
        data_type : type[Data]
            One of STREAMS.
        params : Mapping[str, Any], optional
            For books `n_sig_figs` and `mantissa`, the venue's aggregation.

        Raises
        ------
        ValueError
            If a spot pair has no such data, or the book is in use with another aggregation.

        """
        if data_type in PERPS_ONLY and isinstance(instrument, CurrencyPair):
            raise ValueError(f"Expected a perpetual for {data_type.__name__}, was {instrument.id}")
        feed = self._feed(instrument)
        if data_type in feed.wanted:
            return
        # First, since the snapshot that answers a subscription can come before the send returns.
        feed.wanted.add(data_type)
        coin = instrument.raw_symbol.value
        try:
            for stream_type in STREAMS[data_type]:
                if stream_type == "l2Book":
                    await self._ws.subscribe(book_subscription(coin, params))
                else:
                    await self._ws.subscribe(Subscription(type=stream_type, coin=coin))
        except ValueError:
            feed.wanted.remove(data_type)
            raise

    async def drop(self, instrument_id: InstrumentId, data_type: type[Data]) -> None:
        """Emit this data no more, and let go of its streams; nothing if it was not wanted."""
        for coin, feed in list(self._feeds.items()):
            if feed.instrument.id == instrument_id and data_type in feed.wanted:
                feed.wanted.remove(data_type)
                for stream_type in STREAMS[data_type]:
                    await self._ws.unsubscribe((stream_type, coin))

    async def want_bars(self, bar_type: BarType, instrument: Instrument) -> None:
        """
        Begin to emit the bars of one type, each once and when it is final.

        Raises
        ------
        ValueError
            If the venue builds no such candles.

        """
        interval = parse_bar_interval(bar_type)
        coin = instrument.raw_symbol.value
        if (coin, interval) in self._bar_types:
            return
        self._feed(instrument)
        self._bar_types[coin, interval] = bar_type
        self._board.add(coin, interval)
        await self._ws.subscribe(Subscription(type="candle", coin=coin, interval=interval))
        await self._ws.subscribe(Subscription(type="bbo", coin=coin))

    async def drop_bars(self, bar_type: BarType) -> None:
        """Emit these bars no more; nothing if they were not wanted."""
        for (coin, interval), held in list(self._bar_types.items()):
            if held == bar_type:
                del self._bar_types[coin, interval]
                self._board.remove(coin, interval)
                await self._ws.unsubscribe(("candle", coin, interval))
                await self._ws.unsubscribe(("bbo", coin))

    def update_instrument(self, instrument: Instrument) -> None:
        """Parse from now on by the rules of this newer state of the instrument."""
        feed = self._feeds.get(instrument.raw_symbol.value)
        if feed is not None:
            feed.instrument = instrument

    def _feed(self, instrument: Instrument) -> CoinFeed:
        coin = instrument.raw_symbol.value
        if coin not in self._feeds:
            self._feeds[coin] = CoinFeed(instrument)
        return self._feeds[coin]

    def _on_message(self, message: WsMarketMessage) -> None:
        self._handlers[type(message)](message)

    def _on_bbo(self, message: WsBbo) -> None:
        bbo = message.data
        for candle in self._board.on_time(bbo.time):
            self._emit_bar(candle)
        feed = self._feeds.get(bbo.coin)
        if feed is not None:
            quote = feed.on_bbo(bbo, self._now_ns())
            if quote is not None:
                self._emit(quote)

    def _on_trades(self, message: WsTrades) -> None:
        trades = message.data
        if not trades:
            return
        for candle in self._board.on_time(trades[-1].time):
            self._emit_bar(candle)
        feed = self._feeds.get(trades[0].coin)
        if feed is not None:
            for trade in feed.on_trades(trades, self._now_ns()):
                self._emit(trade)

    def _on_book(self, message: WsBook) -> None:
        book = message.data
        for candle in self._board.on_time(book.time):
            self._emit_bar(candle)
        feed = self._feeds.get(book.coin)
        if feed is not None:
            for view in feed.on_book(book, self._now_ns()):
                self._emit(view)

    def _on_context(self, message: WsAssetCtx | WsSpotAssetCtx) -> None:
        feed = self._feeds.get(message.data.coin)
        if feed is not None:
            ts_init = self._now_ns()
            ts_event = self._board.now_ms * NANOS_PER_MILLI or ts_init
            for update in feed.on_context(message.data.ctx, ts_event, ts_init):
                self._emit(update)

    def _on_candle(self, message: WsCandle) -> None:
        candle = message.data
        final = self._board.on_candle(candle)
        if final is not None:
            self._emit_bar(final)
        key = (candle.s, candle.i)
        if key not in self._fills and self._board.missing(*key) is not None:
            self._fills.add(key)
            self._spawn(self._fill_gap(*key))

    def _on_gap(self, subscription: Subscription) -> None:
        if subscription.type == "candle" and subscription.interval is not None:
            self._board.mark_gap(subscription.coin, subscription.interval)

    async def _fill_gap(self, coin: str, interval: str) -> None:
        try:
            while (missing := self._board.missing(coin, interval)) is not None:
                from_ms, before_ms = missing
                history: list[Candle] = []
                try:
                    history = await self._http.candle_snapshot(
                        coin, interval, from_ms, before_ms - 1
                    )
                except VenueError as e:
                    self._log.error(f"Lost the {interval} bars of {coin} from {from_ms} ms: {e}")
                for candle in self._board.fill(coin, interval, before_ms, history):
                    self._emit_bar(candle)
        finally:
            self._fills.discard((coin, interval))

    def _emit_bar(self, candle: Candle) -> None:
        bar_type = self._bar_types[candle.s, candle.i]
        instrument = self._feeds[candle.s].instrument
        self._emit(parse_bar(candle, bar_type, instrument, self._now_ns()))
