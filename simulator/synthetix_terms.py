"""What the venue says of its terms: getMarkets, getTiers and getCollaterals."""

from decimal import Decimal

from simulator.synthetix_book import tick_decimals
from simulator.synthetix_dialect import Dialect, short
from simulator.synthetix_markets import MIN_NOTIONAL, QUOTE, PerpMarket, Tier

type Wire = dict[str, object]

FEE_STEPS = (
    ("0", "0.0002", "0.0005"),
    ("5000000", "0.00016", "0.0004"),
    ("25000000", "0.00014", "0.00035"),
    ("100000000", "0.00012", "0.00032"),
    ("500000000", "0.00008", "0.00025"),
    ("2000000000", "0.00003", "0.0002"),
    ("5000000000", "0", "0.00017"),
)
"""Fees by the volume of 14 days: that volume in USDT, maker's and taker's rate (fact sheet 4)."""

MAX_SUB_ACCOUNTS = 10
MAX_ORDERS_PER_MARKET = 200
MAX_TOTAL_ORDERS = 1_000
"""Caps of every tier; what they really are is not documented."""


def market(perp: PerpMarket, dialect: Dialect) -> Wire:
    """Write a row of getMarkets (fact sheet 4).

    `orderSizeIncrement` is 0 as at the venue, and the size step follows from `quantityExponent`.
    """
    terms = perp.terms
    band = short(terms.band)
    return {
        "symbol": perp.symbol,
        "description": terms.description,
        "baseAsset": perp.base,
        "quoteAsset": QUOTE,
        "settleAsset": QUOTE,
        "isOpen": perp.is_open,
        "isCloseOnly": perp.is_close_only,
        "priceExponent": tick_decimals(terms),
        "quantityExponent": terms.size_decimals,
        "priceIncrement": short(terms.tick),
        "minOrderSize": short(terms.min_size),
        "orderSizeIncrement": dialect.figure(None),
        "contractSize": 1,
        "maxMarketOrderSize": short(terms.max_market_size),
        "maxLimitOrderSize": short(terms.max_limit_size),
        "minOrderPrice": short(terms.tick),
        "limitOrderPriceCapRatio": band,
        "limitOrderPriceFloorRatio": band,
        "marketOrderPriceCapRatio": band,
        "marketOrderPriceFloorRatio": band,
        "liquidationClearanceFee": short(terms.liquidation_fee),
        "minNotionalValue": short(MIN_NOTIONAL),
        "maintenanceMarginTiers": [_margin_tier(tier) for tier in perp.tiers],
    }


def fee_tiers() -> list[Wire]:
    """Write getTiers (fact sheet 4)."""
    return [
        {
            "tierId": place,
            "tierType": "REGULAR",
            "tierName": f"Tier {place}",
            "minTradeVolume": volume,
            "makerFeeRate": maker,
            "takerFeeRate": taker,
            "maxSubAccounts": MAX_SUB_ACCOUNTS,
            "maxOrdersPerMarket": MAX_ORDERS_PER_MARKET,
            "maxTotalOrders": MAX_TOTAL_ORDERS,
            "maxBorrowCapacity": "0",
        }
        for place, (volume, maker, taker) in enumerate(FEE_STEPS)
    ]


def collaterals() -> list[Wire]:
    """Write getCollaterals (fact sheet 4): USDT at its value, WETH with a haircut."""
    return [
        _collateral("USDT", "", "1", "1", "1", "0"),
        _collateral("WETH", "ETH-USDT", "0.85", "0.8", "0.0005", "0.1"),
    ]


def _collateral(  # the columns of one row
    name: str, market_: str, lltv: str, ltv: str, withdraw_fee: str, haircut: str
) -> Wire:
    tier = {
        "id": 1,
        "name": "Tier 1",
        "minAmount": "0",
        "maxAmount": "",
        "haircut": haircut,
        "valueRatio": short(1 - Decimal(haircut)),
        "valueAddition": "0",
    }
    return {
        "collateral": name,
        "depositCap": "100000000",
        "lltv": lltv,
        "ltv": ltv,
        "market": market_,
        "withdrawFee": withdraw_fee,
        "tiers": [tier],
    }


def _margin_tier(tier: Tier) -> Wire:
    return {
        "minPositionSize": short(tier.floor),
        "maxPositionSize": "" if tier.ceiling is None else short(tier.ceiling),
        "maxLeverage": tier.max_leverage,
        "initialMarginRequirement": short(tier.initial),
        "maintenanceMarginRequirement": short(tier.maintenance),
        "maintenanceDeductionValue": short(tier.deduction),
    }
