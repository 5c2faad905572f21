"""Requests that nobody should send: each is refused, does nothing, and leaves the server well."""

import asyncio
from urllib.parse import urlsplit

import aiohttp
import pytest

from monitor.audit import AuditLine
from tests.monitor.conftest import CONTROL, READ, Ask
from tests.monitor.fake_desk import FakeDesk

PAUSE = "/api/strategies/rsi_btc/pause"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        f"{CONTROL}",
        f"Basic {CONTROL}",
        f"Token {CONTROL}",
        f"Bearer {CONTROL} {CONTROL}",
        f"Bearer {CONTROL}x",
        f"Bearer {CONTROL[:-1]}",
        f"Bearer {CONTROL.upper()}",
        f"Bearer {READ}{CONTROL}",
        "Bearer \u00e4\u00f6\u00fc",
        "Bearer " + "x" * 4_000,
    ],
)
async def test_a_header_that_is_no_token_commands_nothing(
    url: str, session: aiohttp.ClientSession, desk: FakeDesk, audit: list[AuditLine], header: str
) -> None:
    async with session.post(f"{url}{PAUSE}", headers={"authorization": header}) as answer:
        code = (await answer.json())["code"]

    assert (answer.status, code in {"no_token", "wrong_token"}) == (401, True)
    assert desk.commands == []
    assert [line.status for line in audit] == [401]
    assert CONTROL not in str(audit)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"\xff\xfe", 400),
        (b"reason=news", 400),
        (b"{}{}", 400),
        (b'{"parameters": {"a": NaN}}', 400),
        (b"null", 422),
        (b"5", 422),
        (b'"pause"', 422),
        (b'{"parameters": []}', 422),
        (b'{"parameters": null}', 422),
        (b'{"reason": null}', 422),
        (b'{"reason": ["news"]}', 422),
        (b'{"strategy": "another"}', 422),
    ],
)
async def test_a_body_that_is_no_command_does_nothing(
    ask: Ask, desk: FakeDesk, audit: list[AuditLine], body: bytes, status: int
) -> None:
    answer, _, said = await ask(PAUSE, token=CONTROL, method="POST", body=body)

    assert (answer, said["code"]) == (status, {400: "no_json", 422: "bad_body"}[status])
    assert desk.commands == []
    assert [line.status for line in audit] == [status]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", PAUSE, 405),
        ("DELETE", PAUSE, 405),
        ("POST", "/api/status", 405),
        ("DELETE", "/api/orders", 405),
        ("POST", "/api/strategies/rsi_btc/buy", 404),
        ("POST", "/api/strategies/rsi_btc", 404),
        ("POST", "/api/strategies//pause", 404),
        ("POST", "/api/strategies/rsi_btc/pause/", 404),
        ("POST", "/api/strategies/rsi_btc/PAUSE", 404),
        ("GET", "/api/trace?key=", 404),
        ("GET", "/api/trace?key=%00", 404),
        ("GET", "/api/trades?limit=", 422),
        ("GET", "/api/trades?limit=1.5", 422),
        ("GET", "/static//etc/hostname", 404),
        ("GET", "/api/" + "x" * 2_000, 404),
    ],
)
async def test_a_path_that_leads_nowhere_does_nothing(
    ask: Ask, desk: FakeDesk, method: str, path: str, status: int
) -> None:
    assert (await ask(path, token=CONTROL, method=method))[0] == status
    assert desk.commands == []


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS, as to an https:// address
        b"hello\r\n\r\n",
        b"GET /static/../app.py HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        b"GET /static/%2e%2e/%2e%2e/pyproject.toml HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /static/..%2f..%2fpyproject.toml HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /static/vendor/..%5c..%5capp.py HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET  HTTP/1.1\r\n\r\n",
        b"GET /" + b"x" * 200_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 200_000 + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: lots\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    ],
)
async def test_what_is_no_request_is_refused_and_the_next_one_is_well(
    ask: Ask, url: str, desk: FakeDesk, sent: bytes
) -> None:
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    writer.write(sent)
    writer.write_eof()
    answer = await asyncio.wait_for(reader.read(), 30)
    writer.close()

    assert answer == b"" or answer.split(b"\r\n")[0].split()[1][:1] == b"4"
    assert desk.commands == []
    assert (await ask("/api/status"))[0] == 200
