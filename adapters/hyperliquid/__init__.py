"""Hyperliquid for NautilusTrader: market data, orders and accounts of all its markets."""

from adapters.hyperliquid.commands import AddIsolatedMargin, SetLeverage
from adapters.hyperliquid.config import (
    HyperliquidDataClientConfig,
    HyperliquidExecClientConfig,
    HyperliquidProductType,
)
from adapters.hyperliquid.constants import (
    HYPERLIQUID,
    HYPERLIQUID_CLIENT_ID,
    HYPERLIQUID_VENUE,
)
from adapters.hyperliquid.data import HyperliquidDataClient
from adapters.hyperliquid.execution import HyperliquidExecutionClient
from adapters.hyperliquid.factories import (
    HyperliquidLiveDataClientFactory,
    HyperliquidLiveExecClientFactory,
)
from adapters.hyperliquid.governor import address_governor
from adapters.hyperliquid.providers import HyperliquidInstrumentProvider

__all__ = [
    "HYPERLIQUID",
    "HYPERLIQUID_CLIENT_ID",
    "HYPERLIQUID_VENUE",
    "AddIsolatedMargin",
    "HyperliquidDataClient",
    "HyperliquidDataClientConfig",
    "HyperliquidExecClientConfig",
    "HyperliquidExecutionClient",
    "HyperliquidInstrumentProvider",
    "HyperliquidLiveDataClientFactory",
    "HyperliquidLiveExecClientFactory",
    "HyperliquidProductType",
    "SetLeverage",
    "address_governor",
]
