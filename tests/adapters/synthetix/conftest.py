"""The instrument that most tests speak of, and its record."""

from typing import Any

import pytest
from nautilus_trader.model.instruments import Instrument

from adapters.synthetix.instruments import BASE_TIER, parse_perpetuals

# The record of section 4 of the protocol sheet.
BTC: dict[str, Any] = {
    "symbol": "BTC-USDT", "description": "Bitcoin perpetual", "baseAsset": "BTC",
    "quoteAsset": "USDT", "settleAsset": "USDT", "isOpen": True, "isCloseOnly": False,
    "priceExponent": 0, "quantityExponent": 5, "priceIncrement": "1", "minOrderSize": "0.001",
    "orderSizeIncrement": "0", "contractSize": 1, "maxMarketOrderSize": "10",
    "maxLimitOrderSize": "100", "minOrderPrice": "1", "limitOrderPriceCapRatio": "0.05",
    "liquidationClearanceFee": "0.005", "minNotionalValue": "10",
    "maintenanceMarginTiers": [
        {"minPositionSize": "0", "maxPositionSize": "1000000", "maxLeverage": 100,
         "initialMarginRequirement": "0.01", "maintenanceMarginRequirement": "0.005",
         "maintenanceDeductionValue": "0"},
        {"minPositionSize": "1000001", "maxPositionSize": "", "maxLeverage": 50,
         "initialMarginRequirement": "0.02", "maintenanceMarginRequirement": "0.01",
         "maintenanceDeductionValue": "5000"},
    ],
}  # fmt: skip


@pytest.fixture(scope="session")
def btc() -> Instrument:
    """Return BTC-USDT-PERP with the rules of the sheet."""
    return parse_perpetuals([BTC], BASE_TIER, 1, pytest.fail)[0]
