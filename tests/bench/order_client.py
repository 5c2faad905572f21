"""
A child process: one client places orders, one after the other, on the order server.

Each line on standard input is a number of orders; the answer is the CPU microseconds of all threads
of this process for one, and the median of the wall microseconds from its parameters to its reply.
"""

import asyncio
import os
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from decimal import Decimal

import msgspec
import uvloop
from eth_account import Account
from hyperliquid.exchange import Exchange as SdkExchange
from hyperliquid.utils.types import Cloid
from nautilus_trader.core import nautilus_pyo3
from nautilus_trader.model.identifiers import ClientOrderId
from nautilus_trader.model.objects import Price, Quantity

from adapters.common.nonces import NonceSource
from adapters.hyperliquid.actions import Grouping, OrderAction, OrderWire
from adapters.hyperliquid.exchange import HyperliquidExchange
from adapters.hyperliquid.governor import address_governor
from adapters.hyperliquid.http import HyperliquidHttpClient
from adapters.hyperliquid.orders import (
    cloid_from_client_order_id,
    decimal_to_wire,
    normalize_price,
)
from adapters.hyperliquid.signing import Signer
from adapters.hyperliquid.user_frames import USER_WS_DECODER
from adapters.hyperliquid.websocket import HyperliquidWebSocketClient
from tests.bench.children import questions, say
from tests.bench.frames import BTC
from tests.bench.given import ASSET, GTC, KEY, PRICE, SIZE, Addresses

type Place = Callable[[int], Awaitable[object]]


class Cost(msgspec.Struct, frozen=True):
    """Microseconds per order."""

    cpu: float
    wall: float


async def ours(addresses: Addresses) -> Place:
    """Place by our exchange client, from Nautilus's values on."""
    governor = address_governor()
    http = HyperliquidHttpClient(addresses.http, governor)
    loop = asyncio.get_running_loop()
    client = HyperliquidWebSocketClient(
        loop, addresses.ws, USER_WS_DECODER, lambda _message: None, lambda _gap: None
    )
    await client.connect()
    signer = Signer(KEY, is_mainnet=False)
    exchange = HyperliquidExchange(signer, NonceSource(), client, http, governor)

    async def place(number: int) -> object:
        price, size = Price.from_str(PRICE), Quantity.from_str(SIZE)
        wire = OrderWire(
            a=ASSET.asset_id,
            b=True,
            p=decimal_to_wire(normalize_price(price.as_decimal(), ASSET, is_buy=True)),
            s=decimal_to_wire(size.as_decimal()),
            r=False,
            t=GTC,
            c=cloid_from_client_order_id(ClientOrderId(f"O-{number}").value),
        )
        return await exchange.send(OrderAction((wire,), Grouping.NONE))

    return place


async def nautilus(addresses: Addresses) -> Place:
    """Place by Nautilus's Rust client, as its Python adapter does."""
    testnet = nautilus_pyo3.HyperliquidEnvironment.TESTNET
    signer = nautilus_pyo3.HyperliquidHttpClient(
        private_key=KEY, environment=testnet, proxy_url=addresses.http
    )
    instruments = await signer.load_instrument_definitions()
    account = "HYPERLIQUID-master"
    signer.set_account_id(account)
    client = nautilus_pyo3.HyperliquidWebSocketClient(
        url=addresses.ws, environment=testnet, account_id=account
    )
    await client.connect(asyncio.get_running_loop(), instruments, lambda _message: None)
    btc = nautilus_pyo3.InstrumentId.from_str(BTC)

    async def place(number: int) -> object:
        return await client.submit_order(
            signer,
            btc,
            nautilus_pyo3.ClientOrderId(f"O-{number}"),
            nautilus_pyo3.OrderSide.BUY,
            nautilus_pyo3.OrderType.LIMIT,
            nautilus_pyo3.Quantity.from_str(SIZE),
            nautilus_pyo3.TimeInForce.GTC,
            price=nautilus_pyo3.Price.from_str(PRICE),
        )

    return place


async def sdk(addresses: Addresses) -> Place:
    """Place by the venue's SDK on coincurve, over HTTP, the only way it has."""
    exchange = SdkExchange(Account.from_key(KEY), addresses.http)
    kind = {"limit": {"tif": "Gtc"}}
    price, size = float(Decimal(PRICE)), float(Decimal(SIZE))

    async def place(number: int) -> object:
        return exchange.order("BTC", True, size, price, kind, cloid=Cloid.from_int(number))  # noqa: FBT003

    return place


async def cost(place: Place, first: int, count: int) -> Cost:
    """Place orders one after the other."""
    times = []
    cpu = time.process_time()
    for number in range(first, first + count):
        start = time.perf_counter()
        await place(number)
        times.append((time.perf_counter() - start) * 1e6)
    return Cost((time.process_time() - cpu) / count * 1e6, statistics.median(times))


async def main(who: str, addresses: Addresses) -> None:
    """Answer until standard input ends."""
    place = await {"ours": ours, "nautilus": nautilus, "sdk": sdk}[who](addresses)
    placed = 1
    async for line in questions():
        count = msgspec.json.decode(line, type=int)
        say(await cost(place, placed, count))
        placed += count
    os._exit(0)  # the clients' runtimes do not end quietly under a closed loop


if __name__ == "__main__":
    uvloop.install()
    asyncio.run(main(sys.argv[1], msgspec.json.decode(sys.argv[2], type=Addresses)))
