"""The market messages of Synthetix as frozen structs with its own field names; no Nautilus type.

Unknown fields are ignored. What the wire writes in several ways is of the kinds in `wire`: an
Amount is 0 where the venue leaves it empty, a Moment is in nanoseconds.

Source: https://developers.synthetix.io, and what the venue's own SDK 0.7.0 reads.
"""

# ruff: noqa: N815 - fields are called what the venue calls them

from datetime import UTC, datetime
from typing import Any

import msgspec

from adapters.synthetix.constants import INTERVAL_MILLIS, NANOS_PER_MILLI
from adapters.synthetix.wire import Amount, Id, Moment

MONTHS_PER_YEAR = 12


class MarginTier(msgspec.Struct, frozen=True):
    """
    One margin tier by notional in USDT; an empty maxPositionSize is no limit.

    `{"minPositionSize":"0","maxPositionSize":"1000000","maxLeverage":100,
    "initialMarginRequirement":"0.01","maintenanceMarginRequirement":"0.005",
    "maintenanceDeductionValue":"0"}`
    """

    maxLeverage: int
    initialMarginRequirement: Amount
    maintenanceMarginRequirement: Amount
    minPositionSize: Amount = Amount(0)
    maxPositionSize: Amount = Amount(0)
    maintenanceDeductionValue: Amount = Amount(0)


class Market(msgspec.Struct, frozen=True):
    """
    One market (getMarkets); the exponents are numbers of decimals.

    `{"symbol":"BTC-USDT","baseAsset":"BTC","quoteAsset":"USDT","isOpen":true,"isCloseOnly":false,
    "priceExponent":0,"quantityExponent":5,"priceIncrement":"1","minOrderSize":"0.001",
    "orderSizeIncrement":"0","contractSize":1,"maxMarketOrderSize":"10","maxLimitOrderSize":"100",
    "minOrderPrice":"1","minNotionalValue":"10","maintenanceMarginTiers":[...]}`
    """

    symbol: str
    baseAsset: str
    quoteAsset: str
    priceIncrement: Amount
    quantityExponent: int
    isOpen: bool = True
    isCloseOnly: bool = False
    settleAsset: str = ""
    orderSizeIncrement: Amount = Amount(0)
    contractSize: Amount = Amount(1)
    minOrderSize: Amount = Amount(0)
    maxMarketOrderSize: Amount = Amount(0)
    maxLimitOrderSize: Amount = Amount(0)
    minOrderPrice: Amount = Amount(0)
    minNotionalValue: Amount = Amount(0)
    maintenanceMarginTiers: tuple[MarginTier, ...] = ()


class MarketPrice(msgspec.Struct, frozen=True):
    """
    The state of one open market (getMarketPrices); fundingRate is the estimate for one hour.

    `{"symbol":"BTC-USDT","markPrice":"100000","indexPrice":"99998.7","lastPrice":"100001",
    "fundingRate":"0.0000125","timestamp":1704067200000,"onHours":true}`
    """

    symbol: str
    markPrice: Amount = Amount(0)
    indexPrice: Amount = Amount(0)
    lastPrice: Amount = Amount(0)
    timestamp: Moment = Moment(0)
    onHours: bool | None = None


class Book(msgspec.Struct, frozen=True):
    """A book of this moment, best first (getOrderbook): `{"bids":[["99999","1"]],"asks":[]}`."""

    bids: list[tuple[str, str]]
    asks: list[tuple[str, str]]


class Trade(msgspec.Struct, frozen=True):
    """
    One public trade (trades, getLastTrades); side is the taker's.

    `{"tradeId":"7","symbol":"BTC-USDT","side":"buy","price":"50000.50","quantity":"0.1",
    "timestamp":1704067200500,"isMaker":false}`
    """

    tradeId: Id
    symbol: str
    side: str
    price: Amount
    quantity: Amount
    timestamp: Moment


class LastTrades(msgspec.Struct, frozen=True):
    """The latest trades, newest first (getLastTrades)."""

    trades: list[Trade] | None = None


class Candle(msgspec.Struct, frozen=True):
    """
    One candle, as the stream names its fields; it is open until one with a later open_time comes.

    `{"symbol":"BTC-USDT","timeframe":"1m","open_price":"1","high_price":"2","low_price":"1",
    "close_price":"2","volume":"3","quote_volume":"5","trade_count":4,
    "open_time":"2026-11-22T00:00:00Z","close_time":"2026-11-22T00:01:00Z"}`
    """

    symbol: str
    timeframe: str
    open_time: Moment
    open_price: Amount
    high_price: Amount
    low_price: Amount
    close_price: Amount
    volume: Amount = Amount(0)
    trade_count: int = 0

    @property
    def series(self) -> tuple[str, str]:
        """The market and the interval."""
        return (self.symbol, self.timeframe)

    @property
    def open_ms(self) -> int:
        """When it begins, in Unix milliseconds."""
        return self.open_time // NANOS_PER_MILLI

    @property
    def end_ms(self) -> int:
        """When the next one begins, in Unix milliseconds; not `close_time`, whose end is unsaid."""
        return interval_end_ms(self.open_ms, self.timeframe)

    @property
    def trades(self) -> int:
        """How many trades it holds so far."""
        return self.trade_count


class CandleRow(msgspec.Struct, frozen=True, rename="camel"):
    """One candle of history: `{"openTime":1704067200000,"openPrice":"1", ... "tradeCount":4}`."""

    open_time: Moment
    open_price: Amount
    high_price: Amount
    low_price: Amount
    close_price: Amount
    volume: Amount = Amount(0)
    trade_count: int = 0

    def to_candle(self, symbol: str, interval: str) -> Candle:
        """Return the candle as the stream has it."""
        return Candle(symbol, interval, *msgspec.structs.astuple(self))


class Candles(msgspec.Struct, frozen=True):
    """A range of candles (getCandles); null where there are none."""

    candles: list[CandleRow] | None = None


class FundingRate(msgspec.Struct, frozen=True):
    """
    The rate of the next payment (getFundingRate); fundingInterval is in milliseconds.

    `{"symbol":"BTC-USDT","estimatedFundingRate":"0.0000125","lastSettlementRate":"0.00001",
    "lastSettlementTime":1704067200000,"nextFundingTime":1704070800000,"fundingInterval":3600000}`
    """

    symbol: str
    estimatedFundingRate: Amount
    nextFundingTime: Moment = Moment(0)
    fundingInterval: int = 3_600_000


class FundingEntry(msgspec.Struct, frozen=True):
    """One payment: `{"fundingRate":"0.00001","fundingTime":1704067200000,"appliedAt":...}`."""

    fundingRate: Amount
    fundingTime: Moment


class FundingHistory(msgspec.Struct, frozen=True):
    """The rates of a range, newest first (getFundingRateHistory)."""

    fundingRates: list[FundingEntry] | None = None


class FeeTier(msgspec.Struct, frozen=True):
    """
    Fee rates, as fractions of the notional: those of a tier (getTiers) or an account (getFeeRate).

    `{"makerFeeRate":"0.0002","takerFeeRate":"0.0005","minTradeVolume":"0"}`; of an account there is
    no volume at this place.
    """

    makerFeeRate: Amount
    takerFeeRate: Amount
    minTradeVolume: Amount = Amount(0)


class EdgeStatus(msgspec.Struct, frozen=True):
    """Whether the venue is open at all (GET /status): `{"maintenance":false}`."""

    maintenance: bool = False
    message: str = ""


class OwnedSubAccounts(msgspec.Struct, frozen=True):
    """The sub-accounts of an address, and those that it is a delegate of (getSubAccountIds)."""

    subAccountIds: list[Id] | None = None
    delegatedSubAccountIds: list[Id] | None = None


class RateLimit(msgspec.Struct, frozen=True):
    """What is left of a bucket of tokens: `{"requestsCap":1000,"remainingTokens":995}`."""

    requestsCap: int
    remainingTokens: int


class PriceUpdate(msgspec.Struct, frozen=True):
    """
    News of a market's prices (marketPrices), in the newer or the older form.

    `{"symbol":"BTC-USDT","price":"100000","lastUpdateTime":"2026-11-22T00:00:00Z",
    "updateType":"mark"}`, or a ticker: `{"symbol":"BTC-USDT","markPrice":"100000",
    "indexPrice":"99998.7","lastPrice":"100001"}`
    """

    symbol: str
    price: Amount = Amount(0)
    updateType: str = ""
    lastUpdateTime: Moment = Moment(0)
    timestamp: Moment = Moment(0)
    markPrice: Amount = Amount(0)
    indexPrice: Amount = Amount(0)


class BookLevel(msgspec.Struct, frozen=True):
    """One price of a streamed book, as it is written: `{"price":"99999","quantity":"1.5"}`."""

    price: str
    quantity: str


class BookData(msgspec.Struct, frozen=True):
    """The data of a book frame; an untouched side is empty, quantity 0 removes a level."""

    symbol: str
    timestamp: Moment = Moment(0)
    bids: list[BookLevel] | None = None
    asks: list[BookLevel] | None = None


class Liquidation(msgspec.Struct, frozen=True):
    """`{"eventId":"1","market":"BTC-USDT","tsMs":1704067200000,"side":"buy","size":"1",...}`."""

    market: str
    tsMs: Moment
    side: str
    size: Amount
    liquidationPrice: Amount


class Subscription(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """
    What a client subscribes: `{"type":"orderbook","symbol":"BTC-USDT","format":"diff","depth":50}`.

    A candle stream has a timeframe. `subAccountUpdates` has no symbol but a subAccountId.
    """

    type: str
    symbol: str = ""
    format: str | None = None
    depth: int | None = None
    updateFrequencyMs: int | None = None
    timeframe: str | None = None
    subAccountId: str | None = None

    @property
    def is_quiet(self) -> bool:
        """Whether it may be silent for any time: it is about an account."""
        return self.subAccountId is not None

    @property
    def stream(self) -> tuple[str, ...]:
        """What frames tell apart: type and symbol, and the timeframe of candles."""
        if self.timeframe is None:
            return (self.type, self.symbol)
        return (self.type, self.symbol, self.timeframe)


class ClientFrame(msgspec.Struct, frozen=True):
    """What a client sends: `{"id":"1","method":"subscribe","params":{...}}`; id is a text."""

    id: str
    method: str
    params: Any


def interval_end_ms(open_ms: int, interval: str) -> int:
    """Return the end of a candle that begins then: months of the calendar differ in length."""
    if not interval.endswith("M"):
        return open_ms + INTERVAL_MILLIS[interval]
    opened = datetime.fromtimestamp(open_ms / 1_000, UTC)
    months = opened.year * MONTHS_PER_YEAR + opened.month - 1 + int(interval[:-1])
    year, month = divmod(months, MONTHS_PER_YEAR)
    return int(opened.replace(year=year, month=month + 1).timestamp()) * 1_000
