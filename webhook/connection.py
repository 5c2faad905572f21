"""One HTTP connection under uvicorn: whole small requests, JSON answers, no long waiting.

Uvicorn's own connection serves bodies and answers of any size piece by piece, at three timers, an
event and a queue a request. A request of ours is small: it is handed over when it is whole, and
answered in one write; an app that takes whole requests is spared ASGI's messages as well. The
parser is the same, httptools.
"""

import asyncio
from collections import deque
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

import httptools
from starlette.types import ASGIApp, Scope
from uvicorn.config import Config
from uvicorn.protocols.utils import get_local_addr, get_remote_addr
from uvicorn.server import ServerState

from webhook.exchange import Exchange
from webhook.replies import Reply, response_of
from webhook.whole import Request, Responder, WholeApp, encode_response

REQUEST_SECS_MAX: Final = 0.5
"""How long a request may take to come, from its first byte to its last; TradingView waits for the
answer for 3 s, and we answer everything within 1."""

IDLE_SECS_MAX: Final = 5.0
"""How long a connection may be silent between requests; twice that at most."""

CONNECTIONS_MAX: Final = 1_024
"""Connections that are kept at the same time; one more is closed at once."""

HEAD_BYTES_MAX: Final = 16_384
BODY_BYTES_MAX: Final = 1_048_576
"""Of any request; what an alert may have is for the app to say."""

QUEUE_MAX: Final = 16
"""Requests of one connection that wait for the one before; who sends more is let go."""

REQUEST_BYTES_MAX: Final = 2 * BODY_BYTES_MAX
"""Of any request as it is sent, with the marks between its chunks; more has no end."""


class _Whole(NamedTuple):
    """A request that has come, with what only ASGI wants to know of it."""

    request: Request
    body: bytes
    keeps_alive: bool
    raw_path: bytes
    query: bytes
    version: str


class Connection(asyncio.Protocol):
    """
    Speak HTTP/1.1 with one client; made by uvicorn's server.

    `app_for` may replace the app for a connection, by what its transport tells.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        del app_state
        self._app: ASGIApp = config.loaded_app
        self._state = server_state
        self._loop = _loop or asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._queue: deque[_Whole] = deque()
        self._is_busy = False
        self._exchange: Exchange | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._is_coming = False
        self._bytes = 0
        self._is_used = False
        self._is_ending = False

    def app_for(self, app: ASGIApp, transport: asyncio.Transport) -> ASGIApp:
        """Return the app that answers on a connection."""
        del transport
        return app

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin."""
        self._transport = transport
        self._state.connections.add(self)  # type: ignore[arg-type]
        if len(self._state.connections) > CONNECTIONS_MAX:
            transport.close()
            return
        self._app = self.app_for(self._app, transport)
        self._whole_app = self._app if isinstance(self._app, WholeApp) else None
        self._client = get_remote_addr(transport)
        self._server = get_local_addr(transport)
        self._scheme = "https" if transport.get_extra_info("sslcontext") else "http"
        self._idle = self._loop.call_later(IDLE_SECS_MAX, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        del exc
        self._state.connections.discard(self)
        for timer in (self._deadline, self._idle):
            if timer is not None:
                timer.cancel()
        self._queue.clear()
        if self._exchange is not None:
            self._exchange.hang_up()

    def shutdown(self) -> None:
        """End after what is at work, as the server asks."""
        self._is_ending = True
        if not self._is_busy:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Read."""
        self._is_used = True
        came_before = self._is_coming
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # nobody upgrades here: the request is answered as it is
        except httptools.HttpParserError:
            self._refuse(400, "malformed_http", "Expected an HTTP request")
        if self._is_coming:  # most requests come at once
            self._wait_for_more(data, came_before=came_before)

    def _wait_for_more(self, data: bytes, *, came_before: bool) -> None:
        """Limit how long and how large a request may get that is not whole yet."""
        if came_before:
            self._bytes += len(data)
        else:  # a part of its first piece may have belonged to the request before
            known = sum(len(name) + len(value) for name, value in self._headers)
            self._bytes = len(self._url) + known
        if self._is_in_head and self._bytes > HEAD_BYTES_MAX:
            self._refuse_head()
        elif self._bytes > REQUEST_BYTES_MAX:
            self._refuse(413, "too_large", f"Expected at most {BODY_BYTES_MAX} bytes")
        if self._deadline is None:
            self._deadline = self._loop.call_later(REQUEST_SECS_MAX, self._give_up)

    def on_message_begin(self) -> None:
        """Forget the request before."""
        self._is_coming = True
        self._is_in_head = True
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._bytes = 0
        self._body = b""

    def on_url(self, url: bytes) -> None:
        """Take a piece of the target."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; what stands after the body is none of ours."""
        if self._is_in_head:
            self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Refuse what is far too long, and ask for the body of who waits to be asked."""
        self._is_in_head = False
        length = len(self._url)
        for name, value in self._headers:
            length += len(name) + len(value)
            if name == b"content-length" and int(value) > BODY_BYTES_MAX:
                self._refuse(413, "too_large", f"Expected at most {BODY_BYTES_MAX} bytes")
            elif name == b"expect" and value.lower() == b"100-continue":
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if length > HEAD_BYTES_MAX:
            self._refuse_head()

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        self._body = self._body + body if self._body else body
        if len(self._body) > BODY_BYTES_MAX:
            self._refuse(413, "too_large", f"Expected at most {BODY_BYTES_MAX} bytes")

    def on_message_complete(self) -> None:
        """Hand the request over, or let it wait for the one before."""
        self._is_coming = False
        self._bytes = 0
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if self._transport.is_closing():
            return
        url = httptools.parse_url(self._url)
        raw_path = url.path or b"/"
        path = raw_path.decode("latin-1")
        whole = _Whole(
            Request(
                self._parser.get_method().decode("ascii"),
                unquote(path) if "%" in path else path,
                self._headers,
                self._client,
            ),
            self._body,
            self._parser.should_keep_alive(),
            raw_path,
            url.query or b"",
            self._parser.get_http_version(),
        )
        if not (self._is_busy or self._queue):
            self._start(whole)
        elif len(self._queue) < QUEUE_MAX:
            self._queue.append(whole)
        else:
            self._transport.close()

    def _start(self, whole: _Whole) -> None:
        self._is_busy = True
        app = self._whole_app
        responder = None if app is None else app.responder_to(whole.request.path)
        if responder is not None:
            answering = self._respond(responder, whole)
        else:
            exchange = self._exchange = Exchange(
                self.finish, self._scope(whole), whole.body, keeps_alive=whole.keeps_alive
            )
            answering = exchange.run(self._app)
        # What needs no waiting is answered at once, before the loop turns.
        task = asyncio.Task(answering, loop=self._loop, eager_start=True)
        if not task.done():
            self._state.tasks.add(task)
            task.add_done_callback(self._state.tasks.discard)

    async def _respond(self, responder: Responder, whole: _Whole) -> None:
        answer, keeps_alive = b"", False
        try:
            response = await responder.respond(whole.request, whole.body)
            keeps_alive = whole.keeps_alive and not response.is_last
            answer = encode_response(
                response, is_last=not keeps_alive, has_body=whole.request.method != "HEAD"
            )
        finally:
            self.finish(answer, keeps_alive=keeps_alive)

    def _scope(self, whole: _Whole) -> Scope:
        request = whole.request
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": whole.version,
            "method": request.method,
            "scheme": self._scheme,
            "path": request.path,
            "raw_path": whole.raw_path,
            "root_path": "",
            "query_string": whole.query,
            "headers": request.headers,
            "client": request.client,
            "server": self._server,
        }

    def finish(self, answer: bytes, *, keeps_alive: bool) -> None:
        """Write an answer, and go on with the next request."""
        self._is_busy = False
        self._exchange = None
        self._state.total_requests += 1
        if self._transport.is_closing():
            return
        self._transport.write(answer)
        if self._is_ending or not keeps_alive:
            self._transport.close()
        elif self._queue:
            self._loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        if self._queue and not self._is_busy and not self._transport.is_closing():
            self._start(self._queue.popleft())

    def _refuse_head(self) -> None:
        self._refuse(431, "too_large", f"Expected a head of at most {HEAD_BYTES_MAX} bytes")

    def _give_up(self) -> None:
        words = f"Expected the whole request within {REQUEST_SECS_MAX} s"
        self._refuse(408, "too_slow", words)

    def _look(self) -> None:
        if not (self._is_used or self._is_coming or self._is_busy):
            self._transport.close()
            return
        self._is_used = False
        self._idle = self._loop.call_later(IDLE_SECS_MAX, self._look)

    def _refuse(self, status: int, code: str, message: str) -> None:
        """Answer what is no request, unless another answer is being written, and hang up."""
        if self._transport.is_closing():
            return
        if not self._is_busy:
            response = response_of(status, Reply(code, message))
            self._transport.write(encode_response(response, is_last=True))
        self._transport.close()
