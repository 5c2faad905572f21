"""One WebSocket connection that keeps its subscriptions; it decodes frames but judges none."""

import asyncio
import random
import re
import ssl
import time
from collections.abc import Awaitable, Callable
from typing import Any, Literal, Protocol

import msgspec
from nautilus_trader.common.component import Logger

from adapters.common.backoff import backoff_delay_secs
from adapters.common.chores import Chores
from adapters.common.connection import Connection, open_connection
from adapters.common.errors import NotSent
from adapters.common.line_doubt import LineDoubt
from adapters.common.posts import PostBook
from adapters.common.subscriptions import Remedy, SubscriptionRegistry
from adapters.hyperliquid.replies import PostResponse, WsPost
from adapters.hyperliquid.schemas import (
    PostBody,
    PostRequest,
    Subscription,
    SubscriptionRequest,
    WsError,
    WsPong,
    WsSubscriptionResponse,
)

PING = b'{"method":"ping"}'
BACKOFF_INITIAL_SECS = 0.25
# An address may open 30 connections a minute, for data and orders together; without streams orders
# are in doubt, so no pause is longer than that asks for.
BACKOFF_MAX_SECS = 5.0
# A connection that is lost sooner than this counts as a failed attempt to connect.
SHORT_LIFE_SECS = 10.0
# The watchdogs look this often within the time of silence that they allow.
CHECKS_PER_SILENCE = 10
FRAME_HEAD_CHARS = 200
# The venue takes so many at a time from one IP address (rate-limits-and-user-limits).
POSTS_IN_FLIGHT_MAX = 100

# The venue sends books and contexts of a live market at least every few seconds. The others speak
# when something happens, so for them an acknowledged subscription is sign of life enough.
_PERIODIC = frozenset({"l2Book", "activeAssetCtx"})
# `too many pending post requests id=1234`: an answer to a post that comes as an error.
_POST_ID = re.compile(r"\bid=(\d+)")

type Control = WsPong | WsError | WsSubscriptionResponse | WsPost
"""What every connection hears beside the messages of its streams."""


class Streamed(Protocol):
    """A message of a stream."""

    @property
    def stream(self) -> tuple[str, ...]:
        """The stream that it belongs to, as in `Subscription.stream`."""


class FrameDecoder[M: Streamed](Protocol):
    """`msgspec.json.Decoder[M | Control]`, or of fewer controls."""

    def decode(self, raw: bytes, /) -> M | Control:
        """Return the message; raise msgspec.MsgspecError if it is none."""


class HyperliquidWebSocketClient[M: Streamed]:
    """
    A connection that renews itself and subscribes again what its users hold.

    Parameters
    ----------
    loop : asyncio.AbstractEventLoop
        The loop in which all callbacks run.
    url : str
        The address with path: `wss://api.hyperliquid.xyz/ws`.
    decoder : FrameDecoder[M]
        Knows the messages of the streams to be subscribed, and the controls.
    on_message : Callable[[M], None]
        Receives every message of a stream; what it raises is logged with the frame's head.
    on_gap : Callable[[Subscription], None]
        Told of each stream that was subscribed again, of which messages may have been missed.
    on_connection : Callable[[bool], None], optional
        Told True when the connection stands and all that is held is subscribed on it, and False
        when it is lost, in turns.
    ping_interval_secs, idle_timeout_secs : float
        Seconds between two pings, and without any frame after which the connection is renewed.
    stale_stream_secs : float
        Seconds of silence after which one stream is subscribed again, then the connection renewed.
    proxy_url : str, optional
        An HTTP or SOCKS proxy.

    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        url: str,
        decoder: FrameDecoder[M],
        on_message: Callable[[M], None],
        on_gap: Callable[[Subscription], None],
        *,
        on_connection: Callable[[bool], None] | None = None,
        ping_interval_secs: float = 20.0,
        idle_timeout_secs: float = 45.0,
        stale_stream_secs: float = 60.0,
        proxy_url: str | None = None,
    ) -> None:
        self._url = url
        self._decode = decoder.decode
        self._on_message = on_message
        self._on_gap = on_gap
        self._on_connection = on_connection or (lambda _: None)
        self._ping_interval_secs = ping_interval_secs
        self._idle_timeout_secs = idle_timeout_secs
        self._stale_stream_secs = stale_stream_secs
        self._proxy_url = proxy_url
        # Once, since it reads all certificates of the system.
        self._ssl_context = ssl.create_default_context() if url.startswith("wss:") else None
        self._controls: dict[type, Callable[[Any], None]] = {
            WsPong: lambda _: None,
            WsError: self._on_error,
            WsSubscriptionResponse: self._on_ack,
            WsPost: self._on_post,
        }
        self._registry = SubscriptionRegistry[Subscription](stale_stream_secs)
        # Streams without a message since the watchdog looked: mostly empty, so cheap to ask.
        self._unheard: set[tuple[str, ...]] = set()
        self._posts = PostBook[PostResponse](loop, POSTS_IN_FLIGHT_MAX, self._doubt_line)
        self._connection: Connection | None = None
        self._log = Logger(type(self).__name__)
        self._chores = Chores(loop, self._log)
        self._doubt = LineDoubt(loop, lambda: self._connection, self._write_ping, self._log.warning)

    async def connect(self) -> None:
        """Open the connection, trying until it succeeds or the caller is cancelled."""
        connection = await self._open()
        chores = {
            "connection": self._stay_connected(connection),
            "ping": self._ping(),
            "idle watchdog": self._watch_line(),
            "stream watchdog": self._watch_streams(),
        }
        for name, chore in chores.items():
            self._chores.start(chore, f"hyperliquid {name}")

    async def disconnect(self) -> None:
        """Close the connection and end all tasks of this client."""
        await self._chores.end()
        connection = self._connection
        if connection is not None:
            await connection.close()
            self._lose("we closed it")

    @property
    def is_connected(self) -> bool:
        """Whether what is posted now is written to the line."""
        return self._connection is not None and self._connection.is_open

    @property
    def can_post(self) -> bool:
        """Whether `post` would write now: there is a connection, and not too much in flight."""
        return self.is_connected and not self._posts.is_full

    @property
    def subscriptions(self) -> list[Subscription]:
        """What is held at present, each once."""
        return self._registry.desired()

    async def subscribe(self, subscription: Subscription) -> None:
        """
        Hold one stream; the first holder subscribes it, at once or when the connection is back.

        Raises
        ------
        ValueError
            If the stream is held with other parameters.

        """
        if self._registry.acquire(subscription, time.monotonic()):
            self._send("subscribe", subscription)

    async def unsubscribe(self, stream: tuple[str, ...]) -> None:
        """Let go of one stream; the last holder unsubscribes it."""
        subscription = self._registry.release(stream)
        if subscription is not None:
            self._send("unsubscribe", subscription)

    def post(
        self, kind: Literal["action", "info"], payload: msgspec.Struct, timeout_secs: float
    ) -> Awaitable[PostResponse]:
        """
        Write one request at once, in this very call, and return its answer to come.

        The answer is OutcomeUnknown (when awaited) if none comes in time, or the connection is lost
        before. A request is never written again.

        Raises
        ------
        NotSent
            If there is no connection, or the venue would not take one more request at a time.

        """
        connection = self._connection
        if connection is None:
            raise NotSent(f"Expected a connection to {self._url}, was none")
        post_id = self._posts.next_id()
        if not connection.send(msgspec.json.encode(PostRequest(post_id, PostBody(kind, payload)))):
            raise NotSent(f"Expected a connection to {self._url}, was one that is closing")
        return self._posts.expect(post_id, timeout_secs)

    async def _open(self) -> Connection:
        """Open a connection and subscribe on it what is held."""
        connection = await self._dial()
        self._connection = connection
        held = self._registry.desired()
        self._log.info(f"Connected to {self._url}, {len(held)} streams to restore")
        self._registry.restart_clocks(time.monotonic())
        for subscription in held:
            self._on_gap(subscription)
            self._send("subscribe", subscription)
        self._on_connection(True)  # noqa: FBT003 - the one thing that it tells
        return connection

    async def _dial(self) -> Connection:
        attempt = 0
        while True:
            try:
                return await open_connection(
                    self._url, self._on_frame, self._ssl_context, self._proxy_url
                )
            except ConnectionError as e:
                self._log.warning(f"No connection to {self._url}: {e}")
            await _pause(attempt)
            attempt += 1

    def _send(
        self, method: Literal["subscribe", "unsubscribe"], subscription: Subscription
    ) -> None:
        # While there is no connection nothing is lost: all that is held is subscribed on the next.
        if self._connection is not None:
            self._connection.send(msgspec.json.encode(SubscriptionRequest(method, subscription)))

    def _lose(self, cause: str) -> None:
        self._connection = None
        self._posts.give_up_all(f"Lost the connection to {self._url}: {cause}")
        self._on_connection(False)  # noqa: FBT003 - the one thing that it tells

    async def _stay_connected(self, connection: Connection) -> None:
        short_lives = 0
        while True:
            opened_at = time.monotonic()
            cause = await connection.wait_lost()
            lived_secs = time.monotonic() - opened_at
            self._log.warning(
                f"Lost the connection to {self._url} after {lived_secs:.1f} s: {cause}"
            )
            self._lose(cause)
            # A venue that accepts and drops at once is not besieged either.
            short_lives = short_lives + 1 if lived_secs < SHORT_LIFE_SECS else 0
            if short_lives:
                await _pause(short_lives - 1)
            connection = await self._open()

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(self._ping_interval_secs)
            self._write_ping()

    def _write_ping(self) -> None:
        if self._connection is not None:
            self._connection.send(PING)

    def _doubt_line(self) -> None:
        self._doubt.begin()

    async def _watch_line(self) -> None:
        while True:
            await asyncio.sleep(self._idle_timeout_secs / CHECKS_PER_SILENCE)
            connection = self._connection
            if connection is None:
                continue
            silent_secs = connection.silent_secs(time.monotonic())
            if silent_secs >= self._idle_timeout_secs:
                self._log.warning(f"Silent connection to {self._url} for {silent_secs:.1f} s")
                connection.cut()

    async def _watch_streams(self) -> None:
        while True:
            await asyncio.sleep(self._stale_stream_secs / CHECKS_PER_SILENCE)
            connection = self._connection
            if connection is None:
                continue
            unheard, self._unheard = self._unheard, self._registry.streams
            silent = self._registry.check(unheard, time.monotonic())
            for subscription, remedy in silent:
                self._log.warning(f"Silent stream {subscription}: {remedy.name}")
                if remedy is Remedy.RESUBSCRIBE:
                    self._on_gap(subscription)
                    self._send("unsubscribe", subscription)
                    self._send("subscribe", subscription)
            if any(remedy is Remedy.RECONNECT for _, remedy in silent):
                connection.cut()

    def _on_frame(self, raw: bytes) -> None:
        # The one boundary of the stream: whatever a frame does to us, the next one is read.
        try:
            message: Any = self._decode(raw)
            control = self._controls.get(type(message))
            if control is None:
                if self._unheard:
                    self._unheard.discard(message.stream)
                self._on_message(message)
            else:
                control(message)
        except Exception as e:  # noqa: BLE001 - see above
            head = repr(raw[:FRAME_HEAD_CHARS].decode(errors="replace"))
            self._log.exception(f"Could not handle the frame {head}", e)

    def _on_error(self, message: WsError) -> None:
        post_id = _POST_ID.search(message.data)
        if post_id is None or not self._posts.give_up(int(post_id[1]), message.data):
            self._log.error(f"Hyperliquid refused: {message.data}")

    def _on_ack(self, message: WsSubscriptionResponse) -> None:
        subscription = message.data.subscription
        if subscription.type not in _PERIODIC:
            self._unheard.discard(subscription.stream)

    def _on_post(self, message: WsPost) -> None:
        if not self._posts.settle(message.data.id, message.data.response):
            self._log.warning(f"Late answer to post {message.data.id}: nobody waits for it")


async def _pause(attempt: int) -> None:
    chance = random.random()  # noqa: S311 - jitter, not a secret
    delay = backoff_delay_secs(attempt, BACKOFF_INITIAL_SECS, BACKOFF_MAX_SECS, chance)
    await asyncio.sleep(delay)
