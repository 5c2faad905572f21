"""What paper execution costs per quote: a node with our paper client beside one without."""

import asyncio
import time
from itertools import batched

from nautilus_trader.adapters.sandbox.config import SandboxExecutionClientConfig
from nautilus_trader.config import LiveExecEngineConfig, LoggingConfig, TradingNodeConfig
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.trading.strategy import Strategy

from adapters.paper import paper_exec_client_factory
from tests.bench import frames
from tests.bench.parsing import instrument
from tests.bench.rounds import Comparison, compare
from tests.waiting import eventually

BTC = InstrumentId.from_str(frames.BTC)
VENUE = BTC.venue.value
QUEUED_MAX = 1_000  # quotes handed over before the node may work on them


class Probe(Strategy):
    """Count quotes, with some orders resting far below the market."""

    def __init__(self) -> None:
        super().__init__()
        self.quotes = 0

    def on_start(self) -> None:
        """Listen on the bus: there is no data client to ask for quotes."""
        topic = f"data.quotes.{BTC.venue}.{BTC.symbol}"
        self.msgbus.subscribe(topic, self.on_quote_tick)

    def on_quote_tick(self, _tick: QuoteTick) -> None:
        """Count."""
        self.quotes += 1

    def rest(self, count: int) -> None:
        """Place limit orders that never fill."""
        for number in range(count):
            size, price = Quantity(0.001, 5), Price(50_000 + number, 1)
            self.submit_order(self.order_factory.limit(BTC, OrderSide.BUY, size, price))


def measure(rounds: int, quotes: int) -> list[Comparison]:
    """Compare an idle paper client, and one with 20 resting orders, with none at all."""
    figures: dict[int | None, list[float]] = {None: [], 0: [], 20: []}
    for _ in range(rounds):
        for resting, micros in figures.items():
            micros.append(asyncio.run(_micros(resting, quotes)))
    return [
        compare("no orders", figures[0], figures[None], "<= 2"),
        compare("20 resting orders", figures[20], figures[None], ""),
    ]


async def _micros(resting: int | None, quotes: int) -> float:
    """Return CPU microseconds per quote; `resting` is None for a node without execution."""
    paper = SandboxExecutionClientConfig(venue=VENUE, starting_balances=["100000 USDC"])
    config = TradingNodeConfig(
        logging=LoggingConfig(log_level="OFF"),
        exec_engine=LiveExecEngineConfig(reconciliation=False),
        exec_clients={} if resting is None else {VENUE: paper},
        timeout_post_stop=0.01,
    )
    node = TradingNode(config=config, loop=asyncio.get_running_loop())
    node.add_exec_client_factory(VENUE, paper_exec_client_factory(node.kernel.exec_engine))
    node.cache.add_instrument(instrument())
    node.build()
    probe = Probe()
    node.trader.add_strategy(probe)
    task = asyncio.create_task(node.run_async())
    await eventually(lambda: node.trader.is_running)
    await _feed(node, probe, _ticks(1))
    probe.rest(resting or 0)
    await eventually(lambda: len(node.cache.orders_open()) == (resting or 0))
    ticks = _ticks(quotes)
    start = time.process_time()
    await _feed(node, probe, ticks)
    micros = (time.process_time() - start) / quotes * 1e6
    await node.stop_async()
    await task
    return micros


def _ticks(count: int) -> list[QuoteTick]:
    size = Quantity(1.5, 5)
    bids = [109_000 + number % 50 for number in range(count)]
    return [QuoteTick(BTC, Price(bid, 1), Price(bid + 1, 1), size, size, 0, 0) for bid in bids]


async def _feed(node: TradingNode, probe: Probe, ticks: list[QuoteTick]) -> None:
    wanted = probe.quotes + len(ticks)
    for batch in batched(ticks, QUEUED_MAX):
        for tick in batch:
            node.kernel.msgbus.send("DataEngine.process", tick)
        await asyncio.sleep(0)
    while probe.quotes < wanted:
        await asyncio.sleep(0)
