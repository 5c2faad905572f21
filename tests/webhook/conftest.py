"""The app without a socket: a hand-written ASGI client."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from nautilus_trader.model.identifiers import InstrumentId
from starlette.types import ASGIApp, Message

from tests.webhook.intake import MemoryIntake
from tests.webhook.sqlite_setup import Make
from webhook.app import create_app
from webhook.auth import Credentials
from webhook.expiry import Ttl
from webhook.inbox import DEFAULT_LIMITS, Limits
from webhook.sqlite_inbox import SqliteInbox

SECRET = "canary-8f3a51"
NOW_NS = 1_795_428_000_000_000_000  # 2026-11-23T10:00:00Z
STRATEGIES = {"alerts": Ttl(), "other": Ttl()}
TICKERS = {"BTCUSD": InstrumentId.from_str("BTC-USD-PERP.VENUE")}

type Post = Callable[..., Awaitable[tuple[int, dict[str, str], dict[str, Any]]]]


@pytest.fixture
def intake() -> MemoryIntake:
    return MemoryIntake()


@pytest.fixture
def app(intake: MemoryIntake) -> ASGIApp:
    return create_app(
        intake,
        Credentials(SECRET),
        strategies=STRATEGIES,
        tickers=TICKERS,
        clock_ns=lambda: NOW_NS,
    )


@pytest.fixture
def send(app: ASGIApp) -> Post:
    """Send one request; return its status, headers and JSON body."""

    async def go(
        body: bytes | dict[str, object] | AsyncIterator[bytes],
        *,
        content_type: str | None = "application/json",
        path: str = "/webhook/tradingview",
        method: str = "POST",
        headers: Sequence[tuple[bytes, bytes]] = (),
        client: tuple[str, int] | None = ("192.0.2.7", 5000),
        to: ASGIApp = app,
    ) -> tuple[int, dict[str, str], dict[str, Any]]:
        chunks = body if isinstance(body, AsyncIterator) else _once(body)
        sent: list[Message] = []

        async def receive() -> dict[str, object]:
            async for chunk in chunks:
                return {"type": "http.request", "body": chunk, "more_body": True}
            return {"type": "http.request", "body": b"", "more_body": False}

        async def collect(message: Message) -> None:
            sent.append(message)

        typed = [] if content_type is None else [(b"content-type", content_type.encode())]
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "path": path,
            "root_path": "",
            "query_string": b"",
            "headers": [*typed, *headers],
            "client": client,
        }
        await to(scope, receive, collect)
        start, *rest = sent
        names = {key.decode(): value.decode() for key, value in start["headers"]}
        content = b"".join(message.get("body", b"") for message in rest)
        return start["status"], names, json.loads(content)

    return go


async def _once(body: bytes | dict[str, object]) -> AsyncIterator[bytes]:
    yield body if isinstance(body, bytes) else json.dumps(body).encode()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a test's inbox lies."""
    return tmp_path / "inbox.db"


@pytest.fixture
async def make(path: Path) -> AsyncIterator[Make]:
    """Return what makes inboxes, at the path or elsewhere; they are closed in the end."""
    made: list[SqliteInbox] = []

    def go(at: Path = path, limits: Limits = DEFAULT_LIMITS) -> SqliteInbox:
        made.append(SqliteInbox(at, limits))
        return made[-1]

    yield go
    for inbox in made:
        await inbox.close()
