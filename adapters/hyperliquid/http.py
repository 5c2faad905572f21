"""Ask the venue's info endpoint within its rate limit and post actions; it keeps nothing itself."""

import asyncio
import random
from http import HTTPStatus
from typing import Any

import msgspec
from nautilus_trader.core.nautilus_pyo3 import HttpClient, HttpError, HttpTimeoutError

from adapters.common.backoff import backoff_delay_secs
from adapters.common.errors import OutcomeUnknown, VenueRefused
from adapters.common.governor import Rank, WeightGovernor
from adapters.hyperliquid.answers import SharedAnswers
from adapters.hyperliquid.constants import (
    INFO_ITEMS_PER_WEIGHT,
    INFO_SHARED,
    INFO_WEIGHT_DEFAULT,
    INFO_WEIGHTS,
)
from adapters.hyperliquid.replies import is_refusal
from adapters.hyperliquid.schemas import (
    Book,
    Candle,
    ExchangeStatus,
    FundingEntry,
    PerpMeta,
    SpotMeta,
    Trade,
    UserFees,
)

BACKOFF_INITIAL_SECS = 0.25
BACKOFF_MAX_SECS = 10.0
# How much of an unexpected body goes into a message.
BODY_HEAD_CHARS = 200

# strict=False because the venue quotes its numbers.
_PERP_METAS = msgspec.json.Decoder(list[PerpMeta], strict=False)
_SPOT_META = msgspec.json.Decoder(SpotMeta, strict=False)
_USER_FEES = msgspec.json.Decoder(UserFees, strict=False)
_EXCHANGE_STATUS = msgspec.json.Decoder(ExchangeStatus, strict=False)
_BOOK: msgspec.json.Decoder[Book | None] = msgspec.json.Decoder(Book | None, strict=False)
_CANDLES = msgspec.json.Decoder(list[Candle], strict=False)
_TRADES = msgspec.json.Decoder(list[Trade], strict=False)
_FUNDING_ENTRIES = msgspec.json.Decoder(list[FundingEntry], strict=False)


class HyperliquidHttpClient:
    """
    The info endpoint as typed calls, and the exchange endpoint for signed bodies.

    Every one may raise VenueRefused or OutcomeUnknown.

    Parameters
    ----------
    url : str
        The address without path: `https://api.hyperliquid.xyz`.
    governor : WeightGovernor
        The rate limit, shared by all clients of this IP address.
    timeout_secs : int
        Seconds after which one attempt counts as lost.
    max_attempts : int
        How often a read is tried in all when the venue is busy (429), broken (5xx) or silent.
    proxy_url : str, optional
        An HTTP proxy.
    answers : SharedAnswers, optional
        What other clients of this address have been told; without it the venue is always asked.

    """

    def __init__(
        self,
        url: str,
        governor: WeightGovernor,
        timeout_secs: int = 10,
        max_attempts: int = 4,
        proxy_url: str | None = None,
        answers: SharedAnswers | None = None,
    ) -> None:
        self._info_url = f"{url}/info"
        self._exchange_url = f"{url}/exchange"
        self._governor = governor
        self._max_attempts = max_attempts
        self._answers = answers
        self._client = HttpClient(
            default_headers={"Content-Type": "application/json"},
            timeout_secs=timeout_secs,
            proxy_url=proxy_url,
        )

    async def all_perp_metas(self) -> list[PerpMeta]:
        """Return the metadata of every dex, the venue's own first."""
        return await self.info({"type": "allPerpMetas"}, _PERP_METAS)

    async def spot_meta(self) -> SpotMeta:
        """Return all spot pairs and tokens."""
        return await self.info({"type": "spotMeta"}, _SPOT_META)

    async def user_fees(self, address: str) -> UserFees:
        """Return the fee rates of an account."""
        return await self.info({"type": "userFees", "user": address}, _USER_FEES)

    async def exchange_time_ms(self) -> int:
        """Return the venue's clock, which may run apart from ours."""
        return (await self.info({"type": "exchangeStatus"}, _EXCHANGE_STATUS)).time

    async def l2_book(
        self, coin: str, n_sig_figs: int | None = None, mantissa: int | None = None
    ) -> Book:
        """Return the book, at most 20 levels a side, aggregated if asked for."""
        request: dict[str, Any] = {"type": "l2Book", "coin": coin}
        if n_sig_figs is not None:
            request["nSigFigs"] = n_sig_figs
        if mantissa is not None:
            request["mantissa"] = mantissa
        book = await self.info(request, _BOOK)
        if book is None:
            # The venue answers 200 and null for a coin that it does not know.
            raise VenueRefused(f"Expected a coin with a book, was {coin!r}")
        return book

    async def candle_snapshot(
        self, coin: str, interval: str, start_ms: int, end_ms: int
    ) -> list[Candle]:
        """Return the latest 5,000 candles at most that touch the range, oldest first."""
        span = {"coin": coin, "interval": interval, "startTime": start_ms, "endTime": end_ms}
        return await self.info({"type": "candleSnapshot", "req": span}, _CANDLES)

    async def recent_trades(self, coin: str) -> list[Trade]:
        """Return the last few trades, newest first."""
        return await self.info({"type": "recentTrades", "coin": coin}, _TRADES)

    async def funding_history(self, coin: str, start_ms: int, end_ms: int) -> list[FundingEntry]:
        """Return the first 500 rates at most that were paid in the range, oldest first."""
        request = {
            "type": "fundingHistory",
            "coin": coin,
            "startTime": start_ms,
            "endTime": end_ms,
        }
        return await self.info(request, _FUNDING_ENTRIES)

    async def exchange(self, body: bytes) -> bytes:
        """Post a signed action, once, whose weight is taken; return the body of the answer."""
        return await self._post("an action", self._exchange_url, body)

    async def info[T](self, request: dict[str, Any], decoder: msgspec.json.Decoder[T]) -> T:
        """Return the decoded reply to any request, or the one that its kind shares."""
        if self._answers is None or request["type"] not in INFO_SHARED:
            return await self._ask(request, decoder)
        question = msgspec.json.encode(request)
        return await self._answers.get(question, lambda: self._ask(request, decoder))

    def forget_shared(self) -> None:
        """Have the venue asked for everything anew."""
        if self._answers is not None:
            self._answers.forget()

    async def _ask[T](self, request: dict[str, Any], decoder: msgspec.json.Decoder[T]) -> T:
        """Ask the venue; the weight goes by the type, and by the length of the reply."""
        kind = request["type"]
        result = _decode(kind, await self._read(kind, msgspec.json.encode(request)), decoder)
        if kind in INFO_ITEMS_PER_WEIGHT and isinstance(result, list):
            self._governor.charge(len(result) // INFO_ITEMS_PER_WEIGHT[kind])
        return result

    async def _read(self, kind: str, body: bytes) -> bytes:
        """Send one read, and again while that may help."""
        weight = INFO_WEIGHTS.get(kind, INFO_WEIGHT_DEFAULT)
        attempt = 0
        while True:
            await self._governor.acquire(weight, Rank.QUESTION)
            try:
                return await self._post(kind, self._info_url, body)
            except OutcomeUnknown:
                if attempt + 1 >= self._max_attempts:
                    raise
            chance = random.random()  # noqa: S311 - jitter, not a secret
            await asyncio.sleep(
                backoff_delay_secs(attempt, BACKOFF_INITIAL_SECS, BACKOFF_MAX_SECS, chance)
            )
            attempt += 1

    async def _post(self, kind: str, url: str, body: bytes) -> bytes:
        try:
            response = await self._client.post(url, body=body)
        except (HttpTimeoutError, HttpError) as e:
            raise OutcomeUnknown(f"No answer to {kind} from {url}: {e}") from e
        reply: bytes = response.body
        if response.status == HTTPStatus.OK:
            return reply
        message = f"Expected status 200 to {kind}, was {response.status}: {_head(reply)}"
        if is_refusal(response.status):
            raise VenueRefused(message)
        raise OutcomeUnknown(message)


def _decode[T](kind: str, reply: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    try:
        return decoder.decode(reply)
    except (msgspec.MsgspecError, UnicodeDecodeError) as e:
        raise OutcomeUnknown(f"Expected a reply to {kind}, was {_head(reply)} ({e})") from e


def _head(body: bytes) -> str:
    return repr(body[:BODY_HEAD_CHARS].decode(errors="replace"))
