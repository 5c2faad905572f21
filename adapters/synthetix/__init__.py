"""Synthetix V4 for NautilusTrader: market data, orders and accounts of its perpetuals."""

from adapters.synthetix.config import SynthetixDataClientConfig, SynthetixExecClientConfig
from adapters.synthetix.constants import SYNTHETIX, SYNTHETIX_CLIENT_ID, SYNTHETIX_VENUE
from adapters.synthetix.data import SynthetixDataClient
from adapters.synthetix.factories import SynthetixLiveDataClientFactory
from adapters.synthetix.providers import SynthetixInstrumentProvider

__all__ = [
    "SYNTHETIX",
    "SYNTHETIX_CLIENT_ID",
    "SYNTHETIX_VENUE",
    "SynthetixDataClient",
    "SynthetixDataClientConfig",
    "SynthetixExecClientConfig",
    "SynthetixInstrumentProvider",
    "SynthetixLiveDataClientFactory",
]
