"""The HTTP side of the webhook, composed: the POST of alerts, health, the OpenAPI document."""

import asyncio
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import msgspec
from nautilus_trader.model.identifiers import InstrumentId
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from webhook.auth import Credentials, not_found
from webhook.expiry import Ttl
from webhook.inbox import InboxError, Intake
from webhook.openapi import document
from webhook.posting import PATH, AlertPost, RequestLimits, StoreHealth
from webhook.replies import Health, Reply
from webhook.sources import Sources

STATUS_SECS_MAX: Final = 0.4
_BELOW: Final = f"{PATH}/"


def create_app(
    intake: Intake,
    credentials: Credentials,
    *,
    strategies: Mapping[str, Ttl],
    tickers: Mapping[str, InstrumentId] = MappingProxyType({}),
    sources: Sources | None = None,
    limits: RequestLimits | None = None,
    clock_ns: Callable[[], int] = time.time_ns,
) -> ASGIApp:
    """
    Compose the app.

    Parameters
    ----------
    intake : Intake
        Stores the alerts.
    credentials : Credentials
        What an alert must carry.
    strategies : mapping
        How long the alerts of each strategy live; alerts for others are refused.
    tickers : mapping
        Which instrument each ticker of an alert stands for; others are refused.
    sources : Sources or None
        From where one may post; None for anywhere, with no proxy before us.
    limits : RequestLimits or None
        How much may be sent; None for the defaults.
    clock_ns : callable
        The time, in nanoseconds UTC.
    """
    limits = limits or RequestLimits()
    health = StoreHealth()
    post = AlertPost(
        intake,
        credentials=credentials,
        sources=sources or Sources(),
        limits=limits,
        tickers=tickers,
        strategies=strategies,
        health=health,
        clock_ns=clock_ns,
    )
    return _App(post, _others(intake, health, limits))


class _App:
    """The POST of alerts, also without ASGI, and whatever else there is."""

    def __init__(self, post: AlertPost, others: ASGIApp) -> None:
        self._post = post
        self._others = others

    def responder_to(self, path: str) -> AlertPost | None:
        return self._post if path == PATH or path.startswith(_BELOW) else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self.responder_to(scope["path"]) if scope["type"] == "http" else None
        await (app or self._others)(scope, receive, send)


def _others(intake: Intake, store: StoreHealth, limits: RequestLimits) -> Starlette:
    openapi = msgspec.json.format(msgspec.json.encode(document(limits)))

    async def health(_request: Request) -> Response:
        try:
            async with asyncio.timeout(STATUS_SECS_MAX):
                status = await intake.status()
        except TimeoutError:
            words = f"The store did not answer within {STATUS_SECS_MAX} s"
            return _json(503, Health("unavailable", words))
        except InboxError as e:
            return _json(503, Health("unavailable", str(e)))
        if store.trouble is not None:
            return _json(503, Health("unavailable", store.trouble, status))
        return _json(200, Health("ok", "Alerts can be stored", status))

    async def openapi_json(_request: Request) -> Response:
        return Response(openapi, media_type="application/json")

    app = Starlette(
        routes=[
            Route("/health", health, methods=["GET"]),
            Route("/openapi.json", openapi_json, methods=["GET"]),
        ],
        exception_handlers={HTTPException: _on_http_exception, Exception: _on_bug},
    )
    # A redirect would repeat the path, and with it whatever stood there.
    app.router.redirect_slashes = False
    return app


def _json(status: int, body: msgspec.Struct) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")


def _on_http_exception(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  as registered
    if error.status_code == 404:  # noqa: PLR2004  as HTTP numbers it
        missing = not_found()
        return _json(404, Reply(missing.code, missing.message))
    code = "method" if error.status_code == 405 else "http"  # noqa: PLR2004
    response = _json(error.status_code, Reply(code, error.detail))
    response.headers.update(error.headers or {})
    return response


def _on_bug(_request: Request, _error: Exception) -> Response:
    # Starlette raises the error again for the server, which logs the traceback.
    return _json(503, Reply("internal", "Something went wrong here: try again"))
