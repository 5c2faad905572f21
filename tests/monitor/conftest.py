"""The API on a real socket of 127.0.0.1, over a desk of values."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from config.secrets import Secret
from monitor.app import create_app
from monitor.audit import AuditLine
from monitor.auth import Tokens
from monitor.feed import Feed
from monitor.metrics import Metrics
from monitor.server import serving
from tests.monitor.fake_desk import FakeDesk

READ = "canary-read-71c2"
CONTROL = "canary-control-04ab"

type Ask = Callable[..., Awaitable[tuple[int, dict[str, str], Any]]]


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
def feed() -> Feed:
    return Feed()


@pytest.fixture
def metrics(desk: FakeDesk) -> Metrics:
    return Metrics(desk.picture)


@pytest.fixture
def audit() -> list[AuditLine]:
    return []


@pytest.fixture
async def url(
    desk: FakeDesk, feed: Feed, metrics: Metrics, audit: list[AuditLine]
) -> AsyncIterator[str]:
    tokens = Tokens(Secret(READ), Secret(CONTROL))
    app = create_app(desk, tokens, feed=feed, metrics=metrics, audit=audit.append)
    async with serving(app, "127.0.0.1", 0) as base:
        yield base
        feed.close()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as made:
        yield made


@pytest.fixture
def ask(url: str, session: aiohttp.ClientSession) -> Ask:
    """Send one request; return its status, its headers, and its body, decoded where it is JSON."""

    async def go(
        path: str, *, token: str | None = READ, method: str = "GET", body: bytes = b""
    ) -> tuple[int, dict[str, str], Any]:
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        async with session.request(method, f"{url}{path}", headers=headers, data=body) as answer:
            names = {key.lower(): value for key, value in answer.headers.items()}
            is_json = names.get("content-type") == "application/json"
            return answer.status, names, await (answer.json() if is_json else answer.read())

    return go
