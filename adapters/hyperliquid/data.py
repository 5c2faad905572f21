"""Nautilus's data client for Hyperliquid: the venue's halves under the client of any venue."""

import asyncio

from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock, MessageBus

from adapters.common.data_client import VenueDataClient
from adapters.hyperliquid.config import HyperliquidDataClientConfig
from adapters.hyperliquid.constants import HYPERLIQUID_VENUE
from adapters.hyperliquid.history import MarketHistory
from adapters.hyperliquid.http import HyperliquidHttpClient
from adapters.hyperliquid.providers import HyperliquidInstrumentProvider
from adapters.hyperliquid.streams import MarketStreams


class HyperliquidDataClient(VenueDataClient):
    """
    Live and past market data of Hyperliquid.

    Parameters
    ----------
    loop : asyncio.AbstractEventLoop
        The loop of the node.
    http : HyperliquidHttpClient
        The venue's info endpoint.
    msgbus, cache, clock
        Those of the node.
    instrument_provider : HyperliquidInstrumentProvider
        What is listed.
    config : HyperliquidDataClientConfig
        The settings.
    name : str
        The client id.

    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        http: HyperliquidHttpClient,
        msgbus: MessageBus,
        cache: Cache,
        clock: LiveClock,
        instrument_provider: HyperliquidInstrumentProvider,
        config: HyperliquidDataClientConfig,
        name: str,
    ) -> None:
        super().__init__(
            loop,
            HYPERLIQUID_VENUE,
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
