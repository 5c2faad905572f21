"""From POST to `on_data` of a strategy, on disk in between: in one process, and with a sidecar."""

import asyncio
import socket
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import msgspec
from nautilus_trader.config import LoggingConfig, TradingNodeConfig
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.identifiers import ClientId
from nautilus_trader.trading.strategy import Strategy

from strategies.signals import Signal, signal_data_type
from tests.bench.children import child
from tests.bench.rounds import Comparison, compare
from tests.bench.webhook_server import PATH, SECRET, ours
from webhook.client import Desk, SignalDataClientConfig, signal_client_factory
from webhook.inbox import Inbox
from webhook.server import serving
from webhook.stores import open_inbox

ALERT = {"secret": SECRET, "strategy": "alerts", "ticker": "BTCUSD", "action": "buy"}


class Latency(msgspec.Struct, frozen=True):
    """Milliseconds of wall time: a machine's figure, no ratio and no gate."""

    where: str
    posts: int
    at_once: int
    p50: float
    p99: float


class Probe(Strategy):
    """Note when a signal arrives."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived: dict[str, asyncio.Future[float]] = {}

    def on_start(self) -> None:
        """Listen as the alert strategy does."""
        self.subscribe_data(signal_data_type("alerts"), client_id=ClientId("WEBHOOK"))

    def on_data(self, data: Signal) -> None:
        """Take the time."""
        self.arrived.pop(data.key).set_result(time.perf_counter())


def measure(rounds: int, posts: int) -> tuple[list[Comparison], list[Latency]]:
    """Compare a sidecar apart with one in the node's process, one alert after the other."""
    apart, inside = [], []
    for _ in range(rounds):
        inside.append(asyncio.run(_measure(posts, 1, is_apart=False)))
        apart.append(asyncio.run(_measure(posts, 1, is_apart=True)))
    busy = [asyncio.run(_measure(posts * 4, 32, is_apart=is_apart)) for is_apart in (False, True)]
    line = compare(
        "POST to on_data, p50, sidecar apart, in one process",
        [one.p50 for one in apart],
        [one.p50 for one in inside],
        "<= 1.3",
    )
    return [line], [inside[-1], apart[-1], *busy]


async def _measure(posts: int, at_once: int, *, is_apart: bool) -> Latency:
    with tempfile.TemporaryDirectory() as folder:
        place = str(Path(folder) / "alerts.sqlite")
        inbox = open_inbox(place)
        config = TradingNodeConfig(
            logging=LoggingConfig(log_level="OFF"),
            data_clients={"WEBHOOK": SignalDataClientConfig()},
            timeout_post_stop=0.01,
        )
        node = TradingNode(config=config, loop=asyncio.get_running_loop())
        node.add_data_client_factory("WEBHOOK", signal_client_factory(inbox, Desk()))
        node.build()
        probe = Probe()
        node.trader.add_strategy(probe)
        task = asyncio.create_task(node.run_async())
        while not probe.is_running:
            await asyncio.sleep(0.01)
        async with _sidecar(inbox, place, is_apart=is_apart) as url:
            times = await _post(probe, f"{url}{PATH}", posts, at_once)
        await node.stop_async()
        await task
        await inbox.close()
    cuts = statistics.quantiles(times, n=100)
    where = "sidecar apart" if is_apart else "one process"
    return Latency(where, posts, at_once, cuts[49], cuts[98])


@asynccontextmanager
async def _sidecar(inbox: Inbox, place: str, *, is_apart: bool) -> AsyncIterator[str]:
    if is_apart:
        with child("webhook_server", "ours", "", place) as server:
            port = await asyncio.to_thread(server.hear)
            yield f"http://127.0.0.1:{port}"
        return
    async with serving(ours(inbox), "127.0.0.1", 0) as url:
        yield url


async def _post(probe: Probe, url: str, posts: int, at_once: int) -> list[float]:
    """Post from as many workers as are wanted at once, each on a connection that is kept."""
    times: list[float] = []
    numbers = iter(range(posts))

    async def work(session: aiohttp.ClientSession) -> None:
        for number in numbers:
            key = f"alert-{number}"
            arrived = asyncio.get_running_loop().create_future()
            probe.arrived[f"alerts:{key}"] = arrived
            start = time.perf_counter()
            async with session.post(url, json=ALERT | {"id": key}) as response:
                assert response.status == 200, await response.text()
            times.append((await arrived - start) * 1e3)

    connector = aiohttp.TCPConnector(family=socket.AF_INET, limit=at_once)
    async with aiohttp.ClientSession(connector=connector) as session, asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(work(session))
    return times
