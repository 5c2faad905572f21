"""The metrics: every figure of the picture, with bounded labels, read by two other parsers."""

import asyncio
import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from monitor.metrics import Metrics
from tests.monitor.conftest import CONTROL, READ, Ask

type Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(exposition: bytes) -> Samples:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(exposition.decode())
        for sample in family.samples
    }


async def test_the_picture_is_there(ask: Ask) -> None:
    status, headers, body = await ask("/metrics")
    found = samples(body)

    assert (status, headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    strategy = ("strategy", "rsi_btc")
    assert found["perpdesk_position", (strategy,)] == 0.03
    assert found["perpdesk_realized_pnl", (("currency", "USDC"), strategy)] == -1.25
    assert found["perpdesk_unrealized_pnl", (("currency", "USDC"), strategy)] == 3.5
    assert found["perpdesk_strategy_state", (("state", "running"), strategy)] == 1
    assert found["perpdesk_strategy_state", (("state", "paused"), strategy)] == 0
    assert found["perpdesk_equity", (("currency", "USDC"), ("venue", "venue"))] == 10_002.25
    assert found["perpdesk_venue_connected", (("client", "data"), ("venue", "venue"))] == 1
    assert found["perpdesk_quote_age_seconds", (("venue", "venue"),)] == 2
    assert found["perpdesk_halted", ()] == 0


async def test_requests_are_timed_by_route_and_never_by_what_was_asked(ask: Ask) -> None:
    for number in range(20):
        await ask(f"/api/trades?limit={number + 1}")
        await ask(f"/api/strategies/guess_{number}/pause", token=CONTROL, method="POST")
        await ask(f"/nothing/{number}")

    found = samples((await ask("/metrics"))[2])
    counts = {
        dict(labels)["path"]: value
        for (name, labels), value in found.items()
        if name == "perpdesk_http_request_duration_seconds_count"
    }
    assert counts == {"/api/trades": 20, "/api/strategies/{id}/pause": 20}


def test_orders_are_timed(metrics: Metrics) -> None:
    metrics.orders.labels("venue", "accepted").observe(0.02)
    found = samples(metrics.exposition())
    labels = (("outcome", "accepted"), ("venue", "venue"))
    assert found["perpdesk_order_duration_seconds_sum", labels] == 0.02
    below = found["perpdesk_order_duration_seconds_bucket", (("le", "0.01"), *labels)]
    assert (below, found["perpdesk_order_duration_seconds_count", labels]) == (0, 1)


@contextmanager
def prometheus(folder: Path, target: str) -> Iterator[str]:
    """Run a real Prometheus that scrapes the target each second; yield its URL."""
    if shutil.which("prometheus") is None:
        pytest.skip("needs prometheus (Debian: apt-get install prometheus)")
    (folder / "token").write_text(READ)
    job = {
        "job_name": "perpdesk",
        "scrape_interval": "1s",
        "authorization": {"credentials_file": str(folder / "token")},
        "static_configs": [{"targets": [target]}],
    }
    config = folder / "prometheus.yml"
    config.write_text(json.dumps({"scrape_configs": [job]}))  # JSON is YAML
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(
            [
                "prometheus",
                f"--config.file={config}",
                f"--storage.tsdb.path={folder}/tsdb",
                f"--web.listen-address={address}",
            ],
            stdout=log,
            stderr=log,
        )
    try:
        yield f"http://{address}"
    finally:
        process.kill()
        process.wait()


async def test_a_real_prometheus_scrapes_them(
    url: str, session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    answer: dict[str, Any] = {}

    async def query(server: str, text: str) -> list[Any]:
        try:
            async with session.get(f"{server}/api/v1/query", params={"query": text}) as response:
                answer.update(await response.json(content_type=None))
        except (aiohttp.ClientError, json.JSONDecodeError):
            return []
        found: list[Any] = answer.get("data", {}).get("result", [])
        return found

    with prometheus(tmp_path, url.removeprefix("http://")) as server:
        async with asyncio.timeout(30):
            while not await query(server, "perpdesk_position"):
                await asyncio.sleep(0.1)
        (position,) = await query(server, 'perpdesk_position{strategy="rsi_btc"}')
        (up,) = await query(server, 'up{job="perpdesk"}')
    assert position["value"][1] == "0.03"
    assert up["value"][1] == "1"


def test_promtool_finds_no_fault(metrics: Metrics) -> None:
    if shutil.which("promtool") is None:
        pytest.skip("needs promtool (Debian: apt-get install prometheus)")
    checked = subprocess.run(
        ["promtool", "check", "metrics"],
        input=metrics.exposition(),
        capture_output=True,
        check=False,
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")
