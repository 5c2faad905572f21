"""Build Hyperliquid clients from their settings for a trading node."""

import asyncio
from weakref import WeakValueDictionary

from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock, MessageBus
from nautilus_trader.live.factories import LiveDataClientFactory

from adapters.hyperliquid.config import HyperliquidDataClientConfig
from adapters.hyperliquid.data import HyperliquidDataClient
from adapters.hyperliquid.http import HyperliquidHttpClient, WeightGovernor
from adapters.hyperliquid.providers import HyperliquidInstrumentProvider

# The venue counts all clients of one IP address together, so those of one process share their
# governor. Nautilus calls factories one by one and passes nothing that could carry it.
_GOVERNORS: WeakValueDictionary[str, WeightGovernor] = WeakValueDictionary()


def shared_governor(url: str) -> WeightGovernor:
    """Return the governor of this address, which lives as long as any client uses it."""
    governor = _GOVERNORS.get(url)
    if governor is None:
        governor = WeightGovernor()
        _GOVERNORS[url] = governor
    return governor


class HyperliquidLiveDataClientFactory(LiveDataClientFactory):
    """Build data clients; register it with `TradingNode.add_data_client_factory`."""

    @staticmethod
    def create(  # type: ignore[override]  # the node passes the config it was given for this factory
        loop: asyncio.AbstractEventLoop,
        name: str,
        config: HyperliquidDataClientConfig,
        msgbus: MessageBus,
        cache: Cache,
        clock: LiveClock,
    ) -> HyperliquidDataClient:
        """Return a data client with its own HTTP client and instrument provider."""
        http = HyperliquidHttpClient(
            config.http_url,
            shared_governor(config.http_url),
            timeout_secs=config.http_timeout_secs,
            max_attempts=config.http_max_attempts,
            proxy_url=config.proxy_url,
        )
        provider = HyperliquidInstrumentProvider(
            http,
            clock,
            config=config.instrument_provider,
            product_types=config.product_types,
            account_address=config.account_address,
        )
        return HyperliquidDataClient(loop, http, msgbus, cache, clock, provider, config, name)
