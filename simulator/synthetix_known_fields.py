"""The fields that the fact sheet knows of each public message; a path that is not here is news.

A path joins keys with dots; `[]` is any element of a list, `*` any key of a map.
"""

_ENVELOPE = "method channel timestamp data"
_TIER = (
    "minPositionSize maxPositionSize maxLeverage initialMarginRequirement"
    " maintenanceMarginRequirement maintenanceDeductionValue"
)
_PERIOD = "referencePrice volume quoteVolume"
_TICKER = (
    "symbol bestBid bestAsk markPrice indexPrice lastPrice prevDayPrice volume24h quoteVolume24h"
    " fundingRate openInterest timestamp onHours periodStats periodStats.*"
)


def _under(prefix: str, names: str) -> set[str]:
    return {f"{prefix}{name}" for name in names.split()}


def _rows(names: str) -> set[str]:
    """Give the paths of data that is one object or a list of them."""
    return _under("data.", names) | _under("data.[].", names) | {"data.[]"}


_TICKER_PATHS = _TICKER + "".join(f" periodStats.*.{name}" for name in _PERIOD.split())

PUSHES: dict[str, set[str]] = {
    "orderbook": _under("", _ENVELOPE)
    | _under("", "type meseq prevMeseq checksum seq prevSeq met provenanceMissing needsResync")
    | _under("data.", "symbol timestamp bids asks bids.[] asks.[]")
    | {f"data.{side}.[].{name}" for side in ("bids", "asks") for name in ("price", "quantity")},
    "trades": _under("", _ENVELOPE) | _rows("tradeId symbol side price quantity timestamp isMaker"),
    "marketPrices": _under("", _ENVELOPE)
    | _rows("symbol price lastUpdateTime updateType funding_rate next_funding_time")
    | _rows(_TICKER_PATHS),
    "candles": _under("", _ENVELOPE)
    | _rows(
        "symbol timeframe open_price high_price low_price close_price volume quote_volume"
        " trade_count open_time close_time"
    ),
    "liquidations": _under("", _ENVELOPE) | _rows("eventId market tsMs side size liquidationPrice"),
}

REPLY = _under(
    "",
    "id requestId status result result.status result.type result.symbol result.response"
    " error error.code error.message rateLimit rateLimit.requestsCap rateLimit.remainingTokens"
    " ipRateLimit ipRateLimit.requestsCap ipRateLimit.remainingTokens",
)

ANSWER = _under(
    "",
    "status response timestamp requestId request_id traceId error error.code error.category"
    " error.message error.retryable error.details rateLimit rateLimit.requestsCap"
    " rateLimit.remainingTokens ipRateLimit ipRateLimit.requestsCap ipRateLimit.remainingTokens",
)

RESPONSES: dict[str, set[str]] = {
    "getMarkets": {"[]"}
    | _under(
        "[].",
        "symbol description baseAsset quoteAsset settleAsset isOpen isCloseOnly priceExponent"
        " quantityExponent priceIncrement minOrderSize orderSizeIncrement contractSize"
        " maxMarketOrderSize maxLimitOrderSize minOrderPrice limitOrderPriceCapRatio"
        " limitOrderPriceFloorRatio marketOrderPriceCapRatio marketOrderPriceFloorRatio"
        " liquidationClearanceFee minNotionalValue maintenanceMarginTiers"
        " maintenanceMarginTiers.[]",
    )
    | _under("[].maintenanceMarginTiers.[].", _TIER),
    "getMarketPrices": {"*"} | _under("*.", _TICKER_PATHS),
    "getMids": {"*"},
    "getOrderbook": _under("", "bids asks bids.[] asks.[] bids.[].[] asks.[].[]"),
    "getLastTrades": _under("", "trades trades.[]")
    | _under("trades.[].", "tradeId symbol side price quantity timestamp isMaker"),
    "getIsWhitelisted": set(),
    "getCandles": _under("", "symbol interval candles candles.[]")
    | _under(
        "candles.[].",
        "openTime closeTime openPrice highPrice lowPrice closePrice volume quoteVolume tradeCount",
    ),
    "getFundingRate": _under(
        "",
        "symbol estimatedFundingRate lastSettlementRate lastSettlementTime nextFundingTime"
        " fundingInterval",
    ),
    "getFundingRateHistory": _under("", "symbol fundingRates fundingRates.[]")
    | _under("fundingRates.[].", "fundingRate fundingTime appliedAt"),
    "getOpenInterest": {"[]"}
    | _under(
        "[].",
        "symbol openInterest longOpenInterest shortOpenInterest timestamp errorMessage",
    ),
    "getCollaterals": {"[]"}
    | _under("[].", "collateral depositCap lltv ltv market withdrawFee tiers tiers.[]")
    | _under("[].tiers.[].", "id name minAmount maxAmount haircut valueRatio valueAddition"),
    "getTiers": {"[]"}
    | _under(
        "[].",
        "tierId tierType tierName minTradeVolume makerFeeRate takerFeeRate maxSubAccounts"
        " maxOrdersPerMarket maxTotalOrders maxBorrowCapacity",
    ),
    "getExchangeStatus": _under("", "accepting_orders exchange_status code message timestamp_ms"),
}

STATUS = _under("", "maintenance message accepting_orders exchange_status code timestamp_ms")

MAPS = frozenset({"getMarketPrices:", "getMids:", "periodStats"})
"""Objects whose keys are data: the response of these questions, and what has this key."""
