"""Build Hyperliquid clients from their settings for a trading node."""

import asyncio
import os
from pathlib import Path
from typing import NamedTuple

from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock, MessageBus
from nautilus_trader.live.factories import LiveDataClientFactory, LiveExecClientFactory

from adapters.common.governor import WeightGovernor
from adapters.common.key_state import default_state_directory
from adapters.hyperliquid.answers import SharedAnswers
from adapters.hyperliquid.config import HyperliquidDataClientConfig, HyperliquidExecClientConfig
from adapters.hyperliquid.data import HyperliquidDataClient
from adapters.hyperliquid.execution import HyperliquidExecutionClient
from adapters.hyperliquid.governor import address_governor
from adapters.hyperliquid.http import HyperliquidHttpClient
from adapters.hyperliquid.providers import HyperliquidInstrumentProvider
from adapters.hyperliquid.signing import Signer
from adapters.hyperliquid.state import SignerState


class _Shared(NamedTuple):
    """What all clients of one venue's address have in common."""

    governor: WeightGovernor
    answers: SharedAnswers


# The venue counts all clients of one IP address together, those before a restart included, so that
# what a process has asked outlives its clients. Nautilus calls factories one by one and passes
# nothing that could carry it.
_SHARED: dict[str, _Shared] = {}


def shared_governor(url: str) -> WeightGovernor:
    """Return the governor of this address, which lives as long as the process."""
    return _shared(url).governor


def _shared(url: str) -> _Shared:
    if url not in _SHARED:
        _SHARED[url] = _Shared(address_governor(), SharedAnswers())
    return _SHARED[url]


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
        http = http_client(config)
        provider = _instrument_provider(config, http, clock, config.account_address)
        return HyperliquidDataClient(loop, http, msgbus, cache, clock, provider, config, name)


class HyperliquidLiveExecClientFactory(LiveExecClientFactory):
    """Build execution clients; register it with `TradingNode.add_exec_client_factory`."""

    @staticmethod
    def create(  # type: ignore[override]  # the node passes the config it was given for this factory
        loop: asyncio.AbstractEventLoop,
        name: str,
        config: HyperliquidExecClientConfig,
        msgbus: MessageBus,
        cache: Cache,
        clock: LiveClock,
    ) -> HyperliquidExecutionClient:
        """
        Return an execution client that holds the key of its settings, and the lock on that key.

        Raises
        ------
        ValueError
            If the environment has no such key, or it is none.
        SignerInUse
            If another process trades with the key.

        """
        signer = _signer(config)
        directory = config.state_directory
        root = (
            default_state_directory(os.environ, "hyperliquid")
            if directory is None
            else Path(directory)
        )
        http = http_client(config)
        account_address = config.vault_address or config.account_address or signer.address
        provider = _instrument_provider(config, http, clock, account_address)
        return HyperliquidExecutionClient(
            loop,
            http,
            shared_governor(config.http_url),
            signer,
            SignerState.acquire(root, signer.address),
            msgbus,
            cache,
            clock,
            provider,
            config,
            name,
        )


def build_instrument_provider(
    config: HyperliquidDataClientConfig, clock: LiveClock
) -> HyperliquidInstrumentProvider:
    """Return a provider with an HTTP client of its own, to look instruments up without a node."""
    return _instrument_provider(config, http_client(config), clock, config.account_address)


def http_client(
    config: HyperliquidDataClientConfig | HyperliquidExecClientConfig,
) -> HyperliquidHttpClient:
    """Return an HTTP client that shares the rate limit of its address."""
    shared = _shared(config.http_url)
    return HyperliquidHttpClient(
        config.http_url,
        shared.governor,
        timeout_secs=config.http_timeout_secs,
        max_attempts=config.http_max_attempts,
        proxy_url=config.proxy_url,
        answers=shared.answers,
    )


def _instrument_provider(
    config: HyperliquidDataClientConfig | HyperliquidExecClientConfig,
    http: HyperliquidHttpClient,
    clock: LiveClock,
    account_address: str | None,
) -> HyperliquidInstrumentProvider:
    return HyperliquidInstrumentProvider(
        http,
        clock,
        config=config.instrument_provider,
        product_types=config.product_types,
        account_address=account_address,
    )


def _signer(config: HyperliquidExecClientConfig) -> Signer:
    key = os.environ.get(config.private_key_env)
    if not key:
        raise ValueError(
            f"Expected a private key in the variable {config.private_key_env}, found none"
        )
    try:
        return Signer(key, is_mainnet=not config.testnet)
    except ValueError as e:
        raise ValueError(f"{config.private_key_env}: {e}") from None
