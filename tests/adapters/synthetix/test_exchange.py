"""Signed actions on their way out: one nonce each, within the rate limit, and never twice."""

import asyncio
from collections.abc import Awaitable

import msgspec
import pytest

from adapters.common.doubts import Sent
from adapters.common.errors import NotSent, OutcomeUnknown, VenueRefused
from adapters.common.governor import Rank, WeightGovernor
from adapters.common.nonces import NonceSource
from adapters.common.wallet import Wallet
from adapters.synthetix.actions import (
    CancelAllAction,
    Grouping,
    OrderKind,
    OrderWire,
    PlaceOrdersAction,
    Side,
)
from adapters.synthetix.constants import TOKENS_PER_ORDER
from adapters.synthetix.exchange import PATIENCE_SECS, SynthetixExchange, tokens_of
from adapters.synthetix.frames import WsReply
from adapters.synthetix.governor import subaccount_governor
from adapters.synthetix.http import SynthetixHttpClient, address_governor
from adapters.synthetix.schemas import RateLimit
from adapters.synthetix.signing import SignedRequest, Signer

NOW_MS = 1_795_000_000_000
ORDER = OrderWire(
    symbol="BTC-USDT",
    side=Side.BUY,
    order_type=OrderKind.LIMIT_GTC,
    price="90000",
    trigger_price="",
    quantity="1",
    reduce_only=False,
    is_trigger_market=False,
    client_order_id="O-1",
    close_position=False,
)
CANCEL = CancelAllAction(("*",))
OK = b'{"status":"success","response":[]}'


class Line:
    """A connection that keeps what is posted, and answers as it is told."""

    def __init__(self, status: int = 200, left: int | None = None) -> None:
        self.sent: list[SignedRequest] = []
        self.can_post = True
        body = OK if status == 200 else b'{"code":%d,"message":"words"}' % status
        limit = None if left is None else RateLimit(1_000, left)
        self._reply = WsReply("1", status, msgspec.Raw(body), limit, None)

    def post(self, request: SignedRequest, timeout_secs: float) -> Awaitable[WsReply]:
        assert timeout_secs > 0
        self.sent.append(request)
        answer: asyncio.Future[WsReply] = asyncio.get_running_loop().create_future()
        answer.set_result(self._reply)
        return answer


def exchange_on(line: Line, governor: WeightGovernor) -> SynthetixExchange:
    return SynthetixExchange(
        Signer(Wallet("11" * 32), "1867542890123456789"),
        NonceSource(),
        line,
        SynthetixHttpClient("http://127.0.0.1:1/v1", address_governor(), timeout_secs=1),
        governor,
        expires_after_ms=8_000,
        clock_ms=lambda: NOW_MS,
    )


async def test_each_action_has_a_nonce_above_the_last_and_says_when_it_expires() -> None:
    line, told = Line(), []
    exchange = exchange_on(line, subaccount_governor())
    for _ in range(3):
        await exchange.send(CANCEL, on_sending=told.append)
    assert [request.nonce for request in line.sent] == [NOW_MS, NOW_MS + 1, NOW_MS + 2]
    assert [request.expires_after for request in line.sent] == [NOW_MS + 8_000] * 3
    assert told == [Sent(request.expires_after, request.nonce) for request in line.sent]


async def test_an_action_is_written_before_the_first_wait() -> None:
    line = Line()
    task = asyncio.Task(
        exchange_on(line, subaccount_governor()).send(CANCEL),
        loop=asyncio.get_running_loop(),
        eager_start=True,
    )
    assert len(line.sent) == 1
    await task


async def test_without_a_line_it_goes_by_rest_and_a_silent_venue_leaves_it_open() -> None:
    line = Line()
    line.can_post = False
    with pytest.raises(OutcomeUnknown):
        await exchange_on(line, subaccount_governor()).send(CANCEL)
    assert not line.sent


@pytest.mark.parametrize(("status", "error"), [(401, VenueRefused), (503, OutcomeUnknown)])
async def test_a_refusal_is_one_and_a_broken_venue_is_none(
    status: int, error: type[Exception]
) -> None:
    line = Line(status)
    with pytest.raises(error, match="words"):
        await exchange_on(line, subaccount_governor()).send(CANCEL)
    assert len(line.sent) == 1


async def test_what_the_venue_says_is_left_counts_more_than_what_we_believe() -> None:
    governor = subaccount_governor()
    await exchange_on(Line(left=300), governor).send(CANCEL)
    assert governor.remaining == 300


async def test_after_too_many_requests_nothing_is_left_and_an_order_waits() -> None:
    line, governor = Line(429), subaccount_governor()
    exchange = exchange_on(line, governor)
    with pytest.raises(OutcomeUnknown):
        await exchange.send(CANCEL)
    assert governor.remaining == 0
    order = exchange.send(PlaceOrdersAction((ORDER,), Grouping.NONE))
    waiting = asyncio.Task(order, loop=asyncio.get_running_loop(), eager_start=True)
    assert len(line.sent) == 1
    # As a bucket fills: its own tokens and those that are reserved come within the patience.
    assert governor.delay_secs(TOKENS_PER_ORDER) < PATIENCE_SECS
    waiting.cancel()


async def test_what_reduces_risk_has_tokens_that_orders_and_questions_leave() -> None:
    line, governor = Line(), subaccount_governor()
    exchange = exchange_on(line, governor)
    while governor.try_acquire(10, Rank.QUESTION):
        pass
    orders = PlaceOrdersAction((ORDER,) * 20, Grouping.NONE)
    for _ in range(3):
        await exchange.send(orders)
    with pytest.raises(NotSent):
        await exchange.send(orders)
    await exchange.send(CANCEL, urgent=True)
    assert len(line.sent) == 4


def test_an_order_costs_five_tokens_each() -> None:
    assert tokens_of(PlaceOrdersAction((ORDER,) * 3, Grouping.NONE)) == 15
    assert tokens_of(CANCEL) == 2
