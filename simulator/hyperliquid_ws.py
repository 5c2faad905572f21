"""The WebSocket side of the venue: what each client hears, and what is sent to whom."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec
from starlette.websockets import WebSocket

from simulator.border import Border, Execute, Post
from simulator.hyperliquid_feeds import (
    REQUEST,
    AccountState,
    AllAccountStates,
    AllContexts,
    AllMids,
    Feed,
    Ping,
    Posted,
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
from simulator.hyperliquid_news import News
from simulator.hyperliquid_replies import posted
from simulator.hyperliquid_trading import Trading
from simulator.hyperliquid_user_feeds import STATE_FEEDS, TOLD, frames, past, state, state_frame
from simulator.market import Change
from simulator.reception import Reception
from simulator.socket_client import CLOSE_NORMAL, Goodbye, Socket
from simulator.universe import Json

INACTIVE = Goodbye(CLOSE_NORMAL, "Inactive")
PONG = '{"channel":"pong"}'

type Topic = tuple[str, str]


class Limits(msgspec.Struct, frozen=True):
    """What one address may hold open beside its connections (fact sheet 6.7)."""

    subscriptions: int
    users: int
    idle_close_secs: float


class Connection(Socket):
    """One client: what it subscribed to and what waits to be sent to it."""

    def __init__(self, websocket: WebSocket, number: int, border: Border) -> None:
        super().__init__(websocket, number, border, INACTIVE)
        self.feeds: set[Feed] = set()


class Hub:
    """What the clients of the venue ask for, and the subscribers of every feed."""

    def __init__(
        self,
        trading: Trading,
        now_ms: Callable[[], int],
        limits: Limits,
        border: Border,
        reception: Reception[Connection],
        execute: Mapping[str, Execute],
        on_request: Callable[[object, int], None],
    ) -> None:
        self.muted: set[Topic] = set()
        self._trading = trading
        self._market = trading.market
        self._now_ms = now_ms
        self._limits = limits
        self._border = border
        self._reception = reception
        self._execute = execute
        self._on_request = on_request
        self._subscribers: dict[Topic, dict[Feed, set[Connection]]] = {}
        self._shown: dict[UserFeed, Json] = {}

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one client until either side closes."""
        if not await self._reception.admits(websocket):
            return

        def client(number: int) -> Connection:
            return Connection(websocket, number, self._border)

        silence_secs = self._limits.idle_close_secs
        async with self._reception.connected(websocket, client, silence_secs) as connection:
            try:
                await self._listen(connection, websocket)
                await connection.until_cut()
            finally:
                for feed in connection.feeds:
                    self._drop(connection, feed)

    def publish(self, change: Change) -> None:
        """Send a change to whoever subscribed to it."""
        key = topic(change)
        coin = self._market.coin(change.coin)
        feeds = self._subscribers.get(key)
        if not feeds or coin is None or key in self.muted:
            return
        for feed, connections in feeds.items():
            _send(connections, update(feed, change, coin))

    def publish_periodic(self) -> None:
        """Send the feeds over many coins, as they stand now."""
        for key in ((AllMids().channel, ""), (AllContexts().channel, "")):
            if key in self.muted:
                continue
            for feed, connections in self._subscribers.get(key, {}).items():
                _send(connections, periodic(feed, self._market, self._now_ms()))

    def tell(self, news: Sequence[News]) -> None:
        """Send what happened to accounts to those who watch them, and how they stand now.

        No news says that cash or leverage may have moved: everybody's state is looked at.
        """
        for each in news:
            for feed, connections in self._user_feeds({each.address}):
                for frame in frames(feed, each, self._trading):
                    _send(connections, frame)
        self.show_states({each.address for each in news} or None)

    def show_states(self, users: set[str] | None = None, *, again: bool = False) -> None:
        """Send the states that changed, of some users or of all, and `again` the perp accounts'."""
        for feed, connections in self._user_feeds(users):
            if not isinstance(feed, STATE_FEEDS):
                continue
            stands = state(feed, self._trading)
            anyway = again and isinstance(feed, AccountState | AllAccountStates)
            if stands is not None and (anyway or stands != self._shown.get(feed)):
                self._shown[feed] = stands
                _send(connections, state_frame(feed, stands, self._now_ms()))

    def _user_feeds(
        self, users: set[str] | None
    ) -> Iterator[tuple[UserFeed, Iterable[Connection]]]:
        """Give the feeds of some users, or of all, that are not muted, with their subscribers."""
        for kind in TOLD:
            key = (str(kind.__struct_config__.tag), "")
            if key in self.muted:
                continue
            for feed, connections in self._subscribers.get(key, {}).items():
                if isinstance(feed, UserFeed) and (users is None or feed.user in users):
                    yield feed, connections

    async def _listen(self, connection: Connection, websocket: WebSocket) -> None:
        """Hear a client out."""
        while (heard := await websocket.receive())["type"] == "websocket.receive":
            if connection.is_half_open:
                return
            self._hear(connection, heard.get("text") or heard.get("bytes") or "")

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
            case Posted():
                self._border.post(connection, _post(request), self._execute[request.request.type])
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
            for frame in self._first_frames(feed):
                connection.send(frame)

    def _first_frames(self, feed: Feed) -> Iterator[str]:
        if not isinstance(feed, UserFeed):
            yield from snapshot(feed, self._market, self._now_ms())
            return
        if (before := past(feed, self._trading)) is not None:
            yield before
        if (stands := state(feed, self._trading)) is not None:
            self._shown.setdefault(feed, stands)
            yield state_frame(feed, stands, self._now_ms())

    def _objection(self, connection: Connection, feed: Feed) -> str | None:
        """Return the venue's words against a subscription (fact sheet 6.2); None if it has none."""
        echo = msgspec.json.encode(feed).decode()
        if not valid(feed, self._market):
            return f"Invalid subscription {echo}"
        if feed in connection.feeds:
            return f"Already subscribed: {echo}"
        held = [held for other in self._reception.connections for held in other.feeds]
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

    def _drop(self, connection: Connection, feed: Feed) -> None:
        feeds = self._subscribers[_key(feed)]
        feeds[feed].discard(connection)
        if not feeds[feed]:
            del feeds[feed]
            if isinstance(feed, UserFeed):
                self._shown.pop(feed, None)


def _post(request: Posted) -> Post:
    """Read what is posted, and put the reply to it into a frame."""
    return Post(
        bytes(request.request.payload),
        request.request.type == "action",
        lambda reply: message("post", {"id": request.id, "response": posted(request, reply)}),
    )


def _send(connections: Iterable[Connection], frame: str) -> None:
    for connection in connections:
        connection.send(frame)


def _key(feed: Feed) -> Topic:
    return feed.channel, "" if isinstance(feed, UserFeed) else getattr(feed, "coin", "")


def _acknowledgement(method: str, feed: Feed) -> str:
    return message("subscriptionResponse", {"method": method, "subscription": feed})
