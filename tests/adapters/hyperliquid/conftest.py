"""The instrument that most tests speak of."""

import pytest
from nautilus_trader.model.instruments import Instrument

from adapters.hyperliquid.instruments import BASE_TIER, parse_perps
from adapters.hyperliquid.schemas import PerpMeta


@pytest.fixture(scope="session")
def btc() -> Instrument:
    """Return BTC-USD-PERP with its real rules, built from the venue's own record."""
    record = {"szDecimals": 5, "name": "BTC", "maxLeverage": 40, "marginTableId": 56}
    return parse_perps(PerpMeta(universe=[record]), 0, {}, BASE_TIER, 1, pytest.fail)[0]
