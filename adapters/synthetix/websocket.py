"""One WebSocket connection that keeps its subscriptions; it decodes frames but judges none."""

import asyncio
import random
import ssl
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import msgspec
from nautilus_trader.common.component import Logger

from adapters.common.backoff import backoff_delay_secs
from adapters.common.chores import Chores
from adapters.common.connection import Connection, open_connection
from adapters.common.errors import NotSent, OutcomeUnknown, VenueError
from adapters.common.line_doubt import LineDoubt
from adapters.common.posts import PostBook
from adapters.common.subscriptions import Remedy, SubscriptionRegistry
from adapters.synthetix.constants import USER_AGENT
from adapters.synthetix.frames import (
    WsAccount,
    WsMarketMessage,
    WsOther,
    WsReply,
    parse_frame,
)
from adapters.synthetix.replies import parse_reply
from adapters.synthetix.schemas import ClientFrame, Subscription
from adapters.synthetix.signing import AuthRequest, SignedRequest

BACKOFF_INITIAL_SECS = 0.25
# Without streams orders are in doubt, so no pause is longer.
BACKOFF_MAX_SECS = 5.0
# A connection that is lost sooner than this counts as a failed attempt to connect.
SHORT_LIFE_SECS = 10.0
# The venue waits for it for 30 seconds.
AUTH_TIMEOUT_SECS = 10.0
# The watchdogs look this often within the time of silence that they allow.
CHECKS_PER_SILENCE = 10
FRAME_HEAD_CHARS = 200
# How many the venue takes at a time is documented nowhere.
POSTS_IN_FLIGHT_MAX = 100
# The ids of pings and subscriptions, whose answers nobody waits for, begin behind those of posts.
CONTROL_IDS_FROM = 1_000_000_000

# The venue sends books and prices of a live market all the time. The others speak when something
# happens, so for them an acknowledged subscription is sign of life enough.
_PERIODIC = frozenset({"orderbook", "marketPrices"})

type StreamMessage = WsMarketMessage | WsAccount


class SynthetixWebSocketClient:
    """
    A connection that renews itself and subscribes again what its users hold.

    Parameters
    ----------
    loop : asyncio.AbstractEventLoop
        The loop in which all callbacks run.
    url : str
        The address with path: `wss://papi.synthetix.io/v1/ws/info`, or `.../trade`.
    on_message : Callable[[StreamMessage], None]
        Receives every message of a stream; what it raises is logged with the frame's head.
    on_gap : Callable[[Subscription], None]
        Told of each stream that was subscribed again, of which messages may have been missed.
    on_connection : Callable[[bool], None], optional
        Told True when the connection stands and all that is held is subscribed on it, and False
        when it is lost, in turns.
    authenticate : Callable[[], AuthRequest], optional
        Makes what opens a connection of the account, anew for each; None for public streams.
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
        on_message: Callable[[StreamMessage], None],
        on_gap: Callable[[Subscription], None],
        *,
        on_connection: Callable[[bool], None] | None = None,
        authenticate: Callable[[], AuthRequest] | None = None,
        ping_interval_secs: float = 20.0,
        idle_timeout_secs: float = 45.0,
        stale_stream_secs: float = 60.0,
        proxy_url: str | None = None,
    ) -> None:
        self._url = url
        self._on_message = on_message
        self._on_gap = on_gap
        self._on_connection = on_connection or (lambda _: None)
        self._authenticate = authenticate
        self._ping_interval_secs = ping_interval_secs
        self._idle_timeout_secs = idle_timeout_secs
        self._stale_stream_secs = stale_stream_secs
        self._proxy_url = proxy_url
        # Once, since it reads all certificates of the system.
        self._ssl_context = ssl.create_default_context() if url.startswith("wss:") else None
        self._registry = SubscriptionRegistry[Subscription](stale_stream_secs)
        # Streams without a message since the watchdog looked: mostly empty, so cheap to ask.
        self._unheard: set[tuple[str, ...]] = set()
        self._posts = PostBook[WsReply](loop, POSTS_IN_FLIGHT_MAX, self._doubt_line)
        self._control_id = CONTROL_IDS_FROM
        # What was asked for under which id, until it is answered; of this connection only.
        self._asked: dict[str, tuple[str, Subscription]] = {}
        self._connection: Connection | None = None
        self._is_ready = False
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
            self._chores.start(chore, f"synthetix {name}")

    async def disconnect(self) -> None:
        """Close the connection and end all tasks of this client."""
        await self._chores.end()
        connection = self._connection
        if connection is not None:
            await connection.close()
            self._lose("we closed it")

    @property
    def is_connected(self) -> bool:
        """Whether what is posted now is written to the line, and on behalf of the account."""
        return self._is_ready and self._connection is not None and self._connection.is_open

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

    def resubscribe(self, stream: tuple[str, ...]) -> None:
        """Begin one held stream anew; nothing if nobody holds it any more."""
        for subscription in self._registry.desired():
            if subscription.stream == stream:
                self._send("unsubscribe", subscription)
                self._send("subscribe", subscription)

    def post(self, request: SignedRequest, timeout_secs: float) -> Awaitable[WsReply]:
        """
        Write one request at once, in this very call, and return its answer to come.

        The answer is OutcomeUnknown (when awaited) if none comes in time, or the connection is lost
        before. A request is never written again.

        Raises
        ------
        NotSent
            If there is no connection, or too many requests are in flight.

        """
        if not self.is_connected:
            raise NotSent(f"Expected a connection to {self._url}, was none")
        return self._ask("post", request.to_post(), timeout_secs)

    def _ask(self, method: str, params: object, timeout_secs: float) -> Awaitable[WsReply]:
        post_id = self._posts.next_id()
        if not self._write(str(post_id), method, params):
            raise NotSent(f"Expected a connection to {self._url}, was one that is closing")
        return self._posts.expect(post_id, timeout_secs)

    async def _open(self) -> Connection:
        """Open a connection and subscribe on it what is held."""
        attempt = 0
        while True:
            try:
                connection = await self._dial()
                break
            except (ConnectionError, VenueError) as e:
                self._log.warning(f"No connection to {self._url}: {e}")
            await _pause(attempt)
            attempt += 1
        held = self._registry.desired()
        self._log.info(f"Connected to {self._url}, {len(held)} streams to restore")
        self._is_ready = True
        self._registry.restart_clocks(time.monotonic())
        for subscription in held:
            self._on_gap(subscription)
            self._send("subscribe", subscription)
        self._on_connection(True)  # noqa: FBT003 - the one thing that it tells
        return connection

    async def _dial(self) -> Connection:
        connection = await open_connection(
            self._url,
            self._on_frame,
            self._ssl_context,
            self._proxy_url,
            headers={"User-Agent": USER_AGENT},
        )
        self._connection = connection
        self._asked.clear()
        if self._authenticate is not None:
            try:
                auth = self._authenticate()
                reply = await self._ask("auth", auth, AUTH_TIMEOUT_SECS)
                self._judge_auth(reply)
            except BaseException:
                self._connection = None
                connection.cut()
                raise
        return connection

    def _judge_auth(self, reply: WsReply) -> None:
        if reply.status == HTTPStatus.OK:
            return
        parse_reply(reply)
        raise OutcomeUnknown(f"Expected status 200 to auth, was {reply.status}")

    def _send(self, method: str, subscription: Subscription) -> None:
        # While there is no connection nothing is lost: all that is held is subscribed on the next.
        if not self._is_ready:
            return
        self._control_id += 1
        self._asked[str(self._control_id)] = (method, subscription)
        self._write(str(self._control_id), method, subscription)

    def _write(self, frame_id: str, method: str, params: object) -> bool:
        connection = self._connection
        frame = msgspec.json.encode(ClientFrame(frame_id, method, params))
        return connection is not None and connection.send(frame)

    def _lose(self, cause: str) -> None:
        self._connection = None
        self._is_ready = False
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
        self._control_id += 1
        self._write(str(self._control_id), "ping", {})

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
            if connection is None or not self._is_ready:
                continue
            unheard, self._unheard = self._unheard, self._registry.streams
            silent = self._registry.check(unheard, time.monotonic())
            for subscription, remedy in silent:
                self._log.warning(f"Silent stream {subscription}: {remedy.name}")
                if remedy is Remedy.RESUBSCRIBE:
                    self._on_gap(subscription)
                    self.resubscribe(subscription.stream)
            if any(remedy is Remedy.RECONNECT for _, remedy in silent):
                connection.cut()

    def _on_frame(self, raw: bytes) -> None:
        # The one boundary of the stream: whatever a frame does to us, the next one is read.
        try:
            message = parse_frame(raw)
            if isinstance(message, WsReply):
                self._on_reply(message)
            elif isinstance(message, WsOther):
                self._log.debug(f"Nobody listens to {message.kind!r}")
            else:
                if self._unheard:
                    self._unheard.discard(message.stream)
                self._on_message(message)
        except Exception as e:  # noqa: BLE001 - see above
            head = repr(raw[:FRAME_HEAD_CHARS].decode(errors="replace"))
            self._log.exception(f"Could not handle the frame {head}", e)

    def _on_reply(self, reply: WsReply) -> None:
        asked = self._asked.pop(reply.id, None)
        if asked is not None:
            self._on_answered(*asked, reply)
        elif reply.id.isdecimal() and int(reply.id) < CONTROL_IDS_FROM:
            if not self._posts.settle(int(reply.id), reply):
                self._log.warning(f"Late answer to post {reply.id}: nobody waits for it")
        elif reply.status != HTTPStatus.OK:
            self._log.error(f"Synthetix refused: {reply.status} {bytes(reply.body)!r}")

    def _on_answered(self, method: str, subscription: Subscription, reply: WsReply) -> None:
        if reply.status != HTTPStatus.OK:
            words = bytes(reply.body)[:FRAME_HEAD_CHARS].decode(errors="replace")
            self._log.error(f"Synthetix refused to {method} {subscription}: {words}")
        elif subscription.type not in _PERIODIC:
            self._unheard.discard(subscription.stream)


async def _pause(attempt: int) -> None:
    chance = random.random()  # noqa: S311 - jitter, not a secret
    delay = backoff_delay_secs(attempt, BACKOFF_INITIAL_SECS, BACKOFF_MAX_SECS, chance)
    await asyncio.sleep(delay)
