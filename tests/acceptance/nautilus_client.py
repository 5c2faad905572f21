"""
A child process: Nautilus's own Hyperliquid client on a venue, its data as JSON on standard output.

Run as ``python -m tests.acceptance.nautilus_client WS_URL SECONDS``; it writes a line "ready" once
it has subscribed. It is a process of its own
because its runtime aborts the whole process when a loop closes under it.
"""

import asyncio
import json
import os
import sys
from typing import Any

from nautilus_trader.core import nautilus_pyo3
from nautilus_trader.model.data import Bar, OrderBookDeltas, QuoteTick, TradeTick, capsule_to_data

BTC = "BTC-USD-PERP.HYPERLIQUID"


def instrument() -> Any:  # noqa: ANN401 (a compiled type without a stub)
    """Return BTC with the venue's precisions, as the client needs it for parsing."""
    usdc = nautilus_pyo3.Currency.from_str("USDC")
    return nautilus_pyo3.CryptoPerpetual(
        instrument_id=nautilus_pyo3.InstrumentId.from_str(BTC),
        raw_symbol=nautilus_pyo3.Symbol("BTC"),
        base_currency=nautilus_pyo3.Currency.from_str("BTC"),
        quote_currency=usdc,
        settlement_currency=usdc,
        is_inverse=False,
        price_precision=1,
        size_precision=5,
        price_increment=nautilus_pyo3.Price.from_str("0.1"),
        size_increment=nautilus_pyo3.Quantity.from_str("0.00001"),
        ts_event=0,
        ts_init=0,
    )


def as_row(data: object) -> list[Any] | None:
    """Return one piece of data as JSON; None for what is not compared."""
    match data:
        case QuoteTick():
            values = [data.bid_price, data.ask_price, data.bid_size, data.ask_size]
        case TradeTick():
            values = [data.trade_id, data.price, data.size, data.aggressor_side.name]
        case Bar():
            values = [data.open, data.high, data.low, data.close, data.volume]
        case OrderBookDeltas():
            values = [[d.order.price, d.order.size] for d in data.deltas[1:]]
        case _:
            return None
    return [type(data).__name__, data.ts_event, json.loads(json.dumps(values, default=str))]


async def listen(url: str, seconds: float) -> list[list[Any]]:
    """Subscribe quotes, trades, bars and the book for a while; return them in order."""
    rows = []

    def keep(message: object) -> None:
        row = as_row(capsule_to_data(message)) if nautilus_pyo3.is_pycapsule(message) else None
        if row is not None:
            rows.append(row)

    testnet = nautilus_pyo3.HyperliquidEnvironment.TESTNET
    client = nautilus_pyo3.HyperliquidWebSocketClient(url=url, environment=testnet)
    await client.connect(asyncio.get_running_loop(), [instrument()], keep)
    btc = nautilus_pyo3.InstrumentId.from_str(BTC)
    await client.subscribe_quotes(btc)
    await client.subscribe_trades(btc)
    await client.subscribe_book(btc)
    await client.subscribe_bars(nautilus_pyo3.BarType.from_str(f"{BTC}-1-MINUTE-LAST-EXTERNAL"))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.sleep(seconds)
    return rows


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(listen(sys.argv[1], float(sys.argv[2])))))
    sys.stdout.flush()
    os._exit(0)
