"""One HTTP connection under uvicorn: whole small requests, JSON answers, no long waiting.

Uvicorn's own connection serves bodies and answers of any size piece by piece, at three timers, an
event and a queue a request. A request of ours is small: it is handed over when it is whole, and
answered in one write. The parser is the same, httptools.
"""

import asyncio
import logging
from collections import deque
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote

import httptools
import msgspec
from starlette.types import ASGIApp, Message, Scope
from uvicorn.config import Config
from uvicorn.protocols.utils import get_local_addr, get_remote_addr
from uvicorn.server import ServerState

from webhook.replies import Reply

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

_log = logging.getLogger("perpdesk.webhook")

_LINES: Final = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}
_CLOSE: Final = b"connection: close\r\n"


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
        self._queue: deque[tuple[Scope, bytes, bool]] = deque()
        self._current: _Exchange | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._is_coming = False
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
        if self._current is not None:
            self._current.hang_up()

    def shutdown(self) -> None:
        """End after what is at work, as the server asks."""
        self._is_ending = True
        if self._current is None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Read."""
        self._is_used = True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # nobody upgrades here: the request is answered as it is
        except httptools.HttpParserError:
            self._refuse(400, "malformed_http", "Expected an HTTP request")
        # Most requests come at once and need no timer.
        if self._is_coming and self._deadline is None:
            self._deadline = self._loop.call_later(REQUEST_SECS_MAX, self._give_up)

    def on_message_begin(self) -> None:
        """Forget the request before."""
        self._is_coming = True
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._head_bytes = 0
        self._body = b""

    def on_url(self, url: bytes) -> None:
        """Take a piece of the target."""
        self._url += url
        self._weigh(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        name = name.lower()
        self._headers.append((name, value))
        self._weigh(len(name) + len(value))
        if name == b"expect" and value.lower() == b"100-continue":
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_headers_complete(self) -> None:
        """Refuse a body that is announced as far too long."""
        for name, value in self._headers:
            if name == b"content-length" and int(value) > BODY_BYTES_MAX:
                self._refuse(413, "too_large", f"Expected at most {BODY_BYTES_MAX} bytes")

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        self._body = self._body + body if self._body else body
        if len(self._body) > BODY_BYTES_MAX:
            self._refuse(413, "too_large", f"Expected at most {BODY_BYTES_MAX} bytes")

    def on_message_complete(self) -> None:
        """Hand the request over, or let it wait for the one before."""
        self._is_coming = False
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if self._transport.is_closing():
            return
        url = httptools.parse_url(self._url)
        raw_path = url.path or b"/"
        path = raw_path.decode("latin-1")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": self._parser.get_http_version(),
            "method": self._parser.get_method().decode("ascii"),
            "scheme": self._scheme,
            "path": unquote(path) if "%" in path else path,
            "raw_path": raw_path,
            "root_path": "",
            "query_string": url.query or b"",
            "headers": self._headers,
            "client": self._client,
            "server": self._server,
        }
        request = (scope, self._body, self._parser.should_keep_alive())
        if self._current is None and not self._queue:
            self._start(*request)
        elif len(self._queue) < QUEUE_MAX:
            self._queue.append(request)
        else:
            self._transport.close()

    def _start(self, scope: Scope, body: bytes, keeps_alive: bool) -> None:
        exchange = self._current = _Exchange(self, scope, body, keeps_alive=keeps_alive)
        # What needs no waiting is answered at once, before the loop turns.
        task = asyncio.Task(exchange.run(self._app), loop=self._loop, eager_start=True)
        if not task.done():
            self._state.tasks.add(task)
            task.add_done_callback(self._state.tasks.discard)

    def finish(self, content: bytes, *, keeps_alive: bool) -> None:
        """Write an answer, and go on with the next request."""
        self._current = None
        self._state.total_requests += 1
        if self._transport.is_closing():
            return
        self._transport.write(content)
        if self._is_ending or not keeps_alive:
            self._transport.close()
        elif self._queue:
            self._loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        if self._queue and self._current is None and not self._transport.is_closing():
            self._start(*self._queue.popleft())

    def _weigh(self, length: int) -> None:
        self._head_bytes += length
        if self._head_bytes > HEAD_BYTES_MAX:
            self._refuse(431, "too_large", f"Expected a head of at most {HEAD_BYTES_MAX} bytes")

    def _give_up(self) -> None:
        words = f"Expected the whole request within {REQUEST_SECS_MAX} s"
        self._refuse(408, "too_slow", words)

    def _look(self) -> None:
        if not (self._is_used or self._is_coming or self._current):
            self._transport.close()
            return
        self._is_used = False
        self._idle = self._loop.call_later(IDLE_SECS_MAX, self._look)

    def _refuse(self, status: int, code: str, message: str) -> None:
        """Answer what is no request, unless another answer is being written, and hang up."""
        if self._transport.is_closing():
            return
        if self._current is None:
            body = msgspec.json.encode(Reply(code, message))
            head = b"content-type: application/json\r\ncontent-length: %d\r\n" % len(body)
            self._transport.write(_LINES[status] + head + _CLOSE + b"\r\n" + body)
        self._transport.close()


class _Exchange:
    """One request and its answer, as ASGI sees them."""

    def __init__(
        self, connection: Connection, scope: Scope, body: bytes, *, keeps_alive: bool
    ) -> None:
        self._connection = connection
        self._scope = scope
        self._body: bytes | None = body
        self._keeps_alive = keeps_alive
        self._status = 0
        self._head: list[bytes] = []
        self._content: list[bytes] = []
        self._gone: asyncio.Event | None = None
        self._is_gone = False
        self._is_answered = False

    async def run(self, app: ASGIApp) -> None:
        """Have the app answer; an app that does not is a bug, and its client is let go."""
        try:
            await app(self._scope, self._receive, self._send)
        except Exception:  # noqa: BLE001  the boundary of a request; mostly it was answered
            _log.exception("The app failed")
        finally:
            if not (self._is_answered or self._is_gone):
                self._connection.finish(b"", keeps_alive=False)

    def hang_up(self) -> None:
        """Tell the app that nobody waits for its answer any more."""
        self._is_gone = True
        if self._gone is not None:
            self._gone.set()

    async def _receive(self) -> Message:
        if self._body is not None and not self._is_gone:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        if not (self._is_gone or self._is_answered):
            self._gone = asyncio.Event()
            await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            for name, value in message["headers"]:
                if name == b"connection":  # we say "close" and nothing else, and say it below
                    self._keeps_alive = False
                else:
                    self._head += (name, b": ", value, b"\r\n")
            return
        self._content.append(message.get("body", b""))
        if message.get("more_body") or self._is_answered:
            return
        self._is_answered = True
        content = b"" if self._scope["method"] == "HEAD" else b"".join(self._content)
        closing = b"\r\n" if self._keeps_alive else _CLOSE + b"\r\n"
        answer = b"".join((_LINES[self._status], *self._head, closing, content))
        if not self._is_gone:
            self._connection.finish(answer, keeps_alive=self._keeps_alive)
