"""A child process: a node that places and cancels orders in lists; prints what became of them."""

import asyncio
import os
import resource
import sys
import time
from collections import Counter

import msgspec
from nautilus_trader.config import (
    InstrumentProviderConfig,
    LiveRiskEngineConfig,
    LoggingConfig,
    StrategyConfig,
    TradingNodeConfig,
)
from nautilus_trader.core.message import Event
from nautilus_trader.core.nautilus_pyo3 import HttpClient
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.enums import OrderSide, OrderStatus
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.orders import Order
from nautilus_trader.trading.strategy import Strategy

from adapters.hyperliquid import (
    HyperliquidDataClientConfig,
    HyperliquidExecClientConfig,
    HyperliquidLiveDataClientFactory,
    HyperliquidLiveExecClientFactory,
)
from adapters.hyperliquid.factories import shared_governor
from adapters.hyperliquid.signing import Signer
from tests.bench.batches import BATCH, KEY_VARIABLE, ORDERS, Batches
from tests.bench.given import KEY
from tests.waiting import eventually

BTC = InstrumentId.from_str("BTC-USD-PERP.HYPERLIQUID")
WAIT_SECS = 60.0


class Placer(Strategy):
    """Places lists of orders that rest far below the market, and counts what it hears."""

    def __init__(self) -> None:
        super().__init__(StrategyConfig(strategy_id="PLACER", order_id_tag="001"))
        self.heard: Counter[str] = Counter()
        self.orders: list[Order] = []

    def on_start(self) -> None:
        """Want quotes."""
        self.subscribe_quote_ticks(BTC)

    def on_event(self, event: Event) -> None:
        """Count it."""
        self.heard[type(event).__name__] += 1

    def place(self) -> None:
        """Send every list."""
        instrument = self.cache.instrument(BTC)
        price = instrument.make_price(round(float(self.cache.quote_tick(BTC).bid_price) * 0.8))
        size = instrument.make_qty(0.01)
        for _ in range(0, ORDERS, BATCH):
            batch = [
                self.order_factory.limit(BTC, OrderSide.BUY, size, price) for _ in range(BATCH)
            ]
            self.orders += batch
            self.submit_order_list(self.order_factory.create_list(batch))

    def cancel(self) -> None:
        """Cancel in the same batches."""
        for start in range(0, ORDERS, BATCH):
            self.cancel_orders(self.orders[start : start + BATCH])


async def main(http_url: str, ws_url: str, state: str) -> Batches:
    """Run the node and return what became of the orders."""
    node = _node(http_url, ws_url, state)
    placer = Placer()
    node.trader.add_strategy(placer)
    task = asyncio.create_task(node.run_async())
    await eventually(lambda: placer.is_running and placer.cache.quote_tick(BTC), WAIT_SECS)
    governor = shared_governor(http_url)
    free, before_mb = governor.remaining, _resident_mb()
    started = time.perf_counter()
    placer.place()
    await eventually(lambda: _count(placer, OrderStatus.ACCEPTED) == ORDERS, WAIT_SECS)
    placed = time.perf_counter()
    accepted = placer.heard["OrderAccepted"]
    placer.cancel()
    await eventually(lambda: _count(placer, OrderStatus.CANCELED) == ORDERS, WAIT_SECS)
    ended = time.perf_counter()
    result = Batches(
        orders=ORDERS,
        accepted=accepted,
        canceled=placer.heard["OrderCanceled"],
        left_at_venue=await _left(http_url),
        weight=free - governor.remaining,
        place_secs=placed - started,
        cancel_secs=ended - placed,
        grown_mb=_resident_mb() - before_mb,
    )
    await node.stop_async()
    await task
    return result


def _node(http_url: str, ws_url: str, state: str) -> TradingNode:
    provider = InstrumentProviderConfig(load_ids=frozenset({BTC}))
    urls = {"base_url_http": http_url, "base_url_ws": ws_url, "instrument_provider": provider}
    data = HyperliquidDataClientConfig(**urls)
    execution = HyperliquidExecClientConfig(
        testnet=True, private_key_env=KEY_VARIABLE, state_directory=state, **urls
    )
    node = TradingNode(
        TradingNodeConfig(
            logging=LoggingConfig(log_level="OFF"),
            data_clients={"HYPERLIQUID": data},
            exec_clients={"HYPERLIQUID": execution},
            risk_engine=LiveRiskEngineConfig(bypass=True),
            timeout_post_stop=0.01,
        ),
        loop=asyncio.get_running_loop(),
    )
    node.add_data_client_factory("HYPERLIQUID", HyperliquidLiveDataClientFactory)
    node.add_exec_client_factory("HYPERLIQUID", HyperliquidLiveExecClientFactory)
    node.build()
    return node


def _count(placer: Placer, status: OrderStatus) -> int:
    return sum(order.status == status for order in placer.orders)


async def _left(http_url: str) -> int:
    user = Signer(KEY, is_mainnet=False).address
    body = msgspec.json.encode({"type": "openOrders", "user": user})
    headers = {"Content-Type": "application/json"}
    reply = await HttpClient().post(f"{http_url}/info", headers=headers, body=body)
    return len(msgspec.json.decode(reply.body))


def _resident_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    outcome = asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3]))
    sys.stdout.write(f"{msgspec.json.encode(outcome).decode()}\n")
    sys.stdout.flush()
    os._exit(0)  # Nautilus's runtime does not end quietly under a closed loop
