"""The nodes that race from tick to wire: of stub clients, of ours, and of Nautilus's own."""

import asyncio
from typing import Any

import msgspec
from nautilus_trader.adapters.hyperliquid.config import HyperliquidDataClientConfig as TheirConfig
from nautilus_trader.adapters.hyperliquid.config import (
    HyperliquidExecClientConfig as TheirExecConfig,
)
from nautilus_trader.adapters.hyperliquid.data import HyperliquidDataClient as TheirDataClient
from nautilus_trader.adapters.hyperliquid.execution import (
    HyperliquidExecutionClient as TheirExecutionClient,
)
from nautilus_trader.adapters.hyperliquid.providers import (
    HyperliquidInstrumentProvider as TheirProvider,
)
from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock, MessageBus
from nautilus_trader.config import InstrumentProviderConfig
from nautilus_trader.core import nautilus_pyo3
from nautilus_trader.live.factories import LiveDataClientFactory, LiveExecClientFactory

from adapters.hyperliquid.config import HyperliquidDataClientConfig, HyperliquidExecClientConfig
from adapters.hyperliquid.data import HyperliquidDataClient
from adapters.hyperliquid.execution import HyperliquidExecutionClient
from adapters.hyperliquid.factories import (
    HyperliquidLiveDataClientFactory,
    HyperliquidLiveExecClientFactory,
)
from tests.bench import stubs
from tests.bench.given import ADDRESS, KEY, Addresses

TESTNET = nautilus_pyo3.HyperliquidEnvironment.TESTNET
ALL = InstrumentProviderConfig(load_all=True)


class Clients(msgspec.Struct, frozen=True):
    """What a node is built of, and the classes that its two factories build."""

    data_factory: type[LiveDataClientFactory]
    data_config: object
    exec_factory: type[LiveExecClientFactory]
    exec_config: object
    data_class: type
    exec_class: type


def stub(addresses: Addresses) -> Clients:
    """Return the floor: nothing is parsed and nothing is signed."""
    return Clients(
        stubs.StubDataFactory,
        stubs.StubConfig(url=addresses.ws),
        stubs.StubExecFactory,
        stubs.StubExecConfig(url=addresses.ws),
        stubs.StubDataClient,
        stubs.StubExecutionClient,
    )


def ours(addresses: Addresses) -> Clients:
    """Return our clients; the environment holds the key, and where its state may be kept."""
    data_config = HyperliquidDataClientConfig(
        base_url_http=addresses.http, base_url_ws=addresses.ws, instrument_provider=ALL
    )
    exec_config = HyperliquidExecClientConfig(
        testnet=True,
        base_url_http=addresses.http,
        base_url_ws=addresses.ws,
        instrument_provider=ALL,
    )
    return Clients(
        HyperliquidLiveDataClientFactory,
        data_config,
        HyperliquidLiveExecClientFactory,
        exec_config,
        HyperliquidDataClient,
        HyperliquidExecutionClient,
    )


def nautilus(addresses: Addresses) -> Clients:
    """
    Return Nautilus's own clients, the Python ones around its Rust core.

    They are built as its factories build them, but for one thing: the proxy, which stands in for a
    setting of the REST address that they lack, is not passed on to their sockets.
    """
    common: dict[str, Any] = {
        "environment": TESTNET,
        "base_url_ws": addresses.ws,
        "instrument_provider": ALL,
    }
    http = nautilus_pyo3.HyperliquidHttpClient(
        private_key=KEY, environment=TESTNET, proxy_url=addresses.http
    )
    provider = TheirProvider(http, ALL)

    class DataFactory(LiveDataClientFactory):
        @staticmethod
        def create(  # type: ignore[override]
            loop: asyncio.AbstractEventLoop,
            name: str,
            config: TheirConfig,
            msgbus: MessageBus,
            cache: Cache,
            clock: LiveClock,
        ) -> TheirDataClient:
            return TheirDataClient(loop, http, msgbus, cache, clock, provider, config, name)

    class ExecFactory(LiveExecClientFactory):
        @staticmethod
        def create(  # type: ignore[override]
            loop: asyncio.AbstractEventLoop,
            name: str,
            config: TheirExecConfig,
            msgbus: MessageBus,
            cache: Cache,
            clock: LiveClock,
        ) -> TheirExecutionClient:
            return TheirExecutionClient(
                loop, http, msgbus, cache, clock, provider, config, name, ADDRESS
            )

    return Clients(
        DataFactory,
        TheirConfig(**common),
        ExecFactory,
        TheirExecConfig(private_key=KEY, **common),
        TheirDataClient,
        TheirExecutionClient,
    )
