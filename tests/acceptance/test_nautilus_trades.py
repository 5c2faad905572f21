"""Nautilus's own Rust node, with its own adapter and tester, trades on the loopback venue."""

import re
from decimal import Decimal
from typing import NamedTuple

import pytest

from simulator.exchange.model import OrderRequest, Side, Tif
from tests.acceptance.children import child_of
from tests.simulator.signed_bodies import USER, address
from tests.simulator.trading_floor import CASH, ETH, open_trading_desk

KEY = "0x" + "1" * 64
FILL = re.compile(r"OrderFilled\(.*last_qty=(\S+), last_px=(\S+) USDC, commission=(\S+) USDC")


class Plan(NamedTuple):
    """What the tester does beside its position of 0.2, bought at 2002 and sold at 1998."""

    name: str
    resting: list[tuple[Side, Tif, str]]
    fills: list[str]


PLANS = [
    Plan("post-only", [(Side.BUY, Tif.ALO, "1978"), (Side.SELL, Tif.ALO, "2022")], []),
    Plan("stops", [(Side.BUY, Tif.GTC, "2003"), (Side.SELL, Tif.GTC, "1997")], []),
    Plan("crossing", [], ["2002", "1998"]),
]


@pytest.mark.parametrize("plan", PLANS, ids=[plan.name for plan in PLANS])
async def test_nautilus_rust_adapter_trades_and_ends_flat(plan: Plan) -> None:
    module = "tests.acceptance.nautilus_trader"
    async with open_trading_desk() as desk:
        venue = desk.venue
        account = venue.trading.exchange.account(address(USER))
        async with child_of(module, venue.http_url, venue.ws_url, KEY, plan.name) as child:
            # What the node does not know of yet, it would leave behind.
            await child.says("OrderAccepted(", times=3)
            await child.says("OrderFilled(", times=1 + len(plan.fills))
            opened = account.positions[ETH].size
            resting = [order.request for order in account.live.values()]
            await child.interrupt()
            log = child.log

    kinds = {r.body["request"]["payload"]["action"]["type"] for r in venue.received
             if isinstance(r.body, dict) and r.body.get("method") == "post"}  # fmt: skip
    sizes = [Decimal("0.2"), *[Decimal("0.1")] * len(plan.fills), Decimal("0.2")]
    prices = [Decimal(price) for price in ("2002", *plan.fills, "1998")]
    fees = [size * price * Decimal("0.00045") for size, price in zip(sizes, prices, strict=True)]
    assert (opened, account.positions[ETH].size) == (Decimal("0.2"), 0)
    assert sorted(map(terms, resting), key=str) == sorted(plan.resting, key=str)
    assert not account.live
    assert kinds == ({"order", "cancelByCloid"} if plan.resting else {"order"})
    told = [tuple(map(number, fill)) for fill in FILL.findall(log)]
    assert told == [(fill.size, fill.price, fill.fee) for fill in account.fills]
    assert sorted(told) == sorted(zip(sizes, prices, fees, strict=True))
    assert account.raw == CASH - 4 * sum(sizes) / 2 - sum(fees)  # bought at 2002, sold at 1998
    assert "[ERROR]" not in log, log


def terms(request: OrderRequest) -> tuple[Side, Tif, str]:
    """Return an order's side, kind and price, or its trigger's."""
    price = request.price if request.trigger is None else request.trigger.price
    return request.side, request.tif, f"{price.normalize():f}"


def number(word: str) -> Decimal:
    """Return a number of Nautilus's log, which puts thousands apart."""
    return Decimal(word.replace("_", ""))
