"""The WebSocket side of the venue: what each client asks for, and how long it is waited for."""

import asyncio
import time
from collections.abc import Callable, Container
from http import HTTPStatus
from typing import Any, Protocol

import msgspec
from starlette.websockets import WebSocket

from simulator.border import Border, Post
from simulator.reception import Reception
from simulator.replies import Reply
from simulator.socket_client import CLOSE_NORMAL, Goodbye, Socket
from simulator.synthetix_answers import Refusal, ws_refusal, ws_reply
from simulator.synthetix_feeds import FRAME, AccountFeed, Feed, FeedError, Frame, parse_feed
from simulator.synthetix_frames import has_wrong_id, post_frame, readable_text, rest_body
from simulator.synthetix_requests import POSTED, Side
from simulator.synthetix_streams import Streams

AUTH_LATE = Goodbye(1008, "authentication timeout")
IDLE = Goodbye(CLOSE_NORMAL, "idle")
TOO_OLD = Goodbye(CLOSE_NORMAL, "connection lifetime exceeded")
SILENCE_SECS = 1e9  # the venue does not care how long it has said nothing


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What clients may hold open and for how long, in wall time; a number of 0 is no limit.

    How many connections and subscriptions the venue allows is documented nowhere (fact sheet 7).
    """

    connections: int = 0
    subscriptions: int = 0
    auth_secs: float = 30.0
    idle_secs: float = 120.0
    lifetime_secs: float = 86_400.0


class Authenticate(Protocol):
    """Returns the subaccount that a message and its signature are good for."""

    def __call__(self, message: str, signature: str) -> str | Refusal:
        """Verify it at this moment."""


class Client(Socket):
    """One client: which side it came in by, whose subaccount it speaks for, what it hears.

    `feeds` counts how often each was subscribed to.
    """

    def __init__(self, websocket: WebSocket, number: int, border: Border, side: Side) -> None:
        super().__init__(websocket, number, border, IDLE)
        self.side = side
        self.sub_account_id: str | None = None
        self.feeds: dict[Feed, int] = {}

    def say(self, content: object) -> None:
        """Send some JSON, when and as often as faults let it."""
        self.send(msgspec.json.encode(content).decode())


class Hub:
    """What the clients of the venue ask for.

    With `needs_user_agent` those that do not say which program they come from are answered with
    HTTP 403.

    Parameters
    ----------
    border : Border
        Where everything passes.
    reception : Reception
        Who is connected.
    limits : Limits
        What clients may hold open.
    streams : Streams
        What clients hear.
    symbols : Callable
        Returns the symbols that exist.
    authenticate : Authenticate
        Verifies an `auth`.
    execute : Callable
        Executes a request that came by a side with an id, and returns the whole reply.
    on_heard : Callable
        Hears of all that clients say.
    """

    def __init__(
        self,
        border: Border,
        reception: Reception[Client],
        limits: Limits,
        streams: Streams,
        symbols: Callable[[], Container[str]],
        authenticate: Authenticate,
        execute: Callable[[Side, str, bytes], Reply],
        on_heard: Callable[[object, int], None],
    ) -> None:
        self.needs_user_agent = False
        self._border = border
        self._reception = reception
        self._limits = limits
        self._streams = streams
        self._symbols = symbols
        self._authenticate = authenticate
        self._execute = execute
        self._on_heard = on_heard

    async def serve_info(self, websocket: WebSocket) -> None:
        """Serve a client of the public side until either closes."""
        await self._serve(websocket, "info")

    async def serve_trade(self, websocket: WebSocket) -> None:
        """Serve a client of the private side until either closes."""
        await self._serve(websocket, "trade")

    async def _serve(self, websocket: WebSocket, side: Side) -> None:
        unnamed = self.needs_user_agent and not websocket.headers.get("user-agent")
        objection = HTTPStatus.FORBIDDEN if unnamed else None
        if not await self._reception.admits(websocket, side, objection):
            return

        def client_of(number: int) -> Client:
            return Client(websocket, number, self._border, side)

        async with self._reception.connected(websocket, client_of, SILENCE_SECS) as client:
            try:
                await self._listen(client, websocket)
                await client.until_cut()
            finally:
                for feed in client.feeds:
                    self._streams.close(client, feed)

    async def _listen(self, client: Client, websocket: WebSocket) -> None:
        """Hear a client out; say good-bye to one that is late, silent or too old."""
        opened = time.monotonic()
        saying_goodbye = False
        while True:
            left, goodbye = self._patience(client, time.monotonic() - opened)
            try:
                async with asyncio.timeout(None if saying_goodbye else left):
                    heard = await websocket.receive()
            except TimeoutError:
                client.close(goodbye.code, goodbye.reason)
                saying_goodbye = True
                continue
            if heard["type"] != "websocket.receive" or client.is_half_open:
                return
            self._hear(client, heard.get("text") or heard.get("bytes") or "")

    def _patience(self, client: Client, age_secs: float) -> tuple[float, Goodbye]:
        """Return how long to wait for the next frame, and what is said when none comes."""
        waits = [
            (self._limits.idle_secs, IDLE),
            (self._limits.lifetime_secs - age_secs, TOO_OLD),
        ]
        if client.side == "trade" and client.sub_account_id is None:
            waits.append((self._limits.auth_secs - age_secs, AUTH_LATE))
        return min(waits, key=lambda wait: wait[0])

    def _hear(self, client: Client, text: str | bytes) -> None:
        try:
            frame = FRAME.decode(text)
        except msgspec.DecodeError as e:
            self._on_heard(readable_text(text), client.number)
            wrong_id = isinstance(e, msgspec.ValidationError) and has_wrong_id(text)
            words = "The id must be a string" if wrong_id else "Invalid request format"
            client.say(ws_refusal(HTTPStatus.BAD_REQUEST, words, ""))
            return
        self._on_heard(msgspec.json.decode(text), client.number)
        match frame.method:
            case "ping":
                client.say(ws_reply({"status": "pong"}, frame.id))
            case "subscribe" | "unsubscribe":
                self._change_feeds(client, frame)
            case "auth" if client.side == "trade":
                self._sign_in(client, frame)
            case "post":
                self._post(client, frame)
            case _:
                words = f"Unknown method: {frame.method}"
                client.say(ws_refusal(HTTPStatus.BAD_REQUEST, words, frame.id))

    def _sign_in(self, client: Client, frame: Frame) -> None:
        """Let a client in; to the rules of faults it is one more posted action, called auth."""
        body = rest_body({**frame.params, "action": frame.method})
        post = Post(body=body, action=True, frame=lambda reply: post_frame(reply, frame.id))
        self._border.post(client, post, lambda _body: self._let_in(client, frame))

    def _let_in(self, client: Client, frame: Frame) -> Reply:
        message, signature = frame.params.get("message"), frame.params.get("signature")
        if not isinstance(message, str) or not isinstance(signature, str):
            verdict: str | Refusal = Refusal(
                "VALIDATION_ERROR", "message and signature are required"
            )
        else:
            verdict = self._authenticate(message, signature)
        if isinstance(verdict, Refusal):
            content = ws_refusal(verdict.http_status, verdict.message, frame.id)
            return Reply(verdict.http_status, msgspec.json.encode(content), POSTED)
        client.sub_account_id = verdict
        content = ws_reply({"status": "authenticated", "subAccountId": verdict}, frame.id)
        return Reply(HTTPStatus.OK, msgspec.json.encode(content), POSTED)

    def _post(self, client: Client, frame: Frame) -> None:
        if client.side == "trade" and client.sub_account_id is None:
            words = "authentication required"
            client.say(ws_refusal(HTTPStatus.UNAUTHORIZED, words, frame.id))
            return
        post = Post(
            body=rest_body(frame.params),
            action=client.side == "trade",
            frame=lambda reply: post_frame(reply, frame.id),
        )
        self._border.post(client, post, lambda body: self._execute(client.side, frame.id, body))

    def _change_feeds(self, client: Client, frame: Frame) -> None:
        begins = frame.method == "subscribe"
        try:
            feed = parse_feed(frame.params, self._symbols())
        except FeedError as e:
            client.say(ws_refusal(HTTPStatus.BAD_REQUEST, str(e), frame.id))
            return
        objection = self._objection(client, feed) if begins else None
        if objection is not None:
            client.say(ws_refusal(objection.http_status, objection.message, frame.id))
            return
        told: dict[str, Any] = {
            key: frame.params[key] for key in ("type", "symbol") if key in frame.params
        }
        client.say(ws_reply({"status": f"{frame.method}d", **told}, frame.id))
        if begins:
            client.feeds[feed] = client.feeds.get(feed, 0) + 1
            self._streams.open(client, feed)
        elif feed in client.feeds:
            # The SDK's own example subscribes anew before it leaves the old, equal subscription.
            client.feeds[feed] -= 1
            if not client.feeds[feed]:
                del client.feeds[feed]
                self._streams.close(client, feed)

    def _objection(self, client: Client, feed: Feed) -> Refusal | None:
        if isinstance(feed, AccountFeed) and client.sub_account_id != feed.sub_account_id:
            if client.sub_account_id is None:
                return Refusal("UNAUTHORIZED", "authentication required")
            return Refusal("FORBIDDEN", "not the authenticated subaccount")
        most = self._limits.subscriptions
        if most and feed not in client.feeds and len(client.feeds) >= most:
            return Refusal("VALIDATION_ERROR", f"at most {most} subscriptions per connection")
        return None
