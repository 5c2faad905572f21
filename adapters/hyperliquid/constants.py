"""Names, addresses, limits and rates that Hyperliquid fixes; nothing here is a setting."""

from decimal import Decimal

from nautilus_trader.model.enums import BarAggregation
from nautilus_trader.model.identifiers import ClientId, Venue

HYPERLIQUID = "HYPERLIQUID"
HYPERLIQUID_VENUE = Venue(HYPERLIQUID)
HYPERLIQUID_CLIENT_ID = ClientId(HYPERLIQUID)

# https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api
HTTP_URL_MAINNET = "https://api.hyperliquid.xyz"
HTTP_URL_TESTNET = "https://api.hyperliquid-testnet.xyz"
WS_URL_MAINNET = "wss://api.hyperliquid.xyz/ws"
WS_URL_TESTNET = "wss://api.hyperliquid-testnet.xyz/ws"

# .../api/tick-and-lot-size: prices have at most MAX_DECIMALS - szDecimals decimals.
MAX_DECIMALS_PERP = 6
MAX_DECIMALS_SPOT = 8

# .../api/asset-ids
ASSET_ID_SPOT = 10_000
ASSET_ID_BUILDER_DEX = 100_000
ASSET_ID_DEX_STEP = 10_000

# "Order must have minimum value of $10", and of 10 quote units on spot.
MIN_NOTIONAL = Decimal(10)

# Margin table ids below this one are not listed: they mean one tier with that leverage.
MARGIN_TABLE_ID_LISTED = 50

# .../trading/fees, base tier, as a fraction of the notional.
FEE_PERP_TAKER = Decimal("0.00045")
FEE_PERP_MAKER = Decimal("0.00015")
FEE_SPOT_TAKER = Decimal("0.0007")
FEE_SPOT_MAKER = Decimal("0.0004")
# Markets of builder dexes cost twice as much, in growth mode a tenth of that.
FEE_FACTOR_BUILDER_DEX = Decimal(2)
FEE_FACTOR_GROWTH_MODE = Decimal("0.1")

FUNDING_INTERVAL_MINS = 60
NANOS_PER_MILLI = 1_000_000
NANOS_PER_HOUR = 3_600_000_000_000

# .../api/rate-limits-and-user-limits: REST weight of one IP in any rolling minute.
WEIGHT_PER_MINUTE = 1_200
INFO_WEIGHT_DEFAULT = 20
INFO_WEIGHTS = {
    "l2Book": 2,
    "allMids": 2,
    "clearinghouseState": 2,
    "orderStatus": 2,
    "spotClearinghouseState": 2,
    "exchangeStatus": 2,
    "userRole": 60,
}
# One more for each full so many items in the reply.
INFO_ITEMS_PER_WEIGHT = {
    "candleSnapshot": 60,
    "recentTrades": 20,
    "fundingHistory": 20,
    "historicalOrders": 20,
    "userFills": 20,
    "userFillsByTime": 20,
    "userFunding": 20,
    "twapHistory": 20,
}

# What the venue answers to every client alike and hardly ever otherwise than a minute ago: what is
# listed, an account's fee rates and its mode.
INFO_SHARED = {"allPerpMetas", "spotMeta", "userFees", "userAbstraction"}

# candleSnapshot: "Only the most recent 5000 candles are available".
CANDLES_PER_REQUEST = 5_000
# fundingHistory returns the first 500 entries of its range; one is hourly and up to 0.4 s late.
FUNDING_HOURS_PER_REQUEST = 499
# userFillsByTime and userFunding return so many entries of their range, or all that there are.
FILLS_PER_REQUEST = 2_000
FUNDINGS_PER_REQUEST = 500
MILLIS_PER_HOUR = 3_600_000
# No answer needs more; 100 pages are half a million candles or five years of funding. Of fills the
# venue keeps 10,000.
MAX_PAGES = 100

# Milliseconds of each candle interval; 1M is its longest month, for sizing a page only.
INTERVAL_MILLIS = {
    "1m": 60_000,
    "3m": 180_000,
    "5m": 300_000,
    "15m": 900_000,
    "30m": 1_800_000,
    "1h": 3_600_000,
    "2h": 7_200_000,
    "4h": 14_400_000,
    "8h": 28_800_000,
    "12h": 43_200_000,
    "1d": 86_400_000,
    "3d": 259_200_000,
    "1w": 604_800_000,
    "1M": 2_678_400_000,
}
BAR_AGGREGATIONS = {
    "m": BarAggregation.MINUTE,
    "h": BarAggregation.HOUR,
    "d": BarAggregation.DAY,
    "w": BarAggregation.WEEK,
    "M": BarAggregation.MONTH,
}
# (step, aggregation) of a Nautilus bar specification -> the venue's interval.
INTERVALS = {(int(name[:-1]), BAR_AGGREGATIONS[name[-1]]): name for name in INTERVAL_MILLIS}
