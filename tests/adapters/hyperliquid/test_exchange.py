"""An action leaves once, in the call that makes it, and its outcome is never guessed."""

import asyncio
import json
import queue
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from eth_account import Account
from hyperliquid.utils.signing import sign_l1_action
from websockets.asyncio.server import ServerConnection
from websockets.sync.server import ServerConnection as BlockingConnection
from websockets.sync.server import serve as serve_blocking

from adapters.common.errors import NotSent, OutcomeUnknown, VenueRefused
from adapters.common.governor import Rank, WeightGovernor
from adapters.common.nonces import NonceSource
from adapters.hyperliquid.actions import (
    Action,
    BatchModifyAction,
    CancelAction,
    CancelWire,
    Grouping,
    LimitKind,
    ModifyWire,
    NoopAction,
    OrderAction,
    OrderKind,
    OrderWire,
    Tif,
)
from adapters.hyperliquid.exchange import UNDER_WAY_MAX, HyperliquidExchange, weight_of
from adapters.hyperliquid.governor import address_governor
from adapters.hyperliquid.http import HyperliquidHttpClient
from adapters.hyperliquid.replies import Refusal, Resting, Success, WsPost
from adapters.hyperliquid.schemas import WsBbo, WsError, WsPong, WsSubscriptionResponse
from adapters.hyperliquid.signing import Signer
from adapters.hyperliquid.websocket import HyperliquidWebSocketClient
from simulator.hyperliquid import HyperliquidVenue, VenueOptions
from tests.adapters.common.lines import Script, listening, replying
from tests.waiting import eventually

KEY = "0x0123456789012345678901234567890123456789012345678901234567890123"
NOW_MS = 1_795_000_000_000
ORDER = OrderWire(
    a=0,
    b=True,
    p="60000",
    s="0.001",
    r=False,
    t=OrderKind(limit=LimitKind(Tif.GTC)),
    c="0x" + "1" * 32,
)
ORDERS = OrderAction((ORDER,), Grouping.NONE)
CANCEL = CancelAction((CancelWire(0, 7),))
DEFAULT = b'{"status":"ok","response":{"type":"default"}}'
NOWHERE = "http://127.0.0.1:9"
DECODER = msgspec.json.Decoder(WsBbo | WsPong | WsError | WsSubscriptionResponse | WsPost)


@asynccontextmanager
async def exchange_on(
    ws_url: str | None,
    http_url: str = NOWHERE,
    governor: WeightGovernor | None = None,
    **options: object,
) -> AsyncIterator[HyperliquidExchange]:
    """Connect an exchange to these addresses; without a WebSocket if its address is None."""
    ws = HyperliquidWebSocketClient(
        asyncio.get_running_loop(), ws_url or NOWHERE, DECODER, pytest.fail, pytest.fail
    )
    governor = governor or address_governor()
    http = HyperliquidHttpClient(http_url, governor)
    exchange = HyperliquidExchange(
        Signer(KEY, is_mainnet=False),
        NonceSource(),
        ws,
        http,
        governor,
        clock_ms=lambda: NOW_MS,
        **options,
    )
    if ws_url is not None:
        await ws.connect()
    try:
        yield exchange
    finally:
        await ws.disconnect()


def answering(payload: object, kind: str = "action") -> Script:
    async def answer(line: ServerConnection, message: dict[str, Any]) -> None:
        response = {"type": kind, "payload": payload}
        data = {"id": message["id"], "response": response}
        await line.send(json.dumps({"channel": "post", "data": data}))

    return answer


def done(*statuses: object) -> dict[str, object]:
    return {"status": "ok", "response": {"type": "order", "data": {"statuses": statuses}}}


def signed_by_the_sdk(
    action: dict[str, Any], nonce: int, vault: str | None, expires: int | None
) -> object:
    return sign_l1_action(Account.from_key(KEY), action, vault, nonce, expires, is_mainnet=False)


async def test_an_action_is_posted_as_the_venues_own_client_signs_it() -> None:
    vault = "0x" + "ab" * 20
    sent: list[tuple[int, int | None]] = []
    async with (
        listening(answering(done({"resting": {"oid": 5}}))) as server,
        exchange_on(server.url, vault_address=vault, expires_after_ms=5_000) as exchange,
    ):
        reply = await exchange.send(ORDERS, on_sending=lambda *args: sent.append(args))

        assert reply.statuses == (Resting(5),)
        (post,) = server.said
        body = post["request"]["payload"]
        assert (post["method"], post["request"]["type"]) == ("post", "action")
        assert body["signature"] == signed_by_the_sdk(body["action"], NOW_MS, vault, NOW_MS + 5_000)
        assert (body["nonce"], body["vaultAddress"], body["expiresAfter"]) == (
            NOW_MS,
            vault,
            NOW_MS + 5_000,
        )
        assert sent == [(NOW_MS, NOW_MS + 5_000)]


async def test_an_order_is_on_the_wire_before_the_first_await() -> None:
    arrived: queue.Queue[str | bytes] = queue.Queue()

    def listen(line: BlockingConnection) -> None:
        for message in line:
            arrived.put(message)
            data = {"id": json.loads(message)["id"]}
            data["response"] = {"type": "action", "payload": done("success")}
            line.send(json.dumps({"channel": "post", "data": data}))

    with serve_blocking(listen, "127.0.0.1", 0) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}/ws"
        async with exchange_on(url) as exchange:
            # An eager task runs up to its first await, and the loop stands still here.
            loop = asyncio.get_running_loop()
            sending = asyncio.Task(exchange.send(ORDERS), loop=loop, eager_start=True)
            assert json.loads(arrived.get(timeout=5))["request"]["payload"]["nonce"] == NOW_MS
            assert (await sending).statuses == (Success(),)
        server.shutdown()
        serving.join()


async def test_nonces_rise_across_both_ways_to_the_venue() -> None:
    async with (
        listening(answering(done("success"))) as server,
        replying(200, DEFAULT) as (http_url, posted),
        exchange_on(server.url, http_url) as exchange,
    ):
        await exchange.send(CANCEL)
        await exchange._ws.disconnect()
        await exchange.send(NoopAction())
        await exchange._ws.connect()
        await exchange.send(CANCEL)

        by_socket = [message["request"]["payload"]["nonce"] for message in server.said]
        assert (by_socket, posted[0]["nonce"]) == ([NOW_MS, NOW_MS + 2], NOW_MS + 1)
        assert len(posted) == 1


async def test_without_a_connection_the_same_body_goes_by_http() -> None:
    sent: list[tuple[int, int | None]] = []
    async with replying(200, DEFAULT) as (url, posted), exchange_on(None, url) as exchange:
        reply = await exchange.send(CANCEL, on_sending=lambda *args: sent.append(args))

        assert reply.statuses == (Success(),)
        (body,) = posted
        assert body["action"] == {"type": "cancel", "cancels": [{"a": 0, "o": 7}]}
        assert body["signature"] == signed_by_the_sdk(body["action"], NOW_MS, None, None)
        assert body.keys() == {"action", "nonce", "signature"}
        assert sent == [(NOW_MS, None)]


async def test_the_venue_refuses_a_stranger_alike_by_both_ways() -> None:
    options = VenueOptions(history_minutes=1)
    async with HyperliquidVenue(options).running() as venue:
        for ws_url in (venue.ws_url, None):
            async with exchange_on(ws_url, venue.http_url) as exchange:
                with pytest.raises(VenueRefused, match=r"does not exist|Must deposit"):
                    await exchange.send(ORDERS)
        assert [r.kind for r in venue.received] == ["ws", "exchange"]


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, b"Failed to parse the request body as JSON", VenueRefused),
        (422, b"Failed to deserialize the JSON body into the target type", VenueRefused),
        (429, b"null", OutcomeUnknown),
        (500, b"", OutcomeUnknown),
        (502, b"<html>Bad Gateway</html>", OutcomeUnknown),
        (200, b"<html></html>", OutcomeUnknown),
        (200, b'{"status":"err","response":"Action already expired"}', VenueRefused),
    ],
)
async def test_what_http_answers_is_judged_and_never_asked_again(
    status: int, body: bytes, error: type[Exception]
) -> None:
    async with replying(status, body) as (url, posted), exchange_on(None, url) as exchange:
        with pytest.raises(error):
            await exchange.send(CANCEL)

        assert len(posted) == 1


@pytest.mark.parametrize(
    ("words", "error"),
    [("422 Unprocessable Entity: no", VenueRefused), ("429 Too Many Requests", OutcomeUnknown)],
)
async def test_what_the_socket_answers_is_judged_and_never_asked_again(
    words: str, error: type[Exception]
) -> None:
    async with (
        listening(answering(words, kind="error")) as server,
        exchange_on(server.url) as exchange,
    ):
        with pytest.raises(error, match=words):
            await exchange.send(CANCEL)

        assert len(server.said) == 1


async def test_one_bad_order_does_not_hide_the_others() -> None:
    words = "Order has zero size."
    statuses = done({"error": words}, {"resting": {"oid": 9}})
    async with listening(answering(statuses)) as server, exchange_on(server.url) as exchange:
        reply = await exchange.send(ORDERS)

        assert reply.statuses == (Refusal(words), Resting(9))


async def test_silence_is_an_unknown_outcome_and_nothing_is_sent_twice() -> None:
    sent: list[int] = []
    async with listening() as server, exchange_on(server.url, timeout_secs=0.05) as exchange:
        with pytest.raises(OutcomeUnknown, match="No answer to post"):
            await exchange.send(CANCEL, on_sending=lambda nonce, _: sent.append(nonce))

        assert (len(server.said), sent) == (1, [NOW_MS])


async def test_a_lost_connection_is_an_unknown_outcome_and_nothing_is_sent_twice() -> None:
    async with (
        listening() as server,
        replying(200, DEFAULT) as (http_url, posted),
        exchange_on(server.url, http_url) as exchange,
    ):
        sending = asyncio.create_task(exchange.send(CANCEL))
        await eventually(lambda: server.said)
        server.lines[0].transport.abort()

        with pytest.raises(OutcomeUnknown, match="Lost the connection"):
            await sending
        await eventually(lambda: len(server.lines) == 2)
        assert (len(server.said), posted) == (1, [])


async def test_what_reduces_risk_does_not_wait_for_answers_to_the_rest() -> None:
    async with listening() as server, exchange_on(server.url) as exchange:
        sending = [asyncio.create_task(exchange.send(NoopAction())) for _ in range(UNDER_WAY_MAX)]
        await eventually(lambda: len(server.said) == UNDER_WAY_MAX)

        sending.append(asyncio.create_task(exchange.send(CANCEL, urgent=True)))

        await eventually(lambda: len(server.said) == UNDER_WAY_MAX + 1)
        assert server.said[-1]["request"]["payload"]["action"]["type"] == "cancel"
        for task in sending:
            task.cancel()


async def test_more_than_the_venue_remembers_waits_and_keeps_its_turn() -> None:
    """Nonces that the 100 highest have overtaken would be refused, and the orders lost."""
    sizes = [f"{number}" for number in range(1, 4 * UNDER_WAY_MAX + 1)]
    actions = [
        OrderAction((msgspec.structs.replace(ORDER, s=size),), Grouping.NONE) for size in sizes
    ]
    is_open = asyncio.Event()
    answer = answering(done("success"))

    async def hold(line: ServerConnection, message: dict[str, Any]) -> None:
        await is_open.wait()
        await answer(line, message)

    tasks: list[asyncio.Task[None]] = []

    async def script(line: ServerConnection, message: dict[str, Any]) -> None:
        tasks.append(asyncio.create_task(hold(line, message)))

    async with listening(script) as server, exchange_on(server.url) as exchange:
        sending = [asyncio.create_task(exchange.send(action)) for action in actions]
        await eventually(lambda: len(server.said) == UNDER_WAY_MAX)
        is_open.set()
        replies = await asyncio.gather(*sending)

        assert [reply.statuses for reply in replies] == [(Success(),)] * len(actions)
        payloads = [message["request"]["payload"] for message in server.said]
        assert [payload["action"]["orders"][0]["s"] for payload in payloads] == sizes
        assert [payload["nonce"] for payload in payloads] == [
            NOW_MS + number for number in range(len(actions))
        ]


async def test_an_order_that_finds_no_place_for_long_is_not_sent_at_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("adapters.hyperliquid.exchange.PATIENCE_SECS", 0.05)
    sent: list[str] = []
    async with listening() as server, exchange_on(server.url) as exchange:
        sending = [asyncio.create_task(exchange.send(ORDERS)) for _ in range(UNDER_WAY_MAX)]
        await eventually(lambda: len(server.said) == UNDER_WAY_MAX)

        with pytest.raises(NotSent, match=r"less than 50 actions under way within 0\.05 s"):
            await exchange.send(ORDERS, on_sending=lambda *_: sent.append("order"))

        assert not sent
        assert len(server.said) == UNDER_WAY_MAX
        for task in sending:
            task.cancel()


async def test_a_wait_for_the_rate_limit_is_told_and_cancels_pass_it() -> None:
    delays: list[float] = []
    sent: list[str] = []
    ahead_secs = [0.0]
    governor = WeightGovernor(
        10, 60, {Rank.URGENT: 2}, now_secs=lambda: time.monotonic() + ahead_secs[0]
    )
    async with (
        listening(answering(done("success"))) as server,
        exchange_on(server.url, governor=governor, on_wait=delays.append) as exchange,
    ):
        await governor.acquire(8)
        ahead_secs[0] = 58.5
        order = asyncio.create_task(
            exchange.send(ORDERS, on_sending=lambda *_: sent.append("order"))
        )
        await eventually(lambda: delays)
        await exchange.send(CANCEL, urgent=True, on_sending=lambda *_: sent.append("cancel"))

        assert sent == ["cancel"]
        assert 0 < delays[0] <= 1.5
        order.cancel()
        assert len(server.said) == 1


async def test_an_order_that_would_wait_long_is_not_sent_at_all() -> None:
    sent: list[str] = []
    governor = WeightGovernor(10, 60, {Rank.URGENT: 2})
    async with (
        listening(answering(done("success"))) as server,
        exchange_on(server.url, governor=governor) as exchange,
    ):
        await governor.acquire(8)
        with pytest.raises(NotSent, match="rate limit"):
            await exchange.send(ORDERS, on_sending=lambda *_: sent.append("order"))

        assert not sent
        assert not server.said


@pytest.mark.parametrize(
    ("action", "weight"),
    [
        (ORDERS, 1),
        (OrderAction((ORDER,) * 39, Grouping.NONE), 1),
        (OrderAction((ORDER,) * 40, Grouping.NONE), 2),
        (CancelAction((CancelWire(0, 1),) * 80), 3),
        (BatchModifyAction((ModifyWire(1, ORDER),) * 41), 2),
        (NoopAction(), 1),
    ],
)
def test_an_action_weighs_what_the_venue_counts(action: Action, weight: int) -> None:
    assert weight_of(action) == weight
