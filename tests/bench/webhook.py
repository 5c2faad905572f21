"""From POST to `on_data` of a strategy in the same process, one alert after the other."""

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


class Latency(msgspec.Struct, frozen=True):
    """Milliseconds of wall time: a machine's figure, no ratio and no gate."""

    posts: int
    p50: float
    p99: float


class Probe(Strategy):
    """Note when a signal arrives."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def on_start(self) -> None:
        """Listen as the alert strategy does."""
        self.subscribe_data(signal_data_type("probe"), client_id=ClientId("WEBHOOK"))

    def on_data(self, _data: Signal) -> None:
        """Take the time."""
        self.arrived.set_result(time.perf_counter())


def measure(posts: int) -> Latency:
    """Return the time from before the POST is written to `on_data` entered."""
    return asyncio.run(_measure(posts))


async def _measure(posts: int) -> Latency:
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
        times = await _post(probe, f"{url}/webhook/tradingview", posts)
    await node.stop_async()
    await task
    cuts = statistics.quantiles(times, n=100)
    return Latency(posts, cuts[49], cuts[98])


async def _post(probe: Probe, url: str, posts: int) -> list[float]:
    times = []
    connector = aiohttp.TCPConnector(family=socket.AF_INET)
    async with aiohttp.ClientSession(connector=connector) as session:
        for number in range(posts):
            alert = {
                "secret": SECRET,
                "strategy": "probe",
                "instrument": "BTC-USD-PERP.HYPERLIQUID",
                "action": "buy",
                "id": str(number),
            }
            probe.arrived = asyncio.get_running_loop().create_future()
            start = time.perf_counter()
            async with session.post(url, json=alert) as response:
                assert response.status == 200
            times.append((await probe.arrived - start) * 1e3)
    return times
