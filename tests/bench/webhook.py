"""From POST to `on_data` of a strategy in the same process."""

import asyncio
import socket
import statistics
import time

import aiohttp
import msgspec
from nautilus_trader.config import LoggingConfig, TradingNodeConfig
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.identifiers import ClientId
from nautilus_trader.trading.strategy import Strategy

from strategies.signals import Signal, signal_data_type
from webhook.app import create_app
from webhook.client import SignalDataClientConfig, signal_client_factory
from webhook.inbox import MemoryInbox
from webhook.server import serving

SECRET = "a-secret-for-the-bench"
ALERT = {
    "secret": SECRET,
    "strategy": "probe",
    "instrument": "BTC-USD-PERP.HYPERLIQUID",
    "action": "buy",
}


class Latency(msgspec.Struct, frozen=True):
    """Milliseconds of wall time: a machine's figure, no ratio and no gate."""

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
        self.subscribe_data(signal_data_type("probe"), client_id=ClientId("WEBHOOK"))

    def on_data(self, data: Signal) -> None:
        """Take the time."""
        self.arrived.pop(data.key).set_result(time.perf_counter())


def measure(posts: int) -> list[Latency]:
    """Take the time from before the POST is written to `on_data` entered, at 1 and 32 at once."""
    return [asyncio.run(_measure(posts, at_once)) for at_once in (1, 32)]


async def _measure(posts: int, at_once: int) -> Latency:
    inbox = MemoryInbox()
    config = TradingNodeConfig(
        logging=LoggingConfig(log_level="OFF"),
        data_clients={"WEBHOOK": SignalDataClientConfig()},
        timeout_post_stop=0.01,
    )
    node = TradingNode(config=config, loop=asyncio.get_running_loop())
    node.add_data_client_factory("WEBHOOK", signal_client_factory(inbox))
    node.build()
    probe = Probe()
    node.trader.add_strategy(probe)
    task = asyncio.create_task(node.run_async())
    async with serving(create_app(inbox, SECRET), "127.0.0.1", 0) as url:
        while not inbox.status().listening:
            await asyncio.sleep(0.01)
        times = await _post(probe, f"{url}/webhook/tradingview", posts, at_once)
    await node.stop_async()
    await task
    cuts = statistics.quantiles(times, n=100)
    return Latency(posts, at_once, cuts[49], cuts[98])


async def _post(probe: Probe, url: str, posts: int, at_once: int) -> list[float]:
    """Post from as many workers as are wanted at once, each on a connection that is kept."""
    times: list[float] = []
    numbers = iter(range(posts))

    async def work(session: aiohttp.ClientSession) -> None:
        for number in numbers:
            key = f"alert-{number}"
            arrived = asyncio.get_running_loop().create_future()
            probe.arrived[f"probe:{key}"] = arrived
            start = time.perf_counter()
            async with session.post(url, json=ALERT | {"id": key}) as response:
                assert response.status == 200
            times.append((await arrived - start) * 1e3)

    connector = aiohttp.TCPConnector(family=socket.AF_INET, limit=at_once)
    async with aiohttp.ClientSession(connector=connector) as session, asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(work(session))
    return times
