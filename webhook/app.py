"""The HTTP side of the webhook: routes, limits and answers; what an alert means is not its job."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType

import msgspec
from nautilus_trader.model.identifiers import InstrumentId
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from webhook.alerts import parse_alert, parse_json
from webhook.auth import SECRET_FIELD, SharedSecret
from webhook.errors import WebhookError
from webhook.inbox import Duplicate, Inbox, InboxStatus

BODY_BYTES_MAX = 8_192
"""Default limit of a body; TradingView's own message limit is 4,096 characters."""

BODY_SECS_MAX = 0.5
ACCEPT_SECS_MAX = 0.4
"""Together below the second within which every request is answered; TradingView waits for 3."""

_MEDIA_TYPES = frozenset({"application/json", "text/plain"})


class Answer(msgspec.Struct, frozen=True):
    """The body of every answer about an alert: a code for machines, a message for people."""

    code: str
    message: str
    key: str | None = None


class Health(msgspec.Struct, frozen=True):
    """The body of GET /health."""

    status: str
    inbox: InboxStatus


def create_app(
    inbox: Inbox,
    secret: str,
    *,
    max_body_bytes: int = BODY_BYTES_MAX,
    tickers: Mapping[str, InstrumentId] = MappingProxyType({}),
) -> Starlette:
    """
    Compose the app.

    Parameters
    ----------
    inbox : Inbox
        Takes the alerts.
    secret : str
        What an alert must carry, as field ``secret`` or as last part of the path.
    max_body_bytes : int
        The longest body taken.
    tickers : mapping
        Which instrument each ticker of an alert stands for; others are refused.

    Raises
    ------
    ValueError
        If the secret is empty.
    """
    webhook = _Webhook(inbox, SharedSecret(secret), max_body_bytes, tickers)
    return Starlette(
        routes=[
            Route("/webhook/tradingview", webhook.post, methods=["POST"]),
            Route("/webhook/tradingview/{token}", webhook.post, methods=["POST"]),
            Route("/health", webhook.health, methods=["GET"]),
        ],
        exception_handlers={
            WebhookError: _on_webhook_error,
            HTTPException: _on_http_exception,
            Exception: _on_bug,
        },
    )


class _Webhook:
    def __init__(
        self,
        inbox: Inbox,
        secret: SharedSecret,
        max_body_bytes: int,
        tickers: Mapping[str, InstrumentId],
    ) -> None:
        self._inbox = inbox
        self._secret = secret
        self._max_body_bytes = max_body_bytes
        self._tickers = tickers

    async def post(self, request: Request) -> Response:
        token = request.path_params.get("token")
        if token is not None:
            self._secret.check(token)
        _check_media_type(request)
        fields = parse_json(await self._body(request))
        in_body = fields.pop(SECRET_FIELD, None)
        if token is None or in_body is not None:
            self._secret.check(in_body)
        alert = parse_alert(fields, self._tickers)
        try:
            async with asyncio.timeout(ACCEPT_SECS_MAX):
                outcome = await self._inbox.accept(alert)
        except TimeoutError:
            message = "The alert could not be taken in time: send it again"
            raise WebhookError(503, "busy", message) from None
        if isinstance(outcome, Duplicate):
            return _json(200, Answer("duplicate", "Taken before, not traded again", alert.key))
        return _json(200, Answer("accepted", f"On its way to {alert.strategy}", alert.key))

    async def health(self, _request: Request) -> Response:
        status = self._inbox.status()
        word = "ok" if status.connected else "not connected"
        return _json(200 if status.connected else 503, Health(word, status))

    async def _body(self, request: Request) -> bytes:
        body = bytearray()
        try:
            async with asyncio.timeout(BODY_SECS_MAX):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > self._max_body_bytes:
                        raise WebhookError(
                            413, "too_large", f"Expected at most {self._max_body_bytes} bytes"
                        )
        except TimeoutError:
            message = f"Expected the whole body within {BODY_SECS_MAX} s"
            raise WebhookError(408, "too_slow", message) from None
        return bytes(body)


def _check_media_type(request: Request) -> None:
    # TradingView sends text/plain when it finds its message to be no valid JSON.
    given = request.headers.get("content-type", "")
    if given.partition(";")[0].strip().lower() not in _MEDIA_TYPES:
        names = " or ".join(sorted(_MEDIA_TYPES))
        raise WebhookError(415, "media_type", f"content-type: expected {names}, was {given[:80]!r}")


def _json(status: int, body: msgspec.Struct) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")


def _on_webhook_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, WebhookError)  # noqa: S101  as registered
    response = _json(error.status, Answer(error.code, error.message))
    if error.status in {408, 413}:
        # The rest of the body is not wanted.
        response.headers["connection"] = "close"
    return response


def _on_http_exception(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  as registered
    response = _json(error.status_code, Answer("http", error.detail))
    response.headers.update(error.headers or {})
    return response


def _on_bug(_request: Request, _error: Exception) -> Response:
    # 503, so that TradingView sends the alert again; the server logs the traceback.
    return _json(503, Answer("internal", "The alert was not taken: send it again"))
