"""Faults of orders that exist are found by their market; a delegate can lose its right to sign."""

import pytest
from synthetix.signing import Signer

from simulator.fault_rules import AgentExpiry, Status
from tests.simulator.synthetix_bench import ANN, BTC, DEE, ETH, order
from tests.simulator.synthetix_trading_floor import TradingFloor, open_trading_floor
from tests.simulator.synthetix_venues import fail


async def place(floor: TradingFloor, name: str, signer: Signer = ANN) -> int:
    """Place an order for Ann; return the status."""
    orders = [order("buy", "1", "1900", clientOrderId=name)]
    body = signer.sign_place_orders(int(floor.ann), orders, "na")
    return (await floor.post_trade(body))[0]


async def cancel(floor: TradingFloor, **names: list[str]) -> int:
    """Cancel orders of Ann; return the status."""
    if "client_order_ids" in names:
        body = ANN.sign_cancel_orders_by_cloid(int(floor.ann), **names)
    else:
        body = ANN.sign_cancel_orders(int(floor.ann), **names)
    return (await floor.post_trade(body))[0]


@pytest.mark.parametrize("is_named", [False, True])
async def test_a_cancel_concerns_the_market_of_its_orders(is_named: bool) -> None:
    async with open_trading_floor() as floor:
        await place(floor, "c-1")
        (venue_id,) = floor.trading.exchange.account(floor.ann).live
        names = {"client_order_ids": ["c-1"]} if is_named else {"order_ids": [str(venue_id)]}
        fail(floor, Status(on="trade", type="cancelOrders", coin=BTC, status=503))
        fail(floor, Status(on="trade", type="cancelOrders", coin=ETH, status=502, count=1))
        assert await cancel(floor, **names) == 502
        assert await cancel(floor, **names) == 200


@pytest.mark.parametrize(("is_removed", "status"), [(False, 403), (True, 401)])
async def test_a_delegate_loses_the_right_to_sign(is_removed: bool, status: int) -> None:
    async with open_trading_floor() as floor:
        assert await place(floor, "c-1", DEE) == 200
        fail(floor, AgentExpiry(type="placeOrders", is_removed=is_removed, count=1))
        assert await place(floor, "c-2", DEE) == status
        assert await place(floor, "c-3", DEE) == status
        assert await place(floor, "c-4") == 200
