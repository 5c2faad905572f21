"""
A child process: our clients of both venues bring Nautilus's orders to the socket.

Each line on standard input is a number of bursts; the answer is, by venue, the CPU microseconds of
an order: from Nautilus's to its signed frame written to the socket. Neither waiting nor answers
count, but the write does, half of which is the kernel's.
"""

import asyncio
import gc
import os
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal

import msgspec
import uvloop
from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock
from nautilus_trader.common.factories import OrderFactory
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.identifiers import StrategyId, TraderId
from nautilus_trader.model.instruments import Instrument
from nautilus_trader.model.orders import Order

from adapters.common.governor import WeightGovernor
from adapters.common.nonces import NonceSource
from adapters.common.order_tracker import OrderTracker
from adapters.common.wallet import Wallet
from adapters.hyperliquid import HyperliquidExecClientConfig
from adapters.hyperliquid.actions import Grouping as HyperliquidGrouping
from adapters.hyperliquid.actions import OrderAction
from adapters.hyperliquid.budget import AddressBudget
from adapters.hyperliquid.exchange import HyperliquidExchange
from adapters.hyperliquid.http import HyperliquidHttpClient
from adapters.hyperliquid.preparation import OrderPreparation as HyperliquidPreparation
from adapters.hyperliquid.signing import Signer as HyperliquidSigner
from adapters.hyperliquid.user_frames import USER_WS_DECODER
from adapters.hyperliquid.websocket import HyperliquidWebSocketClient
from adapters.synthetix.actions import PlaceOrdersAction
from adapters.synthetix.exchange import SynthetixExchange
from adapters.synthetix.http import SynthetixHttpClient
from adapters.synthetix.orders import grouping_of
from adapters.synthetix.preparation import OrderPreparation as SynthetixPreparation
from adapters.synthetix.signing import Signer as SynthetixSigner
from adapters.synthetix.websocket import SynthetixWebSocketClient
from tests.bench import parsing, synthetix_book
from tests.bench.children import questions, say
from tests.bench.given import KEY
from tests.bench.synthetix_signing import SUBACCOUNT

# So many orders are under way at once: half of what the venues take.
BURST = 50
EXPIRES_AFTER_MS = 8_000
UNLIMITED = 10**12
NOWHERE = "http://127.0.0.1:9"  # nothing is asked by HTTP

type Place = Callable[[Order], Awaitable[object]]


class Addresses(msgspec.Struct, frozen=True):
    """Where the server is."""

    hyperliquid: str
    synthetix: str


def governor() -> WeightGovernor:
    """Return one that counts as in a run and lets all pass."""
    return WeightGovernor(UNLIMITED, 10.0)


def now_ms() -> int:
    """Return the wall time."""
    return time.time_ns() // 1_000_000


def cache_of(instrument: Instrument) -> Cache:
    """Return a cache that knows an instrument."""
    cache = Cache()
    cache.add_instrument(instrument)
    return cache


async def hyperliquid(url: str) -> Place:
    """Return our way out to Hyperliquid."""
    loop = asyncio.get_running_loop()
    client = HyperliquidWebSocketClient(
        loop, url, USER_WS_DECODER, lambda _message: None, lambda _gap: None
    )
    await client.connect()
    limit = governor()
    http = HyperliquidHttpClient(NOWHERE, limit)
    budget = AddressBudget()
    budget.read(volume=Decimal(0), used=0, cap=UNLIMITED)
    preparation = HyperliquidPreparation(
        http,
        cache_of(parsing.instrument()),
        LiveClock(),
        OrderTracker(),
        budget,
        HyperliquidExecClientConfig(),
    )
    exchange = HyperliquidExchange(
        HyperliquidSigner(KEY, is_mainnet=False),
        NonceSource(),
        client,
        http,
        limit,
        expires_after_ms=EXPIRES_AFTER_MS,
    )

    async def place(order: Order) -> object:
        ready = await preparation.prepare(order, in_bracket=False)
        assert not isinstance(ready, str), ready
        return await exchange.send(OrderAction((ready.wire,), HyperliquidGrouping.NONE))

    return place


async def synthetix(url: str) -> Place:
    """Return our way out to Synthetix."""
    loop = asyncio.get_running_loop()
    signer = SynthetixSigner(Wallet(KEY), SUBACCOUNT)
    client = SynthetixWebSocketClient(
        loop,
        url,
        lambda _message: None,
        lambda _gap: None,
        authenticate=lambda: signer.sign_auth(now_ms()),
    )
    await client.connect()
    limit = governor()
    cache = cache_of(synthetix_book.instrument())
    preparation = SynthetixPreparation(cache, OrderTracker(), now_ms)
    http = SynthetixHttpClient(NOWHERE, limit)
    exchange = SynthetixExchange(
        signer, NonceSource(), client, http, limit, expires_after_ms=EXPIRES_AFTER_MS
    )

    async def place(order: Order) -> object:
        grouping = grouping_of([order])
        ready = preparation.prepare(order, in_bracket=False)
        assert not isinstance(ready, str), ready
        return await exchange.send(PlaceOrdersAction((ready.wire,), grouping))

    return place


def orders(instrument: Instrument, count: int, factory: OrderFactory) -> list[Order]:
    """Return limit orders, no two with the same price, size and id."""
    return [
        factory.limit(
            instrument.id,
            OrderSide.BUY,
            instrument.make_qty(Decimal(100 + number) / 100_000),
            instrument.make_price(60_000 + number),
        )
        for number in range(count)
    ]


async def cost(place: Place, some: Sequence[Order]) -> float:
    """Return the CPU microseconds of orders that are under way at once."""
    loop = asyncio.get_running_loop()
    start = time.process_time()
    # Begun at once, each runs up to its first wait, which is that for the answer.
    under_way = [asyncio.Task(place(one), loop=loop, eager_start=True) for one in some]  # type: ignore[arg-type]
    spent = time.process_time() - start
    await asyncio.gather(*under_way)
    return spent * 1e6


async def main(addresses: Addresses) -> None:
    """Answer until standard input ends."""
    factory = OrderFactory(TraderId("BENCH-001"), StrategyId("S-001"), LiveClock())
    lanes = {
        "hyperliquid": (await hyperliquid(addresses.hyperliquid), parsing.instrument()),
        "synthetix": (await synthetix(addresses.synthetix), synthetix_book.instrument()),
    }
    # A collection of everything imported takes 0.1 s, and would be charged to whose turn it is.
    gc.collect()
    gc.freeze()
    async for line in questions():
        bursts = msgspec.json.decode(line, type=int)
        spent = dict.fromkeys(lanes, 0.0)
        # So near each other that they must not meet different moods of the machine.
        for _ in range(bursts):
            for venue, (place, instrument) in lanes.items():
                spent[venue] += await cost(place, orders(instrument, BURST, factory))
        say({venue: total / bursts / BURST for venue, total in spent.items()})
    os._exit(0)  # the clients need not say goodbye


if __name__ == "__main__":
    uvloop.install()
    asyncio.run(main(msgspec.json.decode(sys.argv[1], type=Addresses)))
