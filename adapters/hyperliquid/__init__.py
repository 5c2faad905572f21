"""Hyperliquid for NautilusTrader: market data of its perpetuals, spot pairs and builder dexes."""

from adapters.hyperliquid.config import HyperliquidDataClientConfig, HyperliquidProductType
from adapters.hyperliquid.constants import (
    HYPERLIQUID,
    HYPERLIQUID_CLIENT_ID,
    HYPERLIQUID_VENUE,
)
from adapters.hyperliquid.data import HyperliquidDataClient
from adapters.hyperliquid.factories import HyperliquidLiveDataClientFactory
from adapters.hyperliquid.http import WeightGovernor
from adapters.hyperliquid.providers import HyperliquidInstrumentProvider

__all__ = [
    "HYPERLIQUID",
    "HYPERLIQUID_CLIENT_ID",
    "HYPERLIQUID_VENUE",
    "HyperliquidDataClient",
    "HyperliquidDataClientConfig",
    "HyperliquidInstrumentProvider",
    "HyperliquidLiveDataClientFactory",
    "HyperliquidProductType",
    "WeightGovernor",
]
