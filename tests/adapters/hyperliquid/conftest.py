"""The instrument that most tests speak of, and the venue and client of those about market data."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from nautilus_trader.model.instruments import Instrument

from adapters.hyperliquid.instruments import BASE_TIER, parse_perps
from adapters.hyperliquid.schemas import PerpMeta
from simulator.hyperliquid import HyperliquidVenue, VenueOptions
from tests.adapters.hyperliquid.bench import Bench, client_of, eventually


@pytest.fixture(scope="session")
def btc() -> Instrument:
    """Return BTC-USD-PERP with its real rules, built from the venue's own record."""
    record = {"szDecimals": 5, "name": "BTC", "maxLeverage": 40, "marginTableId": 56}
    return parse_perps(PerpMeta(universe=[record]), 0, {}, BASE_TIER, 1, pytest.fail)[0]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def market_venue() -> AsyncIterator[HyperliquidVenue]:
    """Run a venue with a quick market and no limits for all tests of a module."""
    options = VenueOptions(seed=7, speed=180, history_minutes=310, weight_per_minute=0)
    async with HyperliquidVenue(options).running() as venue:
        yield venue


@pytest_asyncio.fixture(loop_scope="module")
async def bench(market_venue: HyperliquidVenue) -> AsyncIterator[Bench]:
    """Return a client of its own on the venue of the module, connected."""
    market_venue.received.clear()
    async with client_of(market_venue) as bench:
        await eventually(lambda: bench.client.is_connected)
        yield bench
