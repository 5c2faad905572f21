"""Names, addresses, limits and rates that Synthetix fixes; nothing here is a setting."""

from decimal import Decimal

from nautilus_trader.model.enums import BarAggregation
from nautilus_trader.model.identifiers import ClientId, Venue

SYNTHETIX = "SYNTHETIX"
SYNTHETIX_VENUE = Venue(SYNTHETIX)
SYNTHETIX_CLIENT_ID = ClientId(SYNTHETIX)

# https://developers.synthetix.io; there is no test network.
HTTP_URL = "https://papi.synthetix.io/v1"
WS_URL = "wss://papi.synthetix.io/v1/ws"
# "Every REST and WebSocket request must carry a descriptive User-Agent".
USER_AGENT = "perpdesk-synthetix/0.1"

# All profit, fees and margins are told in it.
SETTLEMENT_CURRENCY = "USDT"
# Of currencies that Nautilus does not know; the venue tells no precision.
CURRENCY_PRECISION = 8

# Fees of tier 0, as a fraction of the notional.
FEE_MAKER = Decimal("0.0002")
FEE_TAKER = Decimal("0.0005")

FUNDING_INTERVAL_MINS = 60
MILLIS_PER_HOUR = 3_600_000
NANOS_PER_MILLI = 1_000_000
NANOS_PER_SECOND = 1_000_000_000

# Tokens in any ten seconds: of one sub-account for signed requests, of one IP address for all.
WINDOW_SECS = 10.0
TOKENS_PER_SUBACCOUNT = 1_000
TOKENS_PER_IP = 10_000
# What is not listed costs one.
TOKENS = {
    "modifyOrder": 5,
    "scheduleCancel": 5,
    "updateLeverage": 5,
    "cancelOrders": 2,
    "cancelAllOrders": 2,
    "getOpenOrders": 10,
    "getOrderHistory": 50,
    "getTrades": 20,
    "getTradesForPosition": 20,
    "getPositions": 10,
    "getSubAccount": 20,
    "getSubAccounts": 20,
    "getFundingPayments": 100,
    "getFeeRate": 10,
    "getRateLimits": 20,
    "getDelegatedSigners": 20,
    "getDelegationsForDelegate": 20,
    "withdrawCollateral": 5,
    "transferCollateral": 5,
}
TOKENS_PER_ORDER = 5

ORDERS_PER_REQUEST = 20
CLIENT_ORDER_ID_CHARS_MAX = 255
REQUEST_BYTES_MAX = 20_480
# "expiresAt needs to be at least 10 seconds ... and less than 24 hours in the future".
GTD_SECS_MIN = 10
GTD_SECS_MAX = 86_400

# Rows of one answer at most.
BOOK_LEVELS = (5, 10, 20, 50, 100, 500, 1_000)
TRADES_PER_REQUEST = 100
OPEN_ORDERS_PER_REQUEST = 50
ORDER_HISTORY_PER_REQUEST = 1_000
FILLS_PER_REQUEST = 1_000
FUNDINGS_PER_REQUEST = 2_160
# No limit is documented for candles: so many are asked for at once, by time.
CANDLES_PER_REQUEST = 500
# "time range cannot exceed 7 days", of getTrades 30 days.
ORDER_HISTORY_SPAN_MILLIS = 7 * 24 * MILLIS_PER_HOUR
FILLS_SPAN_MILLIS = 30 * 24 * MILLIS_PER_HOUR
# The history of funding rates reaches so far back.
FUNDING_SPAN_MILLIS = 30 * 24 * MILLIS_PER_HOUR
MAX_PAGES = 100

# Levels a side and milliseconds between two frames of a book stream; 100 levels come slower.
BOOK_DEPTHS = (10, 50, 100)
BOOK_UPDATE_MILLIS = (50, 100, 250, 500, 1_000)
BOOK_DEPTH_SLOW = 100
BOOK_UPDATE_MILLIS_SLOW = 250

# Milliseconds of each candle interval; 1M and 3M are their longest, for sizing a page only.
INTERVAL_MILLIS = {
    "1m": 60_000,
    "5m": 300_000,
    "15m": 900_000,
    "30m": 1_800_000,
    "1h": 3_600_000,
    "4h": 14_400_000,
    "8h": 28_800_000,
    "12h": 43_200_000,
    "1d": 86_400_000,
    "3d": 259_200_000,
    "1w": 604_800_000,
    "1M": 2_678_400_000,
    "3M": 7_948_800_000,
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
