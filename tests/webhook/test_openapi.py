"""The OpenAPI document describes every route and answer; schemathesis holds the app to it.

It runs as a child: its plugin of version 4.32 does not know pytest 9.
"""

import asyncio
import os
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from nautilus_trader.model.identifiers import InstrumentId
from starlette.types import ASGIApp

from tests.webhook.intake import MemoryIntake
from webhook.app import create_app
from webhook.auth import Credentials
from webhook.expiry import Ttl
from webhook.openapi import document
from webhook.posting import RequestLimits
from webhook.replies import STATUSES
from webhook.server import serving
from webhook.sources import Sources

SECRET, TOKEN = "canary-8f3a51", "path-77b0"
PATH = "/webhook/tradingview"
EXAMPLES = 60
ROOT = Path(__file__).resolve().parents[2]
# A message of the right form may still mean nothing, or carry another secret: 422 and 403 are no
# faults of the document. All other checks hold as they come.
CONFIG = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 400, 401, 403, 404, 409, 413, 422, 429]
"""


def limited(rate_per_minute: int = 0) -> ASGIApp:
    return create_app(
        MemoryIntake(),
        Credentials(SECRET, TOKEN),
        strategies={"alert_eth": Ttl()},
        tickers={"ETH": InstrumentId.from_str("ETH-USD-PERP.VENUE")},
        sources=Sources(trusted_proxies=["127.0.0.1"]),
        limits=RequestLimits(rate_per_minute=rate_per_minute),
    )


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Serve the app from a thread of its own, since schemathesis is not asynchronous."""
    found: list[str] = []
    is_served, is_over = threading.Event(), threading.Event()

    async def serve() -> None:
        async with serving(limited(), "127.0.0.1", 0) as url:
            found.append(url)
            is_served.set()
            await asyncio.to_thread(is_over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert is_served.wait(10)
    yield found[0]
    is_over.set()
    thread.join()


def test_the_app_keeps_to_its_document(url: str, tmp_path: Path) -> None:
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG)
    # From a file, since of a document that it fetches schemathesis leaves out that address.
    told = tmp_path / "openapi.json"
    with urllib.request.urlopen(f"{url}/openapi.json") as response:  # noqa: S310
        told.write_bytes(response.read())
    answers = tmp_path / "answers"
    command = [
        *(sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"),
        *("--config-file", str(config), "run", str(told), "--url", url),
        *("--checks", "all", "--max-examples", str(EXAMPLES), "--seed", "1", "--no-color"),
        *("--generation-database", "none"),
    ]
    hooks = {"SCHEMATHESIS_HOOKS": "tests.webhook.schemathesis_hooks"}
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env=os.environ | hooks | {"CANARY": SECRET, "CANARY_TOKEN": TOKEN, "ANSWERS": str(answers)},
        cwd=ROOT,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Missing test data" not in done.stdout  # it got past the token
    assert "Tested: 4" in done.stdout
    content = set(answers.read_text().splitlines())
    assert {line.removesuffix(" 200") for line in content if line.endswith(" 200")} == {
        f"POST {PATH}",
        f"POST {PATH}/{{token}}",
        "GET /health",
        "GET /openapi.json",
    }


def test_the_document_tells_every_route_and_answer(url: str) -> None:
    with urllib.request.urlopen(f"{url}/openapi.json") as response:  # noqa: S310
        told = msgspec.json.decode(response.read())
    post = told["paths"][PATH]["post"]
    assert set(post["responses"]) == {str(status) for status in STATUSES}
    assert set(told["paths"]) == {PATH, f"{PATH}/{{token}}", "/health", "/openapi.json"}


def examples() -> list[tuple[str, bytes]]:
    content = document(RequestLimits())["paths"][PATH]["post"]["requestBody"]["content"]
    json_examples = content["application/json"]["examples"].values()
    bodies = [msgspec.json.encode(one["value"]) for one in json_examples]
    text: str = content["text/plain"]["example"]
    return [*(("application/json", body) for body in bodies), ("text/plain", text.encode())]


@pytest.mark.parametrize(("media", "body"), examples())
async def test_examples_are_accepted(
    send: Callable[..., Awaitable[Any]], media: str, body: bytes
) -> None:
    app = create_app(
        MemoryIntake(),
        Credentials("the-secret-of-your-desk"),
        strategies={"alert_eth": Ttl()},
        tickers={"ETH": InstrumentId.from_str("ETH-USD-PERP.VENUE")},
        clock_ns=lambda: 1_795_428_000_000_000_000,
    )
    status, _, answer = await send(body, content_type=media, to=app)
    assert (status, answer["code"]) == (200, "accepted")


def test_the_document_names_nothing_of_the_desk() -> None:
    text = msgspec.json.encode(document(RequestLimits())).decode()
    for word in (SECRET, TOKEN, "alerts.sqlite", "redis"):
        assert word not in text
