"""Benches for the questions about an account: one with nothing, with cash, and as captured."""

from typing import Any

import msgspec

from simulator.exchange.model import Tif
from simulator.hyperliquid_trading import TradingOptions
from tests.simulator.trading_setup import BTC, BUY, USER, Bench, D, order, reference
from tests.simulator.venues import START_MS

CLOID = "0x000300511afb52d40000010000000073"
ZEROS = {
    "accountValue": "0.0",
    "totalNtlPos": "0.0",
    "totalRawUsd": "0.0",
    "totalMarginUsed": "0.0",
}


def empty_bench(**options: Any) -> Bench:  # noqa: ANN401
    return Bench(TradingOptions(**options))


def funded(cash: str, fee_scale: str = "1", **options: Any) -> Bench:  # noqa: ANN401
    """Give a bench whose user has some cash and pays a part of the fees."""
    bench = empty_bench(**options)
    bench.trading.exchange.open_account(USER, D(fee_scale))
    bench.trading.exchange.deposit(USER, D(cash), START_MS)
    bench.trading.directory.masters[USER] = None
    return bench


def captured_state() -> Bench:
    """Trade, and pay funding, so that the captured clearinghouseState must come out (2.3)."""
    bench = funded("181.862782")
    bench.at(0, reference(0, "82771"))
    engine = bench.trading.exchange
    for size, price in (("0.00009", "82771"), ("0.00052", "82772")):
        engine.set_book(BTC, (), [(D(price), D(size))], bench.now_ms)
        asked = order(BUY, price, "0.00061", tif=Tif.IOC)
        bench.place(
            msgspec.structs.replace(asked, size=D("0.00013") if price == "82771" else D(size))
        )
        rate, oracle = ("0.001", "48633.4") if price == "82771" else ("-0.000003623", "100000")
        bench.trading.tell(engine.apply_funding(BTC, D(rate), D(oracle), bench.now_ms))
    bench.at(3_000, reference(3_000, "78135"))
    return bench
