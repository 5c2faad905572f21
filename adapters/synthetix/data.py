"""Nautilus's data client for Synthetix: the venue's halves under the client of any venue."""

import asyncio

from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock, MessageBus
from nautilus_trader.data import messages
from nautilus_trader.model.enums import MarketStatusAction
from nautilus_trader.model.identifiers import InstrumentId

from adapters.common.data_client import VenueDataClient
from adapters.common.instrument_changes import InstrumentChanges
from adapters.synthetix.config import SynthetixDataClientConfig
from adapters.synthetix.constants import SYNTHETIX_VENUE
from adapters.synthetix.history import MarketHistory
from adapters.synthetix.http import SynthetixHttpClient
from adapters.synthetix.providers import SynthetixInstrumentProvider
from adapters.synthetix.streams import MarketStreams


class SynthetixDataClient(VenueDataClient):
    """
    Live and past market data of Synthetix.

    Parameters
    ----------
    loop : asyncio.AbstractEventLoop
        The loop of the node.
    http : SynthetixHttpClient
        The venue's info endpoint.
    msgbus, cache, clock
        Those of the node.
    instrument_provider : SynthetixInstrumentProvider
        What is listed.
    config : SynthetixDataClientConfig
        The settings.
    name : str
        The client id.

    """

    _streams: MarketStreams

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        http: SynthetixHttpClient,
        msgbus: MessageBus,
        cache: Cache,
        clock: LiveClock,
        instrument_provider: SynthetixInstrumentProvider,
        config: SynthetixDataClientConfig,
        name: str,
    ) -> None:
        super().__init__(
            loop,
            SYNTHETIX_VENUE,
            msgbus,
            cache,
            clock,
            instrument_provider,
            config,
            name,
            config.update_instruments_interval_mins,
        )
        self._history = MarketHistory(http, clock, instrument_provider.loaded)
        self._streams = MarketStreams(
            loop, clock, http, config, emit=self._handle_data, spawn=self.create_task
        )

    def _on_changes(self, changes: InstrumentChanges) -> None:
        # A new market may be closed: its state is told to who subscribes it.
        self._announce(changes.added + changes.changed)
        for instrument in changes.removed:
            action = MarketStatusAction.NOT_AVAILABLE_FOR_TRADING
            self._emit_status(instrument.id, action, "delisted")

    async def _subscribe_instrument_status(
        self, command: messages.SubscribeInstrumentStatus
    ) -> None:
        self._streams.polls.want_state(self._provider.loaded(command.instrument_id))

    async def _unsubscribe_instrument_status(
        self, command: messages.UnsubscribeInstrumentStatus
    ) -> None:
        self._streams.polls.drop_state(self._symbol_of(command.instrument_id))

    def _symbol_of(self, instrument_id: InstrumentId) -> str:
        symbol: str = self._provider.loaded(instrument_id).raw_symbol.value
        return symbol
