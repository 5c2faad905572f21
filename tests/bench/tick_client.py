"""
A child process: a node (or no node at all) that answers each quote with one limit order.

A line on standard input, true or false, is whether to keep warm from now on. The answer is about
the time since the last line: the CPU nanoseconds of all threads, and for each quote the wall
nanoseconds from the quote handed over by the data client to the order handed over to the execution
client, which without a node is empty. The third argument, if there is one, is how many coins the
node hears everything of, BTC among them; it orders on BTC's quotes alone.
"""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import msgspec
import uvloop
from nautilus_trader.config import (
    LiveExecEngineConfig,
    LiveRiskEngineConfig,
    LoggingConfig,
    TradingNodeConfig,
)
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.data import BarType, QuoteTick
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.trading.strategy import Strategy
from picows import WSFrame, WSMsgType

from adapters.common.keep_warm import keep_warm
from adapters.common.nonces import NonceSource
from adapters.hyperliquid.parsing import parse_quote_tick
from adapters.hyperliquid.schemas import WS_DECODER, WsBbo
from adapters.hyperliquid.signing import Signer
from tests.bench import frames, stubs, tick_nodes
from tests.bench.children import questions, say
from tests.bench.given import KEY, PRICE, SIZE, Addresses
from tests.bench.parsing import BTC, instrument

VENUE = "HYPERLIQUID"


class Prober(Strategy):
    """Answer each quote of BTC with one order that never fills."""

    def __init__(self, others: int) -> None:
        super().__init__()
        self._others = frames.COINS[1 : 1 + others]

    def on_start(self) -> None:
        """Ask for quotes, and for everything of the others."""
        self._price, self._size = Price.from_str(PRICE), Quantity.from_str(SIZE)
        for coin in self._others:
            instrument = InstrumentId.from_str(f"{coin}-USD-PERP.{VENUE}")
            self.subscribe_quote_ticks(instrument)
            self.subscribe_trade_ticks(instrument)
            self.subscribe_order_book_deltas(instrument)
            self.subscribe_bars(BarType.from_str(f"{instrument}-1-MINUTE-LAST-EXTERNAL"))
        # The last one: the ticks are written to whoever has asked last.
        self.subscribe_quote_ticks(BTC)

    def on_quote_tick(self, tick: QuoteTick) -> None:
        """Order."""
        if tick.instrument_id != BTC:
            return
        order = self.order_factory.limit(BTC, OrderSide.BUY, self._size, self._price)
        self.submit_order(order)


class Stopwatch:
    """Time a node from the door of its data client to that of its execution client."""

    def __init__(self) -> None:
        self._start = 0
        self._times: list[int] = []

    def take(self) -> list[int]:
        """Return the nanoseconds since the last call."""
        times, self._times = self._times, []
        return times

    def watch(self, data_class: Any, exec_class: Any) -> None:  # noqa: ANN401 (compiled bases)
        """Take the time at both doors, in the classes: the factories stay as they are."""
        handle_data, submit_order = data_class._handle_data, exec_class._submit_order

        def timed_handle_data(client: object, data: object) -> None:
            if type(data) is QuoteTick:
                self._start = time.perf_counter_ns()
            handle_data(client, data)

        async def timed_submit_order(client: object, command: object) -> None:
            self._times.append(time.perf_counter_ns() - self._start)
            await submit_order(client, command)

        data_class._handle_data, exec_class._submit_order = timed_handle_data, timed_submit_order


async def run_node(clients: tick_nodes.Clients, stopwatch: Stopwatch, others: int) -> None:
    """Start a node; it runs until the process ends."""
    stopwatch.watch(clients.data_class, clients.exec_class)
    config = TradingNodeConfig(
        logging=LoggingConfig(log_level="OFF"),
        # The default of 100 orders a second would deny what comes back to back.
        risk_engine=LiveRiskEngineConfig(max_order_submit_rate="100000/00:00:01"),
        exec_engine=LiveExecEngineConfig(reconciliation=False),
        data_clients={VENUE: clients.data_config},
        exec_clients={VENUE: clients.exec_config},
    )
    node = TradingNode(config=config, loop=asyncio.get_running_loop())
    node.add_data_client_factory(VENUE, clients.data_factory)
    node.add_exec_client_factory(VENUE, clients.exec_factory)
    node.build()
    node.trader.add_strategy(Prober(others))
    await node.run_async()


async def run_bare(addresses: Addresses) -> None:
    """Do without a node: parse the quote, sign an order and send it, in one callback."""
    signer, nonces, btc = Signer(KEY, is_mainnet=False), NonceSource(), instrument()
    orders = await stubs.connect(addresses.ws, lambda _frame: None)

    def on_frame(frame: WSFrame) -> None:
        message = WS_DECODER.decode(frame.get_payload_as_memoryview())
        if isinstance(message, WsBbo) and parse_quote_tick(message.data, btc, 1):
            nonce = nonces.next(time.time_ns() // 1_000_000)
            orders.send(WSMsgType.TEXT, stubs.signed_frame(signer, nonce))

    quotes = await stubs.connect(addresses.ws, on_frame)
    quotes.send(WSMsgType.TEXT, stubs.SUBSCRIBE)
    await quotes.wait_disconnected()


NODES: dict[str, Callable[[Addresses], tick_nodes.Clients]] = {
    "stub": tick_nodes.stub,
    "ours": tick_nodes.ours,
    "nautilus": tick_nodes.nautilus,
}


async def main(who: str, addresses: Addresses, coins: int) -> None:
    """Answer until standard input ends."""
    loop = asyncio.get_running_loop()
    stopwatch = Stopwatch()
    if who in NODES:
        running = run_node(NODES[who](addresses), stopwatch, coins - 1)
    else:
        running = run_bare(addresses)
    tasks = {"node": loop.create_task(running)}
    cpu = time.process_time_ns()
    async for line in questions():
        if "warmth" in tasks:
            tasks.pop("warmth").cancel()
        if msgspec.json.decode(line, type=bool):
            tasks["warmth"] = loop.create_task(keep_warm())
        now = time.process_time_ns()
        say({"cpu": now - cpu, "inner": stopwatch.take()})
        cpu = now
    os._exit(0)  # a node does not end quietly, nor at once


if __name__ == "__main__":
    uvloop.install()
    decoded = msgspec.json.decode(sys.argv[2], type=Addresses)
    asyncio.run(main(sys.argv[1], decoded, int(sys.argv[3]) if sys.argv[3:] else 1))
