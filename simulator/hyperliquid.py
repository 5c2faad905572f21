"""A loopback Hyperliquid: /info, /exchange and /ws over a made-up or replayed market, real wire.

It is not an exchange yet: nobody has an account and no order is taken (hyperliquid_actions.py).
"""

import asyncio
import socket
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from http import HTTPStatus
from pathlib import Path

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from simulator import hyperliquid_actions
from simulator.clock import Clock, WallClock
from simulator.events import Source
from simulator.generator import HISTORY_MINUTES, Generator
from simulator.hyperliquid_feeds import Post
from simulator.hyperliquid_info import BadShapeError, ask, weight_of
from simulator.hyperliquid_limits import WeightBudget
from simulator.hyperliquid_ws import Hub, Limits
from simulator.market import Market
from simulator.replay import Replay

HOST = "127.0.0.1"
TICK_SECS = 0.02
"""How often the venue looks at its clock; the venue's own blocks take 0.07 to 0.2 s."""
PERIODIC_MS = 1_000
PERIODICS_PER_SECOND_MAX = 20
"""allMids and allDexsAssetCtxs come every second, but no more often in wall time than this."""
RECEIVED_MAX = 10_000
CLOSE_SECS = 1.0
"""A client that does not let go within this is left behind at the end."""
JSON = "application/json"

TEXT = "text/plain"

NOT_JSON = "Failed to parse the request body as JSON"
BAD_SHAPE = "Failed to deserialize the JSON body into the target type"


class VenueOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a venue is set up.

    `port` 0 is any free one. `start_ms` is the venue's time at the start: now by default, or the
    beginning of the recording in `replay`. `speed` venue seconds pass in a second of wall time. The
    limits are those of one IP address (fact sheet 6.7 and 7); a weight of 0 is no limit.
    """

    port: int = 0
    seed: int = 1
    speed: float = 1.0
    start_ms: int | None = None
    replay: Path | None = None
    history_minutes: int = HISTORY_MINUTES
    weight_per_minute: int = 1_200
    connections_max: int = 100
    subscriptions_max: int = 1_000
    users_max: int = 10
    idle_close_secs: float = 60.0

    def __post_init__(self) -> None:
        """Refuse a speed that is not positive."""
        if not self.speed > 0:
            raise ValueError(f"Expected a positive speed, was {self.speed}")


class Received(msgspec.Struct, frozen=True):
    """What a client said: `kind` is info, exchange or ws; `body` its JSON, or text that is none.

    `connection` is the number of the WebSocket connection, from 1; None for HTTP.
    """

    kind: str
    body: object
    connection: int | None = None


class Reply(msgspec.Struct, frozen=True):
    """An answer before it is put on HTTP or WebSocket: `body` is encoded JSON, or words."""

    status: int
    body: bytes
    kind: str = ""
    media_type: str = JSON


class HyperliquidVenue:
    """A loopback venue; `running()` makes it listen.

    Parameters
    ----------
    options : VenueOptions
        The set-up.
    source : Source, optional
        The market; without one `options.replay` is replayed or a market is made up from the seed.
    clock : Clock, optional
        The venue's time; wall time at `options.speed` by default.
    """

    def __init__(
        self, options: VenueOptions, source: Source | None = None, clock: Clock | None = None
    ) -> None:
        self._options = options
        self._source = source or _source(options)
        self.clock = clock or WallClock(self._source.start_ms, options.speed)
        self.market = Market(self._source)
        self.received: deque[Received] = deque(maxlen=RECEIVED_MAX)
        self.port = options.port
        self._hub = Hub(
            self.market, self.clock.now_ms, _limits(options), self._post, self._note_frame
        )
        self._budget = WeightBudget(options.weight_per_minute)
        self._failures: deque[Reply] = deque()
        self._server: _Server | None = None
        self._pumping: asyncio.Task[None] | None = None
        self._next_periodic_ms = 0

    @property
    def http_url(self) -> str:
        """Return the base of /info and /exchange."""
        return f"http://{HOST}:{self.port}"

    @property
    def ws_url(self) -> str:
        """Return where WebSocket clients connect."""
        return f"ws://{HOST}:{self.port}/ws"

    @asynccontextmanager
    async def running(self) -> AsyncIterator["HyperliquidVenue"]:
        """Listen, and let the venue's time run; nothing is left listening afterwards."""
        with socket.create_server((HOST, self._options.port)) as listener:
            self.port = listener.getsockname()[1]
            self._server = _Server(self._app())
            serving = asyncio.create_task(self._server.serve([listener]), name="venue-server")
            await self._server.ready.wait()
            self.clock.start()
            self._pumping = asyncio.create_task(self._pump(), name="venue-pump")
            try:
                yield self
            finally:
                self._pumping.cancel()
                self._server.stopping.set()
                await serving
                with suppress(asyncio.CancelledError):
                    await self._pumping

    async def wait(self) -> None:
        """Wait until cancelled, or until the market fails; raise what it failed of."""
        if self._pumping is not None:
            await self._pumping

    def advance(self) -> None:
        """Take in and send out what happened up to now; the venue does it by itself, too."""
        now_ms = self.clock.now_ms()
        for event in self._source.due(now_ms):
            for change in self.market.apply(event):
                self._hub.publish(change)
        self.market.settle(now_ms)
        if now_ms >= self._next_periodic_ms:
            every_ms = max(PERIODIC_MS, self._options.speed * 1000 / PERIODICS_PER_SECOND_MAX)
            self._next_periodic_ms = now_ms + int(every_ms)
            self._hub.publish_periodic()

    # What a test does to the venue.

    async def drop_connections(self) -> None:
        """Cut every WebSocket connection without a close frame."""
        tasks = self._hub.tasks
        if self._server is not None:
            self._server.abort_websockets()
        if tasks:
            await asyncio.wait(tasks)

    def refuse_connections(self, refused: bool = True) -> None:
        """Answer new WebSocket connections with HTTP 503, or take them again."""
        self._hub.refusing = refused

    def mute(self, channel: str, coin: str = "") -> None:
        """Let a feed fall silent, its snapshots too, while its subscriptions stay."""
        self._hub.muted.add((channel, coin))

    def unmute(self, channel: str, coin: str = "") -> None:
        """Let a feed be heard again."""
        self._hub.muted.discard((channel, coin))

    def set_status(self, coin: str, *, delisted: bool) -> None:
        """Delist a perp or list it again."""
        self.market.universe.set_delisted(coin, delisted=delisted)
        self.market.refresh()

    def add_coin(self, coin: str, sz_decimals: int, max_leverage: int) -> None:
        """List a new perp; its market is empty until the source tells of it."""
        self.market.universe.add_perp(coin, sz_decimals, max_leverage)
        self.market.refresh()

    def fail_next_info(self, status: int, body: str, count: int = 1) -> None:
        """Answer the next `count` info requests with a status and a plain text instead."""
        failure = Reply(status, body.encode(), media_type=TEXT)
        self._failures.extend([failure] * count)

    async def _pump(self) -> None:
        while True:
            self.advance()
            await asyncio.sleep(TICK_SECS)

    def _app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/info", self._serve_info, methods=["POST"]),
                Route("/exchange", self._serve_exchange, methods=["POST"]),
                WebSocketRoute("/ws", self._hub.serve),
            ]
        )

    async def _serve_info(self, request: Request) -> Response:
        body = await request.body()
        self.received.append(Received("info", _readable(body)))
        return _respond(self._info(body))

    async def _serve_exchange(self, request: Request) -> Response:
        body = await request.body()
        self.received.append(Received("exchange", _readable(body)))
        return _respond(self._exchange(body))

    def _info(self, body: bytes) -> Reply:
        if self._failures:
            return self._failures.popleft()
        if not self._budget.spend(weight_of(body)):
            return Reply(HTTPStatus.TOO_MANY_REQUESTS, b"null")
        try:
            kind, answer, weight = ask(self.market, self.clock.now_ms(), body)
        except (msgspec.DecodeError, BadShapeError) as e:
            return _refusal(e)
        self._budget.charge(weight)
        return Reply(HTTPStatus.OK, msgspec.json.encode(answer), kind)

    def _exchange(self, body: bytes) -> Reply:
        if not self._budget.spend(1):
            return Reply(HTTPStatus.TOO_MANY_REQUESTS, b"null")
        try:
            return Reply(HTTPStatus.OK, msgspec.json.encode(hyperliquid_actions.answer(body)))
        except msgspec.DecodeError as e:
            return _refusal(e)

    def _post(self, post: Post) -> object:
        """Answer a request posted by WebSocket: an error is told in words after its status."""
        info = post.request.type == "info"
        reply = (self._info if info else self._exchange)(bytes(post.request.payload))
        if reply.status != HTTPStatus.OK:
            return {"type": "error", "payload": _words(reply)}
        payload: object = msgspec.Raw(reply.body)
        if info:
            payload = {"type": reply.kind, "data": payload}
        return {"type": post.request.type, "payload": payload}

    def _note_frame(self, body: object, connection: int) -> None:
        self.received.append(Received("ws", body, connection))


async def serve(options: VenueOptions, on_ready: Callable[[HyperliquidVenue], None]) -> None:
    """Run a venue until cancelled, and close everything it opened.

    `on_ready` is called once it listens.

    Raises
    ------
    RecordingError
        A recording cannot be read, or ends in something that is none.
    """
    async with HyperliquidVenue(options).running() as venue:
        on_ready(venue)
        await venue.wait()


class _Server(uvicorn.Server):
    """uvicorn that leaves the process's signals alone, says when it listens and can cut lines."""

    def __init__(self, app: Starlette) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                ws="websockets-sansio",
                ws_ping_interval=None,  # the venue pings in its own words only
                ws_per_message_deflate=False,
                lifespan="off",
                log_config=None,
                access_log=False,
                date_header=False,
            )
        )
        self.ready = asyncio.Event()
        self.stopping = asyncio.Event()

    async def main_loop(self) -> None:
        """Wait to be stopped; uvicorn would look every 0.1 s."""
        await self.stopping.wait()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none: they belong to whoever runs the venue."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen and say so."""
        await super().startup(sockets)
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close every connection and wait for that; uvicorn would sleep for 0.1 s first."""
        del sockets  # whoever opened them closes them
        for server in self.servers:
            server.close()
        for protocol in list(self.server_state.connections):
            protocol.shutdown()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECS):
                for server in self.servers:
                    await server.wait_closed()
                await asyncio.gather(*self.server_state.tasks, return_exceptions=True)

    def abort_websockets(self) -> None:
        """Cut every WebSocket connection off, as a lost line does."""
        for protocol in list(self.server_state.connections):
            if isinstance(protocol, WebSocketsSansIOProtocol):
                protocol.transport.abort()


def _source(options: VenueOptions) -> Source:
    if options.replay is not None:
        return Replay(options.replay, options.start_ms)
    start_ms = time.time_ns() // 1_000_000 if options.start_ms is None else options.start_ms
    return Generator(options.seed, start_ms, options.speed, options.history_minutes)


def _limits(options: VenueOptions) -> Limits:
    return Limits(
        options.connections_max,
        options.subscriptions_max,
        options.users_max,
        options.idle_close_secs,
    )


def _readable(body: bytes) -> object:
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        return body.decode(errors="replace")


def _refusal(error: Exception) -> Reply:
    """Refuse a body in the words of the venue's web framework, plain text (fact sheet 1.3)."""
    malformed = isinstance(error, msgspec.DecodeError) and not isinstance(
        error, msgspec.ValidationError
    )
    if malformed:
        words = f"{NOT_JSON}: {error}"
        return Reply(HTTPStatus.BAD_REQUEST, words.encode(), media_type=TEXT)
    return Reply(HTTPStatus.UNPROCESSABLE_ENTITY, BAD_SHAPE.encode(), media_type=TEXT)


def _words(reply: Reply) -> str:
    """Tell an HTTP error in one string, as a WebSocket post does (fact sheet 6.6)."""
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
        return "429 Too Many Requests"
    unprocessable = reply.status == HTTPStatus.UNPROCESSABLE_ENTITY  # Python renamed its phrase
    phrase = "Unprocessable Entity" if unprocessable else HTTPStatus(reply.status).phrase
    return f"{reply.status:d} {phrase}: {reply.body.decode()}"


def _respond(reply: Reply) -> Response:
    return Response(reply.body, reply.status, media_type=reply.media_type)
