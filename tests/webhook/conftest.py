"""The app without a socket: a hand-written ASGI client, an inbox and a strategy that listens."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import pytest
from nautilus_trader.model.identifiers import InstrumentId
from starlette.applications import Starlette

from webhook.alerts import Alert
from webhook.app import create_app
from webhook.inbox import MemoryInbox

SECRET = "canary-8f3a51"

type Post = Callable[..., Awaitable[tuple[int, dict[str, str], dict[str, object]]]]


class Listener:
    """A consumer that keeps what it was given."""

    def __init__(self, *names: str) -> None:
        self.listening: Sequence[str] = names
        self.alerts: list[Alert] = []

    def deliver(self, alert: Alert) -> None:
        self.alerts.append(alert)


@pytest.fixture
def secret() -> str:
    return SECRET


@pytest.fixture
def listener() -> Listener:
    return Listener("alerts", "other")


@pytest.fixture
def inbox(listener: Listener) -> MemoryInbox:
    inbox = MemoryInbox()
    inbox.attach(listener)
    return inbox


@pytest.fixture
def app(inbox: MemoryInbox) -> Starlette:
    tickers = {"BTCUSD": InstrumentId.from_str("BTC-USD-PERP.VENUE")}
    return create_app(inbox, SECRET, tickers=tickers)


@pytest.fixture
def send(app: Starlette) -> Post:
    """Send one request; return its status, headers and JSON body."""

    async def go(
        body: bytes | dict[str, object] | AsyncIterator[bytes],
        *,
        content_type: str | None = "application/json",
        path: str = "/webhook/tradingview",
        method: str = "POST",
        to: Starlette = app,
    ) -> tuple[int, dict[str, str], dict[str, object]]:
        chunks = body if isinstance(body, AsyncIterator) else _once(body)
        sent: list[dict[str, object]] = []

        async def receive() -> dict[str, object]:
            async for chunk in chunks:
                return {"type": "http.request", "body": chunk, "more_body": True}
            return {"type": "http.request", "body": b"", "more_body": False}

        async def collect(message: dict[str, object]) -> None:
            sent.append(message)

        headers = [] if content_type is None else [(b"content-type", content_type.encode())]
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "path": path,
            "root_path": "",
            "query_string": b"",
            "headers": headers,
        }
        await to(scope, receive, collect)
        start, *rest = sent
        names = {key.decode(): value.decode() for key, value in start["headers"]}
        content = b"".join(message.get("body", b"") for message in rest)
        return start["status"], names, json.loads(content)

    return go


async def _once(body: bytes | dict[str, object]) -> AsyncIterator[bytes]:
    yield body if isinstance(body, bytes) else json.dumps(body).encode()
