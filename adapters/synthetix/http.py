"""Ask the venue by REST within its rate limit, and post signed bodies; it caches nothing."""

import asyncio
import random
from http import HTTPStatus
from typing import Any

import msgspec
from nautilus_trader.core.nautilus_pyo3 import HttpClient, HttpError, HttpTimeoutError

from adapters.common.backoff import backoff_delay_secs
from adapters.common.errors import OutcomeUnknown
from adapters.common.governor import Rank, WeightGovernor
from adapters.synthetix.constants import (
    NANOS_PER_MILLI,
    TOKENS,
    TOKENS_PER_IP,
    USER_AGENT,
    WINDOW_SECS,
)
from adapters.synthetix.replies import Answer, parse_answer
from adapters.synthetix.schemas import (
    Book,
    CandleRow,
    Candles,
    EdgeStatus,
    FeeTier,
    FundingEntry,
    FundingHistory,
    FundingRate,
    LastTrades,
    MarketPrice,
    OwnedSubAccounts,
    RateLimit,
    Trade,
)
from adapters.synthetix.wire import decoder

BACKOFF_INITIAL_SECS = 0.25
BACKOFF_MAX_SECS = 10.0
# How much of an unexpected body goes into a message.
BODY_HEAD_CHARS = 200

_MARKETS = msgspec.json.Decoder(list[dict[str, Any]])
_PRICES = decoder(dict[str, MarketPrice])
_BOOK = decoder(Book)
_TRADES = decoder(LastTrades)
_CANDLES = decoder(Candles)
_FUNDING_RATE = decoder(FundingRate)
_FUNDING_HISTORY = decoder(FundingHistory)
_TIERS = decoder(list[FeeTier])
_OWNED = decoder(OwnedSubAccounts)
_EDGE_STATUS = decoder(EdgeStatus)


def address_governor() -> WeightGovernor:
    """Return a governor of what the venue grants one IP address."""
    return WeightGovernor(TOKENS_PER_IP, WINDOW_SECS)


class SynthetixHttpClient:
    """
    The info endpoint as typed calls, and the trade endpoint for signed bodies.

    Every one may raise VenueRefused or OutcomeUnknown.

    Parameters
    ----------
    url : str
        The address with version: `https://papi.synthetix.io/v1`.
    governor : WeightGovernor
        The rate limit, shared by all clients of this IP address.
    timeout_secs : int
        Seconds after which one attempt counts as lost.
    max_attempts : int
        How often a read is tried in all when the venue is busy (429), broken (5xx) or silent.
    proxy_url : str, optional
        An HTTP proxy.

    """

    def __init__(
        self,
        url: str,
        governor: WeightGovernor,
        timeout_secs: int = 10,
        max_attempts: int = 4,
        proxy_url: str | None = None,
    ) -> None:
        self._url = url
        self._governor = governor
        self._max_attempts = max_attempts
        self._client = HttpClient(
            default_headers={"Content-Type": "application/json", "User-Agent": USER_AGENT},
            timeout_secs=timeout_secs,
            proxy_url=proxy_url,
        )

    async def markets(self) -> list[dict[str, Any]]:
        """Return all markets as they came; `instruments` reads them."""
        return await self.info("getMarkets", _MARKETS)

    async def market_prices(self) -> dict[str, MarketPrice]:
        """Return the prices of all open markets by symbol."""
        return await self.info("getMarketPrices", _PRICES)

    async def order_book(self, symbol: str, limit: int) -> Book:
        """Return the book, at most so many levels a side: one of BOOK_LEVELS."""
        return await self.info("getOrderbook", _BOOK, symbol=symbol, limit=limit)

    async def last_trades(self, symbol: str, limit: int) -> list[Trade]:
        """Return the latest trades, at most 100, newest first."""
        page = await self.info("getLastTrades", _TRADES, symbol=symbol, limit=limit)
        return page.trades or []

    async def candles(
        self, symbol: str, interval: str, start_ms: int, end_ms: int, limit: int
    ) -> list[CandleRow]:
        """Return candles that touch the range, in the venue's order."""
        page = await self.info(
            "getCandles",
            _CANDLES,
            symbol=symbol,
            interval=interval,
            startTime=start_ms,
            endTime=end_ms,
            limit=limit,
        )
        return page.candles or []

    async def funding_rate(self, symbol: str) -> FundingRate:
        """Return the rate of the next payment."""
        return await self.info("getFundingRate", _FUNDING_RATE, symbol=symbol)

    async def funding_rate_history(
        self, symbol: str, start_ms: int, end_ms: int, limit: int
    ) -> list[FundingEntry]:
        """Return rates that were paid in a range of at most 30 days, newest first."""
        page = await self.info(
            "getFundingRateHistory",
            _FUNDING_HISTORY,
            symbol=symbol,
            startTime=start_ms,
            endTime=end_ms,
            limit=limit,
        )
        return page.fundingRates or []

    async def tiers(self) -> list[FeeTier]:
        """Return the tiers of fees."""
        return await self.info("getTiers", _TIERS)

    async def sub_account_ids(self, wallet_address: str) -> OwnedSubAccounts:
        """Return what an address owns or may act for; the address must carry its checksum."""
        return await self.info(
            "getSubAccountIds", _OWNED, walletAddress=wallet_address, includeDelegations=True
        )

    async def exchange_time_ms(self) -> int:
        """Return the venue's clock, which may run apart from ours."""
        answer = await self._ask("getExchangeStatus", {})
        if not answer.time_ns:
            raise OutcomeUnknown("Expected an answer with its time, was one without")
        return answer.time_ns // NANOS_PER_MILLI

    async def edge_status(self) -> EdgeStatus:
        """Return whether the venue is open at all; this answer has no envelope, and no retry."""
        url = f"{self._url}/status"
        try:
            response = await self._client.get(url)
        except (HttpTimeoutError, HttpError) as e:
            raise OutcomeUnknown(f"No answer from {url}: {e}") from e
        if response.status != HTTPStatus.OK:
            raise OutcomeUnknown(f"Expected status 200 from {url}, was {response.status}")
        return _decode("status", response.body, _EDGE_STATUS)

    async def trade(self, body: bytes) -> Answer:
        """Post a signed body, once, whose tokens are taken; return the venue's answer."""
        return await self._post("a signed request", "trade", body)

    async def info[T](self, action: str, read: msgspec.json.Decoder[T], **params: object) -> T:
        """Return the decoded response to any question."""
        answer = await self._ask(action, params)
        return _decode(action, answer.response, read)

    async def _ask(self, action: str, params: dict[str, object]) -> Answer:
        """Send one read, and again while that may help."""
        body = msgspec.json.encode({"params": {"action": action, **params}})
        attempt = 0
        while True:
            await self._governor.acquire(TOKENS.get(action, 1), Rank.QUESTION)
            try:
                return await self._post(action, "info", body)
            except OutcomeUnknown:
                if attempt + 1 >= self._max_attempts:
                    raise
            chance = random.random()  # noqa: S311 - jitter, not a secret
            await asyncio.sleep(
                backoff_delay_secs(attempt, BACKOFF_INITIAL_SECS, BACKOFF_MAX_SECS, chance)
            )
            attempt += 1

    async def _post(self, kind: str, path: str, body: bytes) -> Answer:
        url = f"{self._url}/{path}"
        try:
            response = await self._client.post(url, body=body)
        except (HttpTimeoutError, HttpError) as e:
            raise OutcomeUnknown(f"No answer to {kind} from {url}: {e}") from e
        if response.status == HTTPStatus.TOO_MANY_REQUESTS:
            # "429 is authoritative": whatever we have counted, the bucket is empty.
            respect(self._governor, RateLimit(TOKENS_PER_IP, 0))
        answer = parse_answer(response.status, response.body)
        respect(self._governor, answer.ip_rate_limit)
        return answer


def respect(governor: WeightGovernor, told: RateLimit | None) -> None:
    """Count what the venue has counted beyond us: others may share our address or account."""
    if told is not None:
        governor.left(told.remainingTokens)


def _decode[T](kind: str, reply: bytes | msgspec.Raw, read: msgspec.json.Decoder[T]) -> T:
    try:
        return read.decode(reply)
    except (msgspec.MsgspecError, UnicodeDecodeError) as e:
        head = repr(bytes(reply)[:BODY_HEAD_CHARS].decode(errors="replace"))
        raise OutcomeUnknown(f"Expected a reply to {kind}, was {head} ({e})") from e
