"""A child process: one client on the replay server; prints its CPU microseconds per message."""

import asyncio
import os
import sys
import time

import uvloop
from nautilus_trader.common.component import LiveClock
from nautilus_trader.core import nautilus_pyo3
from nautilus_trader.model.data import OrderBookDeltas, QuoteTick, TradeTick, capsule_to_data

from adapters.hyperliquid import HyperliquidDataClientConfig, address_governor
from adapters.hyperliquid.http import HyperliquidHttpClient
from adapters.hyperliquid.streams import MarketStreams
from tests.acceptance.nautilus_client import BTC
from tests.acceptance.nautilus_client import instrument as pyo3_instrument
from tests.bench.parsing import instrument

KINDS = {"l2Book": OrderBookDeltas, "bbo": QuoteTick, "trades": TradeTick}


class Meter:
    """Take the CPU time of the whole process, all its threads, from `start` to the last message."""

    def __init__(self, count: int) -> None:
        self._left = self._count = count
        self._start = 0.0
        self.done = asyncio.Event()
        self.micros = 0.0

    def start(self) -> None:
        """Begin just before subscribing: a client's own threads may run far ahead of `tick`."""
        self._start = time.process_time()

    def tick(self, _data: object) -> None:
        """Count a message that has become a Nautilus object."""
        self._left -= 1
        if self._left == 0:
            self.micros = (time.process_time() - self._start) / self._count * 1e6
            self.done.set()


async def ours(url: str, kind: str, meter: Meter) -> object:
    """Connect our streams, the whole way from the socket to the data engine's door."""
    loop = asyncio.get_running_loop()
    config = HyperliquidDataClientConfig(base_url_ws=url)
    http = HyperliquidHttpClient("http://127.0.0.1:1", address_governor())
    streams = MarketStreams(loop, LiveClock(), http, config, meter.tick, loop.create_task)
    await streams.connect()
    btc = instrument()
    meter.start()
    await streams.want(btc, KINDS[kind])
    return streams


async def nautilus(url: str, kind: str, meter: Meter) -> object:
    """Connect Nautilus's own client, as its Python adapter does."""

    def on_message(message: object) -> None:
        meter.tick(capsule_to_data(message))

    testnet = nautilus_pyo3.HyperliquidEnvironment.TESTNET
    client = nautilus_pyo3.HyperliquidWebSocketClient(url=url, environment=testnet)
    await client.connect(asyncio.get_running_loop(), [pyo3_instrument()], on_message)
    btc = nautilus_pyo3.InstrumentId.from_str(BTC)
    names = {"l2Book": "book", "bbo": "quotes", "trades": "trades"}
    meter.start()
    await getattr(client, f"subscribe_{names[kind]}")(btc)
    return client


async def main(who: str, kind: str, url: str, count: int) -> float:
    """Return CPU microseconds per message."""
    meter = Meter(count)
    kept = await {"ours": ours, "nautilus": nautilus}[who](url, kind, meter)
    await asyncio.wait_for(meter.done.wait(), timeout=120)
    del kept
    return meter.micros


if __name__ == "__main__":
    uvloop.install()
    result = asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
    sys.stdout.write(f"{result}\n")
    sys.stdout.flush()
    os._exit(0)  # the clients' runtimes do not end quietly under a closed loop
