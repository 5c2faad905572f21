"""
A child process: a node that hears quotes, trades, books and bars of some instruments, and counts.

Its first line on standard output comes once it has subscribed to all. Each line on standard input
is answered with what the process has taken so far, and how much of each kind it has heard.
"""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Callable

import msgspec
import uvloop
from nautilus_trader.config import LiveExecEngineConfig, LoggingConfig, TradingNodeConfig
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.data import Bar, BarType, OrderBookDeltas, QuoteTick, TradeTick
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.trading.strategy import Strategy

from adapters.synthetix import SynthetixDataClientConfig, SynthetixLiveDataClientFactory
from tests.bench import tick_nodes
from tests.bench.children import questions, say
from tests.bench.given import Addresses
from tests.bench.usage import Usage, usage
from tests.waiting import eventually

START_SECS = 40.0


class Heard(msgspec.Struct, frozen=True):
    """What was taken, and what was heard, by Nautilus's name of its kind."""

    usage: Usage
    counts: dict[str, int]


class Watcher(Strategy):
    """Subscribe to everything of some instruments, and count."""

    def __init__(self, instruments: list[InstrumentId]) -> None:
        super().__init__()
        self._instruments = instruments
        self.counts: Counter[str] = Counter()

    def on_start(self) -> None:
        """Subscribe."""
        for instrument in self._instruments:
            self.subscribe_quote_ticks(instrument)
            self.subscribe_trade_ticks(instrument)
            self.subscribe_order_book_deltas(instrument)
            self.subscribe_bars(BarType.from_str(f"{instrument}-1-MINUTE-LAST-EXTERNAL"))

    def on_quote_tick(self, tick: QuoteTick) -> None:  # noqa: ARG002
        """Count."""
        self.counts["QuoteTick"] += 1

    def on_trade_tick(self, tick: TradeTick) -> None:  # noqa: ARG002
        """Count."""
        self.counts["TradeTick"] += 1

    def on_order_book_deltas(self, deltas: OrderBookDeltas) -> None:  # noqa: ARG002
        """Count."""
        self.counts["OrderBookDeltas"] += 1

    def on_bar(self, bar: Bar) -> None:  # noqa: ARG002
        """Count."""
        self.counts["Bar"] += 1


def hyperliquid_node(clients: tick_nodes.Clients) -> TradingNode:
    """Return a node of the race from tick to wire: data and orders."""
    config = TradingNodeConfig(
        logging=LoggingConfig(log_level="OFF"),
        exec_engine=LiveExecEngineConfig(reconciliation=False),
        data_clients={"HYPERLIQUID": clients.data_config},
        exec_clients={"HYPERLIQUID": clients.exec_config},
    )
    node = TradingNode(config=config, loop=asyncio.get_running_loop())
    node.add_data_client_factory("HYPERLIQUID", clients.data_factory)
    node.add_exec_client_factory("HYPERLIQUID", clients.exec_factory)
    return node


def synthetix_node(addresses: Addresses) -> TradingNode:
    """Return a node with our data client alone: the venue gives market data without an account."""
    data = SynthetixDataClientConfig(
        base_url_http=addresses.http, base_url_ws=addresses.ws, instrument_provider=tick_nodes.ALL
    )
    config = TradingNodeConfig(
        logging=LoggingConfig(log_level="OFF"),
        exec_engine=LiveExecEngineConfig(reconciliation=False),
        data_clients={"SYNTHETIX": data},
    )
    node = TradingNode(config=config, loop=asyncio.get_running_loop())
    node.add_data_client_factory("SYNTHETIX", SynthetixLiveDataClientFactory)
    return node


NODES: dict[str, Callable[[Addresses], TradingNode]] = {
    "ours": lambda addresses: hyperliquid_node(tick_nodes.ours(addresses)),
    "nautilus": lambda addresses: hyperliquid_node(tick_nodes.nautilus(addresses)),
    "synthetix": synthetix_node,
}


async def main(who: str, addresses: Addresses, instruments: list[str]) -> None:
    """Answer until standard input ends."""
    node = NODES[who](addresses)
    node.build()
    watcher = Watcher([InstrumentId.from_str(name) for name in instruments])
    node.trader.add_strategy(watcher)
    running = asyncio.create_task(node.run_async(), name="node")
    await eventually(lambda: watcher.is_running or running.done(), START_SECS)
    say(who)
    async for _ in questions():
        say(Heard(usage(), dict(watcher.counts)))
    os._exit(0)  # a node does not end quietly, nor at once


if __name__ == "__main__":
    uvloop.install()
    arguments = sys.argv[2:]
    asyncio.run(
        main(
            sys.argv[1],
            msgspec.json.decode(arguments[0], type=Addresses),
            msgspec.json.decode(arguments[1], type=list[str]),
        )
    )
