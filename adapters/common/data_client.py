"""Nautilus's data client for any venue: it routes; streams, history and provider do the work."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Protocol

from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock, MessageBus
from nautilus_trader.config import LiveDataClientConfig
from nautilus_trader.core.data import Data
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.data import messages
from nautilus_trader.live.data_client import LiveMarketDataClient
from nautilus_trader.model.data import (
    Bar,
    BarType,
    DataType,
    FundingRateUpdate,
    IndexPriceUpdate,
    InstrumentStatus,
    MarkPriceUpdate,
    OrderBookDeltas,
    OrderBookDepth10,
    QuoteTick,
    TradeTick,
)
from nautilus_trader.model.enums import BookType, MarketStatusAction
from nautilus_trader.model.identifiers import ClientId, InstrumentId, Venue
from nautilus_trader.model.instruments import Instrument

from adapters.common.chores import Chores
from adapters.common.errors import NotSent, VenueError
from adapters.common.insistence import insist
from adapters.common.instrument_changes import InstrumentChanges
from adapters.common.providers import VenueInstrumentProvider
from adapters.common.time_ranges import TimeRange

NO_CUSTOM_DATA = "has no custom data here"
NO_INSTRUMENT_CLOSE = "publishes no close or settlement prices"
NO_OPTIONS = "lists no options"
NO_QUOTE_HISTORY = "keeps no history of quotes; subscribe to them, or request bars"
NO_BOOK_HISTORY = "keeps no history of books; request a snapshot, or subscribe"


class Streams(Protocol):
    """The live half."""

    async def connect(self) -> None:
        """Open the connection."""

    async def disconnect(self) -> None:
        """Close it."""

    @property
    def is_open(self) -> bool:
        """Whether it stands at this moment."""

    async def want(
        self, instrument: Instrument, data_type: type[Data], params: Mapping[str, Any] | None = None
    ) -> None:
        """Begin to emit one kind of data, or raise ValueError."""

    async def drop(self, instrument_id: InstrumentId, data_type: type[Data]) -> None:
        """Emit it no more."""

    async def want_bars(self, bar_type: BarType, instrument: Instrument) -> None:
        """Begin to emit bars, or raise ValueError."""

    async def drop_bars(self, bar_type: BarType) -> None:
        """Emit them no more."""

    def update_instrument(self, instrument: Instrument) -> None:
        """Parse by the rules of this newer state from now on."""


class History(Protocol):
    """The past half; each raises VenueError or ValueError."""

    async def bars(self, request: messages.RequestBars) -> list[Bar]:
        """Return final bars."""

    async def trades(self, request: messages.RequestTradeTicks) -> list[TradeTick]:
        """Return trades."""

    async def funding_rates(self, request: messages.RequestFundingRates) -> list[FundingRateUpdate]:
        """Return rates that were paid."""

    async def order_book(self, request: messages.RequestOrderBookSnapshot) -> list[OrderBookDeltas]:
        """Return the book of this moment."""


class VenueDataClient(LiveMarketDataClient):
    """
    Live and past market data of one venue.

    What the venue cannot serve is refused with a sentence in the log: a subscription is then not
    held, and a request is answered with an empty list. A subclass sets `_streams` and `_history`.

    Parameters
    ----------
    loop : asyncio.AbstractEventLoop
        The loop of the node.
    venue : Venue
        The venue.
    msgbus, cache, clock
        Those of the node.
    instrument_provider : VenueInstrumentProvider
        What is listed.
    config : LiveDataClientConfig
        The settings.
    name : str
        The client id.
    update_interval_mins : float, optional
        Minutes between two looks at what is listed; None never looks again.

    """

    _streams: Streams
    _history: History

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        venue: Venue,
        msgbus: MessageBus,
        cache: Cache,
        clock: LiveClock,
        instrument_provider: VenueInstrumentProvider,
        config: LiveDataClientConfig,
        name: str,
        update_interval_mins: float | None,
    ) -> None:
        super().__init__(
            loop=loop,
            client_id=ClientId(name),
            venue=venue,
            msgbus=msgbus,
            cache=cache,
            clock=clock,
            instrument_provider=instrument_provider,
            config=config,
        )
        self._provider = instrument_provider
        self._update_interval_mins = update_interval_mins
        self._chores = Chores(loop, self._log)

    @property
    def is_streaming(self) -> bool:
        """Whether the line stands now; `is_connected` stays true while a lost one is renewed."""
        return self._streams.is_open

    async def _connect(self) -> None:
        await self._load_instruments()
        await self._streams.connect()
        if self._update_interval_mins is not None:
            work = self._refresh_instruments(self._update_interval_mins * 60)
            self._chores.start(work, f"{self.venue} instrument refresh")

    async def _disconnect(self) -> None:
        await self._chores.end()
        await self._streams.disconnect()

    async def _load_instruments(self) -> None:
        """Load until the venue answers; the node limits how long it waits for a connection."""
        await insist(self._provider.initialize, "instruments", self._log.warning)
        self._announce(self._provider.list_all())

    async def _refresh_instruments(self, interval_secs: float) -> None:
        while True:
            await asyncio.sleep(interval_secs)
            try:
                changes = await self._provider.refresh()
            except VenueError as e:
                self._log.warning(f"Could not look for changed instruments: {e}")
            else:
                self._on_changes(changes)

    def _on_changes(self, changes: InstrumentChanges) -> None:
        self._announce(changes.added + changes.changed)
        for instrument in changes.added:
            self._emit_status(instrument.id, MarketStatusAction.TRADING, "listed")
        for instrument in changes.removed:
            action = MarketStatusAction.NOT_AVAILABLE_FOR_TRADING
            self._emit_status(instrument.id, action, "delisted")

    def _lacks(self, what: str) -> str:
        return f"{self.venue} {what}"

    def _announce(self, instruments: list[Instrument]) -> None:
        for currency in self._provider.currencies().values():
            self._cache.add_currency(currency)
        for instrument in instruments:
            self._streams.update_instrument(instrument)
            self._handle_data(instrument)

    def _emit_status(
        self, instrument_id: InstrumentId, action: MarketStatusAction, reason: str
    ) -> None:
        now = self._clock.timestamp_ns()
        is_trading = action == MarketStatusAction.TRADING
        self._handle_data(
            InstrumentStatus(instrument_id, action, now, now, reason, is_trading=is_trading)
        )

    async def _want(
        self,
        command: messages.SubscribeData,
        data_type: type[Data],
        undo: Callable[[InstrumentId], None],
    ) -> None:
        """Take up the data's streams; what cannot be had leaves no trace and may be tried again."""
        try:
            instrument = self._provider.loaded(command.instrument_id)
            await self._streams.want(instrument, data_type, command.params)
        except ValueError as e:
            undo(command.instrument_id)
            raise NotSent(f"Cannot subscribe {data_type.__name__}: {e}") from e

    async def _subscribe(self, command: messages.SubscribeData) -> None:
        self._remove_subscription(command.data_type)
        raise NotSent(self._lacks(NO_CUSTOM_DATA))

    async def _subscribe_instruments(self, _command: messages.SubscribeInstruments) -> None:
        # Later changes come from the refresh, whoever has subscribed.
        self._announce(self._provider.list_all())

    async def _subscribe_instrument(self, command: messages.SubscribeInstrument) -> None:
        self._announce([self._provider.loaded(command.instrument_id)])

    async def _subscribe_order_book_deltas(self, command: messages.SubscribeOrderBook) -> None:
        undo = self._remove_subscription_order_book_deltas
        if command.book_type != BookType.L2_MBP:
            undo(command.instrument_id)
            raise NotSent(f"Expected an L2_MBP book, the only one of {self.venue}, was {command}")
        await self._want(command, OrderBookDeltas, undo)

    async def _subscribe_order_book_depth(self, command: messages.SubscribeOrderBook) -> None:
        await self._want(command, OrderBookDepth10, self._remove_subscription_order_book_depth)

    async def _subscribe_quote_ticks(self, command: messages.SubscribeQuoteTicks) -> None:
        await self._want(command, QuoteTick, self._remove_subscription_quote_ticks)

    async def _subscribe_trade_ticks(self, command: messages.SubscribeTradeTicks) -> None:
        await self._want(command, TradeTick, self._remove_subscription_trade_ticks)

    async def _subscribe_mark_prices(self, command: messages.SubscribeMarkPrices) -> None:
        await self._want(command, MarkPriceUpdate, self._remove_subscription_mark_prices)

    async def _subscribe_index_prices(self, command: messages.SubscribeIndexPrices) -> None:
        await self._want(command, IndexPriceUpdate, self._remove_subscription_index_prices)

    async def _subscribe_funding_rates(self, command: messages.SubscribeFundingRates) -> None:
        await self._want(command, FundingRateUpdate, self._remove_subscription_funding_rates)

    async def _subscribe_bars(self, command: messages.SubscribeBars) -> None:
        try:
            instrument = self._provider.loaded(command.bar_type.instrument_id)
            await self._streams.want_bars(command.bar_type, instrument)
        except ValueError as e:
            self._remove_subscription_bars(command.bar_type)
            raise NotSent(f"Cannot subscribe bars: {e}") from e

    async def _subscribe_instrument_status(
        self, command: messages.SubscribeInstrumentStatus
    ) -> None:
        # Later changes come from the refresh, whoever has subscribed.
        instrument = self._provider.loaded(command.instrument_id)
        self._emit_status(instrument.id, MarketStatusAction.TRADING, "listed")

    async def _subscribe_instrument_close(self, command: messages.SubscribeInstrumentClose) -> None:
        self._remove_subscription_instrument_close(command.instrument_id)
        raise NotSent(self._lacks(NO_INSTRUMENT_CLOSE))

    async def _subscribe_option_greeks(self, command: messages.SubscribeOptionGreeks) -> None:
        self._remove_subscription_option_greeks(command.instrument_id)
        raise NotSent(self._lacks(NO_OPTIONS))

    async def _unsubscribe(self, command: messages.UnsubscribeData) -> None:
        """Do nothing: custom data is never subscribed."""

    async def _unsubscribe_instruments(self, command: messages.UnsubscribeInstruments) -> None:
        """Do nothing: instruments have no stream."""

    async def _unsubscribe_instrument(self, command: messages.UnsubscribeInstrument) -> None:
        """Do nothing: instruments have no stream."""

    async def _unsubscribe_order_book_deltas(self, command: messages.UnsubscribeOrderBook) -> None:
        await self._streams.drop(command.instrument_id, OrderBookDeltas)

    async def _unsubscribe_order_book_depth(self, command: messages.UnsubscribeOrderBook) -> None:
        await self._streams.drop(command.instrument_id, OrderBookDepth10)

    async def _unsubscribe_quote_ticks(self, command: messages.UnsubscribeQuoteTicks) -> None:
        await self._streams.drop(command.instrument_id, QuoteTick)

    async def _unsubscribe_trade_ticks(self, command: messages.UnsubscribeTradeTicks) -> None:
        await self._streams.drop(command.instrument_id, TradeTick)

    async def _unsubscribe_mark_prices(self, command: messages.UnsubscribeMarkPrices) -> None:
        await self._streams.drop(command.instrument_id, MarkPriceUpdate)

    async def _unsubscribe_index_prices(self, command: messages.UnsubscribeIndexPrices) -> None:
        await self._streams.drop(command.instrument_id, IndexPriceUpdate)

    async def _unsubscribe_funding_rates(self, command: messages.UnsubscribeFundingRates) -> None:
        await self._streams.drop(command.instrument_id, FundingRateUpdate)

    async def _unsubscribe_bars(self, command: messages.UnsubscribeBars) -> None:
        await self._streams.drop_bars(command.bar_type)

    async def _unsubscribe_instrument_status(
        self, command: messages.UnsubscribeInstrumentStatus
    ) -> None:
        """Do nothing: status has no stream."""

    async def _unsubscribe_instrument_close(
        self, command: messages.UnsubscribeInstrumentClose
    ) -> None:
        """Do nothing: it is never subscribed."""

    async def _unsubscribe_option_greeks(self, command: messages.UnsubscribeOptionGreeks) -> None:
        """Do nothing: they are never subscribed."""

    async def _answer(
        self,
        request: messages.RequestData,
        rows: Awaitable[list[Any]],
        respond: Callable[..., None],
    ) -> None:
        """Answer under the request's id whatever happens: Nautilus holds a callback until then."""
        data: list[Any] = []
        try:
            data = await rows
        except (VenueError, ValueError) as e:
            self._log.error(f"Answered with nothing: {e} ({request})")
        finally:
            # Nautilus would cut off what lies beyond the end that it has set itself.
            ends_now = TimeRange.of(request, self._clock.timestamp_ns()).end_ms is None
            end = None if ends_now else request.end
            respond(data, request.id, request.start, end, request.params)

    async def _request(self, request: messages.RequestData) -> None:
        respond = partial(self._handle_data_response, request.data_type)
        await self._answer(request, _refuse(self._lacks(NO_CUSTOM_DATA)), respond)

    async def _request_instruments(self, request: messages.RequestInstruments) -> None:
        respond = partial(self._handle_instruments, self.venue)
        await self._answer(request, self._fetch_instruments(), respond)

    async def _fetch_instruments(self) -> list[Instrument]:
        await self._provider.load_all_async()
        instruments = self._provider.list_all()
        for instrument in instruments:
            self._streams.update_instrument(instrument)
        return instruments

    async def _request_instrument(self, request: messages.RequestInstrument) -> None:
        data_type = DataType(Instrument, metadata={"instrument_id": request.instrument_id})
        respond = partial(self._handle_data_response, data_type)
        await self._answer(request, self._fetch_instrument(request.instrument_id), respond)

    async def _fetch_instrument(self, instrument_id: InstrumentId) -> list[Instrument]:
        await self._provider.load_ids_async([instrument_id])
        instrument = self._provider.find(instrument_id)
        if instrument is None:
            raise ValueError(f"Expected an instrument that {self.venue} lists, was {instrument_id}")
        return [instrument]

    async def _request_quote_ticks(self, request: messages.RequestQuoteTicks) -> None:
        respond = partial(self._handle_quote_ticks, request.instrument_id)
        await self._answer(request, _refuse(self._lacks(NO_QUOTE_HISTORY)), respond)

    async def _request_order_book_deltas(self, request: messages.RequestOrderBookDeltas) -> None:
        respond = partial(self._handle_order_book_deltas, request.instrument_id)
        await self._answer(request, _refuse(self._lacks(NO_BOOK_HISTORY)), respond)

    async def _request_order_book_depth(self, request: messages.RequestOrderBookDepth) -> None:
        respond = partial(self._handle_order_book_depths, request.instrument_id)
        await self._answer(request, _refuse(self._lacks(NO_BOOK_HISTORY)), respond)

    async def _request_forward_prices(self, request: messages.RequestForwardPrices) -> None:
        def respond(data: list[Any], request_id: UUID4, *_: object) -> None:
            self._handle_forward_prices(data, request_id, request.params)

        await self._answer(request, _refuse(self._lacks(NO_OPTIONS)), respond)

    async def _request_trade_ticks(self, request: messages.RequestTradeTicks) -> None:
        respond = partial(self._handle_trade_ticks, request.instrument_id)
        await self._answer(request, self._history.trades(request), respond)

    async def _request_funding_rates(self, request: messages.RequestFundingRates) -> None:
        respond = partial(self._handle_funding_rates, request.instrument_id)
        await self._answer(
            request,
            self._history.funding_rates(request),
            respond,
        )

    async def _request_bars(self, request: messages.RequestBars) -> None:
        respond = partial(self._handle_bars, request.bar_type)
        await self._answer(
            request,
            self._history.bars(request),
            respond,
        )

    async def _request_order_book_snapshot(
        self, request: messages.RequestOrderBookSnapshot
    ) -> None:
        data_type = DataType(OrderBookDeltas, metadata={"instrument_id": request.instrument_id})
        respond = partial(self._handle_data_response, data_type)
        await self._answer(request, self._history.order_book(request), respond)


async def _refuse(why: str) -> list[Any]:
    raise NotSent(why)
