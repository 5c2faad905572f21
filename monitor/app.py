"""The API that shows a desk and takes commands, composed; it neither judges nor does anything."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from monitor.auth import Tokens
from monitor.commands import Audit, CommandBody, Commands
from monitor.desk import Action, Desk
from monitor.errors import MonitorError, Problem
from monitor.feed import Feed
from monitor.metrics import CONTENT_TYPE, Metrics
from monitor.readiness import obstacles

LIMIT_DEFAULT: Final = 100
LIMIT_MAX: Final = 5_000

_HEADERS: Final = {"cache-control": "no-store", "x-content-type-options": "nosniff"}

type Endpoint = Callable[[Request], Awaitable[Response]]


class Health(msgspec.Struct, frozen=True):
    """What /health and /ready say: a code, a line in words, and each trouble on its own."""

    code: str
    message: str
    troubles: Sequence[str] = ()


def create_app(
    desk: Desk,
    tokens: Tokens,
    *,
    feed: Feed,
    metrics: Metrics,
    audit: Audit,
    pages: Sequence[BaseRoute] = (),
) -> Starlette:
    """
    Compose the app.

    Parameters
    ----------
    desk : Desk
        What is looked at and told; its event loop must be the app's.
    tokens : Tokens
        Who may look, and who may command.
    feed : Feed
        What /api/events sends.
    metrics : Metrics
        What /metrics shows; requests are counted there.
    audit : callable
        Keeps a line for each command.
    pages : sequence of routes
        What else is served, with no token asked for: the page, whose script carries one.

    """
    api = _Api(desk, tokens, feed, metrics, audit)
    app = Starlette(
        routes=[*api.routes(), *pages],
        exception_handlers={HTTPException: _on_http_exception, Exception: _on_bug},
    )
    app.router.redirect_slashes = False
    return app


class _Api:
    def __init__(
        self, desk: Desk, tokens: Tokens, feed: Feed, metrics: Metrics, audit: Audit
    ) -> None:
        self._desk = desk
        self._tokens = tokens
        self._feed = feed
        self._metrics = metrics
        self._commands = Commands(desk, audit, metrics, _now)

    def routes(self) -> list[Route]:
        shown: Mapping[str, Endpoint] = {
            "/api/status": self._status,
            "/api/positions": self._positions,
            "/api/orders": self._orders,
            "/api/trades": self._trades,
            "/api/equity": self._equity,
            "/api/alerts": self._alerts,
            "/api/trace": self._trace,
            "/api/chart": self._chart,
            "/api/events": self._events,
            "/metrics": self._exposition,
        }
        open_to_all: Mapping[str, Endpoint] = {"/health": self._health, "/ready": self._ready}
        return [
            *(self._get(path, self._reading(end)) for path, end in shown.items()),
            *(self._get(path, end) for path, end in open_to_all.items()),
            *map(self._post, Action),
        ]

    def _get(self, path: str, endpoint: Endpoint) -> Route:
        return Route(path, self._measured(path, endpoint), methods=["GET"])

    def _post(self, action: Action) -> Route:
        path = f"/api/strategies/{{id}}/{action.value}"
        return Route(path, self._measured(path, self._commanding(action)), methods=["POST"])

    def _reading(self, endpoint: Endpoint) -> Endpoint:
        async def read(request: Request) -> Response:
            self._tokens.check(request.headers.get("authorization"), is_command=False)
            return await endpoint(request)

        return read

    def _commanding(self, action: Action) -> Endpoint:
        async def command(request: Request) -> Response:
            try:
                self._tokens.check(request.headers.get("authorization"), is_command=True)
            except MonitorError as e:
                # What the body says is of no interest: it may be anybody's.
                self._commands.note(request, action, CommandBody(), (e.status, e.code, e.message))
                raise
            return _json(200, await self._commands.carry_out(request, action))

        return command

    def _measured(self, path: str, endpoint: Endpoint) -> Endpoint:
        async def measured(request: Request) -> Response:
            start = time.perf_counter()
            try:
                response = await endpoint(request)
            except MonitorError as e:
                response = _json(e.status, Problem(e.code, e.message))
                if e.status == HTTPStatus.UNAUTHORIZED:
                    response.headers["www-authenticate"] = "Bearer"
            labels = (request.method, path, str(response.status_code))
            self._metrics.requests.labels(*labels).observe(time.perf_counter() - start)
            return response

        return measured

    async def _status(self, _request: Request) -> Response:
        return _json(200, self._desk.picture())

    async def _positions(self, _request: Request) -> Response:
        return _json(200, self._desk.picture().positions)

    async def _orders(self, _request: Request) -> Response:
        return _json(200, self._desk.picture().orders)

    async def _trades(self, request: Request) -> Response:
        return _json(200, self._desk.trades(_limit(request)))

    async def _equity(self, request: Request) -> Response:
        return _json(200, self._desk.equity(_limit(request)))

    async def _alerts(self, request: Request) -> Response:
        return _json(200, await self._desk.alerts(_limit(request)))

    async def _trace(self, request: Request) -> Response:
        return _json(200, await self._desk.trace(request.query_params.get("key", "")))

    async def _chart(self, request: Request) -> Response:
        strategy = request.query_params.get("strategy", "")
        return _json(200, self._desk.chart(strategy, _limit(request)))

    async def _events(self, request: Request) -> Response:
        if request.method == "HEAD":  # whose answer would have no end
            return Response(media_type="text/event-stream", headers=_HEADERS)
        last = request.headers.get("last-event-id", "")
        frames = self._feed.listen(after=int(last) if _is_number(last) else None)
        return StreamingResponse(frames, media_type="text/event-stream", headers=_HEADERS)

    async def _exposition(self, _request: Request) -> Response:
        headers = {**_HEADERS, "content-type": CONTENT_TYPE}
        return Response(self._metrics.exposition(), headers=headers)

    async def _health(self, _request: Request) -> Response:
        return _judged(self._desk.troubles(), "ok", "The process works")

    async def _ready(self, _request: Request) -> Response:
        troubles = [*self._desk.troubles(), *obstacles(self._desk.picture())]
        return _judged(troubles, "ready", "The desk trades as its profile says")


def _judged(troubles: Sequence[str], code: str, message: str) -> Response:
    if troubles:
        return _json(503, Health("unavailable", "; ".join(troubles), troubles))
    return _json(200, Health(code, message))


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(LIMIT_DEFAULT))
    if not _is_number(text) or not 1 <= int(text) <= LIMIT_MAX:
        words = f"limit: expected a number from 1 to {LIMIT_MAX}, was {text[:20]!r}"
        raise MonitorError(422, "bad_limit", words)
    return int(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 15  # noqa: PLR2004  fits all counters


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _json(status: int, body: object) -> Response:
    content = msgspec.json.encode(body, enc_hook=str)
    return Response(content, status, headers=_HEADERS, media_type="application/json")


def _on_http_exception(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  as registered
    codes = {HTTPStatus.NOT_FOUND: "not_found", HTTPStatus.METHOD_NOT_ALLOWED: "method"}
    code = codes.get(HTTPStatus(error.status_code), "http")
    message = "There is nothing here" if code == "not_found" else error.detail
    response = _json(error.status_code, Problem(code, message))
    response.headers.update(error.headers or {})
    return response


def _on_bug(_request: Request, _error: Exception) -> Response:
    # Starlette raises the error again for the server, which logs the traceback.
    return _json(500, Problem("internal", "Something went wrong here; the log has the traceback"))
