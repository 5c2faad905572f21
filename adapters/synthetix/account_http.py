"""Ask the venue about one sub-account with a signature; as typed calls, it concludes nothing."""

import asyncio
import random
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from adapters.common.backoff import backoff_delay_secs
from adapters.common.errors import OutcomeUnknown
from adapters.common.governor import Rank, WeightGovernor
from adapters.synthetix.account_schemas import (
    AccountOrder,
    AccountTrade,
    FundingPayments,
    Position,
    SubAccount,
    TradePage,
)
from adapters.synthetix.actions import Question
from adapters.synthetix.constants import (
    FILLS_PER_REQUEST,
    FILLS_SPAN_MILLIS,
    MAX_PAGES,
    NANOS_PER_MILLI,
    OPEN_ORDERS_PER_REQUEST,
    ORDER_HISTORY_PER_REQUEST,
    ORDER_HISTORY_SPAN_MILLIS,
    TOKENS,
)
from adapters.synthetix.http import SynthetixHttpClient, respect
from adapters.synthetix.schemas import FeeTier
from adapters.synthetix.signing import Signer
from adapters.synthetix.wire import decoder

BACKOFF_INITIAL_SECS = 0.25
BACKOFF_MAX_SECS = 5.0
# A question changes nothing, so that it may arrive as late as the clocks allow.
EXPIRES_AFTER_MS = 60_000
# An order that ends while the list is read moves all behind it ahead: pages overlap by so many.
PAGE_OVERLAP = 10
# How many the venue tells at most is not documented.
FUNDING_PAYMENTS_PER_REQUEST = 1_000

_OPEN_ORDERS = decoder(list[AccountOrder])
_HISTORY = decoder(list[AccountOrder])
_TRADES = decoder(TradePage)
_POSITIONS = decoder(list[Position])
_SUB_ACCOUNT = decoder(SubAccount)
_FUNDINGS = decoder(FundingPayments)
_FEE_RATE = decoder(FeeTier)


class AccountHttp:
    """
    What /trade tells of the signer's sub-account; may raise VenueRefused or OutcomeUnknown.

    Questions go without a nonce, of which the venue needs none for them: asked twice they stay the
    same, and they do not disturb those of actions.

    Parameters
    ----------
    http : SynthetixHttpClient
        The way there.
    signer : Signer
        Signs the questions.
    governor : WeightGovernor
        The rate limit of the sub-account.
    clock_ms : Callable[[], int]
        The venue's time, Unix milliseconds.
    max_attempts : int, default 4
        How often a question is asked in all when the venue is busy, broken or silent.

    """

    def __init__(
        self,
        http: SynthetixHttpClient,
        signer: Signer,
        governor: WeightGovernor,
        clock_ms: Callable[[], int],
        max_attempts: int = 4,
    ) -> None:
        self._http = http
        self._signer = signer
        self._governor = governor
        self._clock_ms = clock_ms
        self._max_attempts = max_attempts

    async def open_orders(self) -> list[AccountOrder]:
        """Return the orders that rest, each once."""
        found: dict[str, AccountOrder] = {}
        offset = 0
        for _ in range(MAX_PAGES):
            filters = {"limit": OPEN_ORDERS_PER_REQUEST, "offset": offset}
            page = await self._ask("getOpenOrders", filters, _OPEN_ORDERS)
            found |= {order.venue_id: order for order in page}
            if len(page) < OPEN_ORDERS_PER_REQUEST:
                break
            offset += OPEN_ORDERS_PER_REQUEST - PAGE_OVERLAP
        return list(found.values())

    async def orders_named(self, client_order_id: str) -> list[AccountOrder]:
        """Return what the history has under a client id, newest first."""
        filters = {"clientOrderId": client_order_id, "limit": ORDER_HISTORY_PER_REQUEST}
        page = await self._ask("getOrderHistory", filters, _HISTORY)
        # The venue has ignored filters before.
        mine = [order for order in page if order.client_id == client_order_id]
        return sorted(mine, key=lambda order: order.createdTime, reverse=True)

    async def order_history(self, start_ms: int, end_ms: int) -> list[AccountOrder]:
        """Return the orders of a range as they were last told, each once."""
        found: dict[str, AccountOrder] = {}
        last_ms = end_ms
        for _ in range(MAX_PAGES):
            first_ms = max(start_ms, last_ms - ORDER_HISTORY_SPAN_MILLIS)
            filters = {
                "startTime": first_ms,
                "endTime": last_ms,
                "limit": ORDER_HISTORY_PER_REQUEST,
            }
            page = await self._ask("getOrderHistory", filters, _HISTORY)
            found = {order.venue_id: order for order in page} | found
            is_whole = len(page) < ORDER_HISTORY_PER_REQUEST
            last_ms = first_ms if is_whole else _oldest_ms(page, first_ms, last_ms)
            if last_ms <= start_ms:
                break
        return list(found.values())

    async def trades(self, start_ms: int, end_ms: int, *, order_id: str = "") -> list[AccountTrade]:
        """Return the fills of a range, both ends included, oldest first and each once."""
        found: dict[str, AccountTrade] = {}
        last_ms = end_ms
        while True:
            first_ms = max(start_ms, last_ms - FILLS_SPAN_MILLIS)
            for page in range(MAX_PAGES):
                filters = _given(orderId=order_id) | {
                    "startTime": first_ms,
                    "endTime": last_ms,
                    "limit": FILLS_PER_REQUEST,
                    "offset": page * FILLS_PER_REQUEST,
                }
                answer = await self._ask("getTrades", filters, _TRADES)
                found |= {str(trade.tradeId): trade for trade in answer.trades or ()}
                if not answer.hasMore or not answer.trades:
                    break
            if first_ms <= start_ms:
                break
            last_ms = first_ms
        fills = [fill for fill in found.values() if order_id in {"", fill.venue_id}]
        return sorted(fills, key=lambda fill: fill.timestamp or fill.tradedAt)

    async def positions(self) -> list[Position]:
        """Return the open positions."""
        return await self._ask("getPositions", {}, _POSITIONS)

    async def sub_account(self) -> SubAccount:
        """Return the money, the margins and the leverages."""
        return await self._ask("getSubAccount", {}, _SUB_ACCOUNT)

    async def fee_rate(self) -> FeeTier:
        """Return the fee rates that hold now, discounts included."""
        return await self._ask("getFeeRate", {}, _FEE_RATE)

    async def funding_total(self) -> Decimal:
        """Return what the latest payments of funding come to, below zero if it was paid."""
        filters = {"limit": FUNDING_PAYMENTS_PER_REQUEST}
        payments = await self._ask("getFundingPayments", filters, _FUNDINGS)
        return Decimal(payments.summary.netFunding)

    async def _ask[T](
        self, action: str, filters: Mapping[str, Any], read: msgspec.json.Decoder[T]
    ) -> T:
        """Ask once, and again while that may help."""
        attempt = 0
        while True:
            await self._governor.acquire(TOKENS.get(action, 1), Rank.QUESTION)
            expires_ms = self._clock_ms() + EXPIRES_AFTER_MS
            signed = self._signer.sign(Question(action, filters), None, expires_ms)
            try:
                answer = await self._http.trade(msgspec.json.encode(signed))
            except OutcomeUnknown:
                if attempt + 1 >= self._max_attempts:
                    raise
            else:
                respect(self._governor, answer.rate_limit)
                return _decode(action, answer.response, read)
            chance = random.random()  # noqa: S311 - jitter, not a secret
            await asyncio.sleep(
                backoff_delay_secs(attempt, BACKOFF_INITIAL_SECS, BACKOFF_MAX_SECS, chance)
            )
            attempt += 1


def _given(**filters: str) -> dict[str, Any]:
    return {name: value for name, value in filters.items() if value}


def _oldest_ms(page: list[AccountOrder], first_ms: int, last_ms: int) -> int:
    """Return where the rest of a range ends of which so many rows were told, newest first."""
    oldest_ms = min(order.createdTime for order in page) // NANOS_PER_MILLI
    return oldest_ms if first_ms < oldest_ms < last_ms else first_ms


def _decode[T](action: str, response: msgspec.Raw, read: msgspec.json.Decoder[T]) -> T:
    try:
        return read.decode(response)
    except (msgspec.MsgspecError, UnicodeDecodeError) as e:
        head = bytes(response)[:200].decode(errors="replace")
        raise OutcomeUnknown(f"Expected an answer to {action}, was {head!r} ({e})") from e
