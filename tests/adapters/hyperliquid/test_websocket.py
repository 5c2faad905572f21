"""A client that posts, pings, notices silence and says when it is connected."""

import asyncio
import json
import queue
import ssl
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from websockets.asyncio.server import ServerConnection
from websockets.sync.server import ServerConnection as BlockingConnection
from websockets.sync.server import serve as serve_blocking

from adapters.common.errors import NotSent, OutcomeUnknown
from adapters.hyperliquid import websocket as websocket_module
from adapters.hyperliquid.replies import PostResponse, WsPost
from adapters.hyperliquid.schemas import (
    Subscription,
    WsBbo,
    WsError,
    WsPong,
    WsSubscriptionResponse,
)
from adapters.hyperliquid.websocket import HyperliquidWebSocketClient
from simulator.hyperliquid import HyperliquidVenue, VenueOptions
from tests.adapters.common.lines import certified, listening
from tests.waiting import eventually

USER = "0xAbCdEf0123456789aBcDeF0123456789AbCdEf01"
ORDERS = Subscription(type="orderUpdates", user=USER)


class WsOrders(msgspec.Struct, frozen=True, tag_field="channel", tag="orderUpdates"):
    data: list[object]

    @property
    def stream(self) -> tuple[str, ...]:
        return ("orderUpdates", "")


type Message = WsBbo | WsOrders
DECODER = msgspec.json.Decoder(
    WsBbo | WsOrders | WsPong | WsError | WsSubscriptionResponse | WsPost, strict=False
)


class Question(msgspec.Struct, frozen=True):
    type: str


class Told:
    """What a client told its user."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.gaps: list[Subscription] = []
        self.connections: list[bool] = []


def client_of(url: str, told: Told, **options: float) -> HyperliquidWebSocketClient[Message]:
    return HyperliquidWebSocketClient[Message](
        asyncio.get_running_loop(),
        url,
        DECODER,
        told.messages.append,
        told.gaps.append,
        on_connection=told.connections.append,
        **options,
    )


@asynccontextmanager
async def connected(
    url: str, told: Told | None = None, **options: float
) -> AsyncIterator[HyperliquidWebSocketClient[Message]]:
    client = client_of(url, told or Told(), **options)
    await client.connect()
    try:
        yield client
    finally:
        await client.disconnect()


def answer_to(post: dict[str, object], payload: object = "done", kind: str = "info") -> str:
    response = {"type": kind, "payload": payload}
    return json.dumps({"channel": "post", "data": {"id": post["id"], "response": response}})


async def answer(line: ServerConnection, message: dict[str, object]) -> None:
    if message["method"] == "post":
        await line.send(answer_to(message))


def ask(
    client: HyperliquidWebSocketClient[Message], timeout_secs: float = 5.0
) -> asyncio.Future[PostResponse]:
    return asyncio.ensure_future(client.post("info", Question("spotMeta"), timeout_secs))


async def test_a_post_is_answered_and_its_answer_outlives_the_frame() -> None:
    async def echo(line: ServerConnection, message: dict[str, object]) -> None:
        await line.send(answer_to(message, payload={"n": message["id"]}))
        await line.send('{"channel":"pong"}')  # may take the memory of the answer

    async with listening(echo) as server, connected(server.url) as client:
        answers = await asyncio.gather(*(ask(client) for _ in range(3)))

        assert [response.type for response in answers] == ["info"] * 3
        assert [bytes(response.payload) for response in answers] == [
            b'{"n": 1}',
            b'{"n": 2}',
            b'{"n": 3}',
        ]
        assert server.said[0] == {
            "method": "post",
            "id": 1,
            "request": {"type": "info", "payload": {"type": "spotMeta"}},
        }


async def test_a_post_is_on_the_wire_before_the_call_returns() -> None:
    arrived: queue.Queue[str | bytes] = queue.Queue()

    def listen(line: BlockingConnection) -> None:
        for message in line:
            arrived.put(message)
            line.send(answer_to(json.loads(message)))

    with serve_blocking(listen, "127.0.0.1", 0) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}/ws"
        async with connected(url) as client:
            answering = client.post("info", Question("spotMeta"), 5.0)
            # The loop of the client stands still here.
            message = arrived.get(timeout=5)
            assert b"spotMeta" in msgspec.json.encode(json.loads(message))
            await answering
        server.shutdown()
        serving.join()


async def test_without_a_connection_nothing_is_posted_now_or_later() -> None:
    async with listening(answer) as server:
        client = client_of(server.url, Told())
        with pytest.raises(NotSent, match="Expected a connection"):
            client.post("info", Question("spotMeta"), 5.0)
        await client.connect()
        await ask(client)
        await client.disconnect()

        assert not client.is_connected
        with pytest.raises(NotSent):
            client.post("info", Question("spotMeta"), 5.0)
        assert len(server.said) == 1


async def test_a_post_without_an_answer_is_unknown_and_a_late_one_disturbs_nothing() -> None:
    async with listening() as server, connected(server.url) as client:
        with pytest.raises(OutcomeUnknown, match=r"No answer to post 1 within 0\.05 s"):
            await ask(client, timeout_secs=0.05)

        await server.lines[0].send(answer_to({"id": 1}))
        second = ask(client)
        await server.lines[0].send(answer_to({"id": 2}))
        assert bytes((await second).payload) == b'"done"'


async def test_each_post_has_a_time_of_its_own() -> None:
    async with listening() as server, connected(server.url) as client:
        # The second is due before the first, the third after what the alarm was set for.
        posts = [ask(client, timeout_secs=secs) for secs in (60, 0.03, 0.1)]

        with pytest.raises(OutcomeUnknown, match=r"post 2 within 0\.03 s"):
            await posts[1]
        assert not posts[2].done()
        with pytest.raises(OutcomeUnknown, match=r"post 3 within 0\.1 s"):
            await posts[2]
        await server.lines[0].send(answer_to({"id": 1}))
        assert (await posts[0]).type == "info"


async def test_a_caller_that_gives_up_disturbs_nothing() -> None:
    async with listening() as server, connected(server.url) as client:
        first, second = ask(client), ask(client)
        first.cancel()
        await server.lines[0].send(answer_to({"id": 1}))
        await server.lines[0].send(answer_to({"id": 2}))

        assert (await second).type == "info"


async def test_a_lost_connection_makes_what_is_in_flight_unknown_at_once() -> None:
    told = Told()
    async with listening() as server, connected(server.url, told) as client:
        posts = [ask(client, timeout_secs=60) for _ in range(2)]
        await eventually(lambda: len(server.said) == 2)
        server.lines[0].transport.abort()

        results = await asyncio.gather(*posts, return_exceptions=True)

        assert [type(result) for result in results] == [OutcomeUnknown] * 2
        assert "Lost the connection" in str(results[0])
        await eventually(lambda: client.is_connected)
        assert server.heard[1:] == [[]]
        assert told.connections == [True, False, True]


async def test_disconnecting_makes_what_is_in_flight_unknown() -> None:
    told = Told()
    async with listening() as server:
        client = client_of(server.url, told)
        await client.connect()
        post = ask(client, timeout_secs=60)
        await asyncio.sleep(0)
        await client.disconnect()

        with pytest.raises(OutcomeUnknown, match="we closed it"):
            await post
        assert told.connections == [True, False]


async def test_the_venue_is_never_given_more_posts_than_it_takes() -> None:
    async with listening() as server, connected(server.url) as client:
        posts = [ask(client) for _ in range(100)]
        with pytest.raises(NotSent, match="100 posts in flight"):
            client.post("info", Question("spotMeta"), 5.0)
        await eventually(lambda: len(server.said) == 100)

        await server.lines[0].send(answer_to({"id": 100}))
        await posts[-1]
        posts.append(ask(client))
        await eventually(lambda: len(server.said) == 101)
        assert [post["id"] for post in server.said] == list(range(1, 102))
        for post in posts:
            post.cancel()


async def test_a_post_that_the_venue_calls_one_too_many_is_unknown_at_once() -> None:
    async def complain(line: ServerConnection, message: dict[str, object]) -> None:
        words = f"too many pending post requests id={message['id']}"
        await line.send(json.dumps({"channel": "error", "data": words}))

    async with listening(complain) as server, connected(server.url) as client:
        with pytest.raises(OutcomeUnknown, match="too many pending post requests id=1"):
            await ask(client, timeout_secs=60)


async def test_pings_go_out_as_the_venue_wants_them() -> None:
    async with listening() as server, connected(server.url, ping_interval_secs=0.01):
        await eventually(lambda: server.said[:2] == [{"method": "ping"}] * 2)


async def test_a_line_on_which_nothing_comes_is_renewed() -> None:
    told = Told()
    async with listening() as server, connected(server.url, told, idle_timeout_secs=0.1):
        await eventually(lambda: told.connections[:3] == [True, False, True])
        assert len(server.lines) > 1


async def test_pongs_keep_a_quiet_line() -> None:
    async def pong(line: ServerConnection, _: object) -> None:
        await line.send('{"channel":"pong"}')

    options = {"ping_interval_secs": 0.02, "idle_timeout_secs": 0.5}
    async with listening(pong) as server, connected(server.url, **options):
        # Far longer than the idle time-out in pings.
        await eventually(lambda: len(server.said) > 40)
        assert len(server.lines) == 1


async def test_a_connection_that_lived_is_renewed_without_a_pause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(websocket_module, "SHORT_LIFE_SECS", 0.0)
    monkeypatch.setattr(websocket_module, "BACKOFF_INITIAL_SECS", 60.0)
    monkeypatch.setattr(websocket_module, "BACKOFF_MAX_SECS", 60.0)
    async with listening() as server, connected(server.url):
        server.lines[0].transport.abort()
        await eventually(lambda: len(server.lines) == 2)


async def test_a_venue_that_drops_everybody_at_once_is_not_besieged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses: list[int] = []

    async def note(attempt: int) -> None:
        pauses.append(attempt)
        await asyncio.sleep(0)

    monkeypatch.setattr(websocket_module, "_pause", note)
    told = Told()
    async with listening() as server, connected(server.url, told):
        for count in range(1, 4):
            await eventually(lambda count=count: told.connections.count(True) == count)
            server.lines[-1].transport.abort()
        await eventually(lambda: told.connections.count(True) == 4)

    assert pauses == [0, 1, 2]


async def test_a_user_stream_is_restored_and_its_echo_is_known() -> None:
    told = Told()

    async def echo(line: ServerConnection, message: dict[str, object]) -> None:
        if "subscription" in message:
            full = message["subscription"] | {"aggregateByTime": False, "dex": ""}
            data = {"method": message["method"], "subscription": full}
            await line.send(json.dumps({"channel": "subscriptionResponse", "data": data}))
            await line.send(json.dumps({"channel": "orderUpdates", "data": []}))

    async with listening(echo) as server, connected(server.url, told) as client:
        await client.subscribe(ORDERS)
        await eventually(lambda: told.messages)
        assert server.said == [
            {
                "method": "subscribe",
                "subscription": {"type": "orderUpdates", "user": USER.lower()},
            }
        ]

        server.lines[0].transport.abort()
        await eventually(lambda: len(told.messages) == 2)

        assert told.gaps == [ORDERS]
        assert server.heard[1] == server.heard[0]
        assert told.connections == [True, False, True]


async def test_a_user_stream_that_is_silent_is_left_alone() -> None:
    options = VenueOptions(history_minutes=1)
    told = Told()
    async with (
        HyperliquidVenue(options).running() as venue,
        connected(venue.ws_url, told, stale_stream_secs=0.05) as client,
    ):
        await client.subscribe(ORDERS)
        venue.mute("bbo", "BTC")
        await client.subscribe(Subscription(type="bbo", coin="BTC"))
        await eventually(lambda: len(told.gaps) > 2)

        assert ORDERS not in told.gaps


async def test_the_connection_is_encrypted_and_the_venue_proved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls, authority = certified(tmp_path)
    async with listening(answer, tls) as server:
        stranger = client_of(server.url, Told())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(stranger.connect(), 0.2)

        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        async with connected(server.url) as client:
            assert (await ask(client)).type == "info"
        assert isinstance(client._ssl_context, ssl.SSLContext)
