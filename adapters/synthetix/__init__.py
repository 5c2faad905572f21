"""Synthetix V4 for NautilusTrader: market data, orders and accounts of its perpetuals."""

from adapters.synthetix.commands import SetLeverage
from adapters.synthetix.config import SynthetixDataClientConfig, SynthetixExecClientConfig
from adapters.synthetix.constants import SYNTHETIX, SYNTHETIX_CLIENT_ID, SYNTHETIX_VENUE
from adapters.synthetix.data import SynthetixDataClient
from adapters.synthetix.execution import SynthetixExecutionClient
from adapters.synthetix.factories import (
    SynthetixLiveDataClientFactory,
    SynthetixLiveExecClientFactory,
)
from adapters.synthetix.providers import SynthetixInstrumentProvider

__all__ = [
    "SYNTHETIX",
    "SYNTHETIX_CLIENT_ID",
    "SYNTHETIX_VENUE",
    "SetLeverage",
    "SynthetixDataClient",
    "SynthetixDataClientConfig",
    "SynthetixExecClientConfig",
    "SynthetixExecutionClient",
    "SynthetixInstrumentProvider",
    "SynthetixLiveDataClientFactory",
    "SynthetixLiveExecClientFactory",
]
