"""The WebSocket side of the venue: who is connected, what each hears, and what is sent to whom."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import msgspec
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from simulator.hyperliquid_feeds import (
    REQUEST,
    AllContexts,
    AllMids,
    Feed,
    Ping,
    Post,
    Subscribe,
    UserFeed,
    message,
    normalized,
    periodic,
    snapshot,
    topic,
    update,
    valid,
)
from simulator.market import Change, Market

BACKLOG_MAX = 20_000
"""A client that lets so many frames lie is cut off, so that it cannot eat the venue's memory."""
CLOSE_NORMAL = 1000

PONG = '{"channel":"pong"}'

type Topic = tuple[str, str]
type Poster = Callable[[Post], object]


class Limits(msgspec.Struct, frozen=True):
    """What one address may hold open (fact sheet 6.7)."""

    connections: int
    subscriptions: int
    users: int
    idle_close_secs: float


class Connection:
    """One client: what it subscribed to and what waits to be sent to it."""

    def __init__(self, websocket: WebSocket, number: int) -> None:
        self.number = number
        self.feeds: set[Feed] = set()
        self._websocket = websocket
        self._frames: asyncio.Queue[str] = asyncio.Queue(BACKLOG_MAX)
        self._closing = False

    def send(self, frame: str) -> None:
        """Queue a frame; nothing more is queued once the backlog is full."""
        try:
            self._frames.put_nowait(frame)
        except asyncio.QueueFull:
            self._closing = True

    async def write(self, idle_close_secs: float) -> None:
        """Send what is queued; close after `idle_close_secs` in which nothing was sent.

        The venue closes a connection to which it has not sent anything for 60 s (fact sheet 6.1).
        """
        with suppress(WebSocketDisconnect, RuntimeError):  # the client went first
            while not self._closing:
                try:
                    frame = await asyncio.wait_for(self._frames.get(), idle_close_secs)
                except TimeoutError:
                    break
                await self._websocket.send_text(frame)
            await self._websocket.close(CLOSE_NORMAL, "Inactive")


class Hub:
    """Every connection of the venue, and the subscribers of every feed."""

    def __init__(
        self,
        market: Market,
        now_ms: Callable[[], int],
        limits: Limits,
        post: Poster,
        on_request: Callable[[object, int], None],
    ) -> None:
        self.muted: set[Topic] = set()
        self.refusing = False
        self._market = market
        self._now_ms = now_ms
        self._limits = limits
        self._post = post
        self._on_request = on_request
        self._connections: dict[Connection, asyncio.Task[None]] = {}
        self._subscribers: dict[Topic, dict[Feed, set[Connection]]] = {}
        self._accepted = 0

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """Return the tasks that serve the open connections."""
        return list(self._connections.values())

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one client until either side closes."""
        if self.refusing:
            await websocket.send_denial_response(Response(status_code=503))
            return
        if len(self._connections) >= self._limits.connections:
            await websocket.send_denial_response(Response(status_code=429))
            return
        await websocket.accept()
        self._accepted += 1
        connection = Connection(websocket, self._accepted)
        writer = asyncio.create_task(
            connection.write(self._limits.idle_close_secs), name=f"venue-ws-{connection.number}"
        )
        self._connections[connection] = writer
        try:
            while (heard := await websocket.receive())["type"] == "websocket.receive":
                self._hear(connection, heard.get("text") or heard.get("bytes") or "")
        finally:
            self._forget(connection)
            writer.cancel()
            with suppress(asyncio.CancelledError):
                await writer

    def publish(self, change: Change) -> None:
        """Send a change to whoever subscribed to it."""
        key = topic(change)
        state = self._market.coin(change.coin)
        feeds = self._subscribers.get(key)
        if not feeds or state is None or key in self.muted:
            return
        for feed, connections in feeds.items():
            frame = update(feed, change, state)
            for connection in connections:
                connection.send(frame)

    def publish_periodic(self) -> None:
        """Send the feeds over many coins, as they stand now."""
        for key in ((AllMids().channel, ""), (AllContexts().channel, "")):
            if key in self.muted:
                continue
            for feed, connections in self._subscribers.get(key, {}).items():
                frame = periodic(feed, self._market, self._now_ms())
                for connection in connections:
                    connection.send(frame)

    def _hear(self, connection: Connection, text: str | bytes) -> None:
        try:
            request = REQUEST.decode(text)
        except msgspec.DecodeError:
            words = text if isinstance(text, str) else text.decode(errors="replace")
            self._on_request(words, connection.number)
            error = f"Error parsing JSON into valid websocket request: {words}"
            connection.send(message("error", error))
            return
        self._on_request(msgspec.json.decode(text), connection.number)
        match request:
            case Ping():
                connection.send(PONG)
            case Post():
                data = {"id": request.id, "response": self._post(request)}
                connection.send(message("post", data))
            case Subscribe():
                self._subscribe(connection, normalized(request.subscription))
            case _:
                self._unsubscribe(connection, normalized(request.subscription))

    def _subscribe(self, connection: Connection, feed: Feed) -> None:
        if (error := self._objection(connection, feed)) is not None:
            connection.send(message("error", error))
            return
        connection.feeds.add(feed)
        self._subscribers.setdefault(_key(feed), {}).setdefault(feed, set()).add(connection)
        connection.send(_acknowledgement("subscribe", feed))
        if _key(feed) not in self.muted:
            for frame in snapshot(feed, self._market, self._now_ms()):
                connection.send(frame)

    def _objection(self, connection: Connection, feed: Feed) -> str | None:
        """Return the venue's words against a subscription (fact sheet 6.2); None if it has none."""
        echo = msgspec.json.encode(feed).decode()
        if not valid(feed, self._market):
            return f"Invalid subscription {echo}"
        if feed in connection.feeds:
            return f"Already subscribed: {echo}"
        held = [held for other in self._connections for held in other.feeds]
        if len(held) >= self._limits.subscriptions:
            return f"Cannot track more than {self._limits.subscriptions} total subscriptions."
        users = {held.user for held in (*held, feed) if isinstance(held, UserFeed)}
        if isinstance(feed, UserFeed) and len(users) > self._limits.users:
            return f"Cannot track more than {self._limits.users} total users."
        return None

    def _unsubscribe(self, connection: Connection, feed: Feed) -> None:
        if feed not in connection.feeds:
            echo = msgspec.json.encode(feed).decode()
            connection.send(message("error", f"Already unsubscribed: {echo}"))
            return
        self._drop(connection, feed)
        connection.feeds.remove(feed)
        connection.send(_acknowledgement("unsubscribe", feed))

    def _forget(self, connection: Connection) -> None:
        for feed in connection.feeds:
            self._drop(connection, feed)
        self._connections.pop(connection)

    def _drop(self, connection: Connection, feed: Feed) -> None:
        feeds = self._subscribers[_key(feed)]
        feeds[feed].discard(connection)
        if not feeds[feed]:
            del feeds[feed]


def _key(feed: Feed) -> Topic:
    return feed.channel, getattr(feed, "coin", "")


def _acknowledgement(method: str, feed: Feed) -> str:
    return message("subscriptionResponse", {"method": method, "subscription": feed})
