"""Build Synthetix clients from their settings for a trading node."""

import asyncio
import os
from pathlib import Path
from weakref import WeakValueDictionary

from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock, MessageBus
from nautilus_trader.live.factories import LiveDataClientFactory, LiveExecClientFactory

from adapters.common.governor import WeightGovernor
from adapters.common.key_state import KeyState, default_state_directory
from adapters.common.wallet import read_wallet
from adapters.synthetix.config import SynthetixDataClientConfig, SynthetixExecClientConfig
from adapters.synthetix.data import SynthetixDataClient
from adapters.synthetix.execution import SynthetixExecutionClient
from adapters.synthetix.fees import AccountFees
from adapters.synthetix.http import SynthetixHttpClient, address_governor
from adapters.synthetix.providers import SynthetixInstrumentProvider

# The venue counts all clients of one IP address together, so those of one process share their
# governor. Nautilus calls factories one by one and passes nothing that could carry it.
_GOVERNORS: WeakValueDictionary[str, WeightGovernor] = WeakValueDictionary()


def shared_governor(url: str) -> WeightGovernor:
    """Return the governor of this address, which lives as long as any client uses it."""
    governor = _GOVERNORS.get(url)
    if governor is None:
        governor = address_governor()
        _GOVERNORS[url] = governor
    return governor


class SynthetixLiveDataClientFactory(LiveDataClientFactory):
    """Build data clients; register it with `TradingNode.add_data_client_factory`."""

    @staticmethod
    def create(  # type: ignore[override]  # the node passes the config it was given for this factory
        loop: asyncio.AbstractEventLoop,
        name: str,
        config: SynthetixDataClientConfig,
        msgbus: MessageBus,
        cache: Cache,
        clock: LiveClock,
    ) -> SynthetixDataClient:
        """
        Return a data client with its own HTTP client and instrument provider.

        Raises
        ------
        ValueError
            If its settings name a key, and the environment has none there.

        """
        http = http_client(config)
        provider = _instrument_provider(config, http, clock)
        return SynthetixDataClient(loop, http, msgbus, cache, clock, provider, config, name)


class SynthetixLiveExecClientFactory(LiveExecClientFactory):
    """Build execution clients; register it with `TradingNode.add_exec_client_factory`."""

    @staticmethod
    def create(  # type: ignore[override]  # the node passes the config it was given for this factory
        loop: asyncio.AbstractEventLoop,
        name: str,
        config: SynthetixExecClientConfig,
        msgbus: MessageBus,
        cache: Cache,
        clock: LiveClock,
    ) -> SynthetixExecutionClient:
        """
        Return an execution client that holds the key of its settings, and the lock on that key.

        Raises
        ------
        ValueError
            If the environment has no such key, or it is none.
        SignerInUse
            If another process trades with the key.

        """
        wallet = read_wallet(os.environ, config.private_key_env)
        directory = config.state_directory
        root = (
            default_state_directory(os.environ, "synthetix")
            if directory is None
            else Path(directory)
        )
        http = http_client(config)
        return SynthetixExecutionClient(
            loop,
            http,
            wallet,
            KeyState.acquire(root, wallet.address.lower()),
            msgbus,
            cache,
            clock,
            _instrument_provider(config, http, clock),
            config,
            name,
        )


def build_instrument_provider(
    config: SynthetixDataClientConfig, clock: LiveClock
) -> SynthetixInstrumentProvider:
    """Return a provider with an HTTP client of its own, to look instruments up without a node."""
    return _instrument_provider(config, http_client(config), clock)


def _instrument_provider(
    config: SynthetixDataClientConfig | SynthetixExecClientConfig,
    http: SynthetixHttpClient,
    clock: LiveClock,
) -> SynthetixInstrumentProvider:
    fees = None
    if config.private_key_env is not None:
        wallet = read_wallet(os.environ, config.private_key_env)
        fees = AccountFees(
            http, wallet, clock, config.subaccount_id, config.http_max_attempts
        ).rates
    return SynthetixInstrumentProvider(http, clock, config.instrument_provider, fees)


def http_client(
    config: SynthetixDataClientConfig | SynthetixExecClientConfig,
) -> SynthetixHttpClient:
    """Return an HTTP client that shares the rate limit of its address."""
    return SynthetixHttpClient(
        config.http_url,
        shared_governor(config.http_url),
        timeout_secs=config.http_timeout_secs,
        max_attempts=config.http_max_attempts,
        proxy_url=config.proxy_url,
    )
